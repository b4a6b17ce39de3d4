\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- How long customers stay.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(45);

-- Freireich's trial of 6-MP in leukaemia (1963), as in every textbook
CREATE TEMP TABLE trial (arm text, week int, relapsed bool);
INSERT INTO trial SELECT '6-MP', w, r FROM (VALUES (6, true), (6, true), (6, true), (6, false), (7, true), (9, false), (10, true), (10, false),
	(11, false), (13, true), (16, true), (17, false), (19, false), (20, false), (22, true), (23, true), (25, false), (32, false), (32, false), (34, false), (35, false)) v (w, r);
INSERT INTO trial SELECT 'placebo', w, true FROM unnest('{1,1,2,2,3,4,4,5,5,8,8,8,8,11,11,12,12,15,17,22,23}'::int[]) w;
CREATE TEMP TABLE arm AS SELECT arm, survival_agg(week, relapsed) AS s FROM trial GROUP BY arm;
SELECT results_eq($$SELECT c."time", at_risk, churned, censored, round(survival::numeric, 4), round(std_error::numeric, 4) FROM arm, survival_curve(s) c WHERE arm = '6-MP' AND churned > 0$$,
	$$VALUES (6, 21::bigint, 3::bigint, 1::bigint, 0.8571, 0.0764), (7, 17, 1, 0, 0.8067, 0.0869), (10, 15, 1, 1, 0.7529, 0.0963), (13, 12, 1, 0, 0.6902, 0.1068),
		(16, 11, 1, 0, 0.6275, 0.1141), (22, 7, 1, 0, 0.5378, 0.1282), (23, 6, 1, 0, 0.4482, 0.1346)$$, 'Kaplan-Meier and Greenwood are the published ones');
SELECT is((SELECT round(chi_square::numeric, 2) FROM logrank((SELECT array_agg(s) FROM arm))), 16.79, 'log-rank is the published 16.79');
SELECT is((SELECT degrees FROM logrank((SELECT array_agg(s) FROM arm))), 1, 'log-rank of two groups has one degree of freedom');
SELECT is((SELECT median_survival(s) FROM arm WHERE arm = 'placebo'), 8, 'the median of the placebo arm is 8 weeks');
SELECT is((SELECT median_survival(s) FROM arm WHERE arm = '6-MP'), 23, 'the median of the 6-MP arm is 23 weeks');
SELECT is((SELECT q::text FROM arm, survival_quantile(s, 0.5) q WHERE arm = '6-MP'), '(23,13,)', 'the upper limit of the median of the 6-MP arm was not seen');
SELECT is((SELECT round(chi_square::numeric, 6) || ' ' || round(p_value::numeric, 6) FROM logrank((SELECT array_agg(s) FROM (
	SELECT survival_agg(t, e) AS s FROM (VALUES (1, 10, true), (1, 20, true), (1, 30, false), (0, 10, true), (0, 20, false), (0, 50, true)) v (g, t, e) GROUP BY g) x))),
	'0.384615 0.535143', 'a tiny case: 0.384615, p 0.535143');

-- Weights, as published by Kleinbaum and Klein and by survdiff(rho = 1)
SELECT results_eq($$SELECT w, round(chi_square::numeric, 5) FROM unnest('{logrank,gehan,tarone-ware,peto}'::text[]) w, logrank((SELECT array_agg(s) FROM arm), w)$$,
	$$VALUES ('logrank', 16.79294), ('gehan', 13.45785), ('tarone-ware', 15.12358), ('peto', 14.08414)$$, 'weighted tests are the published ones');
-- a group that is never at risk says nothing, wherever it stands
CREATE TEMP TABLE idle AS SELECT g, survival_agg(t, l, a) AS s FROM (VALUES ('A', 2, 100::bigint, 1000::bigint), ('A', 3, 90, 1000), ('A', 4, 80, 1000),
	('B', 2, 60, 700), ('B', 3, 70, 690), ('B', 4, 55, 720), ('C', 2, 31, 300), ('C', 3, 27, 310), ('C', 4, 30, 305), ('Z', 1, 0, 100)) v (g, t, l, a) GROUP BY g;
