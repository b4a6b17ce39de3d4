-- SPDX-License-Identifier: PostgreSQL
-- What the next change of price would bring, by what the past ones did.
--
-- An elasticity is excess churn in 30 days for each unit of ln(new price / old
-- price).  Those of past changes are put together with what they scatter beyond
-- their own errors (DerSimonian and Laird), and the interval is that of the next
-- one, not of their mean.  Each is also foretold by the others.

-- What past changes did to those of a tenure or a price beyond what they did to all,
-- and beyond {known} of that.  Where the values differ more than by chance (Cochran's Q,
-- 5 %), as much of it counts as they differ beyond their errors (empirical Bayes, with
-- DerSimonian and Laird's variance); else one elasticity holds for all of them.
@define effect_by name | value | condition | known
, {name}_window AS (
	SELECT e.no, {value} AS value, s.at >= 0 AS is_after, sum(s.weight::numeric)::float8 AS weight,
		sum(s.n1::numeric)::float8 AS n, sum(s.x1::numeric)::float8 AS lost,
		sum(s.x1::numeric + s.x0::numeric)::float8 AS all_lost,
		sum((s.weight * (s.x1 / s.n1 - s.x0 / s.n0 - CASE WHEN s.at >= 0 THEN e.log_rise * (e.elasticity + coalesce({known}, 0)) ELSE 0 END))::numeric)::float8
			/ e.log_rise AS beyond,
		sum((s.weight ^ 2 * (1 - s.rate) * (s.s11 / s.n1 ^ 2 + s.s00 / s.n0 ^ 2 - 2 * s.s10 / (s.n1 * s.n0)))::numeric)::float8 / e.log_rise ^ 2 AS spread,
		e.log_rise
	FROM chosen e
	JOIN level l ON l.day = e.changed_on AND l.product = e.product AND l.segment = e.segment
	JOIN stratum s ON s.day = l.day AND s.product = l.product AND s.segment = l.segment AND s.level = l.level
	WHERE s.n0 > 0 AND {condition}
	GROUP BY 1, 2, 3, e.log_rise
), {name}_past AS (
	-- of ten who left at least; none lost is no proof that there are none
	SELECT a.value, a.no, a.beyond / a.weight - b.beyond / b.weight AS beyond,
		a.spread / a.weight ^ 2 + b.spread / b.weight ^ 2 + ((a.lost = 0)::int / a.n ^ 2 + (b.lost = 0)::int / b.n ^ 2) / a.log_rise ^ 2 AS variance
	FROM {name}_window a
	JOIN {name}_window b ON b.no = a.no AND b.value = a.value AND NOT b.is_after
	WHERE a.is_after AND a.all_lost >= 10 AND b.weight > 0
), {name}_mean AS (
	SELECT p.value, sum(p.beyond / p.variance ORDER BY p.no) / sum(1 / p.variance ORDER BY p.no) AS beyond, 1 / sum(1 / p.variance ORDER BY p.no) AS variance
	FROM {name}_past p
	WHERE p.variance > 0
	GROUP BY 1
), {name} AS MATERIALIZED (
	SELECT m.value, m.beyond * t.tau2 / (t.tau2 + m.variance) AS beyond, m.variance * t.tau2 / (t.tau2 + m.variance) AS variance, t.tau2
	FROM {name}_mean m
	CROSS JOIN (
		SELECT CASE WHEN s.degrees > 0 AND (power(greatest(s.q, 0) / s.degrees, 1 / 3.0) - 1 + 2 / (9.0 * s.degrees)) / sqrt(2 / (9.0 * s.degrees)) > 1.6449
			THEN (s.q - s.degrees) / (s.w - s.w2 / s.w) ELSE 0 END AS tau2
		FROM (
			SELECT count(*) - 1 AS degrees, sum(1 / m.variance ORDER BY m.value) AS w, sum(1 / m.variance ^ 2 ORDER BY m.value) AS w2,
				sum(m.beyond ^ 2 / m.variance ORDER BY m.value)
					- sum(m.beyond / m.variance ORDER BY m.value) ^ 2 / sum(1 / m.variance ORDER BY m.value) AS q
			FROM {name}_mean m) s) t
)
@end

CREATE FUNCTION cvm.price_simulation(model name, product text, segment text, change float8, months integer DEFAULT 24, conf float8 DEFAULT 0.95)
RETURNS TABLE (dimension text, value text, month_no integer, customers float8, mrr numeric, without_mrr numeric, lost_customers float8, net_mrr numeric,
	net_low numeric, net_high numeric, net_so_far numeric, churn_rate float8, excess_churn_rate float8, conf_low float8, conf_high float8,
	break_even_churn_rate float8, events integer, scope text, back_test_error float8, back_test_coverage float8, verdict text, reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
	owner name := cvm._open(price_simulation.model, writes => false);
	literals jsonb;
	wanted_product text := coalesce(price_simulation.product, '(all)');
	wanted_segment text := coalesce(price_simulation.segment, '(all)');
	near text;
BEGIN
	PERFORM cvm._refuse_superuser(price_simulation.model, owner);
	PERFORM cvm._expect_own_schema(price_simulation.model);
	IF cvm._relation(price_simulation.model, 'price_change') IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_table',
			MESSAGE = format('model "%s" has no view "price_change"', price_simulation.model),
			HINT = format('SELECT waits_for FROM cvm.catalog(%L) WHERE view = ''price_change''; says what it waits for.', price_simulation.model);
	END IF;
	IF (price_simulation.change > -1 AND price_simulation.change <> 0 AND price_simulation.change < 100) IS NOT TRUE THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('change %s is no change of price', coalesce('"' || price_simulation.change || '"', 'NULL')),
			HINT = 'Give it as a fraction: 0.05 for five percent more, -0.1 for ten percent less.';
	ELSIF (price_simulation.months BETWEEN 1 AND 120) IS NOT TRUE THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('months %s is not between 1 and 120', coalesce('"' || price_simulation.months || '"', 'NULL')),
			HINT = 'Say how many months of 30 days to look ahead.';
	ELSIF (price_simulation.conf > 0 AND price_simulation.conf < 1) IS NOT TRUE THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('conf %s is not between 0 and 1', coalesce('"' || price_simulation.conf || '"', 'NULL')),
			HINT = 'Use 0.95 for limits that hold 95 of 100 times.';
	END IF;
	literals := (SELECT c.literals FROM cvm._composing(price_simulation.model) c);
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', price_simulation.model), true);
	IF wanted_product <> '(all)' THEN
		EXECUTE 'SELECT cvm._nearest(ARRAY[$1], array_agg(DISTINCT s.product::text)) FROM subscription s HAVING NOT bool_or(s.product::text = $1)'
			INTO near USING wanted_product;
		IF near IS NOT NULL THEN
			PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
				MESSAGE = format('no subscription of model "%s" has the product "%s"', price_simulation.model, wanted_product),
				HINT = format('Did you mean %s? SELECT DISTINCT product FROM %I.subscription; shows what there is.', near, price_simulation.model);
		END IF;
	END IF;
	RETURN QUERY EXECUTE cvm._fill($body$
{price_spells}
{price_counts_too}
{price_strata}
, event AS MATERIALIZED (
	-- what past changes did, of the narrowest scope that has any
	SELECT row_number() OVER (ORDER BY e.scope_no, e.changed_on, e.product) AS no, e.*
	FROM (
		SELECT c.product, c.changed_on, c.segment, c.excess_churn_rate AS excess, ln(1 + c.price_change_rate) AS log_rise,
			c.excess_churn_rate / ln(1 + c.price_change_rate) AS elasticity, (c.std_error / ln(1 + c.price_change_rate)) ^ 2 AS variance,
			CASE WHEN c.product = $1 AND c.segment = $2 AND c.product <> '(all)' THEN 1 WHEN c.product = $1 AND c.product <> '(all)' THEN 2
				WHEN c.segment = $2 THEN 3 ELSE 4 END AS scope_no
		FROM price_change c
		WHERE c.verdict IN ('accretive', 'value_destroying', 'inconclusive') AND c.std_error > 0 AND c.price_change_rate <> 0
			AND c.product <> '(all)' AND c.segment IN ($2, '(all)')) e
), chosen AS MATERIALIZED (
	SELECT e.* FROM event e WHERE e.scope_no = (SELECT min(e.scope_no) FROM event e)
), weighed_event AS (
	-- of all (0), and of all but one
	SELECT l.no AS left_out, count(*) AS events, sum(1 / c.variance ORDER BY c.no) AS w, sum(1 / c.variance ^ 2 ORDER BY c.no) AS w2,
		sum(c.elasticity / c.variance ORDER BY c.no) AS wy, sum(c.elasticity ^ 2 / c.variance ORDER BY c.no) AS wyy
	FROM (SELECT 0 AS no UNION ALL SELECT c.no FROM chosen c) l
	JOIN chosen c ON c.no <> l.no
	GROUP BY l.no
), scattered AS (
	SELECT s.*, CASE WHEN s.events > 1 THEN greatest(0, (s.wyy - s.wy ^ 2 / s.w - (s.events - 1)) / (s.w - s.w2 / s.w)) ELSE 0 END AS tau2 FROM weighed_event s
), pooled AS MATERIALIZED (
	SELECT s.left_out, s.events, s.tau2, sum(c.elasticity / (c.variance + s.tau2) ORDER BY c.no) / sum(1 / (c.variance + s.tau2) ORDER BY c.no) AS mean,
		1 / sum(1 / (c.variance + s.tau2) ORDER BY c.no) + s.tau2 AS spread
	FROM scattered s
	JOIN chosen c ON c.no <> s.left_out
	GROUP BY 1, 2, 3
), tested AS (
	SELECT avg(abs(c.excess - p.mean * c.log_rise) ORDER BY c.no) AS error,
		avg((abs(c.elasticity - p.mean) <= z.z * sqrt(p.spread + c.variance))::int)::float8 AS coverage
	FROM chosen c
	JOIN pooled p ON p.left_out = c.no
	CROSS JOIN (SELECT conf_high AS z FROM cvm.mean_difference(0, 0, 0, 1, $5)) z
), known AS MATERIALIZED (
	SELECT coalesce(p.events, 0)::int AS events, p.mean, p.spread, z.z, ln(1 + $3) AS log_rise, t.error, t.coverage,
		(SELECT CASE min(c.scope_no) WHEN 1 THEN CASE WHEN $2 = '(all)' THEN 'product' ELSE 'product and segment' END WHEN 2 THEN 'product'
			WHEN 3 THEN CASE WHEN $2 = '(all)' THEN 'all' ELSE 'segment' END WHEN 4 THEN 'all' END FROM chosen c) AS scope
	FROM (SELECT conf_high AS z FROM cvm.mean_difference(0, 0, 0, 1, $5)) z
	LEFT JOIN pooled p ON p.left_out = 0
	CROSS JOIN tested t
)
@use effect_by by_tenure | s.tenure | true | 0
-- strata of a price are there where each has a control of its price
@use effect_by by_price | s.of_band | l.level = 1 | (SELECT t.beyond FROM by_tenure t WHERE t.value = s.tenure)
, line AS MATERIALIZED (
	SELECT p.* FROM placed p WHERE p.product = $1 OR $1 = '(all)'
), risk AS MATERIALIZED (
	-- who was there when each of the last twelve windows of 30 days began, and had left when it ended
	SELECT width_bucket((w.day - p.joined_on) / 30, '{3,6,12,24}'::int[]) AS tenure, count(*)::float8 AS n,
		count(*) FILTER (WHERE p.left_on <= w.day + 30)::float8 AS x
	FROM (SELECT o.as_of - 30 * g.n AS day FROM observed o CROSS JOIN generate_series(1, 12) AS g (n)) w
	JOIN line p ON p.since <= w.day AND p.until > w.day
	WHERE p.segment = $2 OR $2 = '(all)'
	GROUP BY 1
), hazard AS MATERIALIZED (
	-- of few who were there that long, as of all
	SELECT t.tenure, least(coalesce(CASE WHEN r.n >= 100 THEN r.x / r.n END, a.x / nullif(a.n, 0), 0), 0.999) AS rate
	FROM generate_series(0, 4) AS t (tenure)
	CROSS JOIN (SELECT sum(r.n) AS n, sum(r.x) AS x FROM risk r) a
	LEFT JOIN risk r ON r.tenure = t.tenure
), base AS MATERIALIZED (
	SELECT p.segment, p.band, least((o.as_of - p.joined_on) / 30, 24) AS age, count(*)::float8 AS customers, sum(p.price)::float8 AS mrr
	FROM line p
	CROSS JOIN observed o
	WHERE p.since < o.as_of AND p.until > o.as_of AND (p.segment = $2 OR $2 = '(all)')
	GROUP BY 1, 2, 3
), effect AS MATERIALIZED (
	-- in a window of 30 days, of those who are of that tenure then and pay that price; of
	-- what no change has met it is known how much values differ
	SELECT t.tenure, b.band, k.mean + coalesce(d.beyond, 0) + coalesce(p.beyond, 0) AS elasticity,
		sqrt(k.spread + coalesce(d.variance, (SELECT max(t.tau2) FROM by_tenure t), 0)
			+ coalesce(p.variance, (SELECT max(t.tau2) FROM by_price t), 0)) * k.z AS margin
	FROM generate_series(0, 4) AS t (tenure)
	CROSS JOIN (SELECT DISTINCT b.band FROM base b) b
	CROSS JOIN known k
	LEFT JOIN by_tenure d ON d.value = t.tenure
	LEFT JOIN by_price p ON p.value = b.band
), excess AS MATERIALIZED (
	SELECT e.tenure, e.band, e.elasticity * k.log_rise AS excess, e.elasticity * k.log_rise - e.margin * abs(k.log_rise) AS low,
		e.elasticity * k.log_rise + e.margin * abs(k.log_rise) AS high
	FROM effect e
	CROSS JOIN known k
), ahead AS MATERIALIZED (
	SELECT a.age, e.band, s.step, e.excess, e.low, e.high, exp(sum(ln(1 - h.rate)) OVER w) AS expected,
		exp(sum(CASE WHEN e.excess IS NOT NULL THEN ln(1 - least(greatest(h.rate + e.excess, 0), 0.999)) END) OVER w) AS stayed,
		exp(sum(CASE WHEN e.low IS NOT NULL THEN ln(1 - least(greatest(h.rate + e.low, 0), 0.999)) END) OVER w) AS stayed_low,
		exp(sum(CASE WHEN e.high IS NOT NULL THEN ln(1 - least(greatest(h.rate + e.high, 0), 0.999)) END) OVER w) AS stayed_high
	FROM generate_series(0, 24) AS a (age)
	CROSS JOIN generate_series(1, $4) AS s (step)
	JOIN hazard h ON h.tenure = width_bucket(a.age + s.step - 1, '{3,6,12,24}'::int[])
	JOIN excess e ON e.tenure = h.tenure
	WINDOW w AS (PARTITION BY a.age, e.band ORDER BY s.step)
), outcome AS (
	-- sums of exact numbers, so that their order does not matter
	SELECT d.dimension, d.value, s.step, sum(b.customers::bigint)::float8 AS customers, sum(b.mrr::numeric)::float8 AS mrr,
		sum((b.customers * s.excess)::numeric)::float8 AS excess_sum, sum((b.customers * s.low)::numeric)::float8 AS low_sum,
		sum((b.customers * s.high)::numeric)::float8 AS high_sum,
		sum((b.mrr * s.expected)::numeric)::float8 AS without,
		sum((b.customers * (s.stayed - s.expected))::numeric)::float8 AS lost, sum((b.mrr * (1 + $3) * s.stayed)::numeric)::float8 AS with_change,
		sum((b.mrr * (1 + $3) * s.stayed_high)::numeric)::float8 AS with_low, sum((b.mrr * (1 + $3) * s.stayed_low)::numeric)::float8 AS with_high
	FROM base b
	JOIN ahead s ON s.age = b.age AND s.band = b.band
	CROSS JOIN LATERAL (VALUES ('(all)', '(all)'), ('segment', b.segment::text),
		('tenure', (ARRAY['0-2 months', '3-5 months', '6-11 months', '12-23 months', '24 months and more'])[1 + width_bucket(b.age, '{3,6,12,24}'::int[])]),
		('price', round(exp(0.22 * b.band)::numeric, 2)::text)) AS d (dimension, value)
	GROUP BY 1, 2, 3
), judged AS (
	-- the excess churn is that of those who are there, in the first window
	SELECT c.*, k.events, k.error, k.coverage, k.scope, first_value(c.excess_sum) OVER w / c.customers AS excess,
		first_value(c.low_sum) OVER w / c.customers AS low,
		first_value(c.high_sum) OVER w / c.customers AS high, sum(c.with_change - c.without) OVER (PARTITION BY c.dimension, c.value ORDER BY c.step) AS so_far,
		1 - (last_value(c.without) OVER w / c.mrr) ^ (1.0 / $4) AS rate,
		(last_value(c.without) OVER w / c.mrr) ^ (1.0 / $4) * (1 - (1 + $3) ^ (-1.0 / $4)) AS break_even
	FROM outcome c
	CROSS JOIN known k
	WINDOW w AS (PARTITION BY c.dimension, c.value ORDER BY c.step ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
), told AS (
	SELECT j.*, CASE WHEN j.events = 0 THEN 'not_known' WHEN j.low > j.break_even THEN 'value_destroying' WHEN j.high < j.break_even THEN 'accretive'
		ELSE 'inconclusive' END AS word
	FROM judged j
), beside_all AS (
	SELECT t.*, m.decimals, max(t.mrr) FILTER (WHERE t.dimension = '(all)') OVER w AS all_mrr,
		max(t.without) FILTER (WHERE t.dimension = '(all)') OVER w AS all_without,
		max(t.with_change - t.without) FILTER (WHERE t.dimension = '(all)') OVER w AS all_change,
		max(t.with_low - t.without) FILTER (WHERE t.dimension = '(all)') OVER w AS all_low,
		max(t.with_high - t.without) FILTER (WHERE t.dimension = '(all)') OVER w AS all_high,
		max(t.so_far) FILTER (WHERE t.dimension = '(all)') OVER w AS all_so_far
	FROM told t
	CROSS JOIN (SELECT cvm.minor_units({currency}) AS decimals) m
	WINDOW w AS (PARTITION BY t.step)
), footed AS (
	-- values of a dimension make "(all)" as it is shown
	SELECT t.*, cvm._shared_out((t.mrr)::numeric, t.all_mrr::numeric, t.decimals) OVER v AS shown_mrr,
		cvm._shared_out((t.without)::numeric, t.all_without::numeric, t.decimals) OVER v AS shown_without,
		cvm._shared_out((t.with_change - t.without)::numeric, t.all_change::numeric, t.decimals) OVER v AS shown_change,
		cvm._shared_out((t.with_low - t.without)::numeric, t.all_low::numeric, t.decimals) OVER v AS shown_low,
		cvm._shared_out((t.with_high - t.without)::numeric, t.all_high::numeric, t.decimals) OVER v AS shown_high,
		cvm._shared_out((t.so_far)::numeric, t.all_so_far::numeric, t.decimals) OVER v AS shown_so_far
	FROM beside_all t
	WINDOW v AS (PARTITION BY t.dimension, t.step ORDER BY t.value COLLATE "C")
)
SELECT t.dimension, t.value, t.step, t.customers, t.shown_mrr, t.shown_without, t.lost, t.shown_change, t.shown_low, t.shown_high, t.shown_so_far, t.rate,
	t.excess, t.low, t.high, t.break_even, t.events,
	t.scope, t.error, t.coverage, t.word,
	CASE WHEN t.events = 0 THEN format('No past change of price tells what this one would do. It pays as long as less than %s%% more leave each month.',
			round((100 * t.break_even)::numeric, 2))
		ELSE format('%s (%s): excess churn of %s%% a month (%s%% to %s%%); %s%% would use it up within %s months: %s.',
			CASE t.events WHEN 1 THEN 'One past change, whose spread is not known' ELSE t.events || ' past changes' END, t.scope,
			round((100 * t.excess)::numeric, 2), round((100 * t.low)::numeric, 2), round((100 * t.high)::numeric, 2),
			round((100 * t.break_even)::numeric, 2), $4,
			CASE t.word WHEN 'accretive' THEN 'it pays' WHEN 'value_destroying' THEN 'it costs more than it brings' ELSE 'both are possible' END) END
FROM footed t
WHERE t.customers >= coalesce({min_group_size}, 0)
ORDER BY t.dimension <> '(all)', t.dimension, t.value COLLATE "C", t.step$body$, literals)
	USING wanted_product, wanted_segment, price_simulation.change, price_simulation.months, price_simulation.conf;
	IF NOT FOUND THEN
		PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
		RAISE EXCEPTION USING ERRCODE = 'no_data_found',
			MESSAGE = format('nobody holds product "%s" in segment "%s" of model "%s"', wanted_product, wanted_segment, price_simulation.model),
			HINT = format('SELECT DISTINCT product, segment FROM %I.price_change; names those whose price changed; "(all)" is all of them.', price_simulation.model);
	END IF;
	PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
END
$function$;
COMMENT ON FUNCTION cvm.price_simulation(name, text, text, float8, integer, float8) IS
	'What another price would bring month by month (of 30 days), to a product and segment ("(all)" or NULL: all): of the '
	'base that exists, by its losses at each tenure and by the excess churn that past changes of price showed, with limits; without any '
	'the excess churn at which it just pays. In total, and by segment, tenure and price.';
