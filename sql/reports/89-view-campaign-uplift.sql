-- SPDX-License-Identifier: PostgreSQL
-- Report view over contacts of campaigns: what they brought beyond a control.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(66, 'campaign_days', 'count', '30',
		'Days from the first contact of a campaign in which a subscription that begins counts for it.'),
	(67, 'control_share', 'fraction', NULL,
		'Planned share of the control group of campaigns, by which their sample ratio is checked; NULL: not '
		'checked.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(104, 'campaign_uplift',
		'What each campaign brought beyond its control group: customers as they were assigned (intent to treat), who '
		'began a subscription within campaign_days, the difference with its interval, and what the campaign could '
		'have shown at all.', 'target_customers');

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('campaign_uplift', 1, '{contact,contact.campaign,contact.arm,subscription}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(c.occurred_at, {time_zone})) + 1 FROM contact c)) AS as_of
), member AS (
	-- as first assigned; who is in both arms later on stays there and is counted
	SELECT c.campaign, c.customer_id, min(cvm.day_of(c.occurred_at, {time_zone})) AS day,
		(array_agg(lower(c.arm) = 'control' ORDER BY c.occurred_at, lower(c.arm) = 'control' DESC))[1] AS is_control,
		count(DISTINCT lower(c.arm) = 'control') > 1 AS is_contaminated
	FROM contact c
	CROSS JOIN observed o
	WHERE c.campaign IS NOT NULL AND c.customer_id IS NOT NULL AND c.arm IS NOT NULL AND cvm.day_of(c.occurred_at, {time_zone}) < o.as_of
	GROUP BY c.campaign, c.customer_id
), outcome AS (
	SELECT m.campaign, m.customer_id, m.is_control, m.is_contaminated, m.day, m.day + {campaign_days} <= o.as_of AS is_mature, o.as_of,
		count(s.started_on) > 0 AS is_converted
	FROM member m
	CROSS JOIN observed o
	LEFT JOIN subscription s ON s.customer_id = m.customer_id AND s.started_on >= m.day AND s.started_on < m.day + {campaign_days} AND s.started_on < o.as_of
	GROUP BY m.campaign, m.customer_id, m.is_control, m.is_contaminated, m.day, o.as_of
), counted AS (
	SELECT x.campaign, x.as_of, min(x.day) AS first_contact_on, max(x.day) AS last_contact_on,
		count(*) FILTER (WHERE NOT x.is_control AND x.is_mature) AS n1,
		count(*) FILTER (WHERE x.is_control AND x.is_mature) AS n0,
		count(*) FILTER (WHERE NOT x.is_mature) AS pending,
		count(*) FILTER (WHERE NOT x.is_control AND x.is_mature AND x.is_converted) AS h1,
		count(*) FILTER (WHERE x.is_control AND x.is_mature AND x.is_converted) AS h0,
		count(*) FILTER (WHERE x.is_contaminated) AS contaminated, count(*) AS n,
		count(*) FILTER (WHERE x.is_control) AS controls
	FROM outcome x
	GROUP BY x.campaign, x.as_of
), rate AS (
	SELECT c.*, c.h1 / nullif(c.n1, 0)::float8 AS p1, c.h0 / nullif(c.n0, 0)::float8 AS p0,
		(c.h1 + c.h0) / nullif(c.n1 + c.n0, 0)::float8 AS p
	FROM counted c
), judged AS (
	SELECT r.*, r.p1 - r.p0 AS uplift,
		sqrt(r.p1 * (1 - r.p1) / r.n1 + r.p0 * (1 - r.p0) / r.n0) AS std_error,
		(z.conf_high + 0.8416212335729143) * sqrt(r.p * (1 - r.p) * (1.0 / nullif(r.n1, 0) + 1.0 / nullif(r.n0, 0))) AS detectable,
		-- few hits: the normal is no guide to their difference
		least(r.h1, r.n1 - r.h1, r.h0, r.n0 - r.h0) < 5 AS is_rare,
		abs(r.controls - r.n * {control_share}) / nullif(sqrt(r.n * {control_share} * (1 - {control_share})), 0) > 3.2905 AS is_skewed
	FROM rate r
	CROSS JOIN cvm.mean_difference(0, 0, 0, 1, {conf}) z
), told AS (
	SELECT j.*,
		CASE WHEN j.is_rare THEN w.conf_low ELSE d.conf_low END AS conf_low,
		CASE WHEN j.is_rare THEN w.conf_high ELSE d.conf_high END AS conf_high
	FROM judged j
	LEFT JOIN LATERAL (SELECT * FROM cvm.proportion_difference(j.h0, j.n0, j.h1, j.n1, {conf})) w ON j.n1 > 0 AND j.n0 > 0
	LEFT JOIN LATERAL (SELECT * FROM cvm.mean_difference(0, 0, j.uplift, j.std_error, {conf})) d ON j.std_error > 0
)
SELECT cvm.row_key(t.campaign) AS row_key,
	t.campaign,
	t.first_contact_on,
	t.last_contact_on,
	t.n1 AS target_customers,
	t.n0 AS control_customers,
	t.pending AS pending_customers,
	t.contaminated AS contaminated_customers,
	t.h1 AS target_converted,
	t.h0 AS control_converted,
	t.p1 AS target_rate,
	t.p0 AS control_rate,
	t.uplift,
	t.std_error,
	t.conf_low,
	t.conf_high,
	t.detectable AS minimum_detectable,
	t.uplift * t.n1 AS incremental_customers,
	CASE WHEN t.n1 = 0 AND t.n0 = 0 THEN 'immature'
		WHEN t.n0 = 0 OR t.n1 = 0 THEN 'no_control'
		WHEN t.is_skewed THEN 'sample_ratio'
		WHEN t.contaminated > t.n * 0.05 THEN 'contaminated'
		WHEN t.conf_low > 0 THEN 'uplift'
		WHEN t.conf_high < 0 THEN 'harm'
		ELSE 'inconclusive' END AS verdict,
	{campaign_days} AS campaign_days,
	{time_zone} AS time_zone,
	t.as_of