SELECT is((SELECT count(DISTINCT (l.degrees, round(l.p_value::numeric, 9), round(l.chi_square::numeric, 9))) || ' ' || max(l.degrees)
	FROM (SELECT array_agg(s ORDER BY g) FROM idle UNION ALL SELECT array_agg(s ORDER BY g DESC) FROM idle UNION ALL SELECT array_agg(s ORDER BY g) FROM idle WHERE g <> 'Z') x (states),
		LATERAL logrank(x.states, w) l), '1 2', format('truth F8: %s counts the degrees of groups that are at risk', w))
FROM unnest('{logrank,gehan,tarone-ware,peto,fleming}'::text[]) w;
SELECT is((SELECT round(l.p_value::numeric, 4) FROM (SELECT array_agg(s ORDER BY g) AS states FROM idle) x, LATERAL logrank(x.states, 'gehan') l), 0.8121, 'truth F8: and p is that of a pseudo-inverse');
SELECT throws_ok($$SELECT logrank((SELECT array_agg(s) FROM arm), 'feather')$$, '22023', NULL, 'an unknown weight is refused');
-- Strata, against plain SQL for two groups
CREATE TEMP TABLE spell AS SELECT n % 2 = 0 AS g, 'h' || hashint4(n) % 3 AS h, 1 + (hashint4(n + 7) & 31) % (20 + n % 5) AS t, (hashint4(n + 9) & 3) > 0 AS e FROM generate_series(1, 900) n;
CREATE TEMP TABLE cell AS SELECT g::text AS g, h, survival_agg(t, e) AS s FROM spell GROUP BY 1, 2;
CREATE TEMP TABLE tested AS SELECT w, (logrank(array_agg(s), array_agg(g), array_agg(h), w)).* FROM cell, unnest('{logrank,gehan,fleming}'::text[]) w GROUP BY w;
CREATE TEMP TABLE age AS SELECT *, coalesce(exp(sum(ln(nullif(1 - d / n, 0))) OVER (PARTITION BY h ORDER BY t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)), 1) AS before
	FROM (SELECT a.h, a.t, count(*) FILTER (WHERE s.t >= a.t)::float8 AS n, count(*) FILTER (WHERE s.t = a.t AND e)::float8 AS d,
			count(*) FILTER (WHERE s.t >= a.t AND g)::float8 AS n1, count(*) FILTER (WHERE s.t = a.t AND e AND g)::float8 AS d1
		FROM (SELECT DISTINCT h, t FROM spell WHERE e) a JOIN spell s USING (h) GROUP BY a.h, a.t) x;
SELECT results_eq($$SELECT w, round(chi_square::numeric, 8) FROM tested ORDER BY w$$,
	$$SELECT w, round((sum(weight * (d1 - d * n1 / n)) ^ 2 / sum(weight ^ 2 * d * (n - d) / nullif(n - 1, 0) * n1 / n * (1 - n1 / n)))::numeric, 8)
	FROM age, LATERAL (VALUES ('fleming', before), ('gehan', n), ('logrank', 1)) v (w, weight) GROUP BY w ORDER BY w$$, 'strata add up, with every weight');
