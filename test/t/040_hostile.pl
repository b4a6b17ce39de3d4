#!/usr/bin/perl
# SPDX-License-Identifier: PostgreSQL
# Damaged text and bytes of every state, through the server: an error that says
# so, or a value with which everything can be done that can be done with a
# state.  The same damage in every run.
use strict;
use warnings;
use MIME::Base64;

my $db = 'cvm_hostile';
my $tests = 0;
my $compressed = 0;
my $dir = `mktemp -d`;
chomp $dir;
$ENV{PGOPTIONS} = '-c client_min_messages=warning -c DateStyle=ISO,YMD -c TimeZone=UTC';

END {
	system "dropdb --if-exists --force $db >/dev/null 2>&1";
	system 'rm', '-rf', $dir if $dir;
}

sub ok {
	my ($passed, $name, $why) = @_;
	$tests++;
	print $passed ? '' : 'not ', "ok $tests - $name\n";
	print map { "#   $_\n" } split /\n/, $why if !$passed && defined $why;
}

# Run statements; what psql printed, on both ways
sub run {
	my ($sql) = @_;
	open my $out, '>', "$dir/in.sql" or die $!;
	print $out $sql;
	close $out;
	return scalar `psql -XAtq -d $db -f $dir/in.sql 2>&1`;
}

# Numbers that are the same everywhere
my $seed = 20240229;
sub below {
	my ($limit) = @_;
	$seed = ($seed * 1103515245 + 12345) % 2147483648;
	return int($seed / 65536) % $limit;
}

sub damage {
	my ($bytes) = @_;
	for (0 .. below(3)) {
		my $at = below(length($bytes) + 1);
		my $what = below(7);
		if ($what == 0 && $at < length $bytes) {
			substr($bytes, $at, 1) ^= chr(1 << below(8));
		} elsif ($what == 1 && $at < length $bytes) {
			substr($bytes, $at, 1) = chr((0, 1, 2, 127, 128, 129, 254, 255)[below(8)]);
		} elsif ($what == 2 && $at < length $bytes) {
			substr($bytes, $at, 1) = chr((ord(substr($bytes, $at, 1)) + 255 + 2 * below(2)) % 256);
		} elsif ($what == 3) {
			substr($bytes, $at, 1 + below(4)) = '' if $at < length $bytes;
		} elsif ($what == 4) {
			substr($bytes, $at, 0) = substr($bytes, below(length($bytes) + 1), 1 + below(9));
		} elsif ($what == 5) {
			substr($bytes, $at, 0) = "\xff" x (1 + below(10)) . chr(below(128));
		} elsif (below(3) == 0) {
			$bytes = substr($bytes, 0, $at);
		}
	}
	return $bytes;
}

