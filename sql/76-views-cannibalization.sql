-- Report views over launches: what a new product's customers came from, what
-- that cost, and whether it pays.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(30, 'look_back', 'count', '30', 'Days before an entry into a new product in which other products count as held before.'),
	(31, 'look_ahead', 'count', '60', 'Days after an entry at whose end other products are looked at again.'),
	(32, 'entry_gap', 'count', '0', 'Days without the new product after which coming back is a new entry.'),
	(33, 'min_entries', 'count', '30', 'Entries that a verdict needs.'),
	(34, 'min_matured', 'fraction', '0.8', 'Share of the entries that must be look_ahead days old before there is a verdict.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(50, 'cannibalization', 'Did a new product eat older ones, how sure is that, and does it pay? One row per new product (focal), donor, segment and channel. Entries are classified against the donor of the row, "(all)" being every other product, so rows of donors do not add up; cannibalization_matrix does. Rates stand on matured entries. A new product is one launched after the first day of the data.'),
	(51, 'cannibalization_evidence', 'The entries behind cannibalization: one row per customer and first day of a run of a new product, compared with all other products.'),
	(52, 'cannibalization_sensitivity', 'The rates of cannibalization over a grid of look-back and look-ahead, and the hazard: of those who still had all they had thirty days earlier, the share who lost some since, with the new product and without it. Choose a look-ahead where the two meet.'),
	(58, 'cannibalization_matrix', 'Who lives off whom: every product as the new one, every other as a donor, one row per pair and segment, "(all)" being the sum of the donors. Lost money of an entry is divided among the donors that dropped, so that it adds up. It is not corrected for what donors lose anyway.');

-- The bodies share their parts, so they are put together here.
WITH part (name, choice, needs, body) AS (VALUES
	('observed', 1, '{subscription}'::text[],
$$observed AS MATERIALIZED (
	SELECT min(s.started_on) FILTER (WHERE isfinite(s.started_on)) AS first_day, coalesce({as_of}, greatest(
		max(s.started_on) FILTER (WHERE isfinite(s.started_on) AND s.started_on <= t.day),
		max(s.ended_on) FILTER (WHERE isfinite(s.ended_on) AND s.ended_on <= t.day)) + 1) AS as_of
	FROM subscription s
	CROSS JOIN (SELECT (now() AT TIME ZONE {time_zone})::date AS day) t
)$$),
	-- what is sold says when it was launched; what does not, first sold long
	-- after everything else, must have been launched then
	('launch', 1, '{product}',
$$catalogue AS (
	SELECT p.product, max(p.launched_on) AS launched_on, max(p.unit_margin) AS unit_margin, max(p.list_price) AS list_price
	FROM product p
	GROUP BY p.product
), launch AS MATERIALIZED (
	SELECT b.focal, b.launched_on, p.unit_margin, p.list_price
	FROM (
		SELECT s.product AS focal, coalesce(min(p.launched_on), min(s.started_on)) AS launched_on,
			min(p.launched_on) IS NOT NULL OR min(s.started_on) > min(o.first_day) + 90 AS is_told
		FROM subscription s
		CROSS JOIN observed o
		LEFT JOIN catalogue p ON p.product = s.product
		WHERE s.product IS NOT NULL AND s.started_on < o.as_of
		GROUP BY s.product) b
	CROSS JOIN observed o
	LEFT JOIN catalogue p ON p.product = b.focal
	WHERE b.is_told AND b.launched_on > o.first_day AND b.launched_on < o.as_of
)$$),
	('launch', 2, '{}',
$$launch AS MATERIALIZED (
	SELECT s.product AS focal, min(s.started_on) AS launched_on, NULL::numeric AS unit_margin, NULL::numeric AS list_price
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.product IS NOT NULL AND s.started_on < o.as_of
	GROUP BY s.product
	HAVING min(s.started_on) > min(o.first_day) + 90
)$$),
	('spell', 1, '{}',
$$spell AS NOT MATERIALIZED (
	SELECT s.customer_id, coalesce(s.product, '(none)') AS product, s.started_on, s.ended_on, s.channel, s.offer,
		CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END AS mrr
	FROM subscription s
	WHERE s.customer_id IS NOT NULL AND s.started_on IS NOT NULL AND (s.ended_on IS NULL OR s.ended_on > s.started_on)
)$$),
	-- the segment held at the launch or, who came later, on the first day: any
	-- later one may be a consequence of the launch
	('placed', 1, '{segment_history}',
$$began AS (
	SELECT l.focal, b.customer_id, greatest(l.launched_on, b.first_day) AS day
	FROM (SELECT s.customer_id, min(s.started_on) AS first_day FROM spell s GROUP BY s.customer_id) b
	CROSS JOIN launch l
), placed AS MATERIALIZED (
	SELECT b.focal, b.customer_id, coalesce((array_agg(g.segment ORDER BY g.valid_from DESC, g.segment) FILTER (WHERE g.segment IS NOT NULL))[1], '(none)') AS segment
	FROM began b
	LEFT JOIN segment_history g ON g.customer_id = b.customer_id AND g.valid_from <= b.day AND (g.valid_to IS NULL OR g.valid_to > b.day)
	GROUP BY b.focal, b.customer_id
)$$),
	('placed', 2, '{}', NULL),
	-- entries of those who ever took a launch: few, so that what they hold may
	-- be folded with the channels in which it was sold
	('entered', 1, '{segment_history}',
$$held AS MATERIALIZED (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, s.mrr, s.channel, s.offer) AS holdings
	FROM spell s
	WHERE s.customer_id IN (SELECT t.customer_id FROM spell t WHERE t.product IN (SELECT l.focal FROM launch l))
	GROUP BY s.customer_id
), entered AS MATERIALIZED (
	SELECT l.focal, h.customer_id, p.segment, h.holdings, e.*
	FROM held h
	CROSS JOIN launch l
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.entries(h.holdings, ARRAY[l.focal], NULL, o.as_of, {look_back}, {look_ahead}, {entry_gap}) e
	JOIN placed p ON p.focal = l.focal AND p.customer_id = h.customer_id
)$$),
	('entered', 2, '{}',
$$held AS MATERIALIZED (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, s.mrr, s.channel, s.offer) AS holdings
	FROM spell s
	WHERE s.customer_id IN (SELECT t.customer_id FROM spell t WHERE t.product IN (SELECT l.focal FROM launch l))
	GROUP BY s.customer_id
), entered AS MATERIALIZED (
	SELECT l.focal, h.customer_id, '(none)'::text AS segment, h.holdings, e.*
	FROM held h
	CROSS JOIN launch l
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.entries(h.holdings, ARRAY[l.focal], NULL, o.as_of, {look_back}, {look_ahead}, {entry_gap}) e
)$$)),