SELECT is((SELECT chi_square FROM logrank((SELECT array_agg(s ORDER BY arm) FROM arm), (SELECT array_agg(arm ORDER BY arm) FROM arm), '{one,one}')), (SELECT chi_square FROM logrank((SELECT array_agg(s ORDER BY arm) FROM arm))), 'one stratum is none');
SELECT is((SELECT chi_square FROM logrank((SELECT array_agg(s ORDER BY arm) FROM arm), (SELECT array_agg(arm ORDER BY arm) FROM arm), '{one,two}')), NULL, 'strata of one group each say nothing');
SELECT is((SELECT chi_square FROM logrank((SELECT array_agg(s ORDER BY arm) FROM arm), '{x,NULL}', '{NULL,NULL}')), (SELECT chi_square FROM logrank((SELECT array_agg(s ORDER BY arm) FROM arm))), 'nobody''s name is a name');
SELECT throws_ok($$SELECT logrank((SELECT array_agg(s) FROM arm), '{a}', '{x,y}')$$, '22023', '1 names do not fit to 2 states', 'every state has a group');
SELECT throws_ok($$SELECT logrank((SELECT array_agg(s) FROM arm), '{a,a}', '{x,y}')$$, '22023', NULL, 'a log-rank test of one group is refused');

-- What is not defined
SELECT is((SELECT survival_at(s, 34)::numeric(5, 4) FROM arm WHERE arm = '6-MP'), 0.4482, 'between events the estimate stays');
SELECT is((SELECT survival_at(s, 5) FROM arm WHERE arm = '6-MP'), 1::float8, 'before the first event everybody is there');
SELECT is((SELECT survival_at(s, 36) FROM arm WHERE arm = '6-MP'), NULL, 'past the last age seen nothing is known');
SELECT is((SELECT survival_at(s, 999) FROM arm WHERE arm = 'placebo'), 0::float8, 'past the last age survival is 0 when nobody is left');
SELECT is((SELECT rmst(s, 36) FROM arm WHERE arm = '6-MP'), NULL, 'the mean until a time after the last one is not defined');
SELECT is((SELECT rmst(s, 100)::numeric(6, 4) FROM arm WHERE arm = 'placebo'), 8.6667, 'where all have churned it is the mean');
SELECT is((SELECT count(*) FILTER (WHERE conf_low IS NULL) FROM survival_curve((SELECT survival_agg(t, t = 3) FROM generate_series(1, 5) t)) WHERE survival = 1), 2::bigint,
	'before the first event log-log limits are not defined');
SELECT is((SELECT conf_low FROM survival_curve((SELECT survival_agg(3, true))) WHERE survival = 0), NULL, 'no limits are defined at 0');
SELECT is((SELECT (logrank(ARRAY[survival_agg(1, false), survival_agg(2, false)])).chi_square), NULL, 'without events groups cannot be told apart');
SELECT throws_ok($$SELECT logrank(ARRAY[survival_agg(1, true)])$$, '22023', NULL, 'one group cannot be compared');
SELECT throws_ok($$SELECT survival_agg(-1, true)$$, '22023', NULL, 'a duration is not negative');
SELECT throws_ok($$SELECT survival_agg(5, true, 5)$$, '22023', NULL, 'who left before being seen is refused');
SELECT throws_ok($$SELECT survival_curve(s, 0.95, 'loglog') FROM arm$$, '22023', NULL, 'an unknown kind of limits is refused');
SELECT throws_ok($$SELECT survival_curve(s, 1.5) FROM arm$$, '22023', NULL, 'a level above 1 is refused');
SELECT is((SELECT survival_agg(NULL, true)), NULL, 'a duration nobody knows is left out');

-- Left truncation, against the definition
CREATE TEMP TABLE late AS SELECT 1 + n * 7 % 40 AS exit, n % 3 > 0 AS churned, CASE WHEN n % 4 > 0 THEN (n * 13 % 40) * (n * 7 % 40 + 1) / 41 END AS entry FROM generate_series(1, 200) n;
SELECT is_empty($$SELECT c."time" FROM survival_curve((SELECT survival_agg(exit, churned, entry) FROM late WHERE coalesce(entry < exit, true))) c
	WHERE at_risk <> (SELECT count(*) FROM late WHERE coalesce(entry < exit, true) AND coalesce(entry < c."time", true) AND exit >= c."time")$$,
	'who comes late is at risk from the age after');

