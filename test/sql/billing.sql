\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What billing systems do, as data of a binding: each option alone and all
-- together, day by day, against what it means in plain words.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(52);
CREATE SCHEMA b;
SET LOCAL search_path = b, cvm, public;
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN format('%s: %s (%s)', SQLSTATE, SQLERRM, hint);
END
$$;

-- words for intervals
SELECT is((SELECT string_agg(w || ' ' || per_month(1200, w, 1), ', ' ORDER BY n) FROM unnest('{year,YEARLY,Annual,y,P1Y,12 months,quarter,3 Months,P3M,Semi-Annual,Semi_Annual,half year,month,MONTHS,monthly,m,2 years,Eighteen_Months}'::text[]) WITH ORDINALITY AS u (w, n)),
	'year 100, YEARLY 100, Annual 100, y 100, P1Y 100, 12 months 100, quarter 400, 3 Months 400, P3M 400, Semi-Annual 200, Semi_Annual 200, half year 200, month 1200, MONTHS 1200, monthly 1200, m 1200, 2 years 50, Eighteen_Months 66.6666666667', 'an amount per interval is brought to a month, whatever the interval is called');
SELECT is((SELECT string_agg(w || ' ' || per_month(10, w, c), ', ' ORDER BY n) FROM unnest('{week,Weekly,weeks,fortnight,day,DAYS}'::text[], '{1,2,4,1,1,30}'::int[]) WITH ORDINALITY AS u (w, c, n)),
	'week 43.4821428571, Weekly 21.7410714286, weeks 10.8705357143, fortnight 21.7410714286, day 304.375, DAYS 10.1458333333', 'a year has 365.25 days');
SELECT is(per_month(10 * 365.25, 'day', 1) / 12, per_month(10 * 365.25, 'year', 1) * 365.25 / 12, 'a price per day is that per year by 365.25');
SELECT is((SELECT string_agg(pg_temp.try(format('SELECT cvm.per_month(1, %L, 1)', w)), ' ') FROM unnest('{lifetime}'::text[]) w),
	'22023: "lifetime" is not a billing interval (Intervals are day, week, month, quarter, year and their usual forms; cvm.check_model() lists the rows with others.)', 'an interval that is none is an error');
SELECT is((SELECT count(*) FROM unnest('{"",p,1,"0 months","1 2 months","m3",P1Y6M,monthl,"month!",dayweek,99999 days,mēnuo}'::text[]) w WHERE _is_billing_interval(w, 1)), 0::bigint, 'words that are no interval are errors');
SELECT is(pg_temp.try('SELECT cvm.per_month(1, ''month'', 0)'), '22023: interval_count "0" is not from 1 to 10000 (cvm.check_model() lists the rows with others.)', 'an interval of none of a unit is refused');
SELECT is((SELECT count(DISTINCT per_month(7, w, 3)) FROM (SELECT unnest(ARRAY[upper(w), lower(w), initcap(w)]) FROM unnest('{week,weekly,weeks}'::text[]) w) u (w)), 1::bigint, 'letters have no case');

-- random rows of a billing system
CREATE FUNCTION pg_temp.draw(what text, i int, below int) RETURNS int LANGUAGE sql IMMUTABLE RETURN (hashtext(what || i) & 2147483647) % below;
CREATE TABLE raw (id int PRIMARY KEY, customer_id int, product text, start_at timestamptz, end_on date, last_day date, fee int, unit text, units int, seats int, off int, off_percent numeric, off_until date, trial_until date, word text, word_since timestamptz,
	gone boolean, gone_at timestamptz, gone_no int, cur text, coin text);
