-- SPDX-License-Identifier: PostgreSQL
-- Report view over poor moments: whom they cost.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(182, 'poor_moment',
		'What poor moments cost: of lines with such a moment in an instalment, how many end with it, against instalments of '
		'lines of the same product, tenure and length without one (Mantel-Haenszel), by kind; of the product that was hit, '
		'and of other products of the same customer.', 'customers');

-- The rows of the view that a stratum or an instalment counts in
@define moment_named rows
	WITH named AS (
		SELECT r.*, x.product_hit, x.product_lost, y.tenure_band
		FROM {rows} r
		CROSS JOIN LATERAL (
			SELECT '(all)' AS product_hit, CASE r.scope WHEN 1 THEN '(all)' ELSE '(other)' END AS product_lost WHERE r.scope <> 2
			UNION ALL SELECT CASE r.scope WHEN 1 THEN r.product ELSE r.hit END AS product_hit, r.product AS product_lost WHERE r.scope <> 3) x
		CROSS JOIN LATERAL (VALUES ('(all)'), (r.band)) AS y (tenure_band)
	)
@end

-- Instalments are counted by their number and not laid out: only those with a
-- moment have rows.  An instalment is at risk until the next one is due.  Where
-- lines end on any day, the last one is cut short, and what happens to anybody
-- would hit it less often than the others: the last instalment of such a line is
-- the one of full length before its end, and one that ends in its first has none.
-- Who was hit by a moment, and who was not, by band of tenure
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('exposed_customers', 1, '{}', $$
WITH {observed}, {rates}
@use line_runs cvm.row_key(s.product, coalesce(s.subscription_id, '')) | concat(coalesce({offered}, ''){spell_quantity}{spell_discount})
,
@use moment_list
, risk AS MATERIALIZED (
	-- sixteenths of days that an instalment is long: a month has 30.4375
	SELECT l.n, l.customer_id, l.product, l.since, l.ended_on, l.step_months, l.step_days,
		CASE WHEN l.step_days > 0 THEN l.step_days * 16 ELSE l.step_months * 487 END AS unit,
		coalesce(l.last, l.seen) - c.is_cut::int AS instalments, CASE WHEN NOT l.is_moved THEN l.last - c.is_cut::int END AS lost_at, c.is_cut
	FROM line l
	-- ended before its last instalment was over
	CROSS JOIN LATERAL (
		SELECT coalesce(cvm._instalments(l.since, CASE WHEN l.last > 0 THEN l.ended_on END, l.step_months, l.step_days) < l.last, false) AS is_cut) c
	WHERE coalesce(l.last, l.seen) > c.is_cut::int
), had AS MATERIALIZED (
	SELECT l.customer_id, l.product, range_agg(daterange(l.since, l.ended_on)) AS days
	FROM line l
	WHERE l.customer_id IN (SELECT k.customer_id FROM line k GROUP BY k.customer_id HAVING count(*) > 1)
	GROUP BY l.customer_id, l.product
), beside AS (
	-- instalments that began while another product was held
	SELECT r.n, h.product AS hit, int4range(greatest(f.first, 1), least(f.last, r.instalments), '[]') AS numbers
	FROM risk r
	JOIN had h ON h.customer_id = r.customer_id AND h.product <> r.product
	CROSS JOIN LATERAL unnest(h.days) AS d (days)
	CROSS JOIN LATERAL (SELECT cvm._instalments(r.since, greatest(lower(d.days), r.since) - 1, r.step_months, r.step_days) + 2 AS first,
		CASE WHEN isfinite(upper(d.days)) THEN cvm._instalments(r.since, upper(d.days) - 1, r.step_months, r.step_days) + 1 ELSE r.instalments END AS last) f
	WHERE least(f.last, r.instalments) >= greatest(f.first, 1)
), base AS MATERIALIZED (
	-- instalments of another product than the one that was hit, of any other one
	SELECT b.n, 2 AS scope, b.hit, b.numbers FROM beside b
	UNION ALL
	SELECT b.n, 3 AS scope, '' AS hit, unnest(range_agg(b.numbers)) AS numbers FROM beside b GROUP BY b.n
), hit AS MATERIALIZED (
	SELECT DISTINCT m.kind, m.product AS moment_product, v.number, r.n, r.product, r.unit, (v.number - 1) * r.unit AS age, r.lost_at, r.customer_id
	FROM moments m
	JOIN risk r ON r.customer_id = m.customer_id AND r.since <= m.day AND r.ended_on > m.day
	CROSS JOIN LATERAL (SELECT cvm._instalments(r.since, m.day, r.step_months, r.step_days) + 1 AS number) i
	CROSS JOIN LATERAL (SELECT CASE WHEN NOT r.is_cut OR i.number < r.instalments THEN i.number
		WHEN cvm._instalments(m.day, r.ended_on - 1, r.step_months, r.step_days) = 0 THEN r.instalments END AS number) v
	WHERE v.number <= r.instalments
), exposed AS MATERIALIZED (
	-- of several moments in an instalment one counts; scope 1 is the product that was hit
	SELECT x.kind, x.scope, x.hit, x.product, x.unit,
		CASE WHEN x.age < 3 * 487 THEN '0-2' WHEN x.age < 12 * 487 THEN '3-11' WHEN x.age < 24 * 487 THEN '12-23' ELSE '24+' END AS band,
		x.customer_id, x.n, x.number, coalesce(x.number = x.lost_at, false) AS is_lost
	FROM (
		SELECT h.*, 1 AS scope, ''::text AS hit FROM hit h WHERE coalesce(h.moment_product = h.product, true)
		UNION ALL
		SELECT h.*, b.scope, b.hit
		FROM hit h
		JOIN base b ON b.n = h.n AND b.numbers @> h.number
			AND CASE b.scope WHEN 2 THEN h.moment_product = b.hit ELSE h.moment_product <> h.product END) x
	GROUP BY x.kind, x.scope, x.hit, x.product, x.unit, x.age, x.customer_id, x.n, x.number, x.lost_at
), alike AS MATERIALIZED (
	-- many lines are of the same length, and lost or not
	SELECT 1 AS scope, ''::text AS hit, r.product, r.unit, int4range(1, r.instalments, '[]') AS numbers, r.lost_at, r.lines
	FROM (SELECT k.product, k.unit, k.instalments, k.lost_at, count(*) AS lines FROM risk k GROUP BY k.product, k.unit, k.instalments, k.lost_at) r
	UNION ALL
	SELECT b.scope, b.hit, r.product, r.unit, b.numbers, r.lost_at, count(*) AS lines
	FROM base b
	JOIN risk r ON r.n = b.n
	GROUP BY b.scope, b.hit, r.product, r.unit, b.numbers, r.lost_at
), at_risk AS MATERIALIZED (
	SELECT a.scope, a.hit, a.product, a.unit, t.band, sum(a.lines * (upper(v.numbers) - lower(v.numbers)))::bigint AS instalments,
		coalesce(sum(a.lines) FILTER (WHERE v.numbers @> a.lost_at), 0)::bigint AS lost
	FROM alike a
	CROSS JOIN (VALUES ('0-2', 0, 3), ('3-11', 3, 12), ('12-23', 12, 24), ('24+', 24, 1000000)) AS t (band, first, until)
	-- from the first instalment that begins so many months after the line did
	CROSS JOIN LATERAL (
		SELECT a.numbers * int4range(((t.first * 487 + a.unit - 1) / a.unit + 1)::int, ((t.until * 487 + a.unit - 1) / a.unit)::int, '[]') AS numbers
		WHERE (t.first * 487 + a.unit - 1) / a.unit + 1 <= (t.until * 487 + a.unit - 1) / a.unit) v
	WHERE NOT isempty(v.numbers)
	GROUP BY a.scope, a.hit, a.product, a.unit, t.band
), stratum AS (
	SELECT e.*, a.instalments - e.hits AS others, a.lost - e.hits_lost AS others_lost, a.instalments AS n
	FROM (
		SELECT x.kind, x.scope, x.hit, x.product, x.unit, x.band, count(*)::numeric AS hits, count(*) FILTER (WHERE x.is_lost)::numeric AS hits_lost
		FROM exposed x
		GROUP BY x.kind, x.scope, x.hit, x.product, x.unit, x.band) e
	JOIN at_risk a ON a.scope = e.scope AND a.hit = e.hit AND a.product = e.product AND a.unit = e.unit AND a.band = e.band
)
$$);
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('poor_moment', 1, '{subscription}', $$
{exposed_customers}
, pooled AS (
@use moment_named stratum
	SELECT x.kind, x.tenure_band, x.product_hit, x.product_lost, x.scope > 1 AS is_spill_over, sum(x.hits) AS hits, sum(x.hits_lost) AS hits_lost,
		sum(x.others) AS others, sum(x.others_lost) AS others_lost, count(*) AS strata,
		-- Mantel and Haenszel, with the variance of Greenland and Robins
		sum(x.hits_lost * x.others / x.n) AS r, sum(x.others_lost * x.hits / x.n) AS s,
		sum((x.hits * x.others * (x.hits_lost + x.others_lost) - x.hits_lost * x.others_lost * x.n) / (x.n * x.n)) AS p,
		sum(x.hits_lost - x.hits * x.others_lost / nullif(x.others, 0)) AS excess
	FROM named x
	GROUP BY x.kind, x.tenure_band, x.product_hit, x.product_lost, x.scope > 1
), told AS (
@use moment_named exposed
	SELECT x.kind, x.tenure_band, x.product_hit, x.product_lost, count(DISTINCT x.customer_id) AS customers,
		count(DISTINCT x.customer_id) FILTER (WHERE x.is_lost) AS lost
	FROM named x
	GROUP BY x.kind, x.tenure_band, x.product_hit, x.product_lost
)
SELECT cvm.row_key(p.kind, p.tenure_band, p.product_hit, p.product_lost) AS row_key,
	p.kind,
	p.tenure_band,
	p.product_hit,
	p.product_lost,
	p.is_spill_over,
	t.customers,
	-t.lost AS lost_customers,
	p.hits::bigint AS hit_instalments,
	p.hits_lost::bigint AS hit_lost,
	(p.hits_lost / p.hits)::float8 AS hit_loss_rate,
	p.others::bigint AS other_instalments,
	p.others_lost::bigint AS other_lost,
	(p.others_lost / nullif(p.others, 0))::float8 AS other_loss_rate,
	(p.r / nullif(p.s, 0))::float8 AS relative_risk,
	exp(i.conf_low) AS conf_low,
	exp(i.conf_high) AS conf_high,
	p.excess::float8 AS excess_lost,
	p.strata,
	{time_zone} AS time_zone,
	o.as_of
FROM pooled p
JOIN told t ON t.kind = p.kind AND t.tenure_band = p.tenure_band AND t.product_hit = p.product_hit AND t.product_lost = p.product_lost
CROSS JOIN observed o
CROSS JOIN LATERAL (SELECT CASE WHEN p.r > 0 AND p.s > 0 THEN ln((p.r / p.s)::float8) END AS risk,
	CASE WHEN p.r > 0 AND p.s > 0 THEN sqrt(greatest(p.p / (p.r * p.s), 0)::float8) END AS error) e
CROSS JOIN LATERAL cvm.mean_difference(0, 0, e.risk, e.error, {conf}) i$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('poor_moment', 1, $$
{exposed_customers}
, listed AS (
@use moment_named exposed
	SELECT x.* FROM named x
)
SELECT a.row_key, x.customer_id, 1 AS customers, -bool_or(x.is_lost)::int AS lost_customers, NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	format('%s instalments', count(*)) || CASE WHEN bool_or(x.is_lost) THEN ', lost ' || string_agg(DISTINCT x.product, ', ' ORDER BY x.product)
		FILTER (WHERE x.is_lost) ELSE '' END AS detail
FROM listed x
JOIN wanted a ON a.kind = x.kind AND a.tenure_band = x.tenure_band AND a.product_hit = x.product_hit AND a.product_lost = x.product_lost
GROUP BY a.row_key, x.customer_id$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('poor_moment', 1, 'row_key', 'text', 'key', 'kind|tenure_band|product_hit|product_lost', false, 'One value per row.'),
	('poor_moment', 2, 'kind', 'text', 'name',
		'price_rise (subscription), failed_payment (event), late_delivery (delivery), reopened_ticket (ticket), detractor (survey), and moment.kind',
		false, 'Kind of moment.'),
	('poor_moment', 3, 'tenure_band', 'text', 'months', 'months from the start of the line to that of the instalment', false,
		'Age of the line: 0-2, 3-11, 12-23, 24+; "(all)" pools them (Mantel-Haenszel).'),
	('poor_moment', 4, 'product_hit', 'text', 'name', 'moment.product; of moments without one every product of the customer', false,
		'Product that the moment was about; "(all)" any.'),
	('poor_moment', 5, 'product_lost', 'text', 'name', 'product of the line that ends or not', false,
		'Product that may be lost; "(all)" the one that was hit, "(other)" any other one of the same customer.'),
	('poor_moment', 6, 'is_spill_over', 'boolean', 'true or false', 'product_lost is not product_hit', false,
		'Is it about another product than the one that was hit? Then instalments are compared that began while the customer '
		'held both.'),
	('poor_moment', 7, 'customers', 'bigint', 'customers', 'count of distinct customers', false, 'Customers with such a moment.'),
	('poor_moment', 8, 'lost_customers', 'bigint', 'customers', 'of those, whose line ended with an instalment that had a moment', false,
		'Customers who gave the product up at the next boundary.'),
	('poor_moment', 9, 'hit_instalments', 'bigint', 'instalments',
		'instalments with a moment whose end was seen; the last of a line is the one of full length before its end', false,
		'Instalments with such a moment.'),
	('poor_moment', 10, 'hit_lost', 'bigint', 'instalments', 'of those, the last ones of lines that ended and did not move', false,
		'Lines lost with them.'),
	('poor_moment', 11, 'hit_loss_rate', 'double precision', 'fraction 0..1', 'hit_lost / hit_instalments', false,
		'Share lost at the next boundary.'),
	('poor_moment', 12, 'other_instalments', 'bigint', 'instalments', 'without a moment, of the same product, length and tenure_band', false,
		'Instalments to compare with.'),
	('poor_moment', 13, 'other_lost', 'bigint', 'instalments', 'of those, the last ones of lines that ended and did not move', false,
		'Lines lost with them.'),
	('poor_moment', 14, 'other_loss_rate', 'double precision', 'fraction 0..1', 'other_lost / other_instalments', false,
		'Share lost without a moment; not weighted as relative_risk is.'),
	('poor_moment', 15, 'relative_risk', 'double precision', 'ratio',
		'Mantel-Haenszel over product_lost, length of instalments and tenure_band', false,
		'How many times as likely a line is lost at the next boundary after such a moment; NULL where nothing was lost with '
		'it or without.'),
	('poor_moment', 16, 'conf_low', 'double precision', 'ratio', 'limits of relative_risk (Greenland and Robins)', false,
		'Lower end of the interval.'),
	('poor_moment', 17, 'conf_high', 'double precision', 'ratio', 'limits of relative_risk (Greenland and Robins)', false,
		'Upper end of the interval.'),
	('poor_moment', 18, 'excess_lost', 'double precision', 'instalments', 'hit_lost - sum of hit_instalments * other_loss_rate of each stratum', false,
		'Lines lost beyond what would have been lost without.'),
	('poor_moment', 19, 'strata', 'bigint', 'strata', 'product_lost, length and tenure_band with a moment', false, 'Of how many strata.'),
	('poor_moment', 20, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('poor_moment', 21, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
