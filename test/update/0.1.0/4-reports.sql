-- SPDX-License-Identifier: PostgreSQL
-- Report views over owners, concentration and the flavor of an organisation.

INSERT INTO cvm.segment_part VALUES
('observed', 1, '{subscription}', $$
observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT (now() AT TIME ZONE {time_zone})::date)) FROM subscription s)) AS as_of
)$$),
('observed', 2, '{}', $$
observed AS MATERIALIZED (
	SELECT coalesce({as_of}, greatest(
		max(w.valid_from) FILTER (WHERE w.valid_from <= (now() AT TIME ZONE {time_zone})::date),
		max(w.valid_to) FILTER (WHERE w.valid_to <= (now() AT TIME ZONE {time_zone})::date)) + 1) AS as_of
	FROM owner w
)$$),
('sold', 1, '{subscription}', $$
sold AS (
	SELECT s.product, min(s.started_on) AS sold_from FROM subscription s GROUP BY s.product
)$$),
('sold', 2, '{}', $$
sold AS (
	SELECT NULL::text AS product, NULL::date AS sold_from WHERE false
)$$),
('product', 1, '{product}', $$
listed AS (
	SELECT p.product, min(p.launched_on) AS launched_on FROM product p GROUP BY p.product
)$$),
('product', 2, '{}', $$
listed AS (
	SELECT NULL::text AS product, NULL::date AS launched_on WHERE false
)$$),
('segment', 1, '{segment_history}', $$
peopled AS (
	SELECT h.segment, min(h.valid_from) AS valid_from, max(coalesce(h.valid_to, 'infinity')) AS valid_to
	FROM segment_history h
	WHERE h.segment IS NOT NULL
	GROUP BY h.segment
)$$),
('segment', 2, '{}', $$
peopled AS (
	SELECT NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to WHERE false
)$$),
-- who has to be owned, when, and who owned it
('subject', 1, '{owner}', $$
answered AS (
	SELECT lower(w.subject_kind) AS subject_kind, w.subject, w.owner,
		daterange(w.valid_from, w.valid_to) AS days
	FROM owner w
	WHERE coalesce(w.accountable, true) AND w.subject IS NOT NULL AND w.subject_kind IS NOT NULL AND w.owner IS NOT NULL
		AND coalesce(w.valid_from < w.valid_to, true)
), named AS (
	SELECT a.subject_kind, a.subject, min(lower(a.days)) AS valid_from
	FROM answered a
	GROUP BY a.subject_kind, a.subject
), subject AS MATERIALIZED (
	SELECT u.subject_kind, u.subject,
		daterange(least(coalesce(u.valid_from, o.as_of - 1), o.as_of), least(u.valid_to, o.as_of)) AS days
	FROM observed o
	CROSS JOIN (
		-- what always was is to be owned since anything was sold
		SELECT 'segment' AS subject_kind, p.segment AS subject,
			CASE WHEN p.valid_from > '0001-01-01' THEN p.valid_from ELSE (SELECT min(d.sold_from) FROM sold d) END AS valid_from, p.valid_to
		FROM peopled p
		UNION ALL
		SELECT 'product', coalesce(s.product, l.product), coalesce(l.launched_on, s.sold_from, n.valid_from), 'infinity'
		FROM sold s
		FULL JOIN listed l ON l.product = s.product
		LEFT JOIN named n ON n.subject_kind = 'product' AND n.subject = coalesce(s.product, l.product)
		WHERE coalesce(s.product, l.product) IS NOT NULL
		UNION ALL
		SELECT n.subject_kind, n.subject, n.valid_from, 'infinity'
		FROM named n
		WHERE NOT EXISTS (SELECT FROM peopled p WHERE n.subject_kind = 'segment' AND p.segment = n.subject)
			AND NOT EXISTS (SELECT FROM sold s WHERE n.subject_kind = 'product' AND s.product = n.subject)
			AND NOT EXISTS (SELECT FROM listed l WHERE n.subject_kind = 'product' AND l.product = n.subject)) u
)$$);

SELECT cvm.put_segment_bodies('owner_gap', '{observed,sold,product,segment,subject}', $$
, missing AS (
	SELECT s.subject_kind, s.subject, unnest(datemultirange(s.days) - coalesce(range_agg(a.days), '{}')) AS days
	FROM subject s
	LEFT JOIN answered a ON a.subject_kind = s.subject_kind AND a.subject = s.subject
	GROUP BY s.subject_kind, s.subject, s.days
)
SELECT m.subject_kind || '|' || m.subject || '|' || lower(m.days) AS row_key,
	m.subject_kind,
	m.subject,
	lower(m.days) AS gap_from,
	CASE WHEN upper(m.days) < o.as_of THEN upper(m.days) END AS gap_to,
	upper(m.days) - lower(m.days) AS days,
	upper(m.days) = o.as_of AS is_open,
	o.as_of
FROM missing m
CROSS JOIN observed o$$);

SELECT cvm.put_segment_bodies('owner_conflict', '{observed,sold,product,segment,subject}', $$
, ruled AS (
	SELECT a.subject_kind, a.subject, a.owner, range_agg(a.days) AS days
	FROM answered a
	GROUP BY a.subject_kind, a.subject, a.owner
), twice AS (
	SELECT a.subject_kind, a.subject, a.owner, b.owner AS other_owner, unnest(a.days * b.days * datemultirange(daterange(NULL, o.as_of))) AS days
	FROM ruled a
	JOIN ruled b ON b.subject_kind = a.subject_kind AND b.subject = a.subject AND b.owner > a.owner
	CROSS JOIN observed o
)
SELECT t.subject_kind || '|' || t.subject || '|' || t.owner || '|' || t.other_owner || '|' || coalesce(lower(t.days)::text, '') AS row_key,
	t.subject_kind,
	t.subject,
	t.owner,
	t.other_owner,
	lower(t.days) AS conflict_from,
	CASE WHEN upper(t.days) < o.as_of THEN upper(t.days) END AS conflict_to,
	upper(t.days) - lower(t.days) AS days,
	upper(t.days) = o.as_of AS is_open,
	o.as_of
FROM twice t
CROSS JOIN observed o$$);

SELECT cvm.put_segment_bodies('owner_stale', '{observed,sold,product,segment,subject}', $$
SELECT s.subject_kind || '|' || s.subject AS row_key,
	s.subject_kind,
	s.subject,
	l.owner AS last_owner,
	l.ended_on,
	o.as_of - l.ended_on AS days,
	o.as_of
FROM subject s
CROSS JOIN observed o
CROSS JOIN LATERAL (
	SELECT string_agg(DISTINCT a.owner, ', ' ORDER BY a.owner) AS owner, upper(a.days) AS ended_on
	FROM answered a
	WHERE a.subject_kind = s.subject_kind AND a.subject = s.subject AND upper(a.days) <= o.as_of
	GROUP BY upper(a.days)
	ORDER BY upper(a.days) DESC
	LIMIT 1) l
WHERE NOT isempty(s.days) AND upper(s.days) = o.as_of
	AND NOT EXISTS (SELECT FROM answered a WHERE a.subject_kind = s.subject_kind AND a.subject = s.subject AND a.days @> o.as_of - 1)$$);

INSERT INTO cvm.segment_part VALUES
('touch', 1, '{event.product}', $$
touch AS MATERIALIZED (
	SELECT date_trunc('month', e.day::timestamp)::date AS month, e.product, sum(e.touches) AS touches
	FROM (
		SELECT cvm.day_of(e.occurred_at, {time_zone}) AS day, e.product, count(*) AS touches
		FROM event e
		WHERE e.product IS NOT NULL AND e.customer_id IS NOT NULL
		GROUP BY 1, 2) e
	WHERE e.day < (SELECT o.as_of FROM observed o)
	GROUP BY 1, 2
)$$),
('touch', 2, '{}', $$
touch AS (
	SELECT NULL::date AS month, NULL::text AS product, NULL::bigint AS touches WHERE false
)$$),
-- of a quarter, by product, and of customers by how many products
('contact', 1, '{event.product}', $$
contact AS MATERIALIZED (
	SELECT date_trunc('quarter', e.day::timestamp)::date AS quarter, e.product, sum(e.touches) AS touches
	FROM (
		SELECT cvm.day_of(e.occurred_at, {time_zone}) AS day, e.product, count(*) AS touches
		FROM event e
		WHERE e.product IS NOT NULL AND e.customer_id IS NOT NULL
		GROUP BY 1, 2) e
	WHERE e.day < (SELECT o.as_of FROM observed o)
	GROUP BY 1, 2
), crossed AS MATERIALIZED (
	SELECT c.quarter, coalesce(sum(c.touches) FILTER (WHERE c.first < c.last), 0) / sum(c.touches) AS share
	FROM (
		SELECT e.quarter, e.customer_id, count(*) AS touches, min(e.product) AS first, max(e.product) AS last
		FROM (
			SELECT date_trunc('quarter', e.day::timestamp)::date AS quarter, e.customer_id, e.product
			FROM (
				SELECT cvm.day_of(e.occurred_at, {time_zone}) AS day, e.customer_id, hashtextextended(e.product, 0) AS product
				FROM event e
				WHERE e.product IS NOT NULL AND e.customer_id IS NOT NULL
				OFFSET 0) e
			WHERE e.day < (SELECT o.as_of FROM observed o)) e
		GROUP BY 1, 2) c
	GROUP BY 1
)$$),
('contact', 2, '{}', $$
contact AS (
	SELECT NULL::date AS quarter, NULL::text AS product, NULL::bigint AS touches WHERE false
), crossed AS (
	SELECT NULL::date AS quarter, NULL::numeric AS share WHERE false
)$$),
('budget', 1, '{segment_target}', $$
budget AS (
	SELECT DISTINCT t.segment, date_trunc('month', t.month::timestamp)::date AS month
	FROM segment_target t
	WHERE t.target IS NOT NULL
)$$),
('budget', 2, '{}', $$
budget AS (
	SELECT NULL::text AS segment, NULL::date AS month WHERE false
)$$);

SELECT cvm.put_segment_bodies('concentration', '{flow,bridge,touch}', $$
, product AS MATERIALIZED (
	SELECT p.* FROM flow f CROSS JOIN LATERAL cvm.segment_products(f.state) p
), item AS (
	SELECT 'revenue by product' AS dimension, p.period_start AS month, p.product AS item, sum(p.mrr) AS value FROM product p GROUP BY 2, 3
	UNION ALL
	SELECT 'customers by product', p.period_start, p.product, sum(p.customers) FROM product p GROUP BY 2, 3
	UNION ALL
	SELECT 'revenue by segment', b.period_start, b.segment, b.closing_mrr FROM bridge b WHERE b.segment <> '(all)'
	UNION ALL
	SELECT 'customers by segment', b.period_start, b.segment, b.closing_customers FROM bridge b WHERE b.segment <> '(all)'
	UNION ALL
	SELECT 'interactions by product', t.month, t.product, sum(t.touches) FROM touch t GROUP BY 2, 3
)
SELECT i.dimension || '|' || to_char(i.month::timestamp, 'YYYY-MM') AS row_key,
	i.dimension,
	i.month,
	to_char(i.month::timestamp, 'YYYY-MM') AS month_label,
	c.parts,
	c.total::numeric(18,2) AS total,
	i.top,
	c.top_share,
	c.hhi,
	c.normalised_hhi,
	c.effective_number,
	c.evenness,
	(i.month + interval '1 month')::date <= o.as_of AS is_complete,
	o.as_of
FROM (
	SELECT m.dimension, m.month, array_agg(m.value::numeric) AS items,
		(array_agg(m.item ORDER BY m.value DESC, m.item))[1] AS top
	FROM item m
	GROUP BY m.dimension, m.month) i
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.concentration(i.items) c
WHERE c.parts > 0$$);

SELECT cvm.put_segment_bodies('flavor', '{flow,bridge,contact,owner,budget}', $$
, quarter AS (
	-- stocks are those at the quarter's last month end that was seen
	SELECT date_trunc('quarter', b.period_start::timestamp)::date AS quarter, max(b.period_start) AS month,
		(date_trunc('quarter', b.period_start::timestamp) + interval '3 months')::date <= o.as_of AS is_complete, o.as_of
	FROM bridge b
	CROSS JOIN observed o
	WHERE b.segment = '(all)'
	GROUP BY 1, 3, 4
), product AS MATERIALIZED (
	SELECT q.quarter, p.product, sum(p.mrr) AS mrr, sum(p.customers) AS customers
	FROM flow f
	CROSS JOIN LATERAL cvm.segment_products(f.state) p
	JOIN quarter q ON q.month = p.period_start
	GROUP BY 1, 2
), owning AS (
	SELECT q.quarter, sum(b.closing_mrr) FILTER (WHERE w.owners = 1 AND g.segment IS NOT NULL) / nullif(sum(b.closing_mrr), 0) AS share,
		string_agg(b.segment || CASE WHEN coalesce(w.owners, 0) = 0 THEN ' has no owner' WHEN w.owners > 1 THEN ' has ' || w.owners || ' owners' ELSE ' has no budget' END, ', ' ORDER BY b.closing_mrr DESC, b.segment)
			FILTER (WHERE b.closing_mrr > 0 AND NOT coalesce(w.owners = 1 AND g.segment IS NOT NULL, false)) AS missing
	FROM quarter q
	JOIN bridge b ON b.period_start = q.month AND b.segment <> '(all)'
	LEFT JOIN owned w ON w.segment = b.segment AND w.period_start = b.period_start
	LEFT JOIN budget g ON g.segment = b.segment AND g.month = b.period_start
	GROUP BY 1
), score AS (
	SELECT q.quarter, q.as_of, q.is_complete, r.top, c.top_share::double precision AS top_revenue_share, c.normalised_hhi, c.evenness,
		(r.top_customers / nullif(b.closing_customers, 0)::numeric)::double precision AS top_base_share,
		(b.multi_product_customers / nullif(b.closing_customers, 0)::numeric)::double precision AS multi_product_share,
		(t.top / nullif(t.all_touches, 0))::double precision AS top_interaction_share,
		x.share::double precision AS cross_product_interaction_share,
		coalesce(w.share, 0)::double precision AS owned_revenue_share, w.missing
	FROM quarter q
	JOIN bridge b ON b.segment = '(all)' AND b.period_start = q.month
	JOIN owning w ON w.quarter = q.quarter
	JOIN (
		SELECT p.quarter, array_agg(p.mrr) AS shares,
			(array_agg(p.product ORDER BY p.mrr DESC, p.product))[1] AS top,
			(array_agg(p.customers ORDER BY p.mrr DESC, p.product))[1] AS top_customers
		FROM product p
		GROUP BY p.quarter) r ON r.quarter = q.quarter
	CROSS JOIN LATERAL cvm.concentration(r.shares) c
	LEFT JOIN LATERAL (
		SELECT sum(t.touches) FILTER (WHERE t.product = r.top) AS top, sum(t.touches) AS all_touches
		FROM contact t
		WHERE t.quarter = q.quarter) t ON true
	LEFT JOIN crossed x ON x.quarter = q.quarter
), judged AS (
	SELECT s.*,
		CASE WHEN s.owned_revenue_share >= 0.8 THEN 'segment-centric'
			WHEN s.top_revenue_share > 0.5 AND s.top_base_share > 0.5 AND coalesce(s.top_interaction_share > 0.5, true) THEN 'product-centric'
			ELSE 'coordinated' END AS flavor
	FROM score s
)
SELECT to_char(j.quarter::timestamp, 'YYYY-"Q"Q') AS row_key,
	j.quarter,
	to_char(j.quarter::timestamp, 'YYYY-"Q"Q') AS quarter_label,
	j.flavor,
	j.top AS top_product,
	j.top_revenue_share,
	j.normalised_hhi,
	j.evenness,
	j.top_base_share,
	j.multi_product_share,
	j.top_interaction_share,
	j.cross_product_interaction_share,
	j.owned_revenue_share,
	CASE j.flavor
		WHEN 'product-centric' THEN format('coordinated: %s alone has %s %% of revenue and %s %% of customers, where half would do', j.top,
			round(100 * j.top_revenue_share::numeric), round(100 * j.top_base_share::numeric))
		WHEN 'coordinated' THEN format('segment-centric: %s %% of revenue lies in segments with one accountable owner and a budget, 80 %% are needed; %s',
			round(100 * j.owned_revenue_share::numeric), coalesce(j.missing, 'nobody owns a segment'))
		END AS next_is_blocked_by,
	j.is_complete,
	j.as_of
FROM judged j$$);

