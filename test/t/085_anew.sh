#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Functions that are called as if for the first time, in TAP: aggregates run by
# an aggregate of another module that looks every function up anew, as Citus
# does on its workers (test/shards/shards.c), and folds and accessors in all
# the places where the server calls functions in ways of its own.
set -uo pipefail
. test/tap.sh
. scripts/common

db=cvm_anew
run() { psql -XAtq -d $db -v ON_ERROR_STOP=1 "$@"; }
files=$(new_dir anew)
chmod 755 "$files"
cleanup() {
	dropdb --if-exists --force $db
	rm -rf "$files"
} >/dev/null 2>&1
trap cleanup EXIT
dropdb --if-exists --force $db 2>/dev/null
createdb $db
choose_pg || exit 1
ok "a module of another kind is built" "${CC:-gcc}" -Wall -Werror -O1 -fPIC -shared -isystem "$("$PG_CONFIG" --includedir-server)" -o "$files/shards.so" test/shards/shards.c

run -o /dev/null <<SQL
CREATE EXTENSION cvm;
\\i test/world.sql
CREATE SCHEMA shards;
CREATE FUNCTION shards.fold(internal, oid, VARIADIC "any") RETURNS internal AS '$files/shards', 'fold' LANGUAGE C;
CREATE FUNCTION shards.fold_text(internal) RETURNS text AS '$files/shards', 'fold_text' LANGUAGE C;
CREATE FUNCTION shards.fold_bytes(internal) RETURNS bytea AS '$files/shards', 'fold_bytes' LANGUAGE C;
CREATE FUNCTION shards.join_text(internal, oid, text) RETURNS internal AS '$files/shards', 'join_text' LANGUAGE C;
CREATE FUNCTION shards.join_bytes(internal, oid, bytea) RETURNS internal AS '$files/shards', 'join_bytes' LANGUAGE C;
CREATE FUNCTION shards.join_final(internal) RETURNS text AS '$files/shards', 'join_final' LANGUAGE C;
CREATE AGGREGATE shards.fold_text(oid, VARIADIC "any") (SFUNC = shards.fold, STYPE = internal, FINALFUNC = shards.fold_text);
CREATE AGGREGATE shards.fold_bytes(oid, VARIADIC "any") (SFUNC = shards.fold, STYPE = internal, FINALFUNC = shards.fold_bytes);
CREATE AGGREGATE shards.join(oid, text) (SFUNC = shards.join_text, STYPE = internal, FINALFUNC = shards.join_final);
CREATE AGGREGATE shards.join(oid, bytea) (SFUNC = shards.join_bytes, STYPE = internal, FINALFUNC = shards.join_final);
SQL
run -o /dev/null <<'SQL'
-- rows, and what is known per customer
CREATE TABLE public.e AS
SELECT e.customer_id, i % 7 AS shard, occurred_at AS moment, occurred_at::timestamp AS local, occurred_at::date AS day, amount, i % 5 <> 0 AS starts, i % 3 <> 0 AS returns
FROM (SELECT *, row_number() OVER () AS i FROM world.event) e;
CREATE TABLE public.s AS SELECT *, row_number() OVER () % 7 AS shard FROM world.subscription;
CREATE TABLE public.c AS
SELECT customer_id, customer_id % 7 AS shard, a.activity, cvm.tenure(a.activity, 'month', '2025-07-01') AS tenure, h.holdings, g.segments,
	customer_id % 90 AS duration, customer_id % 3 = 0 AS churned, 'cause ' || customer_id % 4 AS cause, customer_id % 5 AS entry, (customer_id % 6)::bigint AS ended, (customer_id % 11)::bigint AS going
FROM (SELECT customer_id, cvm.activity_agg(day, amount, starts, returns) AS activity FROM public.e GROUP BY 1) a
JOIN (SELECT customer_id, cvm.holdings_agg(product, started_on, ended_on, mrr) AS holdings FROM public.s GROUP BY 1) h USING (customer_id)
JOIN (SELECT customer_id, cvm.holdings_agg(segment, valid_from, valid_to, 1) AS segments FROM world.segment_history GROUP BY 1) g USING (customer_id);