CREATE INDEX ON raw (customer_id, start_at);
INSERT INTO raw
SELECT i, 1 + i % 40, 'P' || i % 3, timestamptz '2024-01-01 12:00+00' + pg_temp.draw('start', i, 60) * interval '1 day',
	CASE pg_temp.draw('ends', i, 6) WHEN 0 THEN NULL WHEN 1 THEN 'infinity' WHEN 2 THEN date '2024-01-01' + pg_temp.draw('start', i, 60) ELSE date '2024-01-01' + pg_temp.draw('start', i, 60) + pg_temp.draw('end', i, 90) END, NULL,
	pg_temp.draw('fee', i, 100000), (ARRAY['month', 'Year', 'WEEK', 'quarterly', 'day', NULL])[1 + pg_temp.draw('unit', i, 6)], nullif(pg_temp.draw('units', i, 4), 0), nullif(pg_temp.draw('seats', i, 5), 4),
	nullif(pg_temp.draw('off', i, 30000), 0), CASE WHEN i % 3 > 0 THEN pg_temp.draw('percent', i, 120) END, date '2024-01-01' + nullif(pg_temp.draw('until', i, 150), 1), date '2024-01-01' + nullif(pg_temp.draw('trial', i, 90) - 20, 3),
	(ARRAY['active', 'Paused', 'CANCELED', 'past-due', NULL])[1 + pg_temp.draw('word', i, 5)], timestamptz '2024-01-01 10:00+00' + nullif(pg_temp.draw('since', i, 120), 5) * interval '1 day',
	(ARRAY[true, false, false, NULL])[1 + i % 4], CASE WHEN i % 5 = 0 THEN now() WHEN i % 5 = 1 THEN 'infinity' END, i % 6, (ARRAY['eur', ' Eur', 'EUR', NULL])[1 + i % 4],
	(ARRAY['usd', 'jpy', ' KWD', NULL, 'ISK'])[1 + pg_temp.draw('coin', i, 5)]
FROM generate_series(1, 160) i;
-- days that coincide
UPDATE raw SET trial_until = off_until WHERE id % 7 = 0;
UPDATE raw SET word_since = off_until + interval '10 hours' WHERE id % 11 = 0;
UPDATE raw SET off_until = end_on WHERE id % 13 = 0;
UPDATE raw SET last_day = CASE WHEN isfinite(end_on) THEN end_on - 1 ELSE end_on END;
DO $$ BEGIN PERFORM create_model('m', tz => 'UTC', currency => 'EUR', as_of => '2024-06-01'); END $$;