system("dropdb --if-exists --force $db >/dev/null 2>&1; createdb $db") == 0 or die;
my $said = run(<<'SQL');
CREATE EXTENSION cvm;
SET search_path = public, cvm;
CREATE TABLE event AS
SELECT c, date '2024-01-20' + (c * n * 7919) % 120 AS day, (c * 31 + n) % 50 / 4.0 AS v, (c + n) % 3 = 0 AS s, (c + n) % 4 > 0 AS e
FROM generate_series(1, 12) c, generate_series(1, 5) n;
CREATE TABLE line AS
SELECT c, activity_agg(day) AS a FROM event GROUP BY c UNION ALL SELECT c, activity_agg(day, v) FROM event GROUP BY c
UNION ALL SELECT c, activity_agg(day, v, s, e) FROM event GROUP BY c;
CREATE TABLE reading AS
SELECT c, n, tenure(a, grain, '2024-05-10', clock, 1 + n % 7, CASE n % 3 WHEN 0 THEN '{"[0,1)","[1,3)","[5,9)"}'::int4range[] END, 1 + n % 2, n % 4 = 0) AS t
FROM (SELECT *, (row_number() OVER ())::int AS n FROM line) l, unnest('{week,month,quarter}'::text[]) grain, unnest('{calendar,anniversary}'::text[]) clock;
CREATE TABLE seed (type text, bytes text);
INSERT INTO seed SELECT 'activity', a::text FROM line;
INSERT INTO seed SELECT 'tenure', t::text FROM reading;
INSERT INTO seed SELECT 'retention', retention_agg(tenure(a, grain, '2024-05-10', clock))::text
FROM line, unnest('{week,month,quarter,year}'::text[]) grain, unnest('{calendar,anniversary}'::text[]) clock GROUP BY c % 3, grain, clock;
INSERT INTO seed SELECT 'retention', retention_agg(tenure(a, 'month', '2024-05-10', clock, brackets => '{"[0,1)","[1,3)"}', min_events => 2))::text
FROM line, unnest('{calendar,anniversary}'::text[]) clock GROUP BY c % 3, clock;
INSERT INTO seed SELECT 'retention', retention_agg(c::bigint, day, v, s, e, 'month')::text FROM event GROUP BY c % 5;
INSERT INTO seed SELECT 'lifecycle', lifecycle_agg(a, grain, '2024-05-10')::text FROM line, unnest('{week,month,quarter}'::text[]) grain GROUP BY c % 3, grain;
CREATE TABLE spell AS
SELECT c, (ARRAY['N', 'A', 'B', 'C'])[1 + (c * n * 31) % 4] AS product, date '2024-01-01' + (c * n * 7919) % 150 AS s, CASE WHEN (c + n) % 3 > 0 THEN date '2024-01-02' + (c * n * 7919) % 150 + (c * n) % 60 END AS e,
	(ARRAY[10, 20.5, 0, -3, 7.125])[1 + (c + n) % 5] AS v
FROM generate_series(1, 40) c, generate_series(1, 4) n;
INSERT INTO seed SELECT 'cannibalization', cannibalization_agg(c::bigint, product, s, e, v, '{N}', NULL, '2024-06-20', 30, ahead, gap, 'gold')::text
FROM spell, unnest(ARRAY[0, 60]) ahead, unnest(ARRAY[0, 5]) gap GROUP BY c % 4, ahead, gap;
INSERT INTO seed SELECT 'cannibalization', cannibalization_agg(c::bigint, product, s, e, v, '{N}', '{A,B}', '2024-06-20', ARRAY[7, 30], ARRAY[30, 60], 0)::text FROM spell GROUP BY c % 5;
INSERT INTO seed SELECT 'cannibalization_matrix', cannibalization_matrix_agg(c::bigint, product, s, e, v, '2024-06-20', back, 30, 0)::text FROM spell, unnest(ARRAY[7, 60]) back GROUP BY c % 6, back;
CREATE TABLE kept_cannibalization (x cannibalization);
CREATE TABLE kept_cannibalization_matrix (x cannibalization_matrix);
INSERT INTO seed SELECT 'segment_flow', segment_flow_agg(c::bigint, CASE WHEN s THEN NULL ELSE 'P' || c % 3 END, day, day + (20 + c * 3), v, CASE WHEN s THEN 'S' || c % 4 END, grain, '2024-05-10', NULL, span)::text
FROM (SELECT c, day, floor(v) AS v, s FROM event) e, unnest('{week,month,quarter}'::text[]) grain, (VALUES (1), (3)) AS k (span) GROUP BY c % 4, grain, span;
CREATE TABLE held AS
SELECT c, 'p' || n % 3 AS product, date '2023-10-20' + (c * n * 7919) % 200 AS s, CASE WHEN n % 3 > 0 THEN date '2023-10-20' + (c * n * 7919) % 200 + 1 + (c * 31 + n) % 90 END AS e,
	(c * 31 + n) % 50 / 4.0 AS v, CASE WHEN c % 2 = 0 THEN 'web' END AS channel, n % 4 = 1 AS paused