report (view, parts, body) AS (VALUES
	('cannibalization', '{observed,launch,spell,placed,entered}'::text[],
$$, pair AS MATERIALIZED (
	SELECT e.focal, d.donor, count(*) AS entries
	FROM entered e
	CROSS JOIN LATERAL unnest(e.donors_before) AS d(donor)
	GROUP BY e.focal, d.donor
), question AS MATERIALIZED (
	SELECT l.focal, '(all)'::text AS donor, ARRAY[l.focal] AS focals, NULL::text[] AS donors FROM launch l
	UNION ALL
	SELECT r.focal, r.donor, ARRAY[r.focal], ARRAY[r.donor] FROM pair r
), by_segment AS MATERIALIZED (
	-- only who has a donor or the focal product is anybody to a question
	SELECT q.focal, q.donor, x.segment, x.state
	FROM question q
	CROSS JOIN LATERAL (
		SELECT {{segment}} AS segment,
			cvm.cannibalization_agg(s.customer_id, s.product, s.started_on, s.ended_on, s.mrr, q.focals, q.donors, (SELECT o.as_of FROM observed o), {look_back}, {look_ahead}, {entry_gap}, {{stratum}}) AS state
		FROM spell s{{placed}}
		WHERE q.donors IS NULL OR s.product = q.focal OR s.product = q.donor{{by_placed}}) x
	WHERE x.state IS NOT NULL
), every_channel AS MATERIALIZED (
	SELECT b.focal, b.donor, b.segment, b.state FROM by_segment b {{without_total}}
	UNION ALL
	SELECT b.focal, b.donor, '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b GROUP BY b.focal, b.donor
), {{by_channel}}state AS MATERIALIZED (
	SELECT s.focal, s.donor, s.segment, '(all)'::text AS channel, s.state FROM every_channel s{{channel_states}}
), mixed AS (
	-- what a unit of the donors earns: weighed by what each of them lost or,
	-- when nothing was, by how many held it
	SELECT s.focal, s.donor, s.segment, s.channel,
		CASE WHEN s.donor <> '(all)' THEN c.unit_margin WHEN d.lost > 0 THEN d.margin ELSE h.margin END AS margin,
		CASE WHEN s.donor <> '(all)' THEN c.list_price WHEN d.lost > 0 THEN d.margin / nullif(d.share, 0) ELSE h.margin / nullif(h.share, 0) END AS price
	FROM state s
	LEFT JOIN catalogue c ON c.product = s.donor
	LEFT JOIN LATERAL (
		SELECT sum(x.lost_mrr) AS lost,
			CASE WHEN bool_and(p.unit_margin IS NOT NULL) THEN sum(x.lost_mrr * p.unit_margin) / nullif(sum(x.lost_mrr), 0) END AS margin,
			CASE WHEN bool_and(p.list_price > 0) THEN sum(x.lost_mrr * p.unit_margin / nullif(p.list_price, 0)) / nullif(sum(x.lost_mrr), 0) END AS share
		FROM cvm.cannibalization_donors(s.state) x
		LEFT JOIN catalogue p ON p.product = x.donor
		WHERE s.donor = '(all)') d ON true
	LEFT JOIN LATERAL (
		SELECT sum(r.entries * p.unit_margin) / sum(r.entries) AS margin,
			sum(r.entries * p.unit_margin / nullif(p.list_price, 0)) / sum(r.entries) AS share
		FROM pair r
		JOIN catalogue p ON p.product = r.donor AND p.unit_margin IS NOT NULL
		WHERE r.focal = s.focal AND s.donor = '(all)') h ON true
)
SELECT s.focal || '|' || s.donor || '|' || s.segment || '|' || s.channel AS row_key,
	s.focal,
	s.donor,
	s.segment,
	l.launched_on,
	to_char(l.launched_on::timestamp, 'YYYY-MM') AS launch_label,
	v.entries,
	v.matured_entries,
	v.pending_entries,
	v.new_entries,
	v.winback_entries,
	v.add_entries,
	v.switch_entries,
	v.partial_entries,
	v.customers,
	v.own_base_share,
	v.unit_rate,
	v.unit_rate_low,
	v.unit_rate_high,
	v.value_rate,
	v.value_rate_low,
	v.value_rate_high,
	v.focal_mrr::numeric(18,2) AS focal_mrr,
	v.before_mrr::numeric(18,2) AS before_mrr,
	v.lost_mrr::numeric(18,2) AS lost_mrr,
	v.net_mrr::numeric(18,2) AS net_mrr,
	v.control_customers,
	v.control_matched_share,
	v.control_loss_rate,
	v.corrected_rate,
	v.corrected_rate_low,
	v.corrected_rate_high,
	v.corrected_value_rate,
	v.focal_churn_rate,
	v.donor_churn_rate,
	l.unit_margin::numeric(18,2) AS focal_margin,
	m.margin::numeric(18,2) AS donor_margin,
	v.break_even_unit_rate,
	v.break_even_value_rate,
	v.break_even_lifetime_rate,
	v.net_margin::numeric(18,2) AS net_margin,
	v.verdict,
	v.reason,
	v.look_back,
	v.look_ahead,
	v.pending_entries = 0 AS is_complete,
	{currency} AS currency,
	o.as_of,
	s.channel
FROM state s
JOIN launch l ON l.focal = s.focal
JOIN mixed m ON m.focal = s.focal AND m.donor = s.donor AND m.segment = s.segment AND m.channel = s.channel
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cannibalization_verdict(s.state, l.unit_margin::double precision, m.margin::double precision,
	l.list_price::double precision, m.price::double precision, conf => {conf}, min_entries => {min_entries}, min_matured => {min_matured}) v
WHERE v.entries > 0 OR (s.segment = '(all)' AND s.channel = '(all)')$$),

	('cannibalization_evidence', '{observed,launch,spell,placed,entered}',
$$
SELECT e.focal || '|' || e.customer_id::text || '|' || to_char(e.entered_on::timestamp, 'YYYY-MM-DD') AS row_key,
	e.customer_id,
	e.focal,
	e.segment,
	e.entered_on,
	to_char(e.entered_on::timestamp, 'YYYY-MM') AS entered_label,
	e.kind,
	array_to_string(e.donors_before, ', ') AS donors_before,
	e.donor_before::numeric(18,2) AS donor_mrr_before,
	e.donor_after::numeric(18,2) AS donor_mrr_after,
	e.focal_mrr::numeric(18,2) AS focal_mrr,
	e.lost_mrr::numeric(18,2) AS lost_mrr,
	e.net_mrr::numeric(18,2) AS net_mrr,
	e.kind <> 'pending' AS is_complete,
	{currency} AS currency,
	o.as_of,
	coalesce(e.channel, '(none)') AS channel,
	coalesce(e.offer, '(none)') AS offer,
	e.days_between
FROM entered e
CROSS JOIN observed o$$),

	('cannibalization_matrix', '{observed,spell}',
$$, by_segment AS MATERIALIZED (
	{{matrix_by_segment}}
), state AS (
	SELECT b.segment, b.state FROM by_segment b {{without_total}}
	UNION ALL
	SELECT '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b
)
SELECT c.focal || '|' || c.donor || '|' || s.segment AS row_key,
	c.focal,
	c.donor,
	s.segment,
	c.entries,
	c.matured_entries,
	c.losing_entries,
	c.focal_mrr::numeric(18,2) AS focal_mrr,
	c.lost_mrr::numeric(18,2) AS lost_mrr,
	c.value_rate,
	CASE WHEN c.donor <> '(all)' THEN (c.lost_mrr / nullif(sum(c.lost_mrr) OVER (PARTITION BY s.segment, c.donor), 0))::double precision END AS donor_share,
	c.entries = c.matured_entries AS is_complete,
	{currency} AS currency,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cannibalization_cells(s.state) c$$),

	('cannibalization_sensitivity', '{observed,launch,spell,placed}',
$$, by_segment AS MATERIALIZED (
	SELECT q.focal, x.segment, x.state
	FROM (SELECT l.focal, ARRAY[l.focal] AS focals FROM launch l) q
	CROSS JOIN LATERAL (
		SELECT {{segment}} AS segment,
			cvm.cannibalization_agg(s.customer_id, s.product, s.started_on, s.ended_on, s.mrr, q.focals, NULL::text[], (SELECT o.as_of FROM observed o),
				ARRAY[7, 30, 90], ARRAY[0, 30, 60, 90, 120, 150, 180], {entry_gap}, {{stratum}}) AS state
		FROM spell s{{placed}}{{by_placed}}) x
	WHERE x.state IS NOT NULL
), state AS MATERIALIZED (
	SELECT b.focal, b.segment, b.state FROM by_segment b {{without_total}}
	UNION ALL
	SELECT b.focal, '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b GROUP BY b.focal
)
SELECT s.focal || '|' || s.segment || '|' || v.look_back || '|' || v.look_ahead AS row_key,
	s.focal,
	s.segment,
	v.look_back,
	v.look_ahead,
	v.matured_entries,
	v.pending_entries,
	v.own_base_share,
	v.unit_rate,
	v.unit_rate_low,
	v.unit_rate_high,
	v.value_rate,
	v.value_rate_low,
	v.value_rate_high,
	v.control_customers,
	v.control_loss_rate,
	v.corrected_rate,
	v.corrected_rate_low,
	v.corrected_rate_high,
	v.entry_hazard,
	v.control_hazard,
	v.pending_entries = 0 AS is_complete,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cannibalization_verdict(s.state, conf => {conf}) v
WHERE v.entries > 0 OR s.segment = '(all)'$$)),