DROP FUNCTION cvm.put_segment_bodies(text, text[], text);
DROP TABLE cvm.segment_part;
-- The columns of the report views over launches.
INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('cannibalization', 1, 'row_key', 'text', 'key', 'focal|donor|segment|channel', false, 'One value per row.'),
	('cannibalization', 2, 'focal', 'text', 'name', 'product launched after the first day of the data', false, 'The new product.'),
	('cannibalization', 3, 'donor', 'text', 'name', 'product that customers held before', false, 'The product that may have lost; "(all)" is every other product. Rows of donors do not add up.'),
	('cannibalization', 4, 'segment', 'text', 'name', 'segment held at the launch or, who came later, on the first day', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment then.'),
	('cannibalization', 5, 'launched_on', 'date', 'date', 'product.launched_on, or the first day sold', false, 'Day of the launch.'),
	('cannibalization', 6, 'launch_label', 'text', 'text', 'launched_on as text', false, 'Month of the launch, safe from time zones of clients.'),
	('cannibalization', 7, 'entries', 'bigint', 'entries', 'count of first days of runs of the focal product before as_of', true, 'Entries into the new product.'),
	('cannibalization', 8, 'matured_entries', 'bigint', 'entries', 'count of entries with entered_on + look_ahead <= as_of', true, 'Entries old enough to be judged: what all rates stand on.'),
	('cannibalization', 9, 'pending_entries', 'bigint', 'entries', 'entries - matured_entries', true, 'Entries too young to be judged.'),
	('cannibalization', 10, 'new_entries', 'bigint', 'entries', 'count of matured entries without donor or focal product ever before', true, 'Customers never seen before.'),
	('cannibalization', 11, 'winback_entries', 'bigint', 'entries', 'count of matured entries with nothing from donors in the look-back, but some spell earlier', true, 'Customers who had left before.'),
	('cannibalization', 12, 'add_entries', 'bigint', 'entries', 'count of matured entries with donors bringing at the end of the look-ahead what they brought before, or more', true, 'Customers who took it in addition.'),
	('cannibalization', 13, 'switch_entries', 'bigint', 'entries', 'count of matured entries with donors bringing nothing at the end of the look-ahead', true, 'Customers who gave the donor up.'),
	('cannibalization', 14, 'partial_entries', 'bigint', 'entries', 'count of matured entries with donors bringing less, but something', true, 'Customers who cut the donor.'),
	('cannibalization', 15, 'customers', 'bigint', 'customers', 'count of customers with a matured entry', true, 'Customers behind the matured entries.'),
	('cannibalization', 16, 'own_base_share', 'double precision', 'fraction 0..1', '(add_entries + switch_entries + partial_entries) / matured_entries', false, 'Share of the entries by customers who brought something before: the upper bound of cannibalization.'),
	('cannibalization', 17, 'unit_rate', 'double precision', 'fraction 0..1', '(switch_entries + partial_entries) / matured_entries', false, 'Share of the entries that cost a donor something.'),
	('cannibalization', 18, 'unit_rate_low', 'double precision', 'fraction 0..1', 'Wilson interval of unit_rate, lower end', false, 'Lower end of the confidence interval of unit_rate.'),
	('cannibalization', 19, 'unit_rate_high', 'double precision', 'fraction 0..1', 'Wilson interval of unit_rate, upper end', false, 'Upper end of the confidence interval of unit_rate.'),
	('cannibalization', 20, 'value_rate', 'double precision', 'fraction', 'lost_mrr / focal_mrr', false, 'Money lost by donors for each unit that the new product brings; may exceed 1.'),
	('cannibalization', 21, 'value_rate_low', 'double precision', 'fraction', 'ratio estimator clustered by customer, lower end', false, 'Lower end of the confidence interval of value_rate.'),
	('cannibalization', 22, 'value_rate_high', 'double precision', 'fraction', 'ratio estimator clustered by customer, upper end', false, 'Upper end of the confidence interval of value_rate.'),
	('cannibalization', 23, 'focal_mrr', 'numeric(18,2)', 'money', 'sum of what the focal product brings a month on entered_on, matured entries', true, 'What the new product brings a month.'),
	('cannibalization', 24, 'before_mrr', 'numeric(18,2)', 'money', 'sum of the most that donors brought in the look-back, matured entries', true, 'What donors brought a month before.'),
	('cannibalization', 25, 'lost_mrr', 'numeric(18,2)', 'money', 'sum of max(0, before - after), matured entries', true, 'What donors lost a month.'),
	('cannibalization', 26, 'net_mrr', 'numeric(18,2)', 'money', 'focal_mrr - lost_mrr', true, 'What is left a month.'),
	('cannibalization', 27, 'control_customers', 'bigint', 'customer-months', 'count of donor holders on the 15th of a month who had not taken the focal product by the end of the look-ahead', false, 'Size of the control group: a customer counts in every month watched.'),
	('cannibalization', 28, 'control_matched_share', 'double precision', 'fraction 0..1', 'share of the own-base entries with a control of the same month, segment, tenure and price', false, 'How much of the comparison is like with like; the rest is compared with the month.'),
	('cannibalization', 29, 'control_loss_rate', 'double precision', 'fraction 0..1', 'share of the control whose donors brought less at the end of the look-ahead, weighed like entries', false, 'What donors lose without the new product, in as much time.'),
	('cannibalization', 30, 'corrected_rate', 'double precision', 'fraction', 'unit_rate - control_loss_rate * own_base_share', false, 'Rate attributable to the new product: the lower bound. Below 0 when its customers lose less than others.'),
	('cannibalization', 31, 'corrected_rate_low', 'double precision', 'fraction', 'corrected_rate, normal interval with the error of both groups, lower end', false, 'Lower end of the confidence interval of corrected_rate.'),
	('cannibalization', 32, 'corrected_rate_high', 'double precision', 'fraction', 'corrected_rate, normal interval with the error of both groups, upper end', false, 'Upper end of the confidence interval of corrected_rate.'),
	('cannibalization', 33, 'corrected_value_rate', 'double precision', 'fraction', '(lost_mrr - control share of money lost * before_mrr) / focal_mrr', false, 'Value rate attributable to the new product.'),
	('cannibalization', 34, 'focal_churn_rate', 'double precision', 'fraction per month', 'ends of focal runs / days of focal runs * 30.4375', false, 'Monthly churn of the new product as observed; NULL when nobody has left.'),
	('cannibalization', 35, 'donor_churn_rate', 'double precision', 'fraction per month', '-ln(1 - control_loss_rate) / months of look_back + look_ahead', false, 'Monthly loss rate of comparable donors.'),
	('cannibalization', 36, 'focal_margin', 'numeric(18,2)', 'money', 'product.unit_margin of the focal product', false, 'Margin per unit and month of the new product.'),
	('cannibalization', 37, 'donor_margin', 'numeric(18,2)', 'money', 'product.unit_margin of the donor; of "(all)" weighed by lost money', false, 'Margin per unit and month of the donor.'),
	('cannibalization', 38, 'break_even_unit_rate', 'double precision', 'fraction', 'focal_margin / donor_margin', false, 'Unit rate at which the launch earns nothing.'),
	('cannibalization', 39, 'break_even_value_rate', 'double precision', 'fraction', '(focal_margin / its price) / (donor_margin / its price)', false, 'Value rate at which the launch earns nothing.'),
	('cannibalization', 40, 'break_even_lifetime_rate', 'double precision', 'fraction', '(focal_margin / focal_churn_rate) / (donor_margin / donor_churn_rate)', false, 'Unit rate at which it earns nothing over the time that customers stay.'),
	('cannibalization', 41, 'net_margin', 'numeric(18,2)', 'money', 'focal_margin * matured_entries - donor_margin * (switch_entries + partial_entries)', false, 'Margin a month that the matured entries have added.'),
	('cannibalization', 42, 'verdict', 'text', 'accretive, value_destroying, inconclusive, immature, no_data or not_identified', 'interval of unit_rate against break_even_unit_rate', false, 'What a committee may conclude.'),
	('cannibalization', 43, 'reason', 'text', 'sentence', 'verdict with its numbers', false, 'Why, in one sentence.'),
	('cannibalization', 44, 'look_back', 'integer', 'days', 'setting of the model', false, 'Days before an entry in which donors count as held.'),
	('cannibalization', 45, 'look_ahead', 'integer', 'days', 'setting of the model', false, 'Days after an entry at whose end donors are looked at again.'),
	('cannibalization', 46, 'is_complete', 'boolean', 'true or false', 'pending_entries = 0', false, 'Is every entry old enough?'),
	('cannibalization', 47, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('cannibalization', 48, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('cannibalization', 49, 'channel', 'text', 'name', 'subscription.channel of the focal product on the day of the entry', false, 'Channel in which the new product was sold; "(all)" is every channel, "(none)" not told. The control is that of every channel: who did not buy did so nowhere.'),
	('cannibalization_evidence', 1, 'row_key', 'text', 'key', 'focal|customer_id|entered_on', false, 'One value per row.'),
	('cannibalization_evidence', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'customer', false, 'Who entered.'),
	('cannibalization_evidence', 3, 'focal', 'text', 'name', 'product launched after the first day of the data', false, 'The new product.'),
	('cannibalization_evidence', 4, 'segment', 'text', 'name', 'segment held at the launch or, who came later, on the first day', false, 'Segment; "(none)" for those who were in none.'),
	('cannibalization_evidence', 5, 'entered_on', 'date', 'date', 'first day of a run of the focal product', false, 'Day of the entry.'),
	('cannibalization_evidence', 6, 'entered_label', 'text', 'text', 'month of entered_on as text', false, 'Month of the entry, safe from time zones of clients.'),
	('cannibalization_evidence', 7, 'kind', 'text', 'new, winback, add, switch, partial or pending', 'donor_mrr_before against donor_mrr_after', false, 'What the entry was.'),
	('cannibalization_evidence', 8, 'donors_before', 'text', 'names', 'products held when donors brought most', false, 'Products held before.'),
	('cannibalization_evidence', 9, 'donor_mrr_before', 'numeric(18,2)', 'money', 'most that all other products brought in the look-back', true, 'What other products brought a month before.'),
	('cannibalization_evidence', 10, 'donor_mrr_after', 'numeric(18,2)', 'money', 'what all other products bring at the end of the look-ahead', true, 'What they bring after; NULL while pending.'),
	('cannibalization_evidence', 11, 'focal_mrr', 'numeric(18,2)', 'money', 'what the focal product brings on entered_on', true, 'What the new product brings a month.'),
	('cannibalization_evidence', 12, 'lost_mrr', 'numeric(18,2)', 'money', 'max(0, donor_mrr_before - donor_mrr_after)', true, 'What was lost a month; NULL while pending.'),
	('cannibalization_evidence', 13, 'net_mrr', 'numeric(18,2)', 'money', 'focal_mrr - lost_mrr', true, 'What is left a month; NULL while pending.'),
	('cannibalization_evidence', 14, 'is_complete', 'boolean', 'true or false', 'entered_on + look_ahead <= as_of', false, 'Is the entry old enough to be judged?'),
	('cannibalization_evidence', 15, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('cannibalization_evidence', 16, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('cannibalization_evidence', 17, 'channel', 'text', 'name', 'subscription.channel of the focal product on entered_on', false, 'Channel in which the new product was sold; "(none)" when not told, the first by name where there are several.'),
	('cannibalization_evidence', 18, 'offer', 'text', 'name', 'subscription.offer of the focal product on entered_on', false, 'Offer under which the new product was sold; "(none)" when not told, the first by name where there are several.'),
	('cannibalization_evidence', 19, 'days_between', 'integer', 'days', 'entered_on - last day on which donors brought donor_mrr_before, less one', false, 'Days between the old products and the new one; 0: held until the entry, or after it; NULL when nothing was held.'),
	('cannibalization_sensitivity', 1, 'row_key', 'text', 'key', 'focal|segment|look_back|look_ahead', false, 'One value per row.'),
	('cannibalization_sensitivity', 2, 'focal', 'text', 'name', 'product launched after the first day of the data', false, 'The new product.'),
	('cannibalization_sensitivity', 3, 'segment', 'text', 'name', 'segment held at the launch or, who came later, on the first day', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment then.'),
	('cannibalization_sensitivity', 4, 'look_back', 'integer', 'days', '7, 30, 90', false, 'Days before an entry in which other products count as held.'),
	('cannibalization_sensitivity', 5, 'look_ahead', 'integer', 'days', '0 to 180 in steps of 30', false, 'Days after an entry at whose end other products are looked at again.'),
	('cannibalization_sensitivity', 6, 'matured_entries', 'bigint', 'entries', 'count of entries with entered_on + look_ahead <= as_of', true, 'Entries old enough to be judged: what all rates stand on.'),
	('cannibalization_sensitivity', 7, 'pending_entries', 'bigint', 'entries', 'entries - matured_entries', true, 'Entries too young to be judged.'),
	('cannibalization_sensitivity', 8, 'own_base_share', 'double precision', 'fraction 0..1', '(add_entries + switch_entries + partial_entries) / matured_entries', false, 'Share of the entries by customers who brought something before: the upper bound of cannibalization.'),
	('cannibalization_sensitivity', 9, 'unit_rate', 'double precision', 'fraction 0..1', '(switch_entries + partial_entries) / matured_entries', false, 'Share of the entries that cost a donor something.'),
	('cannibalization_sensitivity', 10, 'unit_rate_low', 'double precision', 'fraction 0..1', 'Wilson interval of unit_rate, lower end', false, 'Lower end of the confidence interval of unit_rate.'),
	('cannibalization_sensitivity', 11, 'unit_rate_high', 'double precision', 'fraction 0..1', 'Wilson interval of unit_rate, upper end', false, 'Upper end of the confidence interval of unit_rate.'),
	('cannibalization_sensitivity', 12, 'value_rate', 'double precision', 'fraction', 'lost_mrr / focal_mrr', false, 'Money lost by donors for each unit that the new product brings; may exceed 1.'),
	('cannibalization_sensitivity', 13, 'value_rate_low', 'double precision', 'fraction', 'ratio estimator clustered by customer, lower end', false, 'Lower end of the confidence interval of value_rate.'),
	('cannibalization_sensitivity', 14, 'value_rate_high', 'double precision', 'fraction', 'ratio estimator clustered by customer, upper end', false, 'Upper end of the confidence interval of value_rate.'),
	('cannibalization_sensitivity', 15, 'control_customers', 'bigint', 'customer-months', 'count of donor holders on the 15th of a month who had not taken the focal product by the end of the look-ahead', false, 'Size of the control group: a customer counts in every month watched.'),
	('cannibalization_sensitivity', 16, 'control_loss_rate', 'double precision', 'fraction 0..1', 'share of the control whose donors brought less at the end of the look-ahead, weighed like entries', false, 'What donors lose without the new product, in as much time.'),
	('cannibalization_sensitivity', 17, 'corrected_rate', 'double precision', 'fraction', 'unit_rate - control_loss_rate * own_base_share', false, 'Rate attributable to the new product: the lower bound. Below 0 when its customers lose less than others.'),
	('cannibalization_sensitivity', 18, 'corrected_rate_low', 'double precision', 'fraction', 'corrected_rate, normal interval with the error of both groups, lower end', false, 'Lower end of the confidence interval of corrected_rate.'),
	('cannibalization_sensitivity', 19, 'corrected_rate_high', 'double precision', 'fraction', 'corrected_rate, normal interval with the error of both groups, upper end', false, 'Upper end of the confidence interval of corrected_rate.'),
	('cannibalization_sensitivity', 20, 'entry_hazard', 'double precision', 'fraction 0..1', 'lost at the end of the look-ahead / had lost nothing 30 days earlier, own-base entries', false, 'Share who lost something in the last 30 days of the look-ahead, of those who had lost nothing until then, with the new product. At 0 days: on the day of the entry or in the look-back before it.'),
	('cannibalization_sensitivity', 21, 'control_hazard', 'double precision', 'fraction 0..1', 'the same of the control', false, 'The same without the new product. Where both are equal the new product has no further effect.'),
	('cannibalization_sensitivity', 22, 'is_complete', 'boolean', 'true or false', 'pending_entries = 0', false, 'Is every entry old enough?'),
	('cannibalization_sensitivity', 23, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('cannibalization_matrix', 1, 'row_key', 'text', 'key', 'focal|donor|segment', false, 'One value per row.'),
	('cannibalization_matrix', 2, 'focal', 'text', 'name', 'product', false, 'The product that was entered.'),
	('cannibalization_matrix', 3, 'donor', 'text', 'name', 'product', false, 'The product that lost to it; "(all)" is the sum.'),
	('cannibalization_matrix', 4, 'segment', 'text', 'name', 'segment held on the customer''s first day', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment then.'),
	('cannibalization_matrix', 5, 'entries', 'bigint', 'entries', 'count of first days of runs of the focal product before as_of', true, 'Entries into the focal product: the same in all rows of it.'),
	('cannibalization_matrix', 6, 'matured_entries', 'bigint', 'entries', 'count of entries with entered_on + look_ahead <= as_of', true, 'Entries old enough to be judged.'),
	('cannibalization_matrix', 7, 'losing_entries', 'bigint', 'entries', 'count of matured entries in which the donor dropped', true, 'Entries that cost the donor something; of "(all)": that cost any.'),
	('cannibalization_matrix', 8, 'focal_mrr', 'numeric(18,2)', 'money', 'sum of what the focal product brings a month on entered_on, matured entries', true, 'What the focal product brings a month.'),
	('cannibalization_matrix', 9, 'lost_mrr', 'numeric(18,2)', 'money', 'lost money of matured entries, in proportion to what each donor dropped', true, 'What the donor lost a month; donors sum to "(all)".'),
	('cannibalization_matrix', 10, 'value_rate', 'double precision', 'fraction', 'lost_mrr / focal_mrr', false, 'Money lost for each unit that the focal product brings.'),
	('cannibalization_matrix', 11, 'donor_share', 'double precision', 'fraction 0..1', 'lost_mrr / sum of lost_mrr of the donor over all focal products', false, 'Share of what the donor loses to other products that goes to this one; NULL for "(all)".'),
	('cannibalization_matrix', 12, 'is_complete', 'boolean', 'true or false', 'entries = matured_entries', false, 'Is every entry old enough?'),
	('cannibalization_matrix', 13, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('cannibalization_matrix', 14, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
-- What the columns of the report views over segments mean.

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('segment_kpi', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('segment_kpi', 2, 'segment', 'text', 'name', 'segment held at the end of the month', false, 'Segment; "(all)" is everybody, "(none)" those who pay and are in no segment.'),
	('segment_kpi', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('segment_kpi', 4, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('segment_kpi', 5, 'owner', 'text', 'name', 'accountable owner of the segment on the last day of the month', false, 'Who answered for the segment at the end of the month; "(none)" when nobody did, names with commas when several did.'),
	('segment_kpi', 6, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', true, 'Customers who paid and were in the segment when the month began.'),
	('segment_kpi', 7, 'new_customers', 'bigint', 'customers', 'count of customers who pay at the end of the month or are in a pause then, and never paid before it', true, 'Customers who came for the first time.'),
	('segment_kpi', 8, 'winback_customers', 'bigint', 'customers', 'count of customers who pay at the end of the month, neither paid nor were in a pause when it began, and paid before', true, 'Customers who came back.'),
	('segment_kpi', 9, 'moved_in_customers', 'bigint', 'customers', 'count of paying customers who came from another segment', false, 'Customers who moved in from other segments.'),
	('segment_kpi', 10, 'moved_out_customers', 'bigint', 'customers', '-1 * count of paying customers who left for another segment', false, 'Customers who moved out to other segments, as a negative number.'),
	('segment_kpi', 11, 'redefined_in_customers', 'bigint', 'customers', 'count of paying customers who came from another segment by another scheme_version', false, 'Customers who are here because the segments were redefined: no movement.'),
	('segment_kpi', 12, 'redefined_out_customers', 'bigint', 'customers', '-1 * count of paying customers who are in another segment by another scheme_version', false, 'Customers who are elsewhere because the segments were redefined, as a negative number.'),
	('segment_kpi', 13, 'churned_customers', 'bigint', 'customers', '-1 * count of customers who paid or were in a pause when the month began and are neither at its end', true, 'Customers who stopped paying, other than for a pause, as a negative number, in the segment that they were in when the month began.'),
	('segment_kpi', 14, 'paused_customers', 'bigint', 'customers', 'customers in pause at the opening - at the closing, in the segment', true, 'Customers who went into a pause with all that they pay for, as a negative number, less those who came out of one; who moves in a pause takes it along.'),
	('segment_kpi', 15, 'closing_customers', 'bigint', 'customers', 'opening + new + winback + moved_in + moved_out + redefined_in + redefined_out + churned + paused customers', true, 'Customers who pay and are in the segment at the end of the month.'),
	('segment_kpi', 16, 'opening_mrr', 'numeric(18,2)', 'money a month', 'closing_mrr of the month before', true, 'Recurring revenue when the month began.'),
	('segment_kpi', 17, 'new_mrr', 'numeric(18,2)', 'money a month', 'sum of what new_customers bring', true, 'Recurring revenue of new customers.'),
	('segment_kpi', 18, 'reactivation_mrr', 'numeric(18,2)', 'money a month', 'sum of what winback_customers bring', true, 'Recurring revenue of customers who came back.'),
	('segment_kpi', 19, 'expansion_mrr', 'numeric(18,2)', 'money a month', 'sum of increases of those who stay customers', true, 'What customers who stayed pay more, in the segment that they were in when the month began.'),
	('segment_kpi', 20, 'contraction_mrr', 'numeric(18,2)', 'money a month', '-1 * sum of decreases of those who stay customers', true, 'What customers who stayed pay less, as a negative number, in the segment that they were in when the month began.'),
	('segment_kpi', 21, 'churn_mrr', 'numeric(18,2)', 'money a month', '-1 * sum of what churned_customers brought', true, 'Recurring revenue lost with those who left, as a negative number.'),
	('segment_kpi', 22, 'moved_in_mrr', 'numeric(18,2)', 'money a month', 'sum of what moved_in_customers bring at the end of the month', false, 'Recurring revenue that came from other segments.'),
	('segment_kpi', 23, 'moved_out_mrr', 'numeric(18,2)', 'money a month', '-1 * sum of what moved_out_customers bring at the end of the month', false, 'Recurring revenue that went to other segments, as a negative number.'),
	('segment_kpi', 24, 'redefined_in_mrr', 'numeric(18,2)', 'money a month', 'sum of what redefined_in_customers bring at the end of the month', false, 'Recurring revenue that is here because the segments were redefined.'),
	('segment_kpi', 25, 'redefined_out_mrr', 'numeric(18,2)', 'money a month', '-1 * sum of what redefined_out_customers bring at the end of the month', false, 'Recurring revenue that is elsewhere because the segments were redefined, as a negative number.'),
	('segment_kpi', 26, 'paused_mrr', 'numeric(18,2)', 'money a month', 'paused spells at the opening - paused spells at the closing, in the segment', true, 'What went into pauses, as a negative number, less what came out of them, at the prices that are paused. A pause ends when the spell does, or after pause_days with churn.'),
	('segment_kpi', 27, 'closing_mrr', 'numeric(18,2)', 'money a month', 'opening + new + reactivation + expansion + contraction + churn + moved_in + moved_out + redefined_in + redefined_out + paused mrr', true, 'Recurring revenue at the end of the month.'),
	('segment_kpi', 28, 'expansion_customers', 'bigint', 'customers', 'count of customers behind expansion_mrr', true, 'Customers who stayed and pay more.'),
	('segment_kpi', 29, 'contraction_customers', 'bigint', 'customers', 'count of customers behind contraction_mrr', true, 'Customers who stayed and pay less.'),
	('segment_kpi', 30, 'same_period_customers', 'bigint', 'customers', 'count of customers who paid in the month, but neither when it began nor at its end', true, 'Customers who came and went inside the month; no part of the bridge.'),
	('segment_kpi', 31, 'closing_paused_customers', 'bigint', 'customers', '-1 * sum of paused_customers so far', true, 'Customers in pause with all that they pay for at the end of the month; not in closing_customers.'),
	('segment_kpi', 32, 'closing_paused_mrr', 'numeric(18,2)', 'money a month', '-1 * sum of paused_mrr so far', true, 'What paused spells would bring at the end of the month; not in closing_mrr.'),
	('segment_kpi', 33, 'at_risk_customers', 'bigint', 'customers', 'opening_customers + paused_customers + closing_paused_customers', true, 'Customers who paid or were in a pause when the month began: those who can be lost.'),
	('segment_kpi', 34, 'at_risk_mrr', 'numeric(18,2)', 'money a month', 'opening_mrr + paused_mrr + closing_paused_mrr', true, 'What they brought then, and would have brought without pauses: what can be lost.'),
	('segment_kpi', 35, 'arpu', 'double precision', 'money per customer and month', 'closing_mrr / closing_customers', false, 'What a customer brings a month.'),
	('segment_kpi', 36, 'arpu_error', 'double precision', 'money per customer and month', 'standard error of the mean of what customers bring', false, 'How sure arpu is, were the customers a sample.'),
	('segment_kpi', 37, 'ampu', 'double precision', 'money per customer and month', 'margin / closing_customers', false, 'Margin per customer, after shared costs; NULL while margins are not known.'),
	('segment_kpi', 38, 'churn_rate', 'double precision', 'fraction 0..1', '-1 * churned_customers / at_risk_customers', false, 'Share of the customers at the opening, paying or in a pause, who left; NULL while the month is open.'),
	('segment_kpi', 39, 'churn_rate_low', 'double precision', 'fraction 0..1', 'Wilson interval of churn_rate, lower end', false, 'Lower end of the confidence interval of churn_rate.'),
	('segment_kpi', 40, 'churn_rate_high', 'double precision', 'fraction 0..1', 'Wilson interval of churn_rate, upper end', false, 'Upper end of the confidence interval of churn_rate.'),
	('segment_kpi', 41, 'gross_retained_mrr', 'numeric(18,2)', 'money a month', 'at_risk_mrr + contraction_mrr + churn_mrr', true, 'What is left of the opening, increases not counted; pauses count as kept. Of those who were in the segment at the opening, wherever they are now.'),
	('segment_kpi', 42, 'gross_revenue_retention_rate', 'double precision', 'fraction 0..1', 'gross_retained_mrr / at_risk_mrr', false, 'Share of the opening revenue that was kept, increases not counted; NULL while the month is open.'),
	('segment_kpi', 43, 'gross_revenue_retention_error', 'double precision', 'fraction', 'standard error of a ratio of sums over customers', false, 'How sure gross_revenue_retention_rate is.'),
	('segment_kpi', 44, 'net_retained_mrr', 'numeric(18,2)', 'money a month', 'gross_retained_mrr + expansion_mrr', true, 'What those who were in the segment at the opening bring now, wherever they are; pauses count as kept.'),
	('segment_kpi', 45, 'net_revenue_retention_rate', 'double precision', 'fraction', 'net_retained_mrr / at_risk_mrr', false, 'Opening revenue kept, with increases; above 1 when they outweigh losses. NULL while the month is open.'),
	('segment_kpi', 46, 'net_revenue_retention_error', 'double precision', 'fraction', 'standard error of a ratio of sums over customers', false, 'How sure net_revenue_retention_rate is.'),
	('segment_kpi', 47, 'products', 'bigint', 'products', 'sum over customers of the different products held at the end of the month', true, 'Products held, each once per customer.'),
	('segment_kpi', 48, 'products_per_customer', 'double precision', 'products per customer', 'products / closing_customers', false, 'Different products that a customer holds.'),
	('segment_kpi', 49, 'products_per_customer_error', 'double precision', 'products per customer', 'standard error of the mean of products held', false, 'How sure products_per_customer is, were the customers a sample.'),
	('segment_kpi', 50, 'multi_product_customers', 'bigint', 'customers', 'count of customers who hold two or more products', true, 'Customers with two or more products.'),
	('segment_kpi', 51, 'multi_product_share', 'double precision', 'fraction 0..1', 'multi_product_customers / closing_customers', false, 'Share of the customers who hold two or more products.'),
	('segment_kpi', 52, 'average_tenure_days', 'double precision', 'days', 'mean days since the customer began to pay without a lapse; a pause is none for pause_days', false, 'How long the customers have been there.'),
	('segment_kpi', 53, 'cross_sold_customers', 'bigint', 'customers', 'count of opening customers who hold more different products at the end of the month', true, 'Customers of the opening to whom a further product was sold, in the segment that they were in when the month began.'),
	('segment_kpi', 54, 'cross_sell_rate', 'double precision', 'fraction 0..1', 'cross_sold_customers / opening_customers', false, 'Share of the customers at the opening who hold more products at the end; NULL while the month is open.'),
	('segment_kpi', 55, 'cross_sell_undone_customers', 'bigint', 'customers', 'count of cross_sold_customers of up to 90 days before who left, other than for a pause, or hold no more products than before', true, 'Sales of further products that were undone in the month, in the segment to which they were counted.'),
	('segment_kpi', 56, 'cross_sold_mrr', 'numeric(18,2)', 'money a month', 'sum over cross_sold_customers of what they bring at the end - when the month began', true, 'Recurring revenue gained with cross_sold_customers.'),
	('segment_kpi', 57, 'upsell_eligible_customers', 'bigint', 'customers', 'count of opening customers with a product that is not the highest of its family by product.list_price', true, 'Customers of the opening for whom there is a higher product; NULL while no product has a family.'),
	('segment_kpi', 58, 'upsold_customers', 'bigint', 'customers', 'count of upsell_eligible_customers with a new product of the same family, no more lines of it and a higher price for it', true, 'Customers who went to a higher product of the same family, in the segment that they were in when the month began.'),
	('segment_kpi', 59, 'upsell_rate', 'double precision', 'fraction 0..1', 'upsold_customers / upsell_eligible_customers', false, 'Share of those who could go up who did; NULL while the month is open.'),
	('segment_kpi', 60, 'upsell_undone_customers', 'bigint', 'customers', 'count of upsold_customers of up to 90 days before who left, or pay no more for the family than before', true, 'Moves up that were undone in the month, in the segment to which they were counted.'),
	('segment_kpi', 61, 'upsold_mrr', 'numeric(18,2)', 'money a month', 'sum over upsold_customers of what they pay for the family at the end - when the month began', true, 'Recurring revenue gained with upsold_customers.'),
	('segment_kpi', 62, 'due_spells', 'bigint', 'spells', 'count of paid spells that ended in the month', true, 'Spells that came to their end, in the segment of the day before.'),
	('segment_kpi', 63, 'renewed_spells', 'bigint', 'spells', 'count of due_spells whose customers pay on that day', true, 'Of these, those whose customers stayed.'),
	('segment_kpi', 64, 'renewal_rate', 'double precision', 'fraction 0..1', 'renewed_spells / due_spells', false, 'Share of spells renewed; NULL while the month is open. As in subscription_kpi.'),
	('segment_kpi', 65, 'due_mrr', 'numeric(18,2)', 'money a month', 'sum of the prices of due_spells', true, 'Recurring revenue that was up for renewal.'),
	('segment_kpi', 66, 'renewed_mrr', 'numeric(18,2)', 'money a month', 'sum of the prices of renewed_spells', true, 'Of this, what stayed with its customers, at the price before.'),
	('segment_kpi', 67, 'renewal_value_rate', 'double precision', 'fraction 0..1', 'renewed_mrr / due_mrr', false, 'Share of the recurring revenue up for renewal that was renewed; NULL while the month is open.'),
	('segment_kpi', 68, 'renewal_value_error', 'double precision', 'fraction', 'standard error of a ratio of sums over spells', false, 'How sure renewal_value_rate is.'),
	('segment_kpi', 69, 'cohort_1_customers', 'bigint', 'customers', 'count of customers whose first paid day is in the month 1 month before', true, 'The cohort that is 1 month old at the end of the month, in the segment of its first day; NULL while the month is open.'),
	('segment_kpi', 70, 'retained_1_customers', 'bigint', 'customers', 'count of cohort_1_customers who pay at the end of the month', true, 'Of the cohort, those who pay.'),
	('segment_kpi', 71, 'retention_1_rate', 'double precision', 'fraction 0..1', 'retained_1_customers / cohort_1_customers', false, 'Retention at 1 month of the cohort that came to it in the month. As in subscription_retention by calendar.'),
	('segment_kpi', 72, 'cohort_3_customers', 'bigint', 'customers', 'count of customers whose first paid day is in the month 3 months before', true, 'The cohort that is 3 months old at the end of the month, in the segment of its first day; NULL while the month is open.'),
	('segment_kpi', 73, 'retained_3_customers', 'bigint', 'customers', 'count of cohort_3_customers who pay at the end of the month', true, 'Of the cohort, those who pay.'),
	('segment_kpi', 74, 'retention_3_rate', 'double precision', 'fraction 0..1', 'retained_3_customers / cohort_3_customers', false, 'Retention at 3 months of the cohort that came to it in the month. As in subscription_retention by calendar.'),
	('segment_kpi', 75, 'cohort_6_customers', 'bigint', 'customers', 'count of customers whose first paid day is in the month 6 months before', true, 'The cohort that is 6 months old at the end of the month, in the segment of its first day; NULL while the month is open.'),
	('segment_kpi', 76, 'retained_6_customers', 'bigint', 'customers', 'count of cohort_6_customers who pay at the end of the month', true, 'Of the cohort, those who pay.'),
	('segment_kpi', 77, 'retention_6_rate', 'double precision', 'fraction 0..1', 'retained_6_customers / cohort_6_customers', false, 'Retention at 6 months of the cohort that came to it in the month. As in subscription_retention by calendar.'),
	('segment_kpi', 78, 'cohort_12_customers', 'bigint', 'customers', 'count of customers whose first paid day is in the month 12 months before', true, 'The cohort that is 12 months old at the end of the month, in the segment of its first day; NULL while the month is open.'),
	('segment_kpi', 79, 'retained_12_customers', 'bigint', 'customers', 'count of cohort_12_customers who pay at the end of the month', true, 'Of the cohort, those who pay.'),
	('segment_kpi', 80, 'retention_12_rate', 'double precision', 'fraction 0..1', 'retained_12_customers / cohort_12_customers', false, 'Retention at 12 months of the cohort that came to it in the month. As in subscription_retention by calendar.'),
	('segment_kpi', 81, 'acquired_customers', 'bigint', 'customers', 'count of customers whose first paid day was 90 days before a day of the month', true, 'Customers whose first 90 days ended in the month, in the segment of their first day.'),
	('segment_kpi', 82, 'proven_customers', 'bigint', 'customers', 'count of acquired_customers who pay on their 90th day', true, 'Of these, those who pay then.'),
	('segment_kpi', 83, 'acquisition_quality_rate', 'double precision', 'fraction 0..1', 'proven_customers / acquired_customers', false, 'Quality of acquisition: 90-day retention, day by day; NULL while the month is open.'),
	('segment_kpi', 84, 'acquired_mrr', 'numeric(18,2)', 'money a month', 'sum of what acquired_customers brought on their first day', true, 'Recurring revenue with which they came.'),
	('segment_kpi', 85, 'proven_mrr', 'numeric(18,2)', 'money a month', 'sum of what proven_customers bring on their 90th day', true, 'Recurring revenue that is there 90 days after.'),
	('segment_kpi', 86, 'acquisition_value_rate', 'double precision', 'fraction', 'proven_mrr / acquired_mrr', false, 'Share of the recurring revenue acquired that is there 90 days after; NULL while the month is open.'),
	('segment_kpi', 87, 'winback_share', 'double precision', 'fraction 0..1', 'winback_customers / (new_customers + winback_customers)', false, 'Share of those who came that had been customers before; NULL while the month is open.'),
	('segment_kpi', 88, 'revenue_share', 'double precision', 'fraction 0..1', 'closing_mrr / closing_mrr of "(all)"', false, 'The segment''s part of all recurring revenue.'),
	('segment_kpi', 89, 'base_share', 'double precision', 'fraction 0..1', 'closing_customers / closing_customers of "(all)"', false, 'The segment''s part of all customers.'),
	('segment_kpi', 90, 'product_margin', 'numeric(18,2)', 'money a month', 'sum over lines held of product.unit_margin', true, 'Margin of what is held, before shared costs; NULL when a product held has no unit_margin.'),
	('segment_kpi', 91, 'allocated_cost', 'numeric(18,2)', 'money', 'sum over pools of segment_cost.allocated_cost', true, 'Shared costs of the month that fall on the segment; NULL when none are known.'),
	('segment_kpi', 92, 'margin', 'numeric(18,2)', 'money a month', 'product_margin - allocated_cost', true, 'Margin after shared costs.'),
	('segment_kpi', 93, 'target', 'numeric(18,2)', 'money a month', 'segment_target of metric closing_mrr', true, 'Recurring revenue aimed at. Targets of other metrics: segment_scorecard.'),
	('segment_kpi', 94, 'variance', 'numeric(18,2)', 'money a month', 'closing_mrr - target', true, 'Recurring revenue above the target; negative below it.'),
	('segment_kpi', 95, 'pause_days', 'integer', 'days', 'setting of the model', false, 'For so many days a paused spell is not lost.'),
	('segment_kpi', 96, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('segment_kpi', 97, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('segment_kpi', 98, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('segment_kpi', 99, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('segment_migration', 1, 'row_key', 'text', 'key', 'month_label|from_segment|to_segment', false, 'One value per row.'),
	('segment_migration', 2, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('segment_migration', 3, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('segment_migration', 4, 'from_segment', 'text', 'name', 'segment held at the end of the month before', false, 'Segment when the month began; "(in)": neither paid nor was in a pause then; "(none)": was in no segment.'),
	('segment_migration', 5, 'to_segment', 'text', 'name', 'segment held at the end of the month', false, 'Segment at the end of the month; "(out)": neither pays nor is in a pause then; "(none)": is in no segment.'),
	('segment_migration', 6, 'direction', 'text', 'word', 'stay, in, out; redefined where all of them are; up or down by setting segment_order, else move', false, 'What kind of move it is.'),
	('segment_migration', 7, 'customers', 'bigint', 'customers', 'count of customers', true, 'Customers who went this way.'),
	('segment_migration', 8, 'redefined_customers', 'bigint', 'customers', 'count of customers who are in another segment by another scheme_version', true, 'Of these, customers who did not move: the segments were redefined.'),
	('segment_migration', 9, 'from_customers', 'bigint', 'customers', 'sum of customers with this from_segment', false, 'Customers who were in from_segment; NULL for "(in)".'),
	('segment_migration', 10, 'rate', 'double precision', 'fraction 0..1', 'customers / from_customers', false, 'Share of from_segment that went this way; where both are the same, the stay rate. NULL while the month is open.'),
	('segment_migration', 11, 'mrr', 'numeric(18,2)', 'money a month', 'sum of what the customers brought when the month began; of "(in)", at its end', true, 'Recurring revenue that was carried; what is in a pause with what it would bring. NULL without subscriptions.'),
	('segment_migration', 12, 'closing_mrr', 'numeric(18,2)', 'money a month', 'sum of what the customers bring at the end of the month', true, 'Recurring revenue afterwards; what is in a pause with what it would bring. NULL without subscriptions.'),
	('segment_migration', 13, 'pause_days', 'integer', 'days', 'setting of the model', false, 'For so many days a paused spell is not lost; NULL without subscriptions.'),
	('segment_migration', 14, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('segment_migration', 15, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('segment_migration', 16, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('segment_migration', 17, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('segment_cost', 1, 'row_key', 'text', 'key', 'segment|month_label|pool', false, 'One value per row.'),
	('segment_cost', 2, 'segment', 'text', 'name', 'segment held at the end of the month', false, 'Segment; "(all)" is everybody, "(none)" those who pay and are in no segment.'),
	('segment_cost', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('segment_cost', 4, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('segment_cost', 5, 'pool', 'text', 'name', 'cost.pool', false, 'Pool of shared cost.'),
	('segment_cost', 6, 'pool_amount', 'numeric(18,2)', 'money', 'sum of cost.amount of the pool in the month', false, 'What is shared out.'),
	('segment_cost', 7, 'driver_quantity', 'double precision', 'units of the driver', 'sum of cost_driver.quantity of the segment', true, 'What the segment used of the pool; NULL where no use is known.'),
	('segment_cost', 8, 'shared_by', 'text', 'word', 'driver, or customers where no use is known', false, 'What the pool was shared out by.'),
	('segment_cost', 9, 'allocated_cost', 'numeric(18,2)', 'money', 'pool_amount * driver_quantity / sum of driver_quantity, cents by largest remainder', true, 'The segment''s part of the pool; the parts add up to it exactly.'),
	('segment_cost', 10, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('segment_cost', 11, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('segment_scorecard', 1, 'row_key', 'text', 'key', 'segment|month_label|metric', false, 'One value per row.'),
	('segment_scorecard', 2, 'segment', 'text', 'name', 'segment held at the end of the month', false, 'Segment; "(all)" is everybody, "(none)" those who pay and are in no segment.'),
	('segment_scorecard', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('segment_scorecard', 4, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('segment_scorecard', 5, 'metric', 'text', 'name', 'segment_target.metric', false, 'Column of segment_kpi that the target is for.'),
	('segment_scorecard', 6, 'owner', 'text', 'name', 'segment_kpi.owner', false, 'Who answered for the segment at the end of the month.'),
	('segment_scorecard', 7, 'value', 'double precision', 'as the metric', 'that column of segment_kpi', false, 'What it came to; NULL for a metric that segment_kpi does not have.'),
	('segment_scorecard', 8, 'target', 'double precision', 'as the metric', 'segment_target.target', false, 'What was aimed at.'),
	('segment_scorecard', 9, 'variance', 'double precision', 'as the metric', 'value - target', false, 'How far above the target; negative below it.'),
	('segment_scorecard', 10, 'attainment', 'double precision', 'fraction', 'value / target', false, 'What part of the target was reached.'),
	('segment_scorecard', 11, 'is_met', 'boolean', 'true or false', 'value >= target; for churn_rate and allocated_cost, value <= target', false, 'Was the target met?'),
	('segment_scorecard', 12, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('segment_scorecard', 13, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('segment_shift', 1, 'row_key', 'text', 'key', 'segment|metric|from_month_label|to_month_label', false, 'One value per row.'),
	('segment_shift', 2, 'segment', 'text', 'name', 'segment held at the end of the month', false, 'Segment; "(all)" is everybody, "(none)" those who pay and are in no segment.'),
	('segment_shift', 3, 'metric', 'text', 'name', 'churn_rate, gross_revenue_retention_rate, arpu, renewal_rate and so on', false, 'Rate of segment_kpi that is compared.'),
	('segment_shift', 4, 'from_month', 'date', 'date', 'first day of the earlier month', false, 'The month compared with.'),
	('segment_shift', 5, 'from_month_label', 'text', 'text', 'from_month as text', false, 'The earlier month as text.'),
	('segment_shift', 6, 'to_month', 'date', 'date', 'first day of the later month, up to 24 months after from_month', false, 'The month that is looked at.'),
	('segment_shift', 7, 'to_month_label', 'text', 'text', 'to_month as text', false, 'The later month as text.'),
	('segment_shift', 8, 'owner', 'text', 'name', 'segment_kpi.owner of to_month', false, 'Who answered for the segment at the end of the later month.'),
	('segment_shift', 9, 'from_customers', 'bigint', 'customers', 'customers, or spells of a renewal rate, that the rate of from_month stands on', true, 'Customers behind the earlier rate.'),
	('segment_shift', 10, 'to_customers', 'bigint', 'customers', 'customers, or spells of a renewal rate, that the rate of to_month stands on', true, 'Customers behind the later rate.'),
	('segment_shift', 11, 'from_rate', 'double precision', 'as the metric', 'metric in from_month', false, 'The earlier rate.'),
	('segment_shift', 12, 'to_rate', 'double precision', 'as the metric', 'metric in to_month', false, 'The later rate.'),
	('segment_shift', 13, 'change', 'double precision', 'as the metric', 'to_rate - from_rate', false, 'By how much the rate changed; NULL while a month is open.'),
	('segment_shift', 14, 'change_low', 'double precision', 'as the metric', 'interval of change, lower end: Newcombe''s for shares of customers or spells, that of a difference of means for money and products', false, 'Lower end of the confidence interval of change, at the level in conf.'),
	('segment_shift', 15, 'change_high', 'double precision', 'as the metric', 'interval of change, upper end', false, 'Upper end of the confidence interval of change, at the level in conf.'),
	('segment_shift', 16, 'conf', 'double precision', 'fraction 0..1', '1 - (1 - setting conf) / number of segments compared', false, 'Confidence level: with many segments, each has to be surer.'),
	('segment_shift', 17, 'mix_effect', 'double precision', 'as the metric', '(weight after - weight before) * mean of the two rates, the weight being the part of the denominator of the rate; of "(all)" the sum over segments', true, 'What the segment adds to the change of the total because its weight changed.'),
	('segment_shift', 18, 'rate_effect', 'double precision', 'as the metric', '(to_rate - from_rate) * mean of the two weights; of "(all)" the sum over segments', true, 'What the segment adds to the change of the total because its rate changed. Mix and rate add up to the change of "(all)" without a rest.'),
	('segment_shift', 19, 'verdict', 'text', 'word', 'shift: 0 lies outside of change_low .. change_high; noise: inside; immature: a month is open or has fewer than 30 customers or spells', false, 'Is the change more than chance?'),
	('segment_shift', 20, 'is_complete', 'boolean', 'true or false', 'both months are over', false, 'Are both months over?'),
	('segment_shift', 21, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('owner_gap', 1, 'row_key', 'text', 'key', 'subject_kind|subject|gap_from', false, 'One value per row.'),
	('owner_gap', 2, 'subject_kind', 'text', 'name', 'owner.subject_kind in small letters', false, 'segment, product, driver …'),
	('owner_gap', 3, 'subject', 'text', 'name', 'owner.subject, segment_history.segment or product.product', false, 'What is to be owned.'),
	('owner_gap', 4, 'gap_from', 'date', 'date', 'first day without an accountable owner', false, 'First day on which nobody answered for it.'),
	('owner_gap', 5, 'gap_to', 'date', 'date', 'first day with an owner again', false, 'First day on which somebody did again; NULL: still nobody.'),
	('owner_gap', 6, 'days', 'integer', 'days', 'gap_to or as_of - gap_from', false, 'How many days.'),
	('owner_gap', 7, 'is_open', 'boolean', 'true or false', 'gap goes on at as_of', false, 'Is it without an owner now?'),
	('owner_gap', 8, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('owner_conflict', 1, 'row_key', 'text', 'key', 'subject_kind|subject|owner|other_owner|conflict_from', false, 'One value per row.'),
	('owner_conflict', 2, 'subject_kind', 'text', 'name', 'owner.subject_kind in small letters', false, 'segment, product, driver …'),
	('owner_conflict', 3, 'subject', 'text', 'name', 'owner.subject, segment_history.segment or product.product', false, 'What is to be owned.'),
	('owner_conflict', 4, 'owner', 'text', 'name', 'owner.owner', false, 'One of the two accountable owners.'),
	('owner_conflict', 5, 'other_owner', 'text', 'name', 'owner.owner', false, 'The other one.'),
	('owner_conflict', 6, 'conflict_from', 'date', 'date', 'first day on which both are accountable', false, 'First day on which both answered for it; NULL: always did.'),
	('owner_conflict', 7, 'conflict_to', 'date', 'date', 'first day on which no longer both are', false, 'First day on which no longer both did; NULL: still do.'),
	('owner_conflict', 8, 'days', 'integer', 'days', 'conflict_to or as_of - conflict_from', false, 'How many days.'),
	('owner_conflict', 9, 'is_open', 'boolean', 'true or false', 'conflict goes on at as_of', false, 'Do two people answer for it now?'),
	('owner_conflict', 10, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('owner_stale', 1, 'row_key', 'text', 'key', 'subject_kind|subject', false, 'One value per row.'),
	('owner_stale', 2, 'subject_kind', 'text', 'name', 'owner.subject_kind in small letters', false, 'segment, product, driver …'),
	('owner_stale', 3, 'subject', 'text', 'name', 'owner.subject, segment_history.segment or product.product', false, 'What is to be owned.'),
	('owner_stale', 4, 'last_owner', 'text', 'name', 'accountable owner whose time ended last', false, 'Who answered for it last.'),
	('owner_stale', 5, 'ended_on', 'date', 'date', 'owner.valid_to', false, 'First day on which they no longer did.'),
	('owner_stale', 6, 'days', 'integer', 'days', 'as_of - ended_on', false, 'How many days.'),
	('owner_stale', 7, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('concentration', 1, 'row_key', 'text', 'key', 'dimension|month_label', false, 'One value per row.'),
	('concentration', 2, 'dimension', 'text', 'name', 'revenue, customers or interactions, by product or segment', false, 'What is shared by what. Customers by product add to more than all customers when some hold several.'),
	('concentration', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('concentration', 4, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('concentration', 5, 'parts', 'integer', 'parts', 'count of parts with a value above 0', false, 'Number of products or segments.'),
	('concentration', 6, 'total', 'numeric(18,2)', 'money, customers or interactions', 'sum of the parts', false, 'The whole.'),
	('concentration', 7, 'top', 'text', 'name', 'part with the greatest value', false, 'The largest part.'),
	('concentration', 8, 'top_share', 'double precision', 'fraction 0..1', 'greatest part / total', false, 'Share of the largest part.'),
	('concentration', 9, 'hhi', 'double precision', 'fraction 0..1', 'sum of squared shares', false, 'Herfindahl index.'),
	('concentration', 10, 'normalised_hhi', 'double precision', 'fraction 0..1', '(hhi - 1/parts) / (1 - 1/parts)', false, 'Herfindahl index from 0 (even) to 1 (all in one).'),
	('concentration', 11, 'effective_number', 'double precision', 'parts', '1 / hhi', false, 'As many equal parts would be as concentrated.'),
	('concentration', 12, 'evenness', 'double precision', 'fraction 0..1', 'entropy of the shares / ln(parts)', false, 'From 0 (all in one) to 1 (even).'),
	('concentration', 13, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('concentration', 14, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('flavor', 1, 'row_key', 'text', 'key', 'quarter_label', false, 'One value per row.'),
	('flavor', 2, 'quarter', 'date', 'date', 'first day of the quarter', false, 'First day of the quarter.'),
	('flavor', 3, 'quarter_label', 'text', 'text', 'quarter as text', false, 'The quarter as text.'),
	('flavor', 4, 'flavor', 'text', 'word', 'segment-centric: owned_revenue_share >= 0.8; product-centric: one product has more than half of revenue, customers and interactions; else coordinated', false, 'How customer value is managed. Stocks are those at the last month end of the quarter.'),
	('flavor', 5, 'top_product', 'text', 'name', 'product with the most revenue', false, 'The largest product.'),
	('flavor', 6, 'top_revenue_share', 'double precision', 'fraction 0..1', 'revenue of top_product / revenue', false, 'Financial score: share of revenue of the largest product.'),
	('flavor', 7, 'normalised_hhi', 'double precision', 'fraction 0..1', 'normalised Herfindahl index of revenue by product', false, 'Financial score: concentration of revenue.'),
	('flavor', 8, 'evenness', 'double precision', 'fraction 0..1', 'entropy of revenue shares of products / its greatest value', false, 'Financial score: evenness of revenue.'),
	('flavor', 9, 'top_base_share', 'double precision', 'fraction 0..1', 'customers of top_product / customers', false, 'Base score: share of the customers who hold the largest product.'),
	('flavor', 10, 'multi_product_share', 'double precision', 'fraction 0..1', 'customers with two or more products / customers', false, 'Base score: share of the customers with two or more products.'),
	('flavor', 11, 'top_interaction_share', 'double precision', 'fraction 0..1', 'interactions about top_product / interactions in the quarter', false, 'Experience score: share of interactions about the largest product; NULL when events have no product.'),
	('flavor', 12, 'cross_product_interaction_share', 'double precision', 'fraction 0..1', 'interactions of customers who touched two or more products in the quarter / interactions', false, 'Experience score: share of interactions of customers who touched several products.'),
	('flavor', 13, 'owned_revenue_share', 'double precision', 'fraction 0..1', 'revenue of segments with exactly one accountable owner and a target in the month / revenue', false, 'Process score: share of revenue that somebody answers for with a budget.'),
	('flavor', 14, 'next_is_blocked_by', 'text', 'sentence', 'the condition of the next flavor that is not met', false, 'What stands in the way of the next flavor; NULL when segment-centric.'),
	('flavor', 15, 'is_complete', 'boolean', 'true or false', 'first day of the next quarter <= as_of', false, 'Is the quarter over?'),
	('flavor', 16, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
-- A launch that is named in a call: any product or offer of a model.
CREATE FUNCTION cvm.launch(model name, focal text[], donors text[] DEFAULT NULL, by text DEFAULT 'product', launched_on date DEFAULT NULL)
RETURNS cvm.cannibalization
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	literals jsonb := cvm._literals(launch.model);
	subscription regclass := cvm._relation(launch.model, 'subscription');
	segments regclass := cvm._relation(launch.model, 'segment_history');
	missing text;
	state cvm.cannibalization;
	spells text;
	placed text;
BEGIN
	IF subscription IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_table',
			MESSAGE = format('model "%s" has no subscriptions', launch.model),
			HINT = format('SELECT cvm.bind(%L, ''subscription'', ''your.table''); or SELECT * FROM cvm.model; for the models that there are.', launch.model);
	ELSIF launch.by NOT IN ('product', 'offer') IS NOT FALSE THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('by is %s, neither "product" nor "offer"', coalesce('"' || launch.by || '"', 'NULL')),
			HINT = 'Say what the names in focal are: product or offer.';
	END IF;
	EXECUTE format('SELECT min(f.name) FROM unnest($1) AS f(name) WHERE NOT EXISTS (SELECT FROM %s s WHERE s.%I = f.name)', subscription, launch.by)
		INTO missing USING launch.focal;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('no subscription of model "%s" has the %s "%s"', launch.model, launch.by, missing),
			HINT = format('SELECT DISTINCT %I FROM %s; shows what there is.', launch.by, subscription);
	END IF;
	spells := format($$
		SELECT s.customer_id, CASE WHEN %2$s THEN s.offer ELSE coalesce(s.product, '(none)') END AS product, s.started_on, s.ended_on,
			CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END AS mrr
		FROM %1$s s
		WHERE s.customer_id IS NOT NULL AND s.started_on IS NOT NULL AND (s.ended_on IS NULL OR s.ended_on > s.started_on)$$,
		subscription, CASE launch.by WHEN 'offer' THEN 's.offer = ANY ($1)' ELSE 'false' END);
	-- the segment held at the launch or, who came later, on the first day
	placed := CASE WHEN segments IS NULL THEN $$SELECT NULL::int AS customer_id, NULL::text AS segment WHERE false$$ ELSE format($$
		SELECT b.customer_id, (array_agg(g.segment ORDER BY g.valid_from DESC, g.segment))[1] AS segment
		FROM (SELECT s.customer_id, greatest(min(s.started_on), (SELECT l.day FROM launched l)) AS day FROM spell s GROUP BY s.customer_id) b
		JOIN %s g ON g.customer_id = b.customer_id AND g.valid_from <= b.day AND (g.valid_to IS NULL OR g.valid_to > b.day)
		GROUP BY b.customer_id$$, segments) END;
	EXECUTE cvm._fill(format($$
		WITH spell AS (%1$s
		), observed AS (
			SELECT coalesce({as_of}, greatest(
				max(s.started_on) FILTER (WHERE isfinite(s.started_on) AND s.started_on <= t.day),
				max(s.ended_on) FILTER (WHERE isfinite(s.ended_on) AND s.ended_on <= t.day)) + 1) AS as_of
			FROM %2$s s
			CROSS JOIN (SELECT (now() AT TIME ZONE {time_zone})::date AS day) t
		), launched AS (
			SELECT coalesce($3, min(s.started_on)) AS day FROM spell s WHERE s.product = ANY ($1)
		), placed AS (%3$s
		), by_segment AS (
			SELECT cvm.cannibalization_agg(s.customer_id, s.product, s.started_on, s.ended_on, s.mrr, $1, $2, (SELECT o.as_of FROM observed o),
				{look_back}, {look_ahead}, {entry_gap}, coalesce(p.segment, '(none)')) AS state
			FROM spell s
			LEFT JOIN placed p ON %4$s
			GROUP BY coalesce(p.segment, '(none)')
		)
		SELECT cvm.rollup(b.state) FROM by_segment b$$, spells, subscription, placed,
			CASE WHEN segments IS NULL THEN 'false' ELSE 'p.customer_id = s.customer_id' END), literals)
		INTO state USING launch.focal, launch.donors, launch.launched_on;
	RETURN state;
END
$function$;
COMMENT ON FUNCTION cvm.launch(name, text[], text[], text, date) IS 'What a launch that is named here did to the other products of a model, for cannibalization_verdict() and cannibalization_donors(): focal products or, by => ''offer'', offers, under which the same product is another one; donors NULL: all others. Windows and as_of are settings of the model; customers are compared within the segment held on launched_on (NULL: the first day sold).';
-- Report views over segments that are others with more to choose: migration over
-- spans of several periods, and several schemes of segments side by side.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(76, 'segment_scheme_kpi', 'segment_kpi for every scheme of segments: those of segment_history and the columns of customer in setting segment_schemes. In each scheme the segments are all of the base.', 'greatest(opening_customers, closing_customers)'),
	(77, 'segment_scheme_migration', 'segment_migration for every scheme of segments.', 'customers');

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment)
SELECT v.view, row_number() OVER (PARTITION BY v.view ORDER BY c.position, c.added), c.column_name, c.type, c.unit, coalesce(v.key, c.formula), c.additive, c.comment
FROM (VALUES ('segment_migration_12_months'), ('segment_migration_4_weeks')) AS w (view)
CROSS JOIN LATERAL (
	SELECT k.position, 0 AS added, k.column_name, k.type, k.unit, k.formula, k.additive,
		CASE k.column_name WHEN 'is_complete' THEN 'Is the later end past?' ELSE replace(replace(k.comment, 'when the month began', 'at the earlier end'), 'end of the month', 'later end') END AS comment
	FROM cvm.report_column k
	WHERE k.view = 'segment_migration' AND NOT (w.view LIKE '%weeks' AND k.column_name LIKE 'month%')
	UNION ALL
	SELECT 3, 1, 'from_day', 'date', 'date', 'first day after the earlier end', false, 'First day of the span.'
	UNION ALL
	SELECT 3, 2, 'to_day', 'date', 'date', 'first day after the later end', false, 'First day after the span; as_of where that is not past.') c
CROSS JOIN LATERAL (SELECT w.view, CASE WHEN c.column_name = 'row_key' AND w.view LIKE '%weeks' THEN 'from_day|from_segment|to_segment' END AS key) v;

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment)
SELECT w.view, row_number() OVER (PARTITION BY w.view ORDER BY c.position, c.added), c.column_name, c.type, c.unit, c.formula, c.additive, c.comment
FROM (VALUES ('segment_scheme_kpi', 'segment_kpi'), ('segment_scheme_migration', 'segment_migration')) AS w (view, plain)
CROSS JOIN LATERAL (
	SELECT k.position, 0 AS added, k.column_name, k.type, k.unit, CASE k.column_name WHEN 'row_key' THEN 'scheme|' ELSE '' END || k.formula AS formula, k.additive, k.comment
	FROM cvm.report_column k
	WHERE k.view = w.plain
	UNION ALL
	SELECT 1, 1, 'scheme', 'text', 'name', 'segment_history.scheme, or the column of customer', false, 'Scheme of segments; "segment": that of a segment_history without schemes; "(none)": without a name.') c;

-- The bodies are those of the plain views, once for each scheme
INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT w.view, b.preference, array_replace(b.needs, 'segment_history', 'setting segment_schemes'),
	format($$
SELECT n.scheme || '|' || k.row_key AS row_key, n.scheme, %s
FROM unnest(ARRAY(SELECT DISTINCT x.scheme FROM ({scheme_rows}) x)) AS n (scheme)
CROSS JOIN LATERAL (
%s
) k$$,
		(SELECT string_agg('k.' || c.column_name, ', ' ORDER BY c.position) FROM cvm.report_column c WHERE c.view = w.plain AND c.column_name <> 'row_key'),
		replace(replace(b.body, 'segment_history h', '(SELECT x.* FROM ({scheme_rows}) x WHERE x.scheme = n.scheme) h'), '{segment_version}', 'hashtext(h.scheme_version)::numeric'))
FROM (VALUES ('segment_scheme_kpi', 'segment_kpi'), ('segment_scheme_migration', 'segment_migration')) AS w (view, plain)
JOIN cvm.report_body b ON b.view = w.plain;
-- Report views over movement: the waterfall, and who goes from which product
-- to which.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(20, 'mrr_movement', 'The waterfall of monthly recurring revenue: one row per segment and month. Opening and the lines sum to closing, for money and for customers; losses are negative; money in another currency moves at the rate of the closing, and what rates did to the opening is a line of its own; every line of "(all)" is the sum over segments, in which moves cancel. A month closes just before the next one begins.', 'greatest(opening_customers, closing_customers)'),
	(25, 'product_migration', 'Who goes from which product to which: one row per month and pair. A product''s opening customers plus arrivals less departures are its closing ones.', 'customers');

INSERT INTO cvm.subscription_part VALUES
('movement_base', NULL, NULL, $${{base}}$$),
-- without segments, straight from the spells in one pass
('movement_base', 'raw', false, $${{observed}}$$),
('movement', NULL, NULL, $${{waterfall}}$$),
('movement', 'raw', false, $$
SELECT '(all)'::text AS segment, cvm.movement_agg(s.customer_id, s.product, s.started_on, s.ended_on, {price}, {is_paused}, 'month', (SELECT o.as_of FROM observed o), {pause_days}) AS state
	FROM subscription s$$),
('moved', NULL, NULL, $$moved AS (
	SELECT s.segment, cvm.as_of(s.state) AS as_of, cvm.pause_days(s.state) AS pause_days, m.*
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
)$$),
('fx_mrr', NULL, NULL, $$0::numeric(18,2)$$),

-- In several currencies: each customer's holdings in each
('movement_base', 'fx', NULL, $${{observed}}, priced AS MATERIALIZED (
	SELECT s.customer_id, coalesce(s.currency, {currency}, '(none)') AS currency,
		cvm.holdings_agg(s.product, s.started_on, s.ended_on, {price}, NULL, NULL, {is_paused}) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY 1, 2
), folded AS MATERIALIZED (
	SELECT p.customer_id, cvm.rollup(p.holdings) AS holdings FROM priced p GROUP BY p.customer_id
)$$),
-- customers and their states come from everything that they hold, money from
-- the waterfalls of the currencies, at the rate of the closing
('moved', 'fx', NULL, $$by_currency AS MATERIALIZED ({{by_currency_segments}}
	SELECT '(all)'::text AS segment, p.currency, cvm.movement_agg(p.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM priced p
	CROSS JOIN observed o
	GROUP BY p.currency
), money AS (
	SELECT b.segment, m.period_start,
		sum(m.opening_mrr * CASE WHEN m.opening_mrr = 0 THEN 0 ELSE cvm.known_rate(b.currency, {currency}, m.period_start - 1, (
			SELECT f.rate FROM fx_rate f WHERE f.currency = b.currency AND f.valid_from < m.period_start ORDER BY f.valid_from DESC LIMIT 1)) END) AS opening_mrr,
		sum(m.new_mrr * r.rate) AS new_mrr,
		sum(m.reactivation_mrr * r.rate) AS reactivation_mrr,
		sum(m.expansion_mrr * r.rate) AS expansion_mrr,
		sum(m.contraction_mrr * r.rate) AS contraction_mrr,
		sum(m.churn_mrr * r.rate) AS churn_mrr,
		sum(m.moved_in_mrr * r.rate) AS moved_in_mrr,
		sum(m.moved_out_mrr * r.rate) AS moved_out_mrr,
		sum(m.price_expansion_mrr * r.rate) AS price_expansion_mrr,
		sum(m.price_contraction_mrr * r.rate) AS price_contraction_mrr,
		sum(m.to_free_mrr * r.rate) AS to_free_mrr,
		sum(m.paused_mrr * r.rate) AS paused_mrr,
		sum(m.closing_paused_mrr * r.rate) AS closing_paused_mrr,
		sum(m.closing_mrr * r.rate) AS closing_mrr,
		sum(m.expansion_customers)::bigint AS expansion_customers,
		sum(m.contraction_customers)::bigint AS contraction_customers
	FROM by_currency b
	CROSS JOIN LATERAL cvm.movements(b.state) m
	CROSS JOIN LATERAL (SELECT least((m.period_start + interval '1 month')::date, cvm.as_of(b.state)) - 1 AS day) d
	CROSS JOIN LATERAL (SELECT cvm.known_rate(b.currency, {currency}, d.day, (
		SELECT f.rate FROM fx_rate f WHERE f.currency = b.currency AND f.valid_from <= d.day ORDER BY f.valid_from DESC LIMIT 1)) AS rate OFFSET 0) r
	GROUP BY b.segment, m.period_start
), moved AS (
	SELECT s.segment, cvm.as_of(s.state) AS as_of, cvm.pause_days(s.state) AS pause_days, m.period_start,
		y.opening_mrr, m.opening_customers,
		y.new_mrr, m.new_customers, y.reactivation_mrr, m.reactivation_customers,
		y.expansion_mrr, y.expansion_customers, y.contraction_mrr, y.contraction_customers,
		y.churn_mrr, m.churn_customers, y.moved_in_mrr, m.moved_in_customers, y.moved_out_mrr, m.moved_out_customers,
		y.closing_mrr, m.closing_customers, m.same_period_customers, y.price_expansion_mrr, y.price_contraction_mrr,
		y.to_free_mrr, m.to_free_customers, y.paused_mrr, m.paused_customers, y.closing_paused_mrr, m.closing_paused_customers, m.is_complete
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
	JOIN money y ON y.segment = s.segment AND y.period_start = m.period_start
)$$),
('by_currency_segments', NULL, true, $$
	SELECT h.segment, p.currency, cvm.movement_agg(p.holdings, 'month', o.as_of, h.days, {pause_days}) AS state
	FROM priced p
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = p.customer_id
	WHERE NOT isempty(h.days)
	GROUP BY h.segment, p.currency
	UNION ALL$$),
('by_currency_segments', NULL, false, ''),
-- what the rates did to the opening, to the cent
('fx_mrr', 'fx', NULL, $$(m.closing_mrr::numeric(18,2) - m.opening_mrr::numeric(18,2) - m.new_mrr::numeric(18,2) - m.reactivation_mrr::numeric(18,2) - m.expansion_mrr::numeric(18,2) - m.contraction_mrr::numeric(18,2) - m.churn_mrr::numeric(18,2) - m.moved_in_mrr::numeric(18,2) - m.moved_out_mrr::numeric(18,2) - m.paused_mrr::numeric(18,2))::numeric(18,2)$$);

SELECT cvm.put_subscription_bodies('mrr_movement', '{subscription}', $$WITH {{movement_base}}{{held}}, state AS MATERIALIZED ({{movement}}), {{moved}}
SELECT m.segment || '|' || to_char(m.period_start::timestamp, 'YYYY-MM') AS row_key,
	m.segment,
	m.period_start AS month,
	to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label,
	{currency} AS currency,
	m.opening_mrr::numeric(18,2) AS opening_mrr,
	m.opening_customers,
	m.new_mrr::numeric(18,2) AS new_mrr,
	m.new_customers,
	m.reactivation_mrr::numeric(18,2) AS reactivation_mrr,
	m.reactivation_customers,
	m.expansion_mrr::numeric(18,2) AS expansion_mrr,
	m.expansion_customers,
	m.contraction_mrr::numeric(18,2) AS contraction_mrr,
	m.contraction_customers,
	m.churn_mrr::numeric(18,2) AS churn_mrr,
	m.churn_customers,
	m.moved_in_mrr::numeric(18,2) AS moved_in_mrr,
	m.moved_in_customers,
	m.moved_out_mrr::numeric(18,2) AS moved_out_mrr,
	m.moved_out_customers,
	m.paused_mrr::numeric(18,2) AS paused_mrr,
	m.paused_customers,
	{{fx_mrr}} AS fx_mrr,
	m.closing_mrr::numeric(18,2) AS closing_mrr,
	m.closing_customers,
	m.same_period_customers,
	m.price_expansion_mrr::numeric(18,2) AS price_expansion_mrr,
	m.price_contraction_mrr::numeric(18,2) AS price_contraction_mrr,
	m.to_free_mrr::numeric(18,2) AS to_free_mrr,
	m.to_free_customers,
	m.closing_paused_mrr::numeric(18,2) AS closing_paused_mrr,
	m.closing_paused_customers,
	m.pause_days,
	m.is_complete,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	m.as_of
FROM moved m$$);

SELECT cvm.put_subscription_bodies('product_migration', '{subscription}', $$WITH {{base}}
SELECT to_char(m.period_start::timestamp, 'YYYY-MM') || '|' || m.from_product || '|' || m.to_product AS row_key,
	m.period_start AS month,
	to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label,
	m.from_product,
	m.to_product,
	count(*) AS customers,
	sum(m.from_mrr)::numeric(18,2) AS from_mrr,
	sum(m.to_mrr)::numeric(18,2) AS to_mrr,
	{currency} AS currency,
	(m.period_start + interval '1 month')::date <= o.as_of AS is_complete,
	{time_zone} AS time_zone,
	o.as_of
FROM folded f
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.migrations(f.holdings, 'month', o.as_of) m
GROUP BY m.period_start, m.from_product, m.to_product, o.as_of$$, false);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('mrr_movement', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('mrr_movement', 2, 'segment', 'text', 'name', 'segment held when the month opened for who paid then, and when it closed for who came', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('mrr_movement', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('mrr_movement', 4, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('mrr_movement', 5, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of the amounts; NULL when the model has none.'),
	('mrr_movement', 6, 'opening_mrr', 'numeric(18,2)', 'money a month', 'closing_mrr of the month before', true, 'Monthly recurring revenue when the month began.'),
	('mrr_movement', 7, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', true, 'Customers who paid when the month began.'),
	('mrr_movement', 8, 'new_mrr', 'numeric(18,2)', 'money a month', 'from customers who pay at the closing, did not at the opening and never had', true, 'Monthly recurring revenue of customers who pay for the first time.'),
	('mrr_movement', 9, 'new_customers', 'bigint', 'customers', 'from customers who pay at the closing, did not at the opening and never had', true, 'Number of customers who pay for the first time.'),
	('mrr_movement', 10, 'reactivation_mrr', 'numeric(18,2)', 'money a month', 'from customers who pay at the closing, did not at the opening and had before', true, 'Monthly recurring revenue of customers who came back.'),
	('mrr_movement', 11, 'reactivation_customers', 'bigint', 'customers', 'from customers who pay at the closing, did not at the opening and had before', true, 'Number of customers who came back.'),
	('mrr_movement', 12, 'expansion_mrr', 'numeric(18,2)', 'money a month', 'what opening customers bring more at the closing', true, 'Monthly recurring revenue of opening customers who bring more than before.'),
	('mrr_movement', 13, 'expansion_customers', 'bigint', 'customers', 'what opening customers bring more at the closing', true, 'Number of opening customers who bring more than before. They stay: not part of the sum of customers.'),
	('mrr_movement', 14, 'contraction_mrr', 'numeric(18,2)', 'money a month', 'what opening customers who still pay bring less at the closing', true, 'Monthly recurring revenue of opening customers who bring less than before, but something, as a negative number.'),
	('mrr_movement', 15, 'contraction_customers', 'bigint', 'customers', 'what opening customers who still pay bring less at the closing', true, 'Number of opening customers who bring less than before, but something. They stay: not part of the sum of customers.'),
	('mrr_movement', 16, 'churn_mrr', 'numeric(18,2)', 'money a month', '-1 * what opening customers brought who pay nothing at the closing', true, 'Monthly recurring revenue of opening customers who stopped paying, as a negative number.'),
	('mrr_movement', 17, 'churn_customers', 'bigint', 'customers', '-1 * what opening customers brought who pay nothing at the closing', true, 'Number of opening customers who stopped paying, as a negative number.'),
	('mrr_movement', 18, 'moved_in_mrr', 'numeric(18,2)', 'money a month', 'from customers who pay at both ends and came from another segment', false, 'Monthly recurring revenue of customers who came from another segment, at what they bring now.'),
	('mrr_movement', 19, 'moved_in_customers', 'bigint', 'customers', 'from customers who pay at both ends and came from another segment', false, 'Number of customers who came from another segment, at what they bring now.'),
	('mrr_movement', 20, 'moved_out_mrr', 'numeric(18,2)', 'money a month', '-1 * from customers who pay at both ends and went to another segment', false, 'Monthly recurring revenue of customers who went to another segment, as a negative number.'),
	('mrr_movement', 21, 'moved_out_customers', 'bigint', 'customers', '-1 * from customers who pay at both ends and went to another segment', false, 'Number of customers who went to another segment, as a negative number.'),
	('mrr_movement', 22, 'paused_mrr', 'numeric(18,2)', 'money a month', 'paused spells at the opening - paused spells at the closing', true, 'What went into pauses, as a negative number, less what came out of them, at the prices that are paused. A pause ends when the spell does, or after pause_days with churn.'),
	('mrr_movement', 23, 'paused_customers', 'bigint', 'customers', 'customers in pause at the opening - at the closing', true, 'Customers who went into a pause with all that they pay for, as a negative number, less those who came out of one.'),
	('mrr_movement', 24, 'fx_mrr', 'numeric(18,2)', 'money a month', 'opening at the rates of the closing - opening_mrr', true, 'What exchange rates did to the opening; lines are money at the rates of the closing. 0 unless subscription.currency and fx_rate are bound.'),
	('mrr_movement', 25, 'closing_mrr', 'numeric(18,2)', 'money a month', 'opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + paused_mrr + fx_mrr', true, 'Monthly recurring revenue when the month ended, or at as_of.'),
	('mrr_movement', 26, 'closing_customers', 'bigint', 'customers', 'opening_customers + new_customers + reactivation_customers + churn_customers + moved_in_customers + moved_out_customers + paused_customers', true, 'Customers who paid when the month ended, or at as_of.'),
	('mrr_movement', 27, 'same_period_customers', 'bigint', 'customers', 'count of customers who paid on some day of the month and at neither end', true, 'Customers who came and went inside the month; in no other column.'),
	('mrr_movement', 28, 'price_expansion_mrr', 'numeric(18,2)', 'money a month', 'part of expansion_mrr of customers with the same lines of the same products', true, 'Expansion by price alone; the rest is plan, product or number of lines.'),
	('mrr_movement', 29, 'price_contraction_mrr', 'numeric(18,2)', 'money a month', 'part of contraction_mrr of customers with the same lines of the same products', true, 'Contraction by price alone.'),
	('mrr_movement', 30, 'to_free_mrr', 'numeric(18,2)', 'money a month', 'part of churn_mrr of customers who still hold a line that is free', true, 'Churn to something free: contraction, where a free plan counts as active.'),
	('mrr_movement', 31, 'to_free_customers', 'bigint', 'customers', 'part of churn_customers who still hold a line that is free', true, 'Customers who stopped paying but still hold a free line, as a negative number.'),
	('mrr_movement', 32, 'closing_paused_mrr', 'numeric(18,2)', 'money a month', '-1 * sum of paused_mrr so far', true, 'What paused spells would bring when the month ended; not in closing_mrr.'),
	('mrr_movement', 33, 'closing_paused_customers', 'bigint', 'customers', '-1 * sum of paused_customers so far', true, 'Customers in pause with all that they pay for when the month ended; not in closing_customers.'),
	('mrr_movement', 34, 'pause_days', 'integer', 'days', 'setting of the model', false, 'For so many days a paused spell is not lost.'),
	('mrr_movement', 35, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('mrr_movement', 36, 'unpaid_statuses', 'text', 'words', 'setting of the model', false, 'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('mrr_movement', 37, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('mrr_movement', 38, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('product_migration', 1, 'row_key', 'text', 'key', 'month_label|from_product|to_product', false, 'One value per row.'),
	('product_migration', 2, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('product_migration', 3, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('product_migration', 4, 'from_product', 'text', 'name', 'product held at the opening, not at the closing', false, 'Product that was given up; "(in)" where the new one replaced nothing.'),
	('product_migration', 5, 'to_product', 'text', 'name', 'product held at the closing, not at the opening', false, 'Product taken up; "(out)" where nothing replaced the old one.'),
	('product_migration', 6, 'customers', 'bigint', 'customers', 'count of customers with the pair', true, 'Customers who went this way. Lost and gained products of one customer are paired by price, so each appears once.'),
	('product_migration', 7, 'from_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr of from_product at the opening', true, 'What they brought with the product given up.'),
	('product_migration', 8, 'to_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr of to_product at the closing', true, 'What they bring with the product taken up.'),
	('product_migration', 9, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of the amounts; NULL when the model has none.'),
	('product_migration', 10, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('product_migration', 11, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('product_migration', 12, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
-- The report view of the rates that follow from the waterfall.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(23, 'margin_rate', 'fraction', NULL, 'Margin as a share of revenue, for lifetime values; NULL: not known.'),
	(24, 'monthly_discount_rate', 'fraction', NULL, 'Discount a month, for lifetime values; NULL: none is computed.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(21, 'subscription_kpi', 'Rates of a month: one row per segment and month, with the numerator and denominator of each.', 'greatest(opening_customers, closing_customers)');

INSERT INTO cvm.subscription_part VALUES
-- Spells that ended, and whose customers paid on the day after
('due', NULL, NULL, $$ended AS MATERIALIZED (
	SELECT f.customer_id, p.ended_on, p.mrr, cvm.mrr_at(f.holdings, p.ended_on) > 0 AS stays
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.spells(f.holdings) p
	WHERE p.ended_on < o.as_of AND p.mrr > 0
), due AS MATERIALIZED (
	SELECT e.segment, date_trunc('month', e.ended_on::timestamp)::date AS month,
		count(*) AS due_spells, sum(e.mrr) AS due_mrr,
		count(*) FILTER (WHERE e.stays) AS renewed_spells,
		coalesce(sum(e.mrr) FILTER (WHERE e.stays), 0) AS renewed_mrr
	FROM (
		SELECT '(all)'::text AS segment, a.ended_on, a.mrr, a.stays
		FROM ended a{{due_segments}}
	) e
	GROUP BY 1, 2
)$$),
('due_segments', NULL, true, $$
		UNION ALL
		SELECT h.segment, a.ended_on, a.mrr, a.stays
		FROM ended a
		JOIN held h ON h.customer_id = a.customer_id AND h.days @> (a.ended_on - 1)$$),
('due_segments', NULL, false, ''),

-- From the closing of twelve months before
('year', NULL, NULL, $$year_change AS (
	SELECT y.segment, y.period_start, sum(y.opening_mrr) AS opening, sum(y.gross_retained_mrr) AS gross, sum(y.net_retained_mrr) AS net
	FROM (
		SELECT '(all)'::text AS segment, k.*
		FROM folded f
		CROSS JOIN observed o
		CROSS JOIN LATERAL cvm.kept_changes(f.holdings, 'month', o.as_of, 12) k{{year_segments}}
	) y
	GROUP BY 1, 2
)$$),
('year_segments', NULL, true, $$
		UNION ALL
		SELECT h.segment, k.*
		FROM folded f
		CROSS JOIN observed o
		JOIN held h ON h.customer_id = f.customer_id
		CROSS JOIN LATERAL cvm.kept_changes(f.holdings, 'month', o.as_of, 12, h.days) k
		WHERE NOT isempty(h.days)$$),
('year_segments', NULL, false, '');

SELECT cvm.put_subscription_bodies('subscription_kpi', '{subscription}', $$WITH {{base}}{{held}}, {{due}}, state AS MATERIALIZED ({{waterfall}}), {{year}}, month AS (
	-- who can be lost, and with what: who pays, and who is in a pause
	SELECT s.segment, cvm.as_of(s.state) AS as_of, m.*, r.at_risk_customers, r.at_risk_mrr,
		r.at_risk_mrr + m.contraction_mrr + m.churn_mrr AS gross_retained,
		r.at_risk_mrr + m.expansion_mrr + m.contraction_mrr + m.churn_mrr AS net_retained,
		-m.churn_customers / nullif(r.at_risk_customers, 0)::float8 AS churn,
		m.closing_mrr::float8 / nullif(m.closing_customers, 0) AS arpa
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
	CROSS JOIN LATERAL (SELECT m.opening_customers + m.paused_customers + m.closing_paused_customers AS at_risk_customers,
		m.opening_mrr + m.paused_mrr + m.closing_paused_mrr AS at_risk_mrr) r
), rate AS (
	SELECT m.*,
		m.gross_retained::float8 / nullif(m.at_risk_mrr::float8, 0) AS grr,
		m.net_retained::float8 / nullif(m.at_risk_mrr::float8, 0) AS nrr
	FROM month m
)
SELECT r.segment || '|' || to_char(r.period_start::timestamp, 'YYYY-MM') AS row_key,
	r.segment,
	r.period_start AS month,
	to_char(r.period_start::timestamp, 'YYYY-MM') AS month_label,
	{currency} AS currency,
	r.opening_customers,
	r.at_risk_customers,
	-r.churn_customers AS churned_customers,
	r.churn AS logo_churn_rate,
	r.opening_mrr::numeric(18,2) AS opening_mrr,
	r.at_risk_mrr::numeric(18,2) AS at_risk_mrr,
	(-r.churn_mrr)::numeric(18,2) AS churned_mrr,
	-r.churn_mrr::float8 / nullif(r.at_risk_mrr::float8, 0) AS revenue_churn_rate,
	r.gross_retained::numeric(18,2) AS gross_retained_mrr,
	r.grr AS gross_revenue_retention_rate,
	r.net_retained::numeric(18,2) AS net_retained_mrr,
	r.nrr AS net_revenue_retention_rate,
	CASE WHEN count(r.grr) OVER year = 12 THEN
		CASE WHEN min(r.grr) OVER year > 0 THEN exp(sum(ln(nullif(r.grr, 0))) OVER year) ELSE 0 END
	END AS gross_revenue_retention_chained_rate,
	CASE WHEN count(r.nrr) OVER year = 12 THEN
		CASE WHEN min(r.nrr) OVER year > 0 THEN exp(sum(ln(nullif(r.nrr, 0))) OVER year) ELSE 0 END
	END AS net_revenue_retention_chained_rate,
	y.opening::numeric(18,2) AS year_opening_mrr,
	y.gross::numeric(18,2) AS year_gross_retained_mrr,
	y.gross::float8 / nullif(y.opening::float8, 0) AS gross_revenue_retention_year_rate,
	y.net::numeric(18,2) AS year_net_retained_mrr,
	y.net::float8 / nullif(y.opening::float8, 0) AS net_revenue_retention_year_rate,
	(r.new_mrr + r.expansion_mrr)::numeric(18,2) AS gained_mrr,
	(-r.churn_mrr - r.contraction_mrr)::numeric(18,2) AS lost_mrr,
	(r.new_mrr + r.expansion_mrr)::float8 / nullif((-r.churn_mrr - r.contraction_mrr)::float8, 0) AS quick_ratio,
	r.closing_mrr::numeric(18,2) AS closing_mrr,
	r.closing_customers,
	r.arpa,
	cvm.ltv_naive(r.arpa, r.churn) AS lifetime_revenue,
	cvm.ltv_margin(r.arpa, {margin_rate}, r.churn) AS lifetime_margin,
	cvm.ltv_discounted(r.arpa, {margin_rate}, r.churn, {monthly_discount_rate}) AS lifetime_margin_discounted,
	coalesce(d.due_spells, 0) AS due_spells,
	coalesce(d.renewed_spells, 0) AS renewed_spells,
	d.renewed_spells / d.due_spells::float8 AS renewal_rate,
	coalesce(d.due_mrr, 0)::numeric(18,2) AS due_mrr,
	coalesce(d.renewed_mrr, 0)::numeric(18,2) AS renewed_mrr,
	d.renewed_mrr::float8 / d.due_mrr::float8 AS renewal_value_rate,
	r.is_complete,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{pause_days} AS pause_days,
	{time_zone} AS time_zone,
	r.as_of
FROM rate r
LEFT JOIN due d ON d.segment = r.segment AND d.month = r.period_start
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.opening), 0) AS opening, coalesce(sum(c.gross), 0) AS gross, coalesce(sum(c.net), 0) AS net
	FROM year_change c
	WHERE c.segment = r.segment AND c.period_start <= r.period_start
) y
WINDOW year AS (PARTITION BY r.segment ORDER BY r.period_start ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('subscription_kpi', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('subscription_kpi', 2, 'segment', 'text', 'name', 'segment held when the month opened for who paid then, and when it closed for who came', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('subscription_kpi', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('subscription_kpi', 4, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('subscription_kpi', 5, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of the amounts; NULL when the model has none.'),
	('subscription_kpi', 6, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', true, 'Customers who paid when the month began.'),
	('subscription_kpi', 7, 'at_risk_customers', 'bigint', 'customers', 'opening_customers + mrr_movement.paused_customers + closing_paused_customers', true, 'Customers who paid or were in a pause when the month began: those who can be lost.'),
	('subscription_kpi', 8, 'churned_customers', 'bigint', 'customers', 'count of customers who paid or were in a pause at the opening and are neither at the closing', true, 'Customers of the opening lost, paying or in a pause then.'),
	('subscription_kpi', 9, 'logo_churn_rate', 'double precision', 'fraction 0..1', 'churned_customers / at_risk_customers', false, 'Share of the customers of the opening, paying or in a pause, who were lost. cvm.churn_rates() has other definitions.'),
	('subscription_kpi', 10, 'opening_mrr', 'numeric(18,2)', 'money a month', 'closing_mrr of the month before', true, 'Monthly recurring revenue when the month began.'),
	('subscription_kpi', 11, 'at_risk_mrr', 'numeric(18,2)', 'money a month', 'opening_mrr + mrr_movement.paused_mrr + closing_paused_mrr', true, 'What they brought then, and would have brought without pauses: what can be lost.'),
	('subscription_kpi', 12, 'churned_mrr', 'numeric(18,2)', 'money a month', 'what the churned customers brought', true, 'Recurring revenue of the opening customers lost.'),
	('subscription_kpi', 13, 'revenue_churn_rate', 'double precision', 'fraction 0..1', 'churned_mrr / at_risk_mrr', false, 'Share of the opening revenue that left with its customers.'),
	('subscription_kpi', 14, 'gross_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over opening customers of the lesser of opening and closing: at_risk + contraction + churn', true, 'What is left of the opening revenue, gains not counted; pauses count as kept.'),
	('subscription_kpi', 15, 'gross_revenue_retention_rate', 'double precision', 'fraction 0..1', 'gross_retained_mrr / at_risk_mrr', false, 'GRR of the month; never above 1.'),
	('subscription_kpi', 16, 'net_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over opening customers of closing: at_risk + expansion + contraction + churn', true, 'What the opening customers bring at the closing; new and returning customers not counted; pauses count as kept.'),
	('subscription_kpi', 17, 'net_revenue_retention_rate', 'double precision', 'fraction', 'net_retained_mrr / at_risk_mrr', false, 'NRR of the month.'),
	('subscription_kpi', 18, 'gross_revenue_retention_chained_rate', 'double precision', 'fraction 0..1', 'product of gross_revenue_retention_rate of 12 months', false, 'GRR of the last 12 months, chained; below the rate from point to point.'),
	('subscription_kpi', 19, 'net_revenue_retention_chained_rate', 'double precision', 'fraction', 'product of net_revenue_retention_rate of 12 months', false, 'NRR of the last 12 months, chained.'),
	('subscription_kpi', 20, 'year_opening_mrr', 'numeric(18,2)', 'money a month', 'closing_mrr of twelve months before', true, 'What the customers who paid twelve months before brought then: denominator of the rates of a year.'),
	('subscription_kpi', 21, 'year_gross_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over those customers of the lesser of then and now', true, 'What is left of it, no more of each customer than then.'),
	('subscription_kpi', 22, 'gross_revenue_retention_year_rate', 'double precision', 'fraction 0..1', 'year_gross_retained_mrr / year_opening_mrr', false, 'GRR from closing to closing of twelve months; who left and came back counts.'),
	('subscription_kpi', 23, 'year_net_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over those customers of now', true, 'What they bring now.'),
	('subscription_kpi', 24, 'net_revenue_retention_year_rate', 'double precision', 'fraction', 'year_net_retained_mrr / year_opening_mrr', false, 'NRR from closing to closing of twelve months.'),
	('subscription_kpi', 25, 'gained_mrr', 'numeric(18,2)', 'money a month', 'new_mrr + expansion_mrr', true, 'Numerator of quick_ratio; who came back is left out.'),
	('subscription_kpi', 26, 'lost_mrr', 'numeric(18,2)', 'money a month', '-1 * (churn_mrr + contraction_mrr)', true, 'Denominator of quick_ratio.'),
	('subscription_kpi', 27, 'quick_ratio', 'double precision', 'ratio', 'gained_mrr / lost_mrr', false, 'Revenue gained for each unit lost; NULL where nothing was lost. Do not average.'),
	('subscription_kpi', 28, 'closing_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr on the last day', true, 'Monthly recurring revenue when the month ended, or at as_of.'),
	('subscription_kpi', 29, 'closing_customers', 'bigint', 'customers', 'count of customers who pay on the last day', true, 'Customers who paid when the month ended, or at as_of.'),
	('subscription_kpi', 30, 'arpa', 'double precision', 'money a month per customer', 'closing_mrr / closing_customers', false, 'Average revenue per paying account. Do not average.'),
	('subscription_kpi', 31, 'lifetime_revenue', 'double precision', 'money', 'arpa / logo_churn_rate', false, 'Naive lifetime value: revenue until churn if churn stayed as it was this month; NULL without churn. Do not average.'),
	('subscription_kpi', 32, 'lifetime_margin', 'double precision', 'money', 'arpa * margin_rate / logo_churn_rate', false, 'The same as margin; NULL until the setting margin_rate is given. Do not average.'),
	('subscription_kpi', 33, 'lifetime_margin_discounted', 'double precision', 'money', 'arpa * margin_rate * (1 + d) / (d + logo_churn_rate), d = monthly_discount_rate', false, 'The same, paid in advance and discounted. Do not average.'),
	('subscription_kpi', 34, 'due_spells', 'bigint', 'spells', 'count of paid spells that ended in the month', true, 'Spells that came to their end in the month and were observed to.'),
	('subscription_kpi', 35, 'renewed_spells', 'bigint', 'spells', 'count of due_spells whose customer paid on the day after', true, 'Of those, spells whose customer went on paying, for whatever product.'),
	('subscription_kpi', 36, 'renewal_rate', 'double precision', 'fraction 0..1', 'renewed_spells / due_spells', false, 'Renewal rate by count. Prices that change in the middle of a contract end a spell too: bind terms as spells.'),
	('subscription_kpi', 37, 'due_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr of due_spells', true, 'Recurring revenue that came to its end in the month.'),
	('subscription_kpi', 38, 'renewed_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr of renewed_spells', true, 'Of it, that of spells that were renewed, at the old price.'),
	('subscription_kpi', 39, 'renewal_value_rate', 'double precision', 'fraction 0..1', 'renewed_mrr / due_mrr', false, 'Renewal rate by value.'),
	('subscription_kpi', 40, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('subscription_kpi', 41, 'unpaid_statuses', 'text', 'words', 'setting of the model', false, 'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('subscription_kpi', 42, 'pause_days', 'integer', 'days', 'setting of the model', false, 'For so many days a paused spell is not lost.'),
	('subscription_kpi', 43, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('subscription_kpi', 44, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
-- The report view of retention of customers and of their money, by cohort.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(21, 'subscription_clock', 'words', '{calendar}', 'When subscription_retention looks at customers: calendar (when a month closes) or anniversary (whole months after each one''s first day).');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(22, 'subscription_retention', 'Retention of customers and of their money: one row per segment, cohort month and number of months since. A cohort is the customers whose first paid day is in the same month.', 'cohort_customers');

INSERT INTO cvm.subscription_part VALUES
('cohort_base', NULL, NULL, $${{base}}{{since}}$$),
('cohorts', NULL, NULL, $$by_segment AS MATERIALIZED (
	SELECT {{since_segment}} AS segment, cvm.revenue_retention_agg(f.holdings, 'month', o.as_of, ({subscription_clock})[1]) AS state
	FROM folded f
	CROSS JOIN observed o{{since_join}}
	GROUP BY 1
), state AS MATERIALIZED (
	{{since_segments}}
	SELECT '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b
)$$),
-- without segments, straight from the spells in one pass
('cohort_base', 'raw', false, $${{observed}}$$),
('cohorts', 'raw', false, $$state AS MATERIALIZED (
	SELECT '(all)'::text AS segment, cvm.revenue_retention_agg(s.customer_id, s.product, s.started_on, s.ended_on,
		CASE WHEN {is_paused} THEN 0 ELSE {price} END, 'month', (SELECT o.as_of FROM observed o), ({subscription_clock})[1]) AS state
	FROM subscription s
)$$);

SELECT cvm.put_subscription_bodies('subscription_retention', '{subscription}', $$WITH {{cohort_base}}, {{cohorts}}
SELECT s.segment || '|' || to_char(g.cohort::timestamp, 'YYYY-MM') || '|' || g.period_no AS row_key,
	s.segment,
	g.cohort,
	to_char(g.cohort::timestamp, 'YYYY-MM') AS cohort_label,
	g.period_no,
	g.period_start,
	g.cohort_customers,
	g.eligible_customers,
	g.retained_customers,
	g.retention_rate,
	g.conf_low,
	g.conf_high,
	g.cohort_mrr::numeric(18,2) AS cohort_mrr,
	g.eligible_mrr::numeric(18,2) AS eligible_mrr,
	g.gross_retained_mrr::numeric(18,2) AS gross_retained_mrr,
	g.net_retained_mrr::numeric(18,2) AS net_retained_mrr,
	g.gross_revenue_retention_rate,
	g.net_revenue_retention_rate,
	g.is_complete,
	{currency} AS currency,
	({subscription_clock})[1] AS clock,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.revenue_grid(s.state, {conf}) g$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('subscription_retention', 1, 'row_key', 'text', 'key', 'segment|cohort_label|period_no', false, 'One value per row.'),
	('subscription_retention', 2, 'segment', 'text', 'name', 'segment held on the first day on which the customer paid', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('subscription_retention', 3, 'cohort', 'date', 'date', 'first day of the month of the first paid day', false, 'First day of the month in which the cohorts customers began to pay.'),
	('subscription_retention', 4, 'cohort_label', 'text', 'text', 'cohort as text', false, 'The cohort as text, safe from time zones of clients.'),
	('subscription_retention', 5, 'period_no', 'integer', 'months', 'months from cohort to period_start', false, 'Number of months since; 0 is the cohorts own.'),
	('subscription_retention', 6, 'period_start', 'date', 'date', 'cohort + period_no months', false, 'First day of the month that the row is about.'),
	('subscription_retention', 7, 'cohort_customers', 'bigint', 'customers', 'count of customers whose first paid day is in the month', false, 'Customers in the cohort.'),
	('subscription_retention', 8, 'eligible_customers', 'bigint', 'customers', 'count of cohort customers whose look at this month was observed', true, 'Customers who had the chance: what rates stand on. 0 while the month is not over.'),
	('subscription_retention', 9, 'retained_customers', 'bigint', 'customers', 'count of eligible customers who pay at the look', true, 'Customers who pay at the end of the month; with the anniversary clock, so many months after their first day.'),
	('subscription_retention', 10, 'retention_rate', 'double precision', 'fraction 0..1', 'retained_customers / eligible_customers', false, 'Logo retention. Customers who came back count again.'),
	('subscription_retention', 11, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate, lower end', false, 'Lower end of the confidence interval of retention_rate.'),
	('subscription_retention', 12, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate, upper end', false, 'Upper end of the confidence interval of retention_rate.'),
	('subscription_retention', 13, 'cohort_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr on each customers first paid day', false, 'What the cohort brought on its first days.'),
	('subscription_retention', 14, 'eligible_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr of the eligible on their first paid day', true, 'What the eligible customers brought on their first days: denominator of the money rates.'),
	('subscription_retention', 15, 'gross_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over eligible of the lesser of mrr on the first day and at the look', true, 'What is left of that, gains not counted.'),
	('subscription_retention', 16, 'net_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over eligible of mrr at the look', true, 'What the eligible customers bring at the look. Over cohorts, the closing of the month.'),
	('subscription_retention', 17, 'gross_revenue_retention_rate', 'double precision', 'fraction 0..1', 'gross_retained_mrr / eligible_mrr', false, 'Gross retention of money; never above 1.'),
	('subscription_retention', 18, 'net_revenue_retention_rate', 'double precision', 'fraction', 'net_retained_mrr / eligible_mrr', false, 'Net retention of money.'),
	('subscription_retention', 19, 'is_complete', 'boolean', 'true or false', 'eligible_customers = cohort_customers', false, 'Was the look at every customer of the cohort observed?'),
	('subscription_retention', 20, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of the amounts; NULL when the model has none.'),
	('subscription_retention', 21, 'clock', 'text', 'name', 'setting of the model', false, 'When customers are looked at: calendar, when a period closes, or anniversary, whole periods after their first day.'),
	('subscription_retention', 22, 'unpaid_statuses', 'text', 'words', 'setting of the model', false, 'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('subscription_retention', 23, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('subscription_retention', 24, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
-- Report views over survival: how long customers stay, and why they leave.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(22, 'lapse_days', 'count', '0', 'Lapses of payment of up to so many days do not end a customer''s tenure in survival.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(23, 'survival', 'How long customers stay: Kaplan and Meier''s estimate, one row per segment, product and number of days at which somebody left. Counted is the first time of paying of each customer, or of each customer and product.', 'at_risk_customers'),
	(24, 'churn_cause', 'Why customers leave, as causes that compete: one row per segment, cause and number of days, by Aalen and Johansen.', 'at_risk_customers');

INSERT INTO cvm.subscription_part VALUES
('product_segments', NULL, true, $$SELECT b.segment, b.product, b.state FROM by_segment b
	UNION ALL$$),
('product_segments', NULL, false, '');

SELECT cvm.put_subscription_bodies('survival', '{subscription}', $$WITH {{base}}{{since}}, by_product AS MATERIALIZED (
	SELECT s.customer_id, s.product, cvm.holdings_agg(s.product, s.started_on, s.ended_on,
		CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id, s.product
), life AS (
	SELECT f.customer_id, '(all)'::text AS product, r.days, r.is_churned
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.runs(f.holdings, o.as_of, {lapse_days}) r
	WHERE r.run_no = 1
	UNION ALL
	SELECT f.customer_id, coalesce(f.product, '(none)') AS product, r.days, r.is_churned
	FROM by_product f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.runs(f.holdings, o.as_of, {lapse_days}) r
	WHERE r.run_no = 1
), by_segment AS MATERIALIZED (
	SELECT {{since_segment}} AS segment, f.product, cvm.survival_agg(f.days, f.is_churned) AS state
	FROM life f{{since_join}}
	GROUP BY 1, 2
), state AS MATERIALIZED (
	{{product_segments}}
	SELECT '(all)' AS segment, b.product, cvm.rollup(b.state) AS state FROM by_segment b GROUP BY b.product
)
SELECT s.segment || '|' || s.product || '|' || c."time" AS row_key,
	s.segment,
	s.product,
	c."time" AS days,
	c.at_risk AS at_risk_customers,
	c.churned AS churned_customers,
	c.censored AS censored_customers,
	c.survival AS survival_rate,
	c.std_error,
	c.conf_low,
	c.conf_high,
	q.median_days,
	{lapse_days} AS lapse_days,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL (SELECT cvm.median_survival(s.state) AS median_days OFFSET 0) q
CROSS JOIN LATERAL cvm.survival_curve(s.state, {conf}) c$$);

SELECT cvm.put_subscription_bodies('churn_cause', '{subscription,subscription.end_reason}', $$WITH {{base}}{{since}}, reason AS (
	SELECT s.customer_id, s.ended_on, min(s.end_reason) AS cause
	FROM subscription s
	WHERE s.ended_on IS NOT NULL
	GROUP BY 1, 2
), life AS (
	SELECT f.customer_id, r.days, r.is_churned, c.cause
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.runs(f.holdings, o.as_of, {lapse_days}) r
	LEFT JOIN reason c ON c.customer_id = f.customer_id AND c.ended_on = r.ended_on
	WHERE r.run_no = 1
), by_segment AS MATERIALIZED (
	SELECT {{since_segment}} AS segment, cvm.survival_agg(f.days, f.is_churned, f.cause) AS state
	FROM life f{{since_join}}
	GROUP BY 1
), state AS MATERIALIZED (
	{{since_segments}}
	SELECT '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b
)
SELECT s.segment || '|' || c.cause || '|' || c."time" AS row_key,
	s.segment,
	c.cause,
	c."time" AS days,
	c.at_risk AS at_risk_customers,
	c.churned AS churned_customers,
	c.incidence AS incidence_rate,
	c.std_error,
	{lapse_days} AS lapse_days,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cumulative_incidence(s.state) c$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('survival', 1, 'row_key', 'text', 'key', 'segment|product|days', false, 'One value per row.'),
	('survival', 2, 'segment', 'text', 'name', 'segment held on the first day of the time counted', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('survival', 3, 'product', 'text', 'name', 'product', false, 'Product; "(all)" is the customer as such, whatever they pay for.'),
	('survival', 4, 'days', 'integer', 'days', 'days from the first paid day', false, 'Days of tenure at which somebody churned or dropped out of sight.'),
	('survival', 5, 'at_risk_customers', 'bigint', 'customers', 'count of customers with at least so many days', false, 'Customers seen for so long.'),
	('survival', 6, 'churned_customers', 'bigint', 'customers', 'count of customers who churned after so many days', true, 'Customers who churned then.'),
	('survival', 7, 'censored_customers', 'bigint', 'customers', 'count of customers not seen longer', true, 'Customers who still paid when observation ended after so many days.'),
	('survival', 8, 'survival_rate', 'double precision', 'fraction 0..1', 'product over ages of 1 - churned_customers / at_risk_customers', false, 'Share still there after so many days, by Kaplan and Meier.'),
	('survival', 9, 'std_error', 'double precision', 'fraction 0..1', 'Greenwoods standard error', false, 'Standard error of survival_rate.'),
	('survival', 10, 'conf_low', 'double precision', 'fraction 0..1', 'log-log interval of survival_rate, lower end', false, 'Lower end of the confidence interval; NULL before anybody churned.'),
	('survival', 11, 'conf_high', 'double precision', 'fraction 0..1', 'log-log interval of survival_rate, upper end', false, 'Upper end of the confidence interval; NULL before anybody churned.'),
	('survival', 12, 'median_days', 'integer', 'days', 'first age at which survival_rate <= 0.5', false, 'Median tenure of the segment and product; NULL where more than half are still there.'),
	('survival', 13, 'lapse_days', 'integer', 'days', 'setting of the model', false, 'Lapses of up to so many days do not end a customer''s time.'),
	('survival', 14, 'unpaid_statuses', 'text', 'words', 'setting of the model', false, 'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('survival', 15, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('survival', 16, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('churn_cause', 1, 'row_key', 'text', 'key', 'segment|cause|days', false, 'One value per row.'),
	('churn_cause', 2, 'segment', 'text', 'name', 'segment held on the first paid day', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('churn_cause', 3, 'cause', 'text', 'name', 'end_reason of the spell that ended last', false, 'Why the customers churned; "(none)" where nobody said.'),
	('churn_cause', 4, 'days', 'integer', 'days', 'days from the first paid day', false, 'Days of tenure at which somebody churned or dropped out of sight.'),
	('churn_cause', 5, 'at_risk_customers', 'bigint', 'customers', 'count of customers with at least so many days', false, 'Customers seen for so long.'),
	('churn_cause', 6, 'churned_customers', 'bigint', 'customers', 'count of customers who churned for the cause after so many days', true, 'Customers who churned then, for this cause.'),
	('churn_cause', 7, 'incidence_rate', 'double precision', 'fraction 0..1', 'sum over ages of survival before * churned_customers / at_risk_customers', false, 'Share that has churned for this cause by then, by Aalen and Johansen; with survival_rate they sum to 1.'),
	('churn_cause', 8, 'std_error', 'double precision', 'fraction 0..1', 'standard error of Marubini and Valsecchi', false, 'Standard error of incidence_rate.'),
	('churn_cause', 9, 'lapse_days', 'integer', 'days', 'setting of the model', false, 'Lapses of up to so many days do not end a customer''s time.'),
	('churn_cause', 10, 'unpaid_statuses', 'text', 'words', 'setting of the model', false, 'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('churn_cause', 11, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('churn_cause', 12, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');

DROP FUNCTION cvm.put_subscription_bodies(text, text[], text, boolean);
DROP TABLE cvm.subscription_part;
