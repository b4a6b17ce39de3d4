-- SPDX-License-Identifier: PostgreSQL
-- Report views over contacts: who hears nothing, and what a further contact
-- brings with the same customers.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(195, 'silent_days', 'count', '180', 'Days without a marketing contact after which a customer is silent.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(251, 'contact_silence',
		'Customers who pay on the last day and got no marketing for silent_days or longer, by segment, and how unevenly contacts '
		'fall on all who pay.', 'base_customers'),
	(252, 'contact_fatigue',
		'What the first, second and further contact within contact_window days brings: responses by the ordinal of the contact, and '
		'beside the first contacts of the same customers, for those who get many contacts were chosen.', 'customers');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('contact_silence_seen', 1, '{}', $$
WITH {observed}, payer AS (
	SELECT s.customer_id, o.as_of - 1 AS day, o.as_of
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.customer_id IS NOT NULL AND s.started_on < o.as_of AND coalesce(s.ended_on >= o.as_of AND s.ended_on > s.started_on, true) AND {price} > 0
	GROUP BY s.customer_id, o.as_of
), told_to AS {at_customer} (
	SELECT k.customer_id, count(*) FILTER (WHERE k.day >= o.as_of - {silent_days}) AS contacts, max(k.day) AS last_day
	FROM ({marketing_contacts}) k
	CROSS JOIN observed o
	WHERE k.day < o.as_of
	GROUP BY k.customer_id
)
@use held_on payer
, heard AS (
	SELECT m.customer_id, m.as_of, x.segment, coalesce(t.contacts, 0) AS contacts, t.last_day
	FROM member m
	LEFT JOIN told_to t USING (customer_id)
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (m.in_segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
)
$$);

-- The same by segment and number of contacts, in one pass over subscriptions, contacts and times in segments; servers
-- that have them distributed count customer by customer
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('contact_silence_cells', 1, '{distributed contact}', $$
{contact_silence_seen}
, cell AS (
	SELECT h.segment, h.contacts, h.last_day IS NULL AS is_never, h.as_of, count(*) AS customers
	FROM heard h
	GROUP BY h.segment, h.contacts, h.last_day IS NULL, h.as_of
)$$),
('contact_silence_cells', 9, '{}', $$
WITH {observed}, cell AS (
	SELECT x.segment, c.contacts, c.is_never, o.as_of, c.customers
	FROM (
		SELECT cvm._contact_silence_agg(r.customer_id, r.day, r.purpose, r.arm, r.pays, r.segment, r.valid_from, r.valid_to,
			(SELECT o.as_of FROM observed o), (SELECT o.as_of - {silent_days} FROM observed o)) AS cells
		FROM (
			SELECT k.customer_id, cvm.day_of(k.occurred_at, {time_zone}) AS day, k.purpose, k.arm, false AS pays, NULL::text AS segment,
				NULL::date AS valid_from, NULL::date AS valid_to
			FROM contact k
			UNION ALL
			SELECT s.customer_id, NULL, NULL, NULL, coalesce(s.started_on < (SELECT o.as_of FROM observed o)
				AND coalesce(s.ended_on >= (SELECT o.as_of FROM observed o) AND s.ended_on > s.started_on, true) AND {price} > 0, false), NULL, NULL, NULL
			FROM subscription s
			UNION ALL
			SELECT h.customer_id, NULL, NULL, NULL, false, h.segment, h.valid_from, h.valid_to FROM {segment_rows} h WHERE h.segment IS NOT NULL) r) a
	CROSS JOIN LATERAL unnest(a.cells) c
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (c.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	CROSS JOIN observed o
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('contact_silence', 1, '{contact,subscription}', $$
{contact_silence_cells}
, told AS (
	SELECT r.segment, r.as_of, sum(r.customers)::bigint AS base, coalesce(sum(r.customers) FILTER (WHERE r.contacts = 0), 0)::bigint AS silent,
		coalesce(sum(r.customers) FILTER (WHERE r.is_never), 0)::bigint AS never, sum(r.contacts * r.customers)::bigint AS contacts,
		-- of those who got as many, each stands in the middle of their places
		trunc(sum(r.contacts * r.customers * (2 * r.places - r.customers + 1)) / 2) AS weighted
	FROM (
		SELECT c.*, sum(c.customers) OVER (PARTITION BY c.segment ORDER BY c.contacts, c.is_never ROWS UNBOUNDED PRECEDING) AS places
		FROM (
			SELECT d.segment, d.contacts, d.is_never, d.as_of, sum(d.customers) AS customers FROM cell d GROUP BY d.segment, d.contacts, d.is_never, d.as_of) c) r
	GROUP BY r.segment, r.as_of
)
SELECT cvm.row_key(t.segment) AS row_key,
	t.segment,
	t.base AS base_customers,
	t.silent AS silent_customers,
	t.silent / t.base::float8 AS silent_share,
	i.conf_low,
	i.conf_high,
	t.never AS never_customers,
	t.contacts,
	(2 * t.weighted / nullif(t.base * t.contacts, 0) - (t.base + 1) / t.base::numeric)::float8 AS gini,
	{silent_days} AS silent_days,
	{time_zone} AS time_zone,
	t.as_of
FROM told t
CROSS JOIN LATERAL cvm.proportion_interval(t.silent, t.base, {conf}) i$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('contact_silence', 1, $$
{contact_silence_seen}
SELECT w.row_key, h.customer_id, 1 AS base_customers, CASE WHEN h.contacts = 0 THEN 1 ELSE 0 END AS silent_customers,
	CASE WHEN h.last_day IS NULL THEN 1 ELSE 0 END AS never_customers, NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	coalesce('last contact on ' || to_char(h.last_day::timestamp, 'YYYY-MM-DD'), 'no contact') AS detail
FROM heard h
JOIN wanted w ON w.segment = h.segment$$);

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('contact_fatigue_seen', 1, '{}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(c.occurred_at, {time_zone})) + 1 FROM contact c)) AS as_of
), numbered AS {at_customer} (
	-- contacts of one moment have one ordinal: whichever came first by its outcome would be what responded
	SELECT c.customer_id, c.responded, c.opt_known, c.opted_out, c.as_of, least(10, rank() OVER (PARTITION BY c.customer_id, c.day ORDER BY c.occurred_at)
		+ count(*) OVER (PARTITION BY c.customer_id ORDER BY c.day RANGE BETWEEN {contact_window} - 1 PRECEDING AND 1 PRECEDING)) AS ordinal
	FROM (
		SELECT k.customer_id, k.occurred_at, cvm.day_of(k.occurred_at, {time_zone}) - date '2000-01-01' AS day,
			CASE WHEN coalesce(k.responded, k.outcome IS NOT NULL) THEN 1 ELSE 0 END AS responded, CASE WHEN k.opted_out IS NULL THEN 0 ELSE 1 END AS opt_known,
			CASE WHEN k.opted_out THEN 1 ELSE 0 END AS opted_out, o.as_of
		FROM contact k
		CROSS JOIN observed o
		WHERE k.customer_id IS NOT NULL AND lower(k.purpose) IS DISTINCT FROM 'service' AND cvm.day_of(k.occurred_at, {time_zone}) < o.as_of) c
), by_customer AS {at_customer} (
	SELECT n.customer_id, n.ordinal, n.as_of, count(*) AS contacts, sum(n.responded) AS responses,
		sum(n.opt_known) AS opt_known, sum(n.opted_out) AS opted_out
	FROM numbered n
	GROUP BY n.customer_id, n.ordinal, n.as_of
), paired AS (
	-- beside the first contacts of the same customer
	SELECT b.*, b.responses / b.contacts::numeric - f.responses / f.contacts::numeric AS difference
	FROM by_customer b
	LEFT JOIN by_customer f ON f.customer_id = b.customer_id AND f.ordinal = 1 AND b.ordinal > 1
)
$$);

-- The same by what contacts of an ordinal, and first ones, of a customer came to, in one pass over contacts; servers that
-- have them distributed count customer by customer
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('contact_fatigue_cells', 1, '{distributed contact}', $$
{contact_fatigue_seen}
, cell AS (
	SELECT b.ordinal, b.contacts, b.responses, f.contacts AS first_contacts, f.responses AS first_responses, b.as_of, count(*) AS customers,
		sum(b.opt_known) AS opt_known, sum(b.opted_out) AS opted_out
	FROM by_customer b
	JOIN by_customer f ON f.customer_id = b.customer_id AND f.ordinal = 1
	GROUP BY b.ordinal, b.contacts, b.responses, f.contacts, f.responses, b.as_of
)$$),
('contact_fatigue_cells', 9, '{}', $$
WITH cell AS (
	SELECT c.*, coalesce({as_of}, c.last_day + 1) AS as_of
	FROM (
		SELECT cvm._contact_fatigue_agg(k.customer_id, cvm.day_of(k.occurred_at, {time_zone}), cvm.moment_of(k.occurred_at, {time_zone}), k.purpose,
			coalesce(k.responded, k.outcome IS NOT NULL), k.opted_out, {as_of}, {contact_window}) AS cells
		FROM contact k) a
	CROSS JOIN LATERAL unnest(a.cells) c
)$$);

@for preference | needs
1 | {contact,contact.outcome}
2 | {contact,contact.responded}
3 | {contact,contact.opted_out}
@make
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('contact_fatigue', {preference}, '{needs}', $$
{contact_fatigue_cells}
, summed AS (
	SELECT p.ordinal, p.as_of, sum(p.customers)::bigint AS customers, sum(p.contacts * p.customers)::bigint AS contacts,
		sum(p.responses * p.customers)::bigint AS responses, coalesce(sum(p.customers) FILTER (WHERE p.ordinal > 1), 0)::bigint AS compared,
		sum(p.opt_known)::bigint AS opt_known, sum(p.opted_out)::bigint AS opted_out,
		sum(p.difference * p.customers) AS x, sum(p.difference * p.difference * p.customers) AS xx
	FROM (
		SELECT c.*, CASE WHEN c.ordinal > 1 THEN c.responses / c.contacts::numeric - c.first_responses / c.first_contacts::numeric END AS difference
		FROM cell c) p
	GROUP BY p.ordinal, p.as_of
), told AS (
	-- the mean of the differences, and its error
	SELECT s.*, (s.x / nullif(s.compared, 0))::float8 AS difference,
		(sqrt((s.compared * s.xx - s.x * s.x) / nullif(s.compared * (s.compared - 1::numeric), 0)) / sqrt(nullif(s.compared, 0)::numeric))::float8 AS std_error
	FROM summed s
)
SELECT cvm.row_key(t.ordinal::text) AS row_key,
	t.ordinal,
	t.customers,
	t.contacts,
	t.responses,
	t.responses / t.contacts::float8 AS response_rate,
	i.conf_low,
	i.conf_high,
	t.compared AS compared_customers,
	t.difference AS within_difference,
	d.conf_low AS within_low,
	d.conf_high AS within_high,
	CASE WHEN d.conf_high < 0 THEN 'fatigue' WHEN d.conf_low > 0 THEN 'reminder' WHEN t.ordinal > 1 THEN 'inconclusive' ELSE 'first' END AS verdict,
	CASE WHEN t.opt_known > 0 THEN t.opted_out END AS opt_outs,
	t.opted_out / nullif(t.opt_known, 0)::float8 AS opt_out_rate,
	u.conf_low AS opt_out_low,
	u.conf_high AS opt_out_high,
	{contact_window} AS contact_window,
	{time_zone} AS time_zone,
	t.as_of
FROM told t
CROSS JOIN LATERAL cvm.proportion_interval(t.responses, t.contacts, {conf}) i
CROSS JOIN LATERAL cvm.proportion_interval(t.opted_out, nullif(t.opt_known, 0), {conf}) u
LEFT JOIN LATERAL cvm.mean_difference(0, 0, t.difference, t.std_error, {conf}) d ON t.std_error > 0$$);
@end

@for preference
1
2
3
@make
INSERT INTO cvm.report_list (view, preference, list) VALUES
('contact_fatigue', {preference}, $$
{contact_fatigue_seen}
SELECT w.row_key, p.customer_id, 1 AS customers, CASE WHEN p.difference IS NOT NULL THEN 1 ELSE 0 END AS compared_customers,
	NULL::numeric AS mrr_before, NULL::numeric AS mrr_after, p.responses || ' responses to ' || p.contacts || ' contacts' AS detail
FROM paired p
JOIN wanted w ON w.ordinal = p.ordinal$$);
@end

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('contact_silence', 1, 'row_key', 'text', 'key', 'segment', false, 'One value per row.'),
	('contact_silence', 2, 'segment', 'text', 'name', 'segment held on the last day', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('contact_silence', 3, 'base_customers', 'bigint', 'customers', 'count of those who pay on the last day', true,
		'Customers who could hear of something.'),
	('contact_silence', 4, 'silent_customers', 'bigint', 'customers', 'those without a marketing contact in silent_days', true,
		'Of these, who heard nothing.'),
	('contact_silence', 5, 'silent_share', 'double precision', 'fraction 0..1', 'silent_customers / base_customers', false,
		'Their share.'),
	('contact_silence', 6, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of silent_share', false,
		'Lower end of the interval.'),
	('contact_silence', 7, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of silent_share', false,
		'Upper end of the interval.'),
	('contact_silence', 8, 'never_customers', 'bigint', 'customers', 'those without any marketing contact', true,
		'Of the silent, who never heard anything.'),
	('contact_silence', 9, 'contacts', 'bigint', 'contacts', 'marketing contacts with the base in silent_days', true,
		'Contacts that they got.'),
	('contact_silence', 10, 'gini', 'double precision', 'fraction 0..1', 'Gini of contacts over the base', false,
		'How unevenly contacts fall: 0 when all get as many, near 1 when one gets all.'),
	('contact_silence', 11, 'silent_days', 'integer', 'days', 'setting of the model', false,
		'Days without a contact that make a customer silent.'),
	('contact_silence', 12, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('contact_silence', 13, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('contact_fatigue', 1, 'row_key', 'text', 'key', 'ordinal', false, 'One value per row.'),
	('contact_fatigue', 2, 'ordinal', 'bigint', 'number',
		'1 + marketing contacts of the customer before it in the contact_window days that end with its own; 10 is 10 or more', false,
		'Which contact in the window it was.'),
	('contact_fatigue', 3, 'customers', 'bigint', 'customers', 'distinct customers', false, 'Customers who got such a contact.'),
	('contact_fatigue', 4, 'contacts', 'bigint', 'contacts', 'count of such contacts', true, 'How many there were.'),
	('contact_fatigue', 5, 'responses', 'bigint', 'contacts', 'contacts that are responded, or with an outcome where that is not told', true,
		'Contacts that something came of.'),
	('contact_fatigue', 6, 'response_rate', 'double precision', 'fraction 0..1', 'responses / contacts', false,
		'Their share; customers differ between the rows.'),
	('contact_fatigue', 7, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of response_rate', false,
		'Lower end of the interval.'),
	('contact_fatigue', 8, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of response_rate', false,
		'Upper end of the interval.'),
	('contact_fatigue', 9, 'compared_customers', 'bigint', 'customers', 'customers with a first contact too', false,
		'Customers of whom both are known.'),
	('contact_fatigue', 10, 'within_difference', 'double precision', 'fraction',
		'mean over them of the rate at this ordinal less that at ordinal 1 of the same customer', false,
		'What a further contact brings less than the first one, with the same customers.'),
	('contact_fatigue', 11, 'within_low', 'double precision', 'fraction', 'normal, of paired differences', false,
		'Lower end of the interval.'),
	('contact_fatigue', 12, 'within_high', 'double precision', 'fraction', 'normal, of paired differences', false,
		'Upper end of the interval.'),
	('contact_fatigue', 13, 'verdict', 'text', 'word', 'interval of within_difference beside 0', false,
		'fatigue, reminder (more comes of it than of the first), inconclusive; first: the one that others are compared with.'),
	('contact_fatigue', 14, 'opt_outs', 'bigint', 'contacts', 'contacts that are opted_out', true,
		'Contacts after which the customer wanted no more; NULL where that is not told.'),
	('contact_fatigue', 15, 'opt_out_rate', 'double precision', 'fraction 0..1', 'opt_outs / contacts of which it is told', false,
		'Their share: who wants no more gets no further contact, so that there is no second one to compare with.'),
	('contact_fatigue', 16, 'opt_out_low', 'double precision', 'fraction 0..1', 'Wilson interval of opt_out_rate', false,
		'Lower end of the interval.'),
	('contact_fatigue', 17, 'opt_out_high', 'double precision', 'fraction 0..1', 'Wilson interval of opt_out_rate', false,
		'Upper end of the interval.'),
	('contact_fatigue', 18, 'contact_window', 'integer', 'days', 'setting of the model', false, 'Days of the rolling window.'),
	('contact_fatigue', 19, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('contact_fatigue', 20, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