-- every choice of parts that a view may be made of
choice (view, needs, body) AS (
	SELECT r.view, '{subscription}'::text[] || l.needs || pl.needs || ch.needs,
		'WITH ' || concat_ws(', ',
			(SELECT p.body FROM part p WHERE p.name = 'observed'),
			CASE WHEN 'launch' = ANY (r.parts) THEN l.body END,
			(SELECT p.body FROM part p WHERE p.name = 'spell'),
			CASE WHEN 'placed' = ANY (r.parts) THEN pl.body END,
			(SELECT p.body FROM part p WHERE p.name = 'entered' AND p.name = ANY (r.parts) AND p.choice = pl.choice))
		|| (SELECT replace(replace(replace(replace(replace(replace(replace(replace(r.body,
				'{{channel_states}}', CASE WHEN ch.known THEN $$
	UNION ALL
	SELECT c.focal, c.donor, c.segment, c.channel, c.state OPERATOR(cvm.||) cvm.control_only(s.state)
	FROM by_channel c
	JOIN every_channel s ON s.focal = c.focal AND s.donor = c.donor AND s.segment = c.segment$$ ELSE '' END),
				'{{by_channel}}', CASE WHEN ch.known THEN $$sold AS (
	SELECT e.focal, e.customer_id, e.segment, coalesce(e.channel, '(none)') AS channel, (array_agg(e.holdings))[1] AS holdings
	FROM entered e
	GROUP BY e.focal, e.customer_id, e.segment, e.channel
), by_channel_segment AS (
	SELECT q.focal, q.donor, t.segment, t.channel,
		cvm.cannibalization_agg(t.holdings, q.focals, q.donors, o.as_of, {look_back}, {look_ahead}, {entry_gap}, t.segment, t.channel) AS state
	FROM sold t
	JOIN question q ON q.focal = t.focal
	CROSS JOIN observed o
	GROUP BY q.focal, q.donor, t.segment, t.channel
), by_channel AS (
	SELECT b.focal, b.donor, b.segment, b.channel, b.state FROM by_channel_segment b {{without_total}}
	UNION ALL
	SELECT b.focal, b.donor, '(all)' AS segment, b.channel, cvm.rollup(b.state) AS state FROM by_channel_segment b GROUP BY b.focal, b.donor, b.channel
), $$ ELSE '' END),
				'{{without_total}}', CASE WHEN pl.choice = 2 THEN 'WHERE false' ELSE '' END),
				'{{matrix_by_segment}}', CASE WHEN pl.choice = 2 THEN
$$SELECT '(none)'::text AS segment,
		cvm.cannibalization_matrix_agg(s.customer_id, s.product, s.started_on, s.ended_on, s.mrr, (SELECT o.as_of FROM observed o), {look_back}, {look_ahead}, {entry_gap}) AS state
	FROM spell s$$ ELSE
-- without a launch: the segment held on the customer's first day
$$SELECT p.segment,
		cvm.cannibalization_matrix_agg(s.customer_id, s.product, s.started_on, s.ended_on, s.mrr, (SELECT o.as_of FROM observed o), {look_back}, {look_ahead}, {entry_gap}) AS state
	FROM spell s
	JOIN (
		SELECT b.customer_id, coalesce((array_agg(g.segment ORDER BY g.valid_from DESC, g.segment) FILTER (WHERE g.segment IS NOT NULL))[1], '(none)') AS segment
		FROM (SELECT s.customer_id, min(s.started_on) AS day FROM spell s GROUP BY s.customer_id) b
		LEFT JOIN segment_history g ON g.customer_id = b.customer_id AND g.valid_from <= b.day AND (g.valid_to IS NULL OR g.valid_to > b.day)
		GROUP BY b.customer_id) p ON p.customer_id = s.customer_id
	GROUP BY p.segment$$ END),
				'{{segment}}', CASE WHEN pl.choice = 2 THEN $$'(none)'::text$$ ELSE 'p.segment' END),
				'{{stratum}}', CASE WHEN pl.choice = 2 THEN $$'(none)'$$ ELSE 'p.segment' END),
				'{{placed}}', CASE WHEN pl.choice = 2 THEN '' ELSE E'\n\t\tJOIN placed p ON p.focal = q.focal AND p.customer_id = s.customer_id' END),
				'{{by_placed}}', CASE WHEN pl.choice = 2 THEN '' ELSE E'\n\t\tGROUP BY p.segment' END))
	FROM report r
	JOIN part pl ON pl.name = 'placed'
	JOIN part l ON l.name = 'launch' AND CASE r.view WHEN 'cannibalization' THEN l.choice = 1 WHEN 'cannibalization_matrix' THEN l.choice = 2 ELSE true END
	JOIN (VALUES (true, '{subscription.channel}'::text[]), (false, '{}')) AS ch (known, needs) ON r.view = 'cannibalization' OR NOT ch.known
)
INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT c.view, row_number() OVER (PARTITION BY c.view ORDER BY cardinality(c.needs) DESC, c.needs), c.needs, c.body
FROM choice c;

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