FROM told t$$);

INSERT INTO cvm.report_list (view, preference, list)
SELECT b.view, b.preference, split_part(b.body, '), counted AS (', 1) || $$)
SELECT a.row_key, x.customer_id,
	CASE WHEN NOT x.is_control AND x.is_mature THEN 1 ELSE 0 END AS target_customers,
	CASE WHEN x.is_control AND x.is_mature THEN 1 ELSE 0 END AS control_customers,
	CASE WHEN NOT x.is_mature THEN 1 ELSE 0 END AS pending_customers,
	CASE WHEN x.is_contaminated THEN 1 ELSE 0 END AS contaminated_customers,
	CASE WHEN NOT x.is_control AND x.is_mature AND x.is_converted THEN 1 ELSE 0 END AS target_converted,
	CASE WHEN x.is_control AND x.is_mature AND x.is_converted THEN 1 ELSE 0 END AS control_converted,
	NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	CASE WHEN x.is_control THEN 'control' ELSE 'target' END || ' since ' || x.day || CASE WHEN x.is_converted THEN ', began a subscription' ELSE '' END AS detail
FROM outcome x
JOIN wanted a ON a.campaign = x.campaign$$
FROM cvm.report_body b
WHERE b.view = 'campaign_uplift';

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('campaign_uplift', 1, 'row_key', 'text', 'key', 'campaign', false, 'One value per row.'),
	('campaign_uplift', 2, 'campaign', 'text', 'name', 'contact.campaign', false, 'The campaign.'),
	('campaign_uplift', 3, 'first_contact_on', 'date', 'date', 'first day of a contact', false,
		'When the first customer was assigned.'),
	('campaign_uplift', 4, 'last_contact_on', 'date', 'date', 'last day on which a customer was assigned', false,
		'When the last customer was assigned.'),
	('campaign_uplift', 5, 'target_customers', 'bigint', 'customers',
		'customers assigned to another arm than control, campaign_days ago or longer', true,
		'Customers of the target group, contacted or not.'),
	('campaign_uplift', 6, 'control_customers', 'bigint', 'customers',
		'customers assigned to control, campaign_days ago or longer', true, 'Customers of the control group.'),
	('campaign_uplift', 7, 'pending_customers', 'bigint', 'customers',
		'customers assigned less than campaign_days ago', true,
		'Customers of whom it is too early to tell; in no rate.'),
	('campaign_uplift', 8, 'contaminated_customers', 'bigint', 'customers', 'customers who are in both arms', true,
		'Customers who were in both; they count where they were first.'),
	('campaign_uplift', 9, 'target_converted', 'bigint', 'customers',
		'target customers with a subscription that began within campaign_days', true,
		'Of the target group, who began a subscription.'),
	('campaign_uplift', 10, 'control_converted', 'bigint', 'customers', 'control customers likewise', true,
		'Of the control group, who did.'),
	('campaign_uplift', 11, 'target_rate', 'double precision', 'fraction 0..1', 'target_converted / target_customers',
		false, 'Rate of the target group.'),
	('campaign_uplift', 12, 'control_rate', 'double precision', 'fraction 0..1',
		'control_converted / control_customers', false, 'Rate of the control group: what would have come without.'),
	('campaign_uplift', 13, 'uplift', 'double precision', 'fraction', 'target_rate - control_rate', false,
		'What the campaign brought beyond.'),
	('campaign_uplift', 14, 'std_error', 'double precision', 'fraction', 'sqrt(p1 (1 - p1) / n1 + p0 (1 - p0) / n0)',
		false, 'Standard error of the uplift.'),
	('campaign_uplift', 15, 'conf_low', 'double precision', 'fraction',
		'normal; below five of anything Newcombe''s hybrid score', false, 'Lower end of the interval of the uplift.'),
	('campaign_uplift', 16, 'conf_high', 'double precision', 'fraction',
		'normal; below five of anything Newcombe''s hybrid score', false, 'Upper end of the interval of the uplift.'),
	('campaign_uplift', 17, 'minimum_detectable', 'double precision', 'fraction',
		'(z of conf + z of 0.8) * sqrt(p (1 - p) (1 / n1 + 1 / n0))', false,
		'The uplift that groups of this size would have shown four times of five: a smaller one is not refuted.'),
	('campaign_uplift', 18, 'incremental_customers', 'double precision', 'customers (estimate)', 'uplift * target_customers',
		false, 'Customers that the campaign brought.'),
	('campaign_uplift', 19, 'verdict', 'text', 'word',
		'interval of the uplift beside 0, after what makes it worthless', false,
		'uplift, harm, inconclusive; no_control, immature; sample_ratio (the arms are not as planned, p < 0.001) or '
		'contaminated (more than 5% in both): no figure of it can be used.'),
	('campaign_uplift', 20, 'campaign_days', 'integer', 'days', 'setting of the model', false,
		'For how long a customer is watched.'),
	('campaign_uplift', 21, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('campaign_uplift', 22, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
