\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Words of status of billing systems: each is read as its system means it, in
-- any case of letters, under any collation, stored or not.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(29);
CREATE SCHEMA st;
SET LOCAL search_path = st, cvm, public;

-- as the manuals of the systems have them: (p)aid, (u)npaid, pa(h)sed, (n)ot begun, (e)nded
CREATE TABLE meant AS
SELECT x.system, split_part(w, ':', 1) AS word, CASE split_part(w, ':', 2) WHEN 'p' THEN 'paid' WHEN 'u' THEN 'unpaid' WHEN 'h' THEN 'paused' WHEN 'n' THEN 'not begun' ELSE 'ended' END AS reading
FROM (VALUES
	('Stripe', 'trialing:u active:p past_due:p incomplete:n incomplete_expired:n unpaid:u canceled:e paused:h'),
	('Chargebee', 'future:n in_trial:u active:p non_renewing:p paused:h cancelled:e transferred:e'),
	('Recurly', 'active:p canceled:e expired:e future:n paused:h failed:e in_trial:u live:p past_due:p'),
	('Zuora', 'Draft:n Pending_Activation:n Pending_Acceptance:n Active:p Cancelled:e Suspended:h Expired:e PendingActivation:n PendingAcceptance:n'),
	('Paddle', 'active:p trialing:u past_due:p paused:h canceled:e deleted:e'),
	('Shopify', 'ACTIVE:p PAUSED:h CANCELLED:e EXPIRED:e FAILED:e STALE:e'),
	('WooCommerce', 'pending:n active:p on-hold:h cancelled:e switched:e expired:e pending-cancel:p wc-active:p wc-pending:n wc-on-hold:h wc-cancelled:e wc-expired:e wc-pending-cancel:p wc-switched:e'),
	('others', 'trial:u free:u paid:p overdue:p grace:p churned:e terminated:e closed:e inactive:e scheduled:n frozen:h new:p current:p open:p running:p renewed:p lapsed:e completed:e ended:e')) AS x (system, words)
CROSS JOIN unnest(string_to_array(x.words, ' ')) w;
CREATE TABLE spelt AS
SELECT DISTINCT s.word, m.reading
FROM meant m
CROSS JOIN LATERAL unnest(ARRAY[m.word, upper(m.word COLLATE "C"), lower(m.word COLLATE "C"), initcap(m.word COLLATE "C"), replace(m.word, '_', ' '), replace(upper(m.word COLLATE "C"), '-', '_')]) s (word);
SELECT cmp_ok((SELECT count(*) FROM meant WHERE system <> 'others'), '>=', 50::bigint, 'fifty words of the seven systems are asked about');