-- what the binding says, without the reports that stand on it
CREATE FUNCTION pg_temp.body(entity text, source regclass, given jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT cvm._canonical_query(k.columns, source::text, cvm._undeleted(k.columns))
	FROM (SELECT cvm._billed('m', entity, jsonb_agg(jsonb_build_object('name', c.name, 'source', c.source_column, 'expression', c.expression, 'comment', c.comment) ORDER BY c.pos), given) AS columns
		FROM cvm._columns('m', entity, source, given) c) k
$$;
-- the same a row and day after the other: what it brings on that day, and how it stands
CREATE FUNCTION pg_temp.means(r raw, d date, g jsonb, OUT held boolean, OUT mrr numeric, OUT status text) LANGUAGE plpgsql AS $$
DECLARE
	ends date := CASE WHEN g -> 'ended_on' @> '{"inclusive": true}' THEN r.last_day + 1 ELSE r.end_on END;
	since date := (r.word_since AT TIME ZONE 'UTC')::date;
	trial date := r.trial_until + CASE WHEN g -> 'trial_ends_on' @> '{"inclusive": true}' THEN 1 ELSE 0 END;
	off numeric := 0;
BEGIN
	held := NOT CASE g ->> 'deleted' WHEN 'gone' THEN coalesce(r.gone, false) WHEN 'gone_at' THEN r.gone_at IS NOT NULL AND r.gone_at <> 'infinity' WHEN 'gone_no' THEN r.gone_no <> 0 ELSE false END;
	IF g ? 'status_since' AND r.word = 'CANCELED' AND since IS NOT NULL AND (ends IS NULL OR ends = 'infinity') THEN
		ends := since;
	END IF;
	held := held AND d >= (r.start_at AT TIME ZONE 'UTC')::date AND (ends IS NULL OR d < ends);
	status := CASE WHEN g ? 'status' AND (NOT g ? 'status_since' OR since IS NULL OR d >= since) THEN r.word END;
	mrr := r.fee;
	IF coalesce(g -> 'amount', g -> 'mrr') @> '{"minor_units": 2}' THEN
		mrr := mrr / 100;
	ELSIF coalesce(g -> 'amount', g -> 'mrr') @> '{"minor_units": "currency"}' THEN
		-- the model's where the row has none
		mrr := mrr / CASE g ->> 'currency' WHEN 'coin' THEN CASE r.coin WHEN 'jpy' THEN 1 WHEN ' KWD' THEN 1000 ELSE 100 END ELSE 100 END;
	END IF;
	IF g ? 'quantity' AND r.seats IS NOT NULL THEN
		mrr := mrr * r.seats;
	END IF;
	IF g ? 'discount' AND (NOT g ? 'discount_until' OR r.off_until IS NULL OR d < r.off_until) THEN
		IF g -> 'discount' @> '{"percent": true}' THEN
			mrr := mrr * (100 - CASE WHEN r.off_percent > 100 THEN 100 WHEN r.off_percent IS NULL THEN 0 ELSE r.off_percent END) / 100;
		ELSE
			off := coalesce(r.off, 0) / CASE WHEN g -> 'discount' @> '{"minor_units": 2}' THEN 100.0 ELSE 1 END;
			mrr := CASE WHEN mrr > off THEN mrr - off ELSE 0 END;
		END IF;
	END IF;
	IF g ? 'billing_interval' OR g ? 'interval_count' THEN
		mrr := mrr / CASE WHEN g ? 'interval_count' AND r.units IS NOT NULL THEN r.units ELSE 1 END;
		IF g ? 'billing_interval' THEN
			mrr := CASE r.unit WHEN 'Year' THEN mrr / 12 WHEN 'quarterly' THEN mrr / 3 WHEN 'month' THEN mrr WHEN 'WEEK' THEN mrr * 365.25 / 84 WHEN 'day' THEN mrr * 365.25 / 12 END;
		END IF;
	END IF;
	IF g ? 'trial_ends_on' AND d < trial THEN
		mrr := 0;
		status := 'trial';
	END IF;
	mrr := round(mrr, 6);
END
$$;
CREATE FUNCTION pg_temp.differs(given jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
	g jsonb := '{"started_on": "start_at", "subscription_id": "id"}' || CASE WHEN given ? 'ended_on' THEN '{}' ELSE '{"ended_on": "end_on"}'::jsonb END
		|| CASE WHEN given ?| '{mrr,amount}' THEN '{}' ELSE '{"mrr": "fee"}'::jsonb END || given;
BEGIN
	EXECUTE format($q$
		WITH day AS MATERIALIZED (SELECT date '2023-12-20' + n AS d FROM generate_series(0, 180, 4) n UNION SELECT unnest(ARRAY[r.off_until, r.trial_until, r.trial_until + 1, r.end_on, r.word_since::date]) FROM b.raw r WHERE r.id %% 20 = 0),
		seen AS (SELECT c.subscription_id::int AS id, c.customer_id, d.d, round(c.mrr, 6) AS mrr, c.status FROM (%s) c JOIN day d ON c.started_on <= d.d AND coalesce(d.d < c.ended_on, true)),
		meant AS (SELECT r.id, r.customer_id, d.d, m.mrr, m.status FROM b.raw r CROSS JOIN day d CROSS JOIN LATERAL pg_temp.means(r, d.d, %L) m WHERE m.held AND isfinite(d.d))
		SELECT count(*) FILTER (WHERE s.id IS NULL OR m.id IS NULL OR s.mrr IS DISTINCT FROM m.mrr OR s.status IS DISTINCT FROM m.status) + CASE WHEN count(*) < 200 THEN 1000000 ELSE 0 END
		-- a row twice on one day is two
		FROM (SELECT s.*, row_number() OVER (PARTITION BY s.id, s.d) AS n FROM seen s WHERE isfinite(s.d)) s FULL JOIN (SELECT m.*, 1 AS n FROM meant m) m USING (id, d, n)$q$,
		pg_temp.body('subscription', 'b.raw', g), g) INTO n;
	RETURN n;
END
$$;
SELECT is(pg_temp.differs('{}'), 0::bigint, 'a binding without options reads what the table says');
SELECT is(pg_temp.differs('{"mrr": {"column": "fee", "minor_units": 2}}'), 0::bigint, 'money may be in cents');
SELECT is(pg_temp.differs('{"mrr": {"column": "fee", "minor_units": "currency"}, "currency": "coin"}'), 0::bigint, 'money in cents, yen and fils by the currency of the row');
SELECT is(pg_temp.differs('{"amount": {"column": "fee", "minor_units": "currency"}, "quantity": "seats"}'), 0::bigint, 'money in minor units goes by the currency of the model where rows have none');
SELECT is(cvm.from_minor_units(123456789012345678901234567890123, 'eur'), 1234567890123456789012345678901.23, 'no digit is cut off');
SELECT is(pg_temp.differs('{"ended_on": {"column": "last_day", "inclusive": true}}'), 0::bigint, 'a last day may be given as the end');
SELECT is(pg_temp.differs('{"quantity": "seats"}'), 0::bigint, 'a quantity multiplies the price');
SELECT is(pg_temp.differs('{"amount": "fee", "billing_interval": "unit"}'), 0::bigint, 'an amount may be told per interval');
SELECT is(pg_temp.differs('{"amount": "fee", "billing_interval": "unit", "interval_count": "units"}'), 0::bigint, 'an amount per several intervals');
SELECT is(pg_temp.differs('{"amount": "fee", "interval_count": "units"}'), 0::bigint, 'an amount per several months');
SELECT is(pg_temp.differs('{"discount": "off"}'), 0::bigint, 'a discount for ever');
SELECT is(pg_temp.differs('{"discount": {"column": "off_percent", "percent": true}}'), 0::bigint, 'a discount may be a percentage');
SELECT is(pg_temp.differs('{"discount": "off", "discount_until": "off_until"}'), 0::bigint, 'a discount may last for some time');
SELECT is(pg_temp.differs('{"trial_ends_on": "trial_until"}'), 0::bigint, 'a trial brings nothing');
SELECT is(pg_temp.differs('{"trial_ends_on": {"column": "trial_until", "inclusive": true}}'), 0::bigint, 'a trial until its last day');
SELECT is(pg_temp.differs('{"status": "word"}'), 0::bigint, 'a status says what is paid');
SELECT is(pg_temp.differs('{"status": "word", "status_since": "word_since"}'), 0::bigint, 'a status since a day, which is also the end where it says so');
SELECT is(pg_temp.differs('{"deleted": "gone"}'), 0::bigint, 'rows that are told to be deleted');
SELECT is(pg_temp.differs('{"deleted": "gone_at"}'), 0::bigint, 'rows that were deleted at some time');
SELECT is(pg_temp.differs('{"deleted": "gone_no"}'), 0::bigint, 'rows that are deleted by a number');
CREATE TEMP TABLE everything AS SELECT '{"amount": {"column": "fee", "minor_units": 2}, "billing_interval": "unit", "interval_count": "units", "quantity": "seats", "discount": {"column": "off", "minor_units": 2}, "discount_until": "off_until",
	"trial_ends_on": "trial_until", "status": "word", "status_since": "word_since", "deleted": "gone", "ended_on": {"column": "last_day", "inclusive": true}, "currency": "cur"}'::jsonb AS given;
SELECT is(pg_temp.differs(given), 0::bigint, 'all options hold together') FROM everything;
SELECT is(pg_temp.differs(given || '{"discount": {"column": "off_percent", "percent": true}, "deleted": "gone_at", "trial_ends_on": {"column": "trial_until", "inclusive": true}}'), 0::bigint, 'all options hold together, each in its other form') FROM everything;

-- what is not said changes nothing
CREATE TABLE plain (customer_id int, product text, started_on date, ended_on date, mrr numeric);
CREATE TABLE busy (customer_id int, product text, started_on date, ended_on date, mrr numeric, amount numeric, billing_interval text, interval_count int, quantity int, discount numeric, discount_until date, trial_ends_on date, status_since date, deleted boolean);
SELECT is(replace(pg_temp.body('subscription', 'busy', '{}'), 'b.busy', 'busy'), replace(pg_temp.body('subscription', 'plain', '{}'), 'plain', 'busy'), 'beside mrr such columns count only where the binding names them');
SELECT is(pg_temp.body('subscription', 'plain', '{}'), E'SELECT s.customer_id::int4 AS customer_id, s.product::text AS product, s.started_on::date AS started_on, s.ended_on::date AS ended_on, s.mrr::numeric AS mrr, NULL::text AS subscription_id, NULL::text AS channel, NULL::text AS offer, NULL::text AS status, NULL::text AS end_reason, NULL::date AS cancel_requested_on, NULL::text AS currency, NULL::date AS committed_until\n FROM plain s',
	'a binding without options is the view that it was');
ALTER TABLE busy DROP COLUMN mrr;
SELECT matches(pg_temp.body('subscription', 'busy', '{}'), 'per_month', 'without mrr it is computed from the columns that have the names for it');

-- deleted rows of every entity
CREATE FUNCTION pg_temp.undeleted(entity text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE (SELECT format('CREATE TEMP TABLE one (%s, gone timestamptz)', string_agg(format('%I %s', ec.column_name, CASE ec.class WHEN 'key' THEN 'int' WHEN 'time' THEN 'date' ELSE cvm._class_type(ec.class) END), ', ' ORDER BY ec.position))
		FROM cvm.entity_column ec WHERE ec.entity = undeleted.entity AND ec.required);
	EXECUTE 'INSERT INTO one (gone) VALUES (NULL), (now()), (now())';
	EXECUTE format('SELECT count(*) FROM (%s) q', pg_temp.body(entity, 'one'::regclass, '{"deleted": "gone"}')) INTO n;
	DROP TABLE one;
	RETURN n;
END
$$;
SELECT is((SELECT count(*) FILTER (WHERE pg_temp.undeleted(e.entity) = '1') || ' of ' || count(*) FROM entity e), (SELECT count(*) || ' of ' || count(*) FROM entity), 'every entity leaves deleted rows out');

-- a table as Chargebee keeps it: 12 lines, two of them deleted
CREATE TABLE chargebee (id text PRIMARY KEY, customer_id text, plan_id text, plan_quantity int, plan_unit_price int, billing_period int, billing_period_unit text, started_at timestamptz, cancelled_at timestamptz, trial_end timestamptz, status text, currency_code text, coupon_amount int, deleted boolean);
INSERT INTO chargebee
SELECT 'sub_' || n, 'cust_' || c, plan, q, price, per, unit, timestamptz '2024-01-10 09:00+00', cancelled, trial, status, 'eur', coupon, deleted
FROM (VALUES
	(1, 1, 'basic', 10, 2900, 1, 'month', NULL::timestamptz, NULL::timestamptz, 'active', NULL::int, false),
	(2, 2, 'team', 1, 1200000, 1, 'year', NULL, NULL, 'active', NULL, false),
	(3, 3, 'team', 3, 360000, 1, 'year', NULL, NULL, 'non_renewing', NULL, false),
	(4, 4, 'pro', 1, 150000, 3, 'month', NULL, NULL, 'active', NULL, false),
	(5, 5, 'pro', 20, 9900, 1, 'month', NULL, NULL, 'active', 50000, false),
	(6, 6, 'basic', 1, 2900, 1, 'month', '2024-03-10 09:00+00', NULL, 'cancelled', NULL, false),
	(7, 7, 'basic', 1, 2900, 1, 'month', NULL, '2025-01-01 00:00+00', 'in_trial', NULL, false),
	(8, 8, 'enterprise', 1, 2400000, 2, 'year', NULL, NULL, 'active', NULL, false),
	(9, 9, 'pro', 1, 250000, 1, 'month', NULL, NULL, 'active', NULL, true),
	(10, 1, 'addon', 4, 10000, 6, 'MONTH', NULL, NULL, 'active', NULL, false),
	(11, 10, 'weekly', 1, 2352, 1, 'week', NULL, NULL, 'active', NULL, false),
	(12, 9, 'basic', 1, 100, 1, 'month', NULL, NULL, 'active', NULL, true)) AS t (n, c, plan, q, price, per, unit, cancelled, trial, status, coupon, deleted);
SELECT is(pg_temp.try($$SELECT cvm.bind('m', 'subscription', 'b.chargebee', '{"product": "plan_id", "started_on": "started_at", "ended_on": "cancelled_at", "amount": {"column": "plan_unit_price", "minor_units": 2},
	"quantity": "plan_quantity", "billing_interval": "billing_period_unit", "interval_count": "billing_period", "trial_ends_on": "trial_end", "discount": {"column": "coupon_amount", "minor_units": 2},
	"deleted": "deleted", "currency": "currency_code", "subscription_id": "id"}')$$), 'ok', 'a table as Chargebee keeps it is bound as it is');
-- 290 + 1000 + 900 + 500 + 1480 + 1000 + 66.67 + 23.52 * 365.25 / 84; and 29 until March
SELECT is((SELECT closing_mrr || ' ' || closing_customers || ' ' || churn_mrr FROM m.mrr_movement WHERE month_label = '2024-03'), '5338.94 7 -29.00', 'its revenue a month is that by hand, not 100 times as much');
SELECT is((SELECT string_agg(severity || ' ' || problem, ', ') FROM check_model('m') WHERE severity <> 'info'), NULL, 'check_model finds nothing wrong with the binding');
SELECT is(col_description('m.subscription'::regclass, 5), 'Recurring revenue per month. Computed from amount.', 'the view says what mrr is');
SELECT matches((SELECT string_agg(col_description('m.subscription'::regclass, a.attnum), ' ') FROM pg_attribute a WHERE a.attrelid = 'm.subscription'::regclass AND a.attname = 'amount'), 'From column "plan_unit_price", in minor units of 2 decimals\.$', 'the view says which options its columns have');
SELECT hasnt_column('m', 'subscription', 'deleted', 'nothing that it shows is deleted');

-- who asks for one customer reads one
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	SET LOCAL enable_seqscan = off;
	RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query;
	RESET enable_seqscan;
END
$$;
SELECT ok((SELECT bool_or(p LIKE '%Cond: (customer_id = 7)%') FROM pg_temp.plan((SELECT format('SELECT * FROM (%s) q WHERE customer_id = 7', pg_temp.body('subscription', 'raw', given || '{"started_on": "start_at"}')) FROM everything)) p),
	'a condition on the customer reaches the table through all that');

-- what is refused
CREATE FUNCTION pg_temp.bind(given jsonb) RETURNS text LANGUAGE sql AS $$SELECT pg_temp.try(format('SELECT cvm.bind(''m'', ''subscription'', ''b.raw'', %L)', '{"started_on": "start_at", "ended_on": "end_on", "mrr": "fee"}' || given))$$;
SELECT is(pg_temp.bind('{"mrr": {"column": "fee", "divide": 100}}'), '22023: column "mrr" of entity "subscription" takes no option "divide" (Its options beside "column": "minor_units".)', 'an option that there is not');
SELECT is(pg_temp.bind('{"mrr": {"column": "fee", "minor_units": "2"}}'), '22023: invalid value for option "minor_units" of column "mrr" of entity "subscription": "2" (Give the number of decimals that the currency has, from 0 to 6: 2 where the column holds cents; or "currency" where that is told by the currency of each row.)', 'minor units that are no number');
SELECT is(pg_temp.bind('{"ended_on": {"column": "end_on", "inclusive": 1}}'), '22023: invalid value for option "inclusive" of column "ended_on" of entity "subscription": "1" (Give true or false.)', 'a flag that is none');
SELECT is(pg_temp.bind('{"started_on": {"column": "start_at", "inclusive": true}}'), '22023: column "started_on" of entity "subscription" takes no option "inclusive" (Its options beside "column": none. Whoever needs an expression makes a view and binds that.)', 'an option of another column');
SELECT is(pg_temp.bind('{"discount": {"column": "off", "percent": true, "minor_units": "currency"}}') LIKE '22023: column "discount" of entity "subscription" has options "percent" and "minor_units"%', true, 'a percentage in the units of a currency is an error');
SELECT is(pg_temp.bind('{"discount": {"column": "off", "percent": true, "minor_units": 2}}'), '22023: column "discount" of entity "subscription" has options "percent" and "minor_units" (A percentage has no minor units: give one of them.)', 'two options that contradict each other');
SELECT is(pg_temp.bind('{"mrr": {"column": "feee", "minor_units": 2}}'), '42703: column "feee" of b.raw does not exist (Did you mean "fee"? It has "id", "customer_id", "product", "start_at", "end_on", "last_day", "fee", "unit", "units", "seats", "off", "off_percent", "off_until", "trial_until", "word", "word_since", "gone", "gone_at", "gone_no", "cur", "coin".)', 'a column with options that the source has not');
SELECT is(pg_temp.bind('{"mrr": {"column": {"a": 1}}}'), '22023: mapping of column "mrr" of entity "subscription" is not the name of a column: {"a": 1} (Give one column name as a string, {"column": name} with options, or null to leave the column out. Whoever needs an expression makes a view and binds that.)', 'a column that is no name');
SELECT is(pg_temp.bind('{"deleted": "word"}'), '42804: column "word" of b.raw has type text, and column "deleted" of entity "subscription" takes boolean, date, timestamp, timestamptz or an integer type (Make a view with a cast and bind the view, or leave the column out with {"deleted": null}.)', 'a deletion that is a word');

-- kept states follow what is written into the source
CREATE TABLE queued AS SELECT * FROM raw;
CREATE TABLE scanned (LIKE raw) PARTITION BY LIST (product);
CREATE TABLE scanned_0 PARTITION OF scanned FOR VALUES IN ('P0');
CREATE TABLE scanned_rest PARTITION OF scanned DEFAULT;
INSERT INTO scanned SELECT * FROM raw;
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY '{queued,scanned}'::text[] LOOP
		PERFORM cvm.create_model(t, tz => 'UTC', as_of => '2024-06-01');
		PERFORM cvm.bind(t, 'subscription', ('b.' || t)::regclass, given || '{"started_on": "start_at", "subscription_id": "id"}') FROM everything;
		PERFORM cvm.store(t, 'customer_holdings', mode => CASE t WHEN 'queued' THEN 'queue' ELSE 'scan' END);
		PERFORM cvm.refresh_here(t);
		EXECUTE format('INSERT INTO b.%I SELECT (jsonb_populate_record(r, ''{"id": 1000}'')).* FROM b.raw r WHERE r.id %% 9 = 0', t);
		EXECUTE format('UPDATE b.%I SET gone = NOT gone WHERE id %% 4 = 0', t);
		EXECUTE format('UPDATE b.%I SET off = 0, word_since = NULL WHERE id %% 5 = 0', t);
		EXECUTE format('DELETE FROM b.%I WHERE id %% 10 = 3', t);
		PERFORM cvm.refresh_here(t);
		EXECUTE format('CREATE TEMP TABLE %I AS SELECT * FROM %I.mrr_movement', 'kept_' || t, t);
		PERFORM cvm.unstore(t, 'customer_holdings');
	END LOOP;
END
$$;
SELECT set_eq('TABLE kept_queued', 'TABLE queued.mrr_movement', 'in mode queue stored states are what the rows say');
SELECT set_eq('TABLE kept_scanned', 'TABLE scanned.mrr_movement', 'in mode scan stored states are what the rows say');
SELECT set_eq('TABLE kept_queued', 'TABLE kept_scanned', 'modes queue and scan give the same rows');

SELECT * FROM finish();
ROLLBACK;