FROM generate_series(1, 12) c, generate_series(1, 5) n;
CREATE TABLE told AS SELECT c, holdings_agg(product, s, e, v, channel, product, paused) AS h FROM held GROUP BY c
UNION ALL SELECT c, holdings_agg(product, s, e, v) FROM held GROUP BY c;
INSERT INTO seed SELECT 'holdings', h::text FROM told;
INSERT INTO seed SELECT 'segment_flow', segment_flow_agg(t.h, p.s, grain, '2024-05-10', NULL, span, 45)::text
FROM told t JOIN (SELECT c, holdings_agg('S' || right(product, 1), s, e, c % 2) AS s FROM held GROUP BY c) p USING (c), unnest('{week,month}'::text[]) grain, (VALUES (1), (3)) AS k (span) GROUP BY c % 3, grain, span;
INSERT INTO seed SELECT 'movement', movement_agg(h, grain, '2024-05-10', days)::text FROM told, unnest('{week,month,year}'::text[]) grain, unnest('{0,60}'::int[]) days GROUP BY c % 3, grain, days;
INSERT INTO seed SELECT 'revenue_retention', revenue_retention_agg(h, grain, '2024-05-10', clock)::text FROM told, unnest('{week,month,year}'::text[]) grain, unnest('{calendar,anniversary}'::text[]) clock GROUP BY c % 3, grain, clock;
INSERT INTO seed SELECT 'survival', survival_agg(r.days, r.is_churned, CASE WHEN c % 2 = 0 THEN 'price' ELSE 'moved' END)::text FROM told, runs(h, '2024-05-10', 3) r GROUP BY c % 4;
INSERT INTO seed SELECT 'survival', survival_agg(r.days, r.is_churned)::text FROM told, runs(h, '2024-05-10', 0) r GROUP BY c % 4;
CREATE TABLE kept_holdings (x holdings);
CREATE TABLE kept_movement (x movement);
CREATE TABLE kept_revenue_retention (x revenue_retention);
CREATE TABLE kept_survival (x survival);
INSERT INTO seed SELECT 'purchases', purchases_agg(a, '2024-05-10')::text FROM line GROUP BY c % 6;
INSERT INTO seed SELECT 'purchases', purchases_agg(n, n * 3, 40 + c, v, c::bigint)::text FROM generate_series(1, 9) c, (VALUES (0, NULL), (1, 20.5), (4, 7)) AS k (n, v) GROUP BY c % 3;
CREATE TABLE kept_purchases (x purchases);
CREATE TABLE kept_activity (x activity);
CREATE TABLE kept_segment_flow (x segment_flow);
CREATE TABLE kept_tenure (x tenure);
CREATE TABLE kept_retention (x retention);
CREATE TABLE kept_lifecycle (x lifecycle);

-- Do a thing with a state: an answer or an orderly error, else its code
CREATE FUNCTION try(statement text, state anyelement) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE statement INTO answer USING state;
	RETURN CASE WHEN answer ~ 'NaN|Infinity' OR answer = 'no' THEN statement || ' says ' || answer END;
EXCEPTION WHEN numeric_value_out_of_range OR invalid_parameter_value OR program_limit_exceeded OR datetime_field_overflow THEN
	RETURN NULL;
END
$$;
CREATE FUNCTION use(state anyelement) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	wrong text;
	statement text;
	type text := pg_typeof(state);