-- Competing causes
CREATE TEMP TABLE cause AS SELECT 1 + (hashint4(n) & 31) AS age, n % 3 > 0 AS churned, (ARRAY['price', 'moved', NULL])[1 + n % 3] AS reason FROM generate_series(1, 400) n;
SELECT is_empty($$WITH s AS (SELECT survival_agg(age, churned, reason) AS s FROM cause)
	SELECT c."time" FROM s, survival_curve(s) c JOIN (SELECT i."time", sum(incidence) AS gone FROM s, cumulative_incidence(s) i GROUP BY 1) i USING ("time")
	WHERE abs(survival + gone - 1) > 1e-12$$, 'survival and the incidence of all causes sum to 1');
SELECT is((SELECT sum(churned) FROM cumulative_incidence((SELECT survival_agg(age, churned, reason) FROM cause)) WHERE cause = '(none)'),
	(SELECT count(*)::numeric FROM cause WHERE churned AND reason IS NULL), 'causes nobody told are (none)');
SELECT is_empty($$WITH s AS (SELECT survival_agg(age, churned) AS s FROM cause)
	SELECT c."time" FROM s, survival_curve(s) c JOIN cumulative_incidence(s) i USING ("time") WHERE c.survival > 0 AND abs(c.std_error - i.std_error) > 1e-12$$,
	'with one cause its error is Greenwood''s');

-- Laws
SELECT is((SELECT rollup(s ORDER BY arm) FROM arm), (SELECT survival_agg(week, relapsed) FROM trial), 'parts roll up to the whole');
SELECT is((SELECT a.s || b.s FROM arm a, arm b WHERE a.arm < b.arm), (SELECT b.s || a.s FROM arm a, arm b WHERE a.arm < b.arm), 'parts roll up in any order');
SELECT is((SELECT survival_agg(age, churned, reason ORDER BY age, reason) FROM cause), (SELECT survival_agg(age, churned, reason ORDER BY reason DESC, n) FROM (SELECT *, row_number() OVER () AS n FROM cause) x),
	'rows in any order give the same state, whatever cause comes first');
SELECT is((SELECT s::text::survival FROM (SELECT survival_agg(age, churned, reason) AS s FROM cause) x), (SELECT survival_agg(age, churned, reason) FROM cause), 'a state comes back from its text');

-- Hostile bytes: an error, or a value that every reader can take
CREATE FUNCTION draw(seed int, what text, below int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(seed || '/' || what), 1, 8))::bit(32)::bigint % below)::int;
$$;
CREATE FUNCTION survivors(state text, reader text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	bytes bytea := decode(state, 'hex');
	mutant bytea;
	taken int := 0;
BEGIN
	FOR i IN 1..1500 LOOP
		mutant := bytes;
		FOR j IN 0..draw(i, 'times', 3) LOOP
			mutant := set_byte(mutant, draw(i, 'at' || j, length(mutant)), draw(i, 'to' || j, 256));
		END LOOP;
		IF draw(i, 'cut', 5) = 0 THEN mutant := substr(mutant, 1, draw(i, 'length', length(mutant))); END IF;
		BEGIN
			EXECUTE reader USING encode(mutant, 'hex');
			taken := taken + 1;
		EXCEPTION WHEN invalid_binary_representation OR numeric_value_out_of_range OR program_limit_exceeded
			OR character_not_in_repertoire OR untranslatable_character THEN
			NULL;
		END;
	END LOOP;
	RETURN taken;
END $$;
SELECT ok(survivors((SELECT survival_agg(age, churned, reason, (age - 1) / 2)::text FROM cause),
	$$SELECT (SELECT sum(survival) FROM cvm.survival_curve($1::cvm.survival)), (SELECT sum(incidence) FROM cvm.cumulative_incidence($1::cvm.survival)),
		cvm.logrank(ARRAY[$1::cvm.survival, $1::cvm.survival || $1::cvm.survival]), cvm.rmst($1::cvm.survival, 20)$$) BETWEEN 1 AND 1400,
	'mutated bytes are refused or readable');

SELECT * FROM finish();
ROLLBACK;