DO $$ BEGIN PERFORM create_model('m', tz => 'UTC', currency => 'EUR', as_of => '2024-03-01'); END $$;
-- how views read a word
CREATE FUNCTION pg_temp.differs(collation_name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	l jsonb := cvm._literals('m');
	differs text;
BEGIN
	EXECUTE format($q$SELECT string_agg(s.word || ' ' || s.reading, ', ' ORDER BY s.word COLLATE "C")
		FROM (SELECT t.word, t.reading, t.word COLLATE %1$s AS status FROM st.spelt t) s
		WHERE coalesce(%2$s, false) <> (s.reading IN ('unpaid', 'not begun', 'paused')) OR coalesce(%3$s, false) <> (s.reading = 'paused') OR (%4$s) <> (s.reading = 'ended')$q$,
		collation_name, l ->> 'is_unpaid', l ->> 'is_paused', cvm._status_test(cvm._status_words('m', 'ended_statuses'), 's.status')) INTO differs;
	RETURN differs;
END
$$;
SELECT is(pg_temp.differs('"C"'), NULL, 'words are read the same under the collation of bytes');
SELECT is(pg_temp.differs('"default"'), NULL, 'words are read the same under the collation of the database');
SELECT is(pg_temp.differs('"tr-x-icu"'), NULL, 'words are read the same under the collation of Turkish, where I is no capital of i');
SELECT is(pg_temp.differs('"lt-x-icu"'), NULL, 'words are read the same under the collation of Lithuanian');

-- through a model, stored and not: each word by itself, as the waterfall of a segment that has its name
UPDATE cvm.report_body SET needs = needs || '{nothing}'::text[] WHERE view <> 'mrr_movement';
CREATE TABLE sub (customer_id int, product text, started_on date, ended_on date, mrr numeric, status text);
INSERT INTO sub SELECT row_number() OVER (ORDER BY word COLLATE "C"), 'P', '2024-01-05', CASE WHEN reading = 'ended' THEN date '2024-02-05' END, 10, word FROM spelt;
CREATE TABLE called AS SELECT customer_id, status AS segment, date '2020-01-01' AS valid_from FROM sub;
CREATE FUNCTION pg_temp.seen() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	-- views are made anew meanwhile
	EXECUTE $q$
	SELECT coalesce(string_agg(format('%s is %s, not %s', x.word, x.seen, x.meant), ', ' ORDER BY x.word COLLATE "C") FILTER (WHERE x.seen IS DISTINCT FROM x.meant), count(*) FILTER (WHERE x.seen = x.meant) || ' words')
	FROM (
		SELECT s.word, CASE s.reading WHEN 'not begun' THEN 'unpaid' ELSE s.reading END AS meant, CASE format('%s %s %s', coalesce(f.closing_mrr, 0)::int, coalesce(t.closing_mrr, 0)::int, coalesce(t.closing_paused_mrr, 0)::int)
			WHEN '10 10 0' THEN 'paid' WHEN '10 0 0' THEN 'ended' WHEN '0 0 10' THEN 'paused' WHEN '0 0 0' THEN 'unpaid' END AS seen
		FROM st.spelt s
		LEFT JOIN m.mrr_movement f ON f.segment = s.word COLLATE "C" AND f.month_label = '2024-01'
		LEFT JOIN m.mrr_movement t ON t.segment = s.word COLLATE "C" AND t.month_label = '2024-02') x$q$ INTO seen;
	RETURN seen;
END
$$;
CREATE FUNCTION pg_temp.seen_under(collation_name text, OUT computed text, OUT stored text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER TABLE st.sub ALTER status TYPE text COLLATE %s', collation_name);
	PERFORM cvm.bind('m', 'segment_history', 'st.called'), cvm.bind('m', 'subscription', 'st.sub');
	computed := pg_temp.seen();
	PERFORM cvm.store('m', 'customer_holdings'), cvm.refresh_here('m');
	stored := pg_temp.seen();
	PERFORM cvm.unstore('m', 'customer_holdings'), cvm.unbind('m', 'subscription');
END
$$;
CREATE TEMP TABLE seen AS SELECT c.n, c.collation_name, x.* FROM unnest('{"C","default",tr-x-icu,lt-x-icu}'::text[]) WITH ORDINALITY AS c (collation_name, n) CROSS JOIN LATERAL pg_temp.seen_under(quote_ident(c.collation_name)) x;
SELECT is(s.computed, (SELECT count(*) || ' words' FROM spelt), format('each word alone is what it means in a model under the collation %s', s.collation_name)) FROM seen s ORDER BY s.n;
SELECT is(s.stored, (SELECT count(*) || ' words' FROM spelt), format('each word alone is what it means in what is stored under the collation %s', s.collation_name)) FROM seen s ORDER BY s.n;
DO $$ BEGIN PERFORM bind('m', 'subscription', 'sub'); END $$;
SELECT is((SELECT string_agg(problem, ' ') FROM check_model('m') WHERE severity <> 'info' AND problem <> 'similar_names'), NULL, 'check_model() knows them all');
SELECT set_eq($$SELECT samples[1], substring(what FROM '" is read as (\D+)\. The mrr'), count FROM check_model('m') WHERE problem = 'status'$$, 'SELECT word, reading, 1::bigint FROM spelt', 'check_model() says how each word is read');
DO $$ BEGIN PERFORM unbind('m', 'segment_history'); END $$;

-- a word that nobody knows
INSERT INTO sub VALUES (1000, 'P', '2024-01-05', NULL, 7, 'Zzz'), (1001, 'P', '2024-01-05', NULL, 8, 'Zzz'), (1002, 'P', '2024-01-05', NULL, 9, 'Ruhend'), (1003, 'P', '2024-01-05', NULL, 9, 'Cancelled');
SELECT is((SELECT string_agg(concat_ws(' ', severity, problem, count, samples), ', ' ORDER BY problem) FROM check_model('m') WHERE severity <> 'info'), 'error ended_without_end 1 {Cancelled}, warning unknown_status 3 {Ruhend,Zzz}',
	'a word that nobody knows is found, and one that says the end of a row that has none');
SELECT matches((SELECT what FROM check_model('m') WHERE problem = 'status' AND samples = '{Zzz}'), '^"Zzz" is read as paid, as no setting has it. The mrr of these rows is 15.00.$', 'the money of each is told');
DO $$ BEGIN PERFORM configure('m', 'paused_statuses', 'paused, RUHEND'); END $$;
SELECT is((SELECT samples::text FROM check_model('m') WHERE problem = 'unknown_status'), '{Zzz}', 'a setting tells it');
DO $$ DECLARE f text; BEGIN FOR f IN SELECT c.fix FROM check_model('m') c WHERE severity <> 'info' LOOP EXECUTE f; END LOOP; END $$;
SELECT is((SELECT string_agg(problem, ' ') FROM check_model('m') WHERE severity <> 'info'), NULL, 'the fixes tell the rest');
SELECT is((SELECT value::text[] @> '{active,Zzz}' FROM cvm.setting WHERE model = 'm' AND setting = 'paid_statuses'), true, 'the fixes forget no word that was known');

-- a status of today is not that of all of the past
CREATE TABLE line (customer_id int, product text, started_on date, ended_on date, mrr numeric, state text, changed_on date);
INSERT INTO line SELECT i, 'P', '2024-01-05', NULL, 10, CASE WHEN i <= 3 THEN 'Suspended' WHEN i = 4 THEN 'trial' WHEN i = 5 THEN 'pending' ELSE 'active' END, NULL FROM generate_series(1, 10) i;
INSERT INTO line VALUES (11, 'P', '2024-01-05', '2024-03-01', 10, 'terminated', NULL);
DO $$ BEGIN PERFORM bind('m', 'subscription', 'line', '{"status": "state"}'), configure('m', 'as_of', '2024-07-01'); END $$;
CREATE FUNCTION pg_temp.today() RETURNS text LANGUAGE sql AS $$SELECT concat_ws(' ', severity, count, samples, substring(what FROM 'earliest (\S+),'), substring(what FROM '(\S+) a month')) FROM check_model('m') WHERE problem = 'status_of_today'$$;
SELECT is(pg_temp.today(), 'info 3 {Suspended} 2024-01-05 30.00', 'who is suspended today and was not always is found, with what that takes from the past');
ALTER TABLE line RENAME changed_on TO suspended_on;
UPDATE line SET suspended_on = '2024-04-01' WHERE state = 'Suspended';
SELECT is(pg_temp.today(), 'warning 3 {Suspended} 2024-01-05 30.00', 'where a column says since when it is a warning');
SELECT is((SELECT fix FROM check_model('m') WHERE problem = 'status_of_today'), $$SELECT cvm.bind('m', 'subscription', 'st.line', '{"status": "state", "status_since": {"column": "suspended_on"}}');$$, 'the fix of a column since when is the line that binds it');
DO $$ BEGIN EXECUTE (SELECT fix FROM check_model('m') WHERE problem = 'status_of_today'); END $$;
SELECT is((SELECT string_agg(closing_customers || ' ' || closing_mrr, ', ' ORDER BY month) FROM m.mrr_movement), '9 90.00, 9 90.00, 8 80.00, 5 50.00, 5 50.00, 5 50.00', 'with the fix the past is what it was');
SELECT is(pg_temp.today(), NULL, 'after the fix nothing is left to find');
UPDATE line SET suspended_on = NULL WHERE customer_id = 2;
SELECT is(pg_temp.today(), 'warning 1 {Suspended} 2024-01-05 10.00', 'one that has no such day is found again');
SELECT is((SELECT fix FROM check_model('m') WHERE problem = 'status_of_today'), $$SELECT s.* FROM st.line s WHERE s.suspended_on IS NULL AND s.state::text = ANY ('{Suspended}');$$, 'the fix lists the status that has no such day');
UPDATE line SET suspended_on = '2024-04-01' WHERE customer_id = 2;
-- rows that are spells of a status
DO $$ BEGIN PERFORM bind('m', 'subscription', 'line', '{"status": "state"}'); END $$;
UPDATE line SET ended_on = suspended_on, state = 'active' WHERE customer_id = 1;
INSERT INTO line VALUES (1, 'P', '2024-04-01', NULL, 10, 'Suspended', NULL);
SELECT is(pg_temp.today(), NULL, 'rows that are spells of a status are what they say');

-- more statuses than are kept, long ones, and words that change from row to row
SELECT is((SELECT count(*) FILTER (WHERE (cvm._has_status(s.status, w.words) IS DISTINCT FROM (lower(translate(s.status, ' _-', '') COLLATE "C") = ANY (w.words)))) || ' of ' || count(*)
		FROM generate_series(1, 2000) n
		CROSS JOIN LATERAL (SELECT (ARRAY['Paused', 'on-hold', 'ON_HOLD', '', ' - ', 'Straße', 'ÄRGER', 'trial ' || n % 5, repeat('past due ', n % 7), NULL])[1 + n * 7919 % 10] AS status) s
		CROSS JOIN LATERAL (SELECT (ARRAY['{paused,onhold}', '{straße,trial1,trial3}', '{"",Ärger}', '{pastduepastdue,pastduepastduepastduepastduepastdue}', '{}'])[1 + n / (1 + n % 3) % 5]::text[] AS words) w),
	'0 of 2000', 'statuses are compared as lower() and translate() would, whatever was asked before');

SELECT * FROM finish();
ROLLBACK;