-- how each aggregate is called: by the types of its arguments, unless it is
-- said otherwise
CREATE TABLE public.call (aggregate regprocedure PRIMARY KEY, source text, args text);
INSERT INTO public.call
SELECT a.oid, CASE
		WHEN a.proname = 'activity_agg' THEN 'e' WHEN a.proname IN ('holdings_agg', '_paid_since_agg') THEN 's'
		WHEN a.proname = 'rollup' AND t.name NOT IN ('activity', 'holdings') THEN format('(SELECT shard, cvm.%s AS state FROM c GROUP BY customer_id, shard) r', t.fold)
		ELSE 'c' END,
	coalesce(said.args, (SELECT string_agg(CASE format_type(x.type, NULL)
		WHEN 'cvm.activity' THEN 'activity' WHEN 'cvm.tenure' THEN 'tenure' WHEN 'cvm.holdings' THEN CASE WHEN x.n > 1 THEN 'segments' ELSE 'holdings' END
		WHEN 'text' THEN CASE WHEN a.proname LIKE 'cannibalization%' THEN 'NULL::text' ELSE '''month''::text' END WHEN 'date' THEN 'date ''2025-07-01'''
		WHEN 'integer' THEN CASE WHEN a.proname !~ '^(survival|sbg)' THEN format('%s', 20 + 5 * x.n) ELSE 'duration' END WHEN 'integer[]' THEN '''{20,40}''::int[]' WHEN 'bigint' THEN CASE x.n WHEN 2 THEN 'ended' ELSE 'going' END
		WHEN 'boolean' THEN 'churned' WHEN 'text[]' THEN CASE x.n WHEN 2 THEN '''{MAX}''::text[]' ELSE '''{BASIC,PLUS}''::text[]' END
		WHEN 'datemultirange' THEN '''{[2024-01-01,2024-08-15)}''::datemultirange' ELSE 'state' END, ', ' ORDER BY x.n)
		FROM unnest(a.proargtypes) WITH ORDINALITY AS x (type, n)))
FROM pg_proc a
JOIN pg_aggregate g ON g.aggfnoid = a.oid AND g.aggtranstype <> 'internal'::regtype
CROSS JOIN LATERAL (SELECT replace(format_type(a.proargtypes[0], NULL), 'cvm.', '')) AS n (name)
LEFT JOIN (VALUES ('activity', NULL), ('holdings', NULL), ('retention', 'retention_agg(tenure)'), ('lifecycle', $$lifecycle_agg(activity, 'month', '2025-07-01')$$),
	('movement', $$movement_agg(holdings, 'month', '2025-07-01')$$), ('revenue_retention', $$revenue_retention_agg(holdings, 'month', '2025-07-01')$$),
	('survival', 'survival_agg(duration, churned, cause)'), ('purchases', $$purchases_agg(activity, '2025-07-01')$$), ('cannibalization', $$cannibalization_agg(holdings, '{MAX}', '{BASIC,PLUS}', '2025-07-01')$$),
	('cannibalization_matrix', $$cannibalization_matrix_agg(holdings, '2025-07-01')$$), ('segment_flow', $$segment_flow_agg(holdings, segments, 'month', '2025-07-01')$$)) AS t (name, fold) USING (name)
LEFT JOIN (VALUES ('survival_agg(integer,boolean,integer)', 'duration + 5, churned, entry'), ('survival_agg(integer,boolean,text)', 'duration, churned, cause'),
	('survival_agg(integer,boolean,text,integer)', 'duration + 5, churned, cause, entry'), ('survival_agg(integer,bigint,bigint)', 'duration, ended, going'),
	('sbg_fit(integer,bigint,bigint)', 'customer_id % 4 + 1, (ARRAY[40, 20, 12, 8])[customer_id % 4 + 1]::bigint, CASE customer_id % 4 WHEN 3 THEN 900 ELSE 0 END::bigint'), ('revenue_retention_agg(cvm.holdings,text,date,text)', $$holdings, 'month'::text, date '2025-07-01', 'anniversary'::text$$),
	('cannibalization_agg(cvm.holdings,text[],text[],date,integer,integer,integer)', $$holdings, '{MAX}'::text[], NULL::text[], date '2025-07-01', 40, 50, 3$$),
	('cannibalization_agg(cvm.holdings,text[],text[],date,integer,integer,integer,text)', $$holdings, '{MAX}'::text[], NULL::text[], date '2025-07-01', 40, 50, 3, 'mrr'::text$$),
	('cannibalization_agg(cvm.holdings,text[],text[],date,integer,integer,integer,text,text)', $$holdings, '{MAX}'::text[], NULL::text[], date '2025-07-01', 40, 50, 3, 'mrr'::text, '(none)'::text$$),
	('cannibalization_agg(cvm.holdings,text[],text[],date,integer[],integer[],integer)', $$holdings, '{MAX}'::text[], NULL::text[], date '2025-07-01', '{20,40}'::int[], '{30,60}'::int[], 3$$),
	('cannibalization_agg(cvm.holdings,text[],text[],date,integer[],integer[],integer,text)', $$holdings, '{MAX}'::text[], NULL::text[], date '2025-07-01', '{20,40}'::int[], '{30,60}'::int[], 3, 'mrr'::text$$),
	('cannibalization_matrix_agg(cvm.holdings,date,integer,integer,integer)', $$holdings, date '2025-07-01', 40, 50, 3$$),
	('segment_flow_agg(cvm.holdings,cvm.holdings,text,date,text[],integer)', $$holdings, segments, 'month'::text, date '2025-07-01', '{{BASIC,mobile,false},{PLUS,mobile,true},{TV,home,false}}'::text[], 30$$),
	('segment_flow_agg(cvm.holdings,cvm.holdings,text,date,text[],integer,integer)', $$holdings, segments, 'month'::text, date '2025-07-01', '{{BASIC,mobile,false},{PLUS,mobile,true},{TV,home,false}}'::text[], 1, 60$$),
	('holdings_agg(text,date,date,numeric,text,text,boolean)', $$product, started_on, ended_on, mrr, channel, offer, status = 'trial'$$),
	('purchases_agg(integer,integer,integer,numeric,bigint)', 'entry, CASE WHEN entry > 0 THEN 10 + duration ELSE 0 END, 200, CASE WHEN entry > 0 THEN 7.5 END, going'),
	('_paid_since_agg(date,date,date,integer)', $$started_on, ended_on, date '2025-07-01', 30$$),
	('holdings_agg(text,date,date,numeric)', 'product, started_on, ended_on, mrr'), ('holdings_agg(text,date,date,numeric,text,text)', 'product, started_on, ended_on, mrr, channel, offer')) AS said (form, args)
	ON a.oid = ('cvm.' || said.form)::regprocedure
WHERE a.pronamespace = 'cvm'::regnamespace;
UPDATE public.call SET args = (
	SELECT string_agg(CASE x.word WHEN 'date' THEN 'day' WHEN 'timestamp without time zone' THEN 'local' WHEN 'timestamp with time zone' THEN 'moment' WHEN 'text' THEN '''Europe/Vilnius''::text'
		WHEN 'numeric' THEN 'amount' ELSE CASE (SELECT count(*) FROM unnest(p.proargtypes) WITH ORDINALITY y (type, n) WHERE y.type = 'bool'::regtype AND y.n < x.n) WHEN 0 THEN 'starts' ELSE 'returns' END END, ', ' ORDER BY x.n)
	FROM pg_proc p, LATERAL (SELECT format_type(z.type, NULL) AS word, z.n FROM unnest(p.proargtypes) WITH ORDINALITY z (type, n)) x WHERE p.oid = aggregate)
WHERE source = 'e';
UPDATE public.call SET args = CASE source WHEN 'c' THEN CASE WHEN aggregate::text LIKE '%activity%' THEN 'activity' ELSE 'holdings' END ELSE 'state' END WHERE aggregate::text LIKE '%rollup(%';
SQL
ok "$(run -c 'SELECT count(*) FROM call') aggregates can be folded apart" [ "$(run -c 'SELECT count(*) FROM call')" -ge 40 ]

# whole | by shards, as text | as bytes | when one shard has no rows
run -F ' ' -c "SELECT aggregate::oid, replace(aggregate::text, ' ', '~'), replace(source, ' ', '~'), replace(args, ' ', '~') FROM call ORDER BY aggregate::text" >"$files/calls"
same=0
while read -r oid name source args; do
	name=${name//\~/ } source=${source//\~/ } args=${args//\~/ }
	plain=${name%%(*}
	out=$(run 2>&1 <<SQL
SET search_path = public, cvm;
SELECT w IS NOT NULL AND length(w) >= 10, w = t, w = b, w = n FROM (SELECT
	(SELECT $plain($args)::text FROM $source) AS w,
	(SELECT shards.join($oid, p ORDER BY hashtext(shard || 'x')) FROM (SELECT shard, shards.fold_text($oid, $args) AS p FROM $source GROUP BY shard) f) AS t,
	(SELECT shards.join($oid, p ORDER BY shard DESC) FROM (SELECT shard, shards.fold_bytes($oid, $args) AS p FROM $source GROUP BY shard) f) AS b,
	(SELECT shards.join($oid, p) FROM (SELECT shards.fold_text($oid, $args) FILTER (WHERE k = shard) AS p FROM $source, generate_series(-1, 6) k GROUP BY k ORDER BY k) f) AS n) x
SQL
	)
	[ "$out" = "t|t|t|t" ] && same=$((same + 1)) || comment "$name over $source ($args): $out"
done <"$files/calls"
is "$same" "$(run -c 'SELECT count(*) FROM call')" "every one is the same when each call looks its functions up anew: by shards, as text, as bytes, with an empty shard"

# places where functions are called in other ways: each line is a query that
# must give the same as the first one
run -o /dev/null <<'SQL'
CREATE FUNCTION public.inlined(a cvm.activity) RETURNS cvm.tenure LANGUAGE sql IMMUTABLE AS $$ SELECT cvm.tenure(a, 'month', '2025-07-01') $$;
CREATE FUNCTION public.fenced(a cvm.activity) RETURNS cvm.tenure LANGUAGE sql VOLATILE SET search_path = '' AS $$ SELECT cvm.tenure(a, 'month', '2025-07-01') $$;
CREATE FUNCTION public.stepwise(a cvm.activity) RETURNS cvm.tenure LANGUAGE plpgsql AS $$ DECLARE t cvm.tenure; BEGIN t := cvm.tenure(a, 'month', '2025-07-01'); RETURN t; END $$;
CREATE FUNCTION public.whole() RETURNS cvm.retention LANGUAGE plpgsql AS $$
DECLARE r record; s cvm.retention; n cvm.retention;
BEGIN
	FOR r IN SELECT activity FROM public.c LOOP
		SELECT cvm.retention_agg(cvm.tenure(r.activity, 'month', '2025-07-01')) INTO n;
		s := coalesce(s OPERATOR(cvm.||) n, n);
	END LOOP;
	RETURN s;
END $$;
SQL
wanted=$(run -c "SELECT md5(cvm.retention_agg(cvm.tenure(activity, 'month', '2025-07-01'))::text) FROM c")
is "$(run -c 'SELECT md5(cvm.retention_agg(inlined(activity))::text) FROM c')" "$wanted" "in an SQL function that is inlined"
is "$(run -c 'SELECT md5(cvm.retention_agg(fenced(activity))::text) FROM c')" "$wanted" "in one that is not"
is "$(run -c 'SELECT md5(cvm.retention_agg(stepwise(activity))::text) FROM c')" "$wanted" "in PL/pgSQL"
is "$(run -c 'SELECT md5(whole()::text)')" "$wanted" "customer by customer, added up in a loop"
for plan in force_generic_plan force_custom_plan; do
	is "$(run -c "SET plan_cache_mode = $plan" -c "PREPARE q(text, date) AS SELECT md5(cvm.retention_agg(cvm.tenure(activity, \$1, \$2))::text) FROM c" \
		-c "EXECUTE q('week', '2025-01-01')" -c "EXECUTE q('month', '2025-07-01')" | tail -n 1)" "$wanted" "prepared, $plan"
done
is "$(run <<'SQL'
BEGIN;
DECLARE k SCROLL CURSOR FOR SELECT customer_id, activity FROM c ORDER BY customer_id;
CREATE TEMP TABLE got (customer_id int, activity cvm.activity);
DO $$ DECLARE i int; a cvm.activity; k refcursor := 'k'; BEGIN LOOP FETCH k INTO i, a; EXIT WHEN NOT FOUND; INSERT INTO got VALUES (i, a); END LOOP; MOVE ABSOLUTE 0 IN k; FETCH k INTO i, a; DELETE FROM got WHERE customer_id = i; INSERT INTO got VALUES (i, a); END $$;
SELECT md5(cvm.retention_agg(cvm.tenure(activity, 'month', '2025-07-01'))::text) FROM got;
SQL
)" "$wanted" "through a cursor that goes back and forth"
is "$(run -c "SELECT md5(cvm.retention_agg(cvm.tenure(a.activity, 'month', '2025-07-01'))::text) FROM c, LATERAL (SELECT cvm.rollup(x.activity) AS activity FROM (VALUES (c.activity), (NULL)) x (activity)) a")" "$wanted" "in a subquery for each row"
# windows: with a frame that moves, each row folds its own neighbours
empty "in a window whose frame moves, and in one that grows" run <<'SQL'
WITH w AS (SELECT customer_id, day, amount, row_number() OVER p AS n, cvm.activity_agg(day, amount) OVER (p ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING) AS a, cvm.activity_agg(day, amount) OVER p AS running
	FROM e WINDOW p AS (PARTITION BY customer_id ORDER BY moment, shard, amount NULLS FIRST))
SELECT w.customer_id, w.n FROM w
WHERE w.a::text <> (SELECT cvm.activity_agg(v.day, v.amount)::text FROM w v WHERE v.customer_id = w.customer_id AND v.n BETWEEN w.n - 3 AND w.n + 1)
	OR w.running::text <> (SELECT cvm.activity_agg(v.day, v.amount)::text FROM w v WHERE v.customer_id = w.customer_id AND v.n <= w.n)
SQL
empty "a triangle in a moving window, read row by row" run <<'SQL'
WITH w AS (SELECT customer_id, tenure, cvm.retention_agg(tenure) OVER (ORDER BY customer_id ROWS BETWEEN 20 PRECEDING AND CURRENT ROW) AS r, row_number() OVER (ORDER BY customer_id) AS n FROM c)
SELECT w.n FROM w WHERE (SELECT md5(array_agg(g)::text) FROM cvm.grid(w.r) g) <> (SELECT md5(array_agg(g)::text) FROM cvm.grid((SELECT cvm.retention_agg(v.tenure) FROM w v WHERE v.n BETWEEN w.n - 20 AND w.n)) g)
SQL
done_testing