BEGIN
	FOREACH statement IN ARRAY ARRAY[
		format('SELECT CASE WHEN $1::text::%s = $1 THEN ''yes'' ELSE ''no'' END', type),
		format('SELECT CASE WHEN %1$s_hash($1) = %1$s_hash($1) AND %1$s_cmp($1, $1) = 0 THEN ''yes'' ELSE ''no'' END', type)] ||
		CASE type
			WHEN 'activity' THEN ARRAY['SELECT ($1 || $1)::text::activity::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)', 'SELECT first_day($1)', 'SELECT last_day($1)',
				'SELECT max_in_window($1, 7)', 'SELECT rfm($1, ''2024-06-01'')', 'SELECT rfm($1, ''5874897-12-30'')',
				'SELECT string_agg(cohort_of($1, g)::text, '''') FROM unnest(''{day,week,month,quarter,year}''::text[]) g',
				'SELECT bool_or(is_active($1, n, ''month'', ''anniversary''))::text FROM generate_series(-1, 3) n',
				'SELECT string_agg(tenure($1, g, ''2024-06-01'', c)::text::tenure::text, '''') FROM unnest(''{day,week,month,quarter,year}''::text[]) g, unnest(''{calendar,anniversary}''::text[]) c',
				'SELECT string_agg(t::text, '''') FROM (SELECT retention_agg(tenure($1, ''year'', ''2024-06-01''))::text::retention AS t) s', 'SELECT lifecycle_agg($1, ''year'', ''2024-06-01'')::text::lifecycle::text',
				'SELECT count(*)::text FROM lifecycle($1, ''year'', ''2024-06-01'')']
			WHEN 'tenure' THEN ARRAY['SELECT retention_agg(t)::text::retention::text FROM (VALUES ($1), (NULL), ($1)) v (t)', 'SELECT count(*)::text FROM grid((SELECT retention_agg(t) FROM (VALUES ($1)) v (t))) g WHERE g::text ~ ''NaN''']
			WHEN 'lifecycle' THEN ARRAY['SELECT ($1 || $1)::text::lifecycle::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)', 'SELECT max(l::text) FROM lifecycles($1) l',
				'SELECT CASE WHEN bool_and(opening_customers >= 0 AND closing_customers >= 0 AND dormant_customers >= 0) THEN ''yes'' ELSE ''no'' END FROM lifecycles($1) HAVING count(*) > 0']
			WHEN 'holdings' THEN ARRAY['SELECT ($1 || $1)::text::holdings::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)', 'SELECT mrr_at($1, ''2024-03-01'')', 'SELECT products_at($1, ''2024-03-01'')::text',
				'SELECT string_agg(s::text, '''') FROM spells($1) s', 'SELECT string_agg(r::text, '''') FROM runs($1, ''2024-06-01'', 7) r', 'SELECT count(m)::text FROM migrations($1, ''month'', ''2024-06-01'') m',
				'SELECT count(k)::text FROM kept_changes($1, ''month'', ''2024-06-01'', 12) k',
				'SELECT string_agg(m.s::text::movement::text, '''') FROM (SELECT movement_agg($1, g, ''2024-06-01'', 60) AS s FROM unnest(''{week,month,year}''::text[]) g GROUP BY g) m',
				'SELECT string_agg(m.s::text::revenue_retention::text, '''') FROM (SELECT revenue_retention_agg($1, ''month'', ''2024-06-01'', c) AS s FROM unnest(''{calendar,anniversary}''::text[]) c GROUP BY c) m']
			WHEN 'movement' THEN ARRAY['SELECT ($1 || $1)::text::movement::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)', 'SELECT as_of($1)', 'SELECT pause_days($1)',
				'SELECT CASE WHEN bool_and(opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + paused_mrr = closing_mrr AND closing_paused_mrr >= 0) THEN ''yes'' ELSE ''no'' END FROM movements($1) HAVING count(*) > 0']
			WHEN 'revenue_retention' THEN ARRAY['SELECT ($1 || $1)::text::revenue_retention::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)',
				'SELECT CASE WHEN bool_and(retained_customers <= eligible_customers AND gross_retained_mrr <= net_retained_mrr) IS NOT FALSE THEN ''yes'' ELSE ''no'' END FROM revenue_grid($1) HAVING count(*) > 0']
			WHEN 'survival' THEN ARRAY['SELECT ($1 || $1)::text::survival::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)', 'SELECT median_survival($1)', 'SELECT survival_at($1, 20)', 'SELECT rmst($1, 30)',
				'SELECT string_agg(c::text, '''') FROM survival_curve($1) c', 'SELECT string_agg(c::text, '''') FROM cumulative_incidence($1) c', 'SELECT logrank(ARRAY[$1, $1 || $1])::text',
				'SELECT logrank(ARRAY[$1, $1, $1, $1], ''{a,b,a,b}'', ''{x,x,y,y}'', ''peto'')::text']
			WHEN 'purchases' THEN ARRAY['SELECT ($1 || $1)::text::purchases::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)', 'SELECT bg_nbd_fit($1)::text', 'SELECT pareto_nbd_fit($1)::text', 'SELECT gamma_gamma_fit($1)::text',
				'SELECT count(*)::text FROM spend_counts($1) s', 'SELECT CASE WHEN bool_and(frequency <= recency AND recency <= age AND customers > 0) IS NOT FALSE THEN ''yes'' ELSE ''no'' END FROM purchase_counts($1)']
			WHEN 'cannibalization' THEN ARRAY['SELECT ($1 || $1)::text::cannibalization::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)', 'SELECT as_of($1)', 'SELECT (control_only($1) || $1)::text::cannibalization::text',
				'SELECT string_agg(v::text, '''') FROM cannibalization_verdict($1) v', 'SELECT string_agg(v::text, '''') FROM cannibalization_verdict($1, 4, 18, 20, 30, 5000, 0.04, 0.02, ''value'', 0.9, 1, 0) v',
				'SELECT string_agg(d::text, '''') FROM cannibalization_donors($1) d',
				'SELECT CASE WHEN bool_and(unit_rate BETWEEN unit_rate_low AND unit_rate_high AND own_base_share BETWEEN unit_rate AND 1 AND entries >= matured_entries) IS NOT FALSE THEN ''yes'' ELSE ''no'' END FROM cannibalization_verdict($1)']
			WHEN 'cannibalization_matrix' THEN ARRAY['SELECT ($1 || $1)::text::cannibalization_matrix::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)', 'SELECT string_agg(c::text, '''') FROM cannibalization_cells($1) c',
				'SELECT CASE WHEN bool_and(entries >= matured_entries AND matured_entries >= 0) IS NOT FALSE THEN ''yes'' ELSE ''no'' END FROM cannibalization_cells($1)']
			WHEN 'segment_flow' THEN ARRAY['SELECT ($1 || $1)::text::segment_flow::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)', 'SELECT as_of($1)', 'SELECT pause_days($1)', 'SELECT string_agg(b::text, '''') FROM segment_bridge($1) b',
				'SELECT CASE WHEN bool_and(opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + redefined_in_mrr + redefined_out_mrr + paused_mrr = closing_mrr) IS NOT FALSE THEN ''yes'' ELSE ''no'' END FROM segment_bridge($1)',
				'SELECT string_agg(m::text, '''') FROM segment_matrix($1) m', 'SELECT string_agg(p::text, '''') FROM segment_products($1) p']
			ELSE ARRAY['SELECT ($1 || $1)::text::retention::text', 'SELECT rollup(a)::text FROM (VALUES ($1), ($1)) v (a)', 'SELECT as_of($1)', 'SELECT as_of($1, as_of($1))', 'SELECT as_of($1, as_of($1) + 400)',
				'SELECT string_agg(g::text, '''') FROM grid($1) g', 'SELECT string_agg(g::text, '''') FROM grid($1, 0.5, true) g', 'SELECT string_agg(g::text, '''') FROM curve($1) g', 'SELECT string_agg(h, '''') FROM heatmap($1) h',
				'SELECT CASE WHEN bool_and(retained_customers <= retained_or_later_customers AND retained_or_later_customers <= eligible_customers AND eligible_customers <= cohort_customers) IS NOT FALSE THEN ''yes'' END FROM grid($1)']
		END
	LOOP
		wrong := coalesce(wrong, try(statement, state));
	END LOOP;
	RETURN coalesce(wrong, 'used');
END
$$;
SQL
ok($said !~ /ERROR/, 'the states to damage are all made', $said);

my %orderly = map { $_ => 1 } qw(22P02 22P03 22003 22021 22023 22008 54000 57014);
my $rounds = $ENV{CVM_MUTATIONS} || 1000;

for my $type (qw(activity tenure retention lifecycle holdings movement revenue_retention survival purchases cannibalization cannibalization_matrix segment_flow)) {
	my @seeds = map { pack 'H*', $_ } split /\n/, run("SELECT encode(cvm.${type}_send(bytes::cvm.$type), 'hex') FROM seed WHERE type = '$type' ORDER BY 1;");
	ok(@seeds > 5, "there are states of type $type to damage");
	is_used($type, 'as they are', map { unpack 'H*', $_ } @seeds[0 .. 5]);

	# text: damaged bytes, and what is no hexadecimal at all
	my @texts = map { unpack 'H*', damage($seeds[below(scalar @seeds)]) } 1 .. $rounds;
	push @texts, '', '0', 'x', '01', '0x01', "\\x01", ' 01', '01 ', 'ff' x 5000, '01' x 5000, '00' x 100, "\x{c3}\x{a9}", '0100ffffffffffffffffff01';
	# and what was compressed
	my @packed = map { decode_base64(substr $_, 1) } grep { /^z/ } split /\n/, run("SELECT bytes FROM seed WHERE type = '$type' ORDER BY bytes COLLATE \"C\";");
	push @texts, map { 'z' . encode_base64(damage($packed[below(scalar @packed)]), '') } 1 .. $rounds / 4 if @packed;
	$compressed += @packed;
	is_used($type, 'damaged text', @texts);

	# bytes: one COPY a value
	my $sql = "\\set VERBOSITY sqlstate\nSET search_path = public, cvm;\nSET statement_timeout = '300ms';\n";
	my $files = int($rounds / 3);
	for my $n (1 .. $files) {
		my $bytes = $n == 1 ? '' : $n == 2 ? $seeds[0] : damage($seeds[below(scalar @seeds)]);
		open my $out, '>:raw', "$dir/$n.bin" or die $!;
		print $out "PGCOPY\n\xff\r\n\0", pack('NNnN', 0, 0, 1, length $bytes), $bytes, pack('n', 0xffff);
		close $out;
		$sql .= "\\copy kept_$type FROM '$dir/$n.bin' (FORMAT binary)\n";
	}
	my $printed = run($sql . "SELECT 'alive', count(*) > 0 FROM kept_$type;\nSELECT use(x) FROM kept_$type;\n");
	my @lines = split /\n/, $printed;
	my @bad = grep { !/^alive\|t$/ && !/^used$/ && !(/ERROR:  (\w{5})$/ && $orderly{$1}) } @lines;
	my $errors = grep { /ERROR/ } @lines;
	ok(!@bad && (grep { /^alive\|t$/ } @lines) && $errors > $files / 4, "$type: damaged bytes are refused or can be used", join "\n", @bad[0 .. ($#bad > 5 ? 5 : $#bad)]);
}

ok($compressed > 5, 'texts of large states, which are compressed, were damaged too');

# Every value is used, or refused in an orderly way
sub is_used {
	my ($type, $what, @texts) = @_;
	my $sql = "\\set VERBOSITY sqlstate\nSET search_path = public, cvm;\nSET statement_timeout = '300ms';\n";
	for my $text (@texts) {
		$sql .= "SELECT use('$text'::$type);\n";
	}
	my @lines = split /\n/, run($sql . "RESET statement_timeout;\nSELECT 'alive';\n");
	my $alive = @lines && pop(@lines) eq 'alive';
	my @bad = grep { $_ ne 'used' && !(/ERROR:  (\w{5})$/ && $orderly{$1}) } @lines;
	my $used = grep { $_ eq 'used' } @lines;
	ok($alive && !@bad && @lines == @texts && $used > 0, "$type, $what: refused or used",
		join("\n", @bad[0 .. ($#bad > 5 ? 5 : $#bad)], scalar(@lines) . ' answers to ' . scalar(@texts)));
	print "# $type, $what: $used used of ", scalar(@texts), "\n" if $ENV{CVM_MUTATIONS};
}

print "1..$tests\n";
