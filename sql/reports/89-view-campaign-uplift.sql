-- SPDX-License-Identifier: PostgreSQL
-- Report views over campaigns: what they brought beyond a control, and whether
-- all of them together can have brought what each claims.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(66, 'campaign_days', 'count', '30',
		'Days from the first contact of a campaign in which a subscription that begins counts for it.'),
	(67, 'control_share', 'fraction', NULL,
		'Planned share of the control group of campaigns, by which their sample ratio is checked; NULL: not '
		'checked.'),
	(163, 'universal_control', 'words', NULL,
		'Campaign, or campaigns, whose control arm is the universal control group: customers who get no marketing at all. '
		'NULL: there is none.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(104, 'campaign_uplift',
		'What each campaign brought beyond its control group: customers as they were assigned (intent to treat), who '
		'began a subscription within campaign_days and what they paid, the differences with their intervals, what the campaign '
		'could have shown at all, and what is left after its cost. Where the arms are not comparable it refuses.', 'target_customers'),
	(207, 'campaign_overclaim',
		'What campaigns claim to have brought beside what all marketing together brought beyond the universal control group in '
		'the same time: one row per campaign with a claim, and "(all)", their sum.', 'target_customers');

-- Outcomes added up by campaign, where these are needed anyway
@define campaign_counted
, counted AS MATERIALIZED (
	SELECT x.campaign, x.as_of, min(x.day) AS first_contact_on, max(x.day) AS last_contact_on,
		count(*) FILTER (WHERE NOT x.is_control AND x.is_mature) AS n1,
		count(*) FILTER (WHERE x.is_control AND x.is_mature) AS n0,
		count(*) FILTER (WHERE NOT x.is_mature) AS pending,
		count(*) FILTER (WHERE NOT x.is_control AND x.is_mature AND x.is_converted) AS h1,
		count(*) FILTER (WHERE x.is_control AND x.is_mature AND x.is_converted) AS h0,
		count(*) FILTER (WHERE x.is_contaminated) AS contaminated, count(*) FILTER (WHERE x.is_contaminated AND x.is_control) AS contaminated_controls,
		count(*) AS n, count(*) FILTER (WHERE x.is_control) AS controls, count(*) FILTER (WHERE x.is_elsewhere) AS elsewhere,
		bool_and(x.has_margin) FILTER (WHERE x.is_mature) AS has_margin,
		sum(x.cost) FILTER (WHERE NOT x.is_control AND x.is_mature) AS contact_cost,
@for arm | condition
1 | NOT x.is_control
0 | x.is_control
@make
		sum(x.revenue) FILTER (WHERE {condition} AND x.is_mature) AS y{arm}, sum(x.revenue_before) FILTER (WHERE {condition} AND x.is_mature) AS x{arm},
		sum(x.revenue * x.revenue) FILTER (WHERE {condition} AND x.is_mature) AS yy{arm},
		sum(x.revenue_before * x.revenue_before) FILTER (WHERE {condition} AND x.is_mature) AS xx{arm},
		sum(x.revenue * x.revenue_before) FILTER (WHERE {condition} AND x.is_mature) AS xy{arm},
		sum(x.margin) FILTER (WHERE {condition} AND x.is_mature) AS m{arm}, sum(x.margin * x.margin) FILTER (WHERE {condition} AND x.is_mature) AS mm{arm},
@end
		max(x.day + {campaign_days}) FILTER (WHERE x.is_mature) AS watched_until
	FROM outcome x
	GROUP BY x.campaign, x.as_of
)
@end
-- and whether that is more than chance
@define campaign_told
, spread AS (
	-- per head, in money; variances within the arms, and theta over both
	SELECT c.*, c.h1 / nullif(c.n1, 0)::float8 AS p1, c.h0 / nullif(c.n0, 0)::float8 AS p0,
		(c.h1 + c.h0) / nullif(c.n1 + c.n0, 0)::float8 AS p,
@for arm
1
0
@make
		(c.y{arm} / nullif(c.n{arm}, 0) / 30.4375)::float8 AS revenue{arm}, (c.x{arm} / nullif(c.n{arm}, 0) / 30.4375)::float8 AS before{arm},
		(c.m{arm} / nullif(c.n{arm}, 0) / 30.4375)::float8 AS margin{arm},
		((c.yy{arm} - c.y{arm} * c.y{arm} / nullif(c.n{arm}, 0)) / nullif(c.n{arm} - 1, 0) / 30.4375 ^ 2)::float8 AS vy{arm},
		((c.xx{arm} - c.x{arm} * c.x{arm} / nullif(c.n{arm}, 0)) / nullif(c.n{arm} - 1, 0) / 30.4375 ^ 2)::float8 AS vx{arm},
		((c.xy{arm} - c.x{arm} * c.y{arm} / nullif(c.n{arm}, 0)) / nullif(c.n{arm} - 1, 0) / 30.4375 ^ 2)::float8 AS cxy{arm},
		((c.mm{arm} - c.m{arm} * c.m{arm} / nullif(c.n{arm}, 0)) / nullif(c.n{arm} - 1, 0) / 30.4375 ^ 2)::float8 AS vm{arm},
@end
		((c.xy1 + c.xy0 - (c.x1 + c.x0) * (c.y1 + c.y0) / nullif(c.n1 + c.n0, 0))
			/ nullif(c.xx1 + c.xx0 - (c.x1 + c.x0) * (c.x1 + c.x0) / nullif(c.n1 + c.n0, 0), 0))::float8 AS theta,
		coalesce(p.control_share, {control_share}) AS control_share, p.starts_on, p.ends_on, p.metric, p.owner, p.reward_cost
	FROM counted c
	LEFT JOIN plan p ON p.campaign = c.campaign
), judged AS (
	SELECT r.*, r.p1 - r.p0 AS difference,
		sqrt(r.p1 * (1 - r.p1) / r.n1 + r.p0 * (1 - r.p0) / r.n0) AS error,
		z.conf_high + 0.8416212335729143 AS power,
		-- few hits: the normal is no guide to their difference
		least(r.h1, r.n1 - r.h1, r.h0, r.n0 - r.h0) < 5 AS is_rare,
		(r.controls - r.n * r.control_share) / nullif(sqrt(r.n * r.control_share * (1 - r.control_share)), 0) AS ratio_z,
		r.revenue1 - r.revenue0 AS revenue_difference, sqrt(greatest(r.vy1, 0) / nullif(r.n1, 0) + greatest(r.vy0, 0) / nullif(r.n0, 0)) AS revenue_error,
		r.before1 - r.before0 AS before_difference, sqrt(greatest(r.vx1, 0) / nullif(r.n1, 0) + greatest(r.vx0, 0) / nullif(r.n0, 0)) AS before_error,
		(r.revenue1 - r.revenue0) - r.theta * (r.before1 - r.before0) AS cuped_difference,
		sqrt(greatest(r.vy1 - 2 * r.theta * r.cxy1 + r.theta ^ 2 * r.vx1, 0) / nullif(r.n1, 0)
			+ greatest(r.vy0 - 2 * r.theta * r.cxy0 + r.theta ^ 2 * r.vx0, 0) / nullif(r.n0, 0)) AS cuped_error,
		CASE WHEN r.has_margin THEN r.margin1 - r.margin0 END AS margin_difference,
		CASE WHEN r.has_margin THEN sqrt(greatest(r.vm1, 0) / nullif(r.n1, 0) + greatest(r.vm0, 0) / nullif(r.n0, 0)) END AS margin_error,
		CASE WHEN r.contact_cost IS NOT NULL OR r.reward_cost IS NOT NULL THEN coalesce(r.contact_cost, 0) + coalesce(r.reward_cost * r.h1, 0) END AS cost
	FROM spread r
	CROSS JOIN cvm.mean_difference(0, 0, 0, 1, {conf}) z
), checked AS (
	SELECT j.*, q.p_value AS ratio_p_value, b.p_value AS balance_p_value,
		CASE WHEN j.n1 = 0 AND j.n0 = 0 THEN 'immature'
			WHEN j.n0 = 0 OR j.n1 = 0 THEN 'no_control'
			WHEN q.p_value < 0.001 THEN 'sample_ratio'
			WHEN j.contaminated > j.n * 0.05 OR j.contaminated_controls > j.controls * 0.05 THEN 'contaminated' END AS refusal
	FROM judged j
	LEFT JOIN LATERAL cvm.mean_difference(0, 0, j.ratio_z, 1, {conf}, 0) q ON j.ratio_z IS NOT NULL
	LEFT JOIN LATERAL cvm.mean_difference(0, 0, j.before_difference, j.before_error, {conf}, 0) b ON j.before_error > 0
), told AS (
	SELECT j.*, j.difference AS uplift, j.error AS std_error,
		CASE WHEN j.is_rare THEN w.conf_low ELSE d.conf_low END AS conf_low,
		CASE WHEN j.is_rare THEN w.conf_high ELSE d.conf_high END AS conf_high
	FROM checked j
	LEFT JOIN LATERAL (SELECT * FROM cvm.proportion_difference(j.h0, j.n0, j.h1, j.n1, {conf})) w ON j.refusal IS NULL
	LEFT JOIN LATERAL (SELECT * FROM cvm.mean_difference(0, 0, j.difference, j.error, {conf})) d ON j.refusal IS NULL AND j.error > 0
)
@end

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'campaign_uplift', n.preference, n.needs, b.body
FROM (VALUES (1, '{campaign_member,subscription}'::text[]), (2, '{contact,contact.campaign,contact.arm,subscription}')) AS n (preference, needs)
CROSS JOIN (VALUES ($$
{campaign_counted}
@use campaign_told
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
	CASE WHEN t.refusal IS NULL THEN t.uplift END AS uplift,
	CASE WHEN t.refusal IS NULL THEN t.std_error END AS std_error,
	t.conf_low,
	t.conf_high,
	t.power * sqrt(t.p * (1 - t.p) * (1.0 / nullif(t.n1, 0) + 1.0 / nullif(t.n0, 0))) AS minimum_detectable,
	CASE WHEN t.refusal IS NULL THEN t.uplift * t.n1 END AS incremental_customers,
	coalesce(t.refusal, CASE WHEN t.conf_low > 0 THEN 'uplift'
		WHEN t.conf_high < 0 THEN 'harm'
		ELSE 'inconclusive' END) AS verdict,
	t.owner,
	t.metric,
	t.elsewhere AS overlapping_customers,
	t.control_share AS planned_control_share,
	t.controls / nullif(t.n, 0)::float8 AS actual_control_share,
	t.ratio_p_value AS sample_ratio_p_value,
	t.before1 AS target_revenue_before,
	t.before0 AS control_revenue_before,
	t.before_difference / nullif(sqrt((greatest(t.vx1, 0) + greatest(t.vx0, 0)) / 2), 0) AS balance_difference,
	t.balance_p_value,
	t.revenue1 AS target_revenue,
	t.revenue0 AS control_revenue,
	CASE WHEN t.refusal IS NULL THEN t.revenue_difference END AS revenue_uplift,
	CASE WHEN t.refusal IS NULL THEN t.revenue_error END AS revenue_std_error,
	e.conf_low AS revenue_low,
	e.conf_high AS revenue_high,
	t.power * t.revenue_error AS minimum_detectable_revenue,
	t.theta AS cuped_theta,
	CASE WHEN t.refusal IS NULL THEN t.cuped_difference END AS cuped_revenue_uplift,
	CASE WHEN t.refusal IS NULL THEN t.cuped_error END AS cuped_std_error,
	u.conf_low AS cuped_low,
	u.conf_high AS cuped_high,
	t.power * t.cuped_error AS minimum_detectable_cuped,
	1 - t.cuped_error ^ 2 / nullif(t.revenue_error ^ 2, 0) AS cuped_variance_reduction,
	CASE WHEN t.refusal IS NULL THEN t.margin_difference END AS margin_uplift,
	t.cost AS campaign_cost,
	CASE WHEN t.refusal IS NULL THEN t.margin_difference::numeric * t.n1 - coalesce(t.cost, 0) END AS incremental_margin,
	CASE WHEN t.refusal IS NULL THEN g.conf_low::numeric * t.n1 - coalesce(t.cost, 0) END AS incremental_margin_low,
	CASE WHEN t.refusal IS NULL THEN g.conf_high::numeric * t.n1 - coalesce(t.cost, 0) END AS incremental_margin_high,
	{campaign_days} AS campaign_days,
	{currency} AS currency,
	t.pending = 0 AS is_complete,
	{time_zone} AS time_zone,
	t.as_of
FROM told t
LEFT JOIN LATERAL cvm.mean_difference(0, 0, t.revenue_difference, t.revenue_error, {conf}) e ON t.refusal IS NULL AND t.revenue_error > 0
LEFT JOIN LATERAL cvm.mean_difference(0, 0, t.cuped_difference, t.cuped_error, {conf}) u ON t.refusal IS NULL AND t.cuped_error > 0
LEFT JOIN LATERAL cvm.mean_difference(0, 0, t.margin_difference, t.margin_error, {conf}) g ON t.refusal IS NULL AND t.margin_error > 0$$)) AS b (body);

INSERT INTO cvm.report_list (view, preference, list)
SELECT b.view, b.preference, $$
{campaign_outcome}
SELECT a.row_key, x.customer_id,
	CASE WHEN NOT x.is_control AND x.is_mature THEN 1 ELSE 0 END AS target_customers,
	CASE WHEN x.is_control AND x.is_mature THEN 1 ELSE 0 END AS control_customers,
	CASE WHEN NOT x.is_mature THEN 1 ELSE 0 END AS pending_customers,
	CASE WHEN x.is_contaminated THEN 1 ELSE 0 END AS contaminated_customers,
	CASE WHEN x.is_elsewhere THEN 1 ELSE 0 END AS overlapping_customers,
	CASE WHEN NOT x.is_control AND x.is_mature AND x.is_converted THEN 1 ELSE 0 END AS target_converted,
	CASE WHEN x.is_control AND x.is_mature AND x.is_converted THEN 1 ELSE 0 END AS control_converted,
	CASE WHEN NOT x.is_control AND x.is_mature THEN x.cost + coalesce(p.reward_cost * CASE WHEN x.is_converted THEN 1 ELSE 0 END, 0) END AS campaign_cost,
	x.revenue_before / 30.4375 AS mrr_before, x.revenue / 30.4375 AS mrr_after,
	CASE WHEN x.is_control THEN 'control' ELSE 'target' END || ' since ' || to_char(x.day::timestamp, 'YYYY-MM-DD')
		|| CASE WHEN x.is_converted THEN ', began a subscription' ELSE '' END AS detail
FROM outcome x
LEFT JOIN plan p ON p.campaign = x.campaign
JOIN wanted a ON a.campaign = x.campaign$$
FROM cvm.report_body b
WHERE b.view = 'campaign_uplift';

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('campaign_overclaim', 1, '{campaign_member,subscription}', $$
{campaign_counted}
@use campaign_told
{campaign_claimed}{universal_counted}
, universal AS MATERIALIZED (
	SELECT u.*, u.s1 / nullif(u.n1, 0)::float8 AS mean1, u.s0 / nullif(u.n0, 0)::float8 AS mean0,
		sqrt((u.q1 - u.s1 * u.s1 / nullif(u.n1, 0)) / nullif(u.n1 - 1, 0) / u.n1
			+ (u.q0 - u.s0 * u.s0 / nullif(u.n0, 0)) / nullif(u.n0 - 1, 0) / u.n0)::float8 AS error
	FROM (
		-- where only the control is told, all others are marketed to
		SELECT CASE WHEN u.targets > 0 THEN u.targets WHEN u.controls > 0 THEN u.others ELSE 0 END AS n1, u.controls AS n0, u.contaminated, u.reached,
			CASE WHEN u.targets > 0 THEN u.target_purchases WHEN u.controls > 0 AND u.others > 0 THEN u.other_purchases END::numeric AS s1,
			CASE WHEN u.controls > 0 THEN u.control_purchases END::numeric AS s0,
			CASE WHEN u.targets > 0 THEN u.target_squares WHEN u.controls > 0 AND u.others > 0 THEN u.other_squares END::numeric AS q1,
			CASE WHEN u.controls > 0 THEN u.control_squares END::numeric AS q0
		FROM universal_sum u) u
), total AS MATERIALIZED (
	SELECT sum(c.claim::numeric)::float8 AS claim, sqrt(sum((c.error ^ 2)::numeric)::float8) AS error, (SELECT u.reached FROM universal u) AS n1
	FROM claimed c
), line AS (
	SELECT c.campaign, c.n1, c.claim, c.low, c.high FROM claimed c
	UNION ALL
	SELECT '(all)' AS campaign, t.n1, t.claim, d.conf_low AS low, d.conf_high AS high
	FROM total t
	LEFT JOIN LATERAL cvm.mean_difference(0, 0, t.claim, t.error, {conf}) d ON t.error > 0
	WHERE t.claim IS NOT NULL
)
SELECT cvm.row_key(l.campaign) AS row_key,
	l.campaign,
	p.begins AS period_from,
	p.ends AS period_to,
	l.n1 AS target_customers,
	l.claim AS claimed_customers,
	l.low AS claimed_low,
	l.high AS claimed_high,
	CASE WHEN t.claim > 0 THEN l.claim / t.claim END AS claim_share,
	u.n1 AS base_customers,
	u.n0 AS universal_customers,
	u.contaminated AS contaminated_customers,
	u.mean1 AS base_purchase_rate,
	u.mean0 AS universal_purchase_rate,
	u.mean1 - u.mean0 AS universal_uplift,
	d.conf_low AS universal_low,
	d.conf_high AS universal_high,
	(z.conf_high + 0.8416212335729143) * u.error AS minimum_detectable,
	(u.mean1 - u.mean0) * u.n1 AS universal_purchases,
	CASE WHEN NOT v.is_refused AND u.mean1 > u.mean0 AND t.claim > 0 THEN t.claim / ((u.mean1 - u.mean0) * u.n1) END AS overclaim_ratio,
	CASE WHEN NOT v.is_refused THEN t.claim - (u.mean1 - u.mean0) * u.n1 END AS excess_customers,
	CASE WHEN NOT v.is_refused THEN e.conf_low END AS excess_low,
	CASE WHEN NOT v.is_refused THEN e.conf_high END AS excess_high,
	CASE WHEN NOT v.is_refused AND t.claim > 0 THEN l.claim * least(greatest((u.mean1 - u.mean0) * u.n1 / t.claim, 0), 1) END AS allowed_customers,
	CASE WHEN u.n0 = 0 OR u.n1 = 0 THEN 'no_universal_control'
		WHEN v.is_refused THEN 'contaminated'
		WHEN e.conf_low > 0 THEN 'overclaim'
		WHEN e.conf_high < 0 THEN 'underclaim'
		ELSE 'consistent' END AS verdict,
	{campaign_days} AS campaign_days,
	coalesce((SELECT sum(x.pending) = 0 FROM counted x JOIN claimed c ON c.campaign = x.campaign), false) AS is_complete,
	{time_zone} AS time_zone,
	p.as_of
FROM line l
CROSS JOIN total t
CROSS JOIN period p
CROSS JOIN universal u
CROSS JOIN LATERAL (SELECT u.n0 = 0 OR u.n1 = 0 OR u.contaminated > u.n0 * 0.05 AS is_refused) v
CROSS JOIN cvm.mean_difference(0, 0, 0, 1, {conf}) z
LEFT JOIN LATERAL cvm.mean_difference(0, 0, u.mean1 - u.mean0, u.error, {conf}) d ON u.error > 0
LEFT JOIN LATERAL cvm.mean_difference((u.mean1 - u.mean0) * u.n1, u.error * u.n1, t.claim, t.error, {conf}) e ON u.error >= 0$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('campaign_overclaim', 1, $$
{campaign_outcome}
@use campaign_counted
@use campaign_told
{campaign_claims}
, listed AS (
	SELECT '(all)' AS campaign, x.customer_id, 1 AS target, 0 AS base, 0 AS universal, 0 AS contaminated
	FROM outcome x
	JOIN claimed c ON c.campaign = x.campaign
	WHERE NOT x.is_control AND x.is_mature
	UNION ALL
	SELECT c.campaign, x.customer_id, 1 AS target, 0 AS base, 0 AS universal, 0 AS contaminated
	FROM outcome x
	JOIN claimed c ON c.campaign = x.campaign
	WHERE NOT x.is_control AND x.is_mature
	UNION ALL
	SELECT w.campaign, p.customer_id, 0 AS target, CASE WHEN p.is_control THEN 0 ELSE 1 END AS base, CASE WHEN p.is_control THEN 1 ELSE 0 END AS universal,
		CASE WHEN p.is_contaminated THEN 1 ELSE 0 END AS contaminated
	FROM person p
	CROSS JOIN wanted w
)
SELECT w.row_key, l.customer_id, max(l.target) AS target_customers, max(l.base) AS base_customers, max(l.universal) AS universal_customers,
	max(l.contaminated) AS contaminated_customers, NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	concat_ws(', ', CASE WHEN max(l.target) > 0 THEN 'target of a campaign' END, CASE WHEN max(l.universal) > 0 THEN 'universal control' END,
		CASE WHEN max(l.contaminated) > 0 THEN 'contacted nevertheless' END) AS detail
FROM listed l
JOIN wanted w ON w.campaign = l.campaign
GROUP BY w.row_key, l.customer_id$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('campaign_uplift', 1, 'row_key', 'text', 'key', 'campaign', false, 'One value per row.'),
	('campaign_uplift', 2, 'campaign', 'text', 'name', 'campaign_member.campaign, else contact.campaign', false, 'The campaign.'),
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
	('campaign_uplift', 8, 'contaminated_customers', 'bigint', 'customers',
		'customers who are in both arms, or of control and reached or contacted by the campaign', true,
		'Customers who were in both arms, and controls who were contacted; they count where they were first.'),
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
		'uplift, harm, inconclusive; no_control, immature; sample_ratio (the arms are not as planned, p < 0.001) '
		'or contaminated (more than 5% of all, or of the control group): no figure of it can be used, and none is shown.'),
	('campaign_uplift', 20, 'owner', 'text', 'name', 'campaign.owner', false, 'Who answers for it.'),
	('campaign_uplift', 21, 'metric', 'text', 'name', 'campaign.metric', false, 'By what it is to be judged.'),
	('campaign_uplift', 22, 'overlapping_customers', 'bigint', 'customers',
		'customers who are in the target group of another campaign within campaign_days', true,
		'Customers whom another campaign was after at the same time.'),
	('campaign_uplift', 23, 'planned_control_share', 'double precision', 'fraction 0..1',
		'campaign.planned_control_share, else setting control_share', false, 'Planned share of the control group.'),
	('campaign_uplift', 24, 'actual_control_share', 'double precision', 'fraction 0..1',
		'customers of control / all customers, pending ones too', false, 'Its share as it is.'),
	('campaign_uplift', 25, 'sample_ratio_p_value', 'double precision', 'probability 0..1',
		'chi-square test of the two arms against the planned share', false,
		'How likely such arms are by chance; below 0.001 it refuses. NULL: nothing was planned.'),
	('campaign_uplift', 26, 'target_revenue_before', 'double precision', 'money a customer',
		'mrr * days / 30.4375 in the campaign_days before the assignment, a customer', false,
		'What the target group paid before.'),
	('campaign_uplift', 27, 'control_revenue_before', 'double precision', 'money a customer', 'likewise', false,
		'What the control group paid before.'),
	('campaign_uplift', 28, 'balance_difference', 'double precision', 'standard deviations',
		'(target_revenue_before - control_revenue_before) / root of the mean of both variances', false,
		'How far apart the arms were before: beyond 0.1 they are worth a look.'),
	('campaign_uplift', 29, 'balance_p_value', 'double precision', 'probability 0..1', 'Welch test of the same', false,
		'How likely that is by chance: below 0.001 the arms were not drawn at random.'),
	('campaign_uplift', 30, 'target_revenue', 'double precision', 'money a customer',
		'mrr * days / 30.4375 in the campaign_days from the assignment on, a customer', false,
		'What the target group paid.'),
	('campaign_uplift', 31, 'control_revenue', 'double precision', 'money a customer', 'likewise', false,
		'What the control group paid.'),
	('campaign_uplift', 32, 'revenue_uplift', 'double precision', 'money a customer',
		'target_revenue - control_revenue', false, 'What the campaign brought beyond, a customer.'),
	('campaign_uplift', 33, 'revenue_std_error', 'double precision', 'money a customer',
		'root of the sum of variance / n of both arms (Welch)', false, 'Standard error of revenue_uplift.'),
	('campaign_uplift', 34, 'revenue_low', 'double precision', 'money a customer', 'normal', false,
		'Lower end of the interval of revenue_uplift.'),
	('campaign_uplift', 35, 'revenue_high', 'double precision', 'money a customer', 'normal', false,
		'Upper end of the interval of revenue_uplift.'),
	('campaign_uplift', 36, 'minimum_detectable_revenue', 'double precision', 'money a customer',
		'(z of conf + z of 0.8) * revenue_std_error', false,
		'The revenue_uplift that the campaign would have shown four times of five.'),
	('campaign_uplift', 37, 'cuped_theta', 'double precision', 'number',
		'covariance of revenue with revenue before / variance of revenue before, both arms together', false,
		'By how much what was paid before tells what is paid.'),
	('campaign_uplift', 38, 'cuped_revenue_uplift', 'double precision', 'money a customer',
		'revenue_uplift - cuped_theta * (target_revenue_before - control_revenue_before)', false,
		'revenue_uplift as if both arms had paid the same before (CUPED).'),
	('campaign_uplift', 39, 'cuped_std_error', 'double precision', 'money a customer',
		'Welch, of revenue - cuped_theta * revenue before', false, 'Standard error of cuped_revenue_uplift.'),
	('campaign_uplift', 40, 'cuped_low', 'double precision', 'money a customer', 'normal', false,
		'Lower end of the interval of cuped_revenue_uplift.'),
	('campaign_uplift', 41, 'cuped_high', 'double precision', 'money a customer', 'normal', false,
		'Upper end of the interval of cuped_revenue_uplift.'),
	('campaign_uplift', 42, 'minimum_detectable_cuped', 'double precision', 'money a customer',
		'(z of conf + z of 0.8) * cuped_std_error', false,
		'The cuped_revenue_uplift that the campaign would have shown four times of five.'),
	('campaign_uplift', 43, 'cuped_variance_reduction', 'double precision', 'fraction',
		'1 - square of cuped_std_error / revenue_std_error', false, 'What part of the variance is gone.'),
	('campaign_uplift', 44, 'margin_uplift', 'double precision', 'money a customer',
		'difference of unit_margin + mrr - list_price, times days / 30.4375, a customer', false,
		'What the campaign earned beyond, a customer; NULL where unit_margin of something is not known.'),
	('campaign_uplift', 45, 'campaign_cost', 'numeric(28,2)', 'money',
		'contact.cost, else campaign.contact_cost * contacts, of the target group, + campaign.reward_cost * target_converted', true,
		'What contacts and rewards cost; NULL where nobody says.'),
	('campaign_uplift', 46, 'incremental_margin', 'numeric(28,2)', 'money (estimate)',
		'margin_uplift * target_customers - campaign_cost', false, 'What is left of it.'),
	('campaign_uplift', 47, 'incremental_margin_low', 'numeric(28,2)', 'money (estimate)', 'normal', false,
		'Lower end of the interval.'),
	('campaign_uplift', 48, 'incremental_margin_high', 'numeric(28,2)', 'money (estimate)', 'normal', false,
		'Upper end of the interval.'),
	('campaign_uplift', 49, 'campaign_days', 'integer', 'days', 'setting of the model', false,
		'For how long a customer is watched.'),
	('campaign_uplift', 50, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('campaign_uplift', 51, 'is_complete', 'boolean', 'true or false', 'pending_customers = 0', false,
		'Is it known what became of everybody?'),
	('campaign_uplift', 52, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('campaign_uplift', 53, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('campaign_overclaim', 1, 'row_key', 'text', 'key', 'campaign', false, 'One value per row.'),
	('campaign_overclaim', 2, 'campaign', 'text', 'name', 'campaign of campaign_uplift with an uplift', false,
		'The campaign; "(all)" is all of them together.'),
	('campaign_overclaim', 3, 'period_from', 'date', 'date', 'first day on which a customer of any was assigned', false,
		'First day of the time that is compared.'),
	('campaign_overclaim', 4, 'period_to', 'date', 'date', 'last such day + campaign_days, where that is over', false,
		'First day after it.'),
	('campaign_overclaim', 5, 'target_customers', 'bigint', 'customers', 'target_customers of campaign_uplift; of "(all)" each once',
		false, 'Customers of the target group.'),
	('campaign_overclaim', 6, 'claimed_customers', 'double precision', 'customers (estimate)',
		'incremental_customers of campaign_uplift', false, 'What the campaign claims to have brought.'),
	('campaign_overclaim', 7, 'claimed_low', 'double precision', 'customers (estimate)',
		'conf_low * target_customers; of "(all)" normal, claims taken as independent', false, 'Lower end of the interval.'),
	('campaign_overclaim', 8, 'claimed_high', 'double precision', 'customers (estimate)',
		'conf_high * target_customers; of "(all)" normal, claims taken as independent', false, 'Upper end of the interval.'),
	('campaign_overclaim', 9, 'claim_share', 'double precision', 'fraction', 'claimed_customers / those of all', false,
		'Share of all claims.'),
	('campaign_overclaim', 10, 'base_customers', 'bigint', 'customers',
		'target arm of universal_control, else customers who are not in its control arm', false,
		'Customers to whom marketing was done.'),
	('campaign_overclaim', 11, 'universal_customers', 'bigint', 'customers',
		'control arm of universal_control, since period_from or longer', false, 'Customers from whom all marketing was withheld.'),
	('campaign_overclaim', 12, 'contaminated_customers', 'bigint', 'customers',
		'those with a marketing contact, or in a target group', false, 'Of these, who got some nevertheless.'),
	('campaign_overclaim', 13, 'base_purchase_rate', 'double precision', 'purchases a customer',
		'days on which a customer began subscriptions, a customer of the base', false, 'What the base bought.'),
	('campaign_overclaim', 14, 'universal_purchase_rate', 'double precision', 'purchases a customer',
		'the same of the universal control group', false, 'What it would have bought without any marketing.'),
	('campaign_overclaim', 15, 'universal_uplift', 'double precision', 'purchases a customer',
		'base_purchase_rate - universal_purchase_rate', false, 'What all marketing brought, a customer.'),
	('campaign_overclaim', 16, 'universal_low', 'double precision', 'purchases a customer', 'Welch, normal', false,
		'Lower end of the interval of universal_uplift.'),
	('campaign_overclaim', 17, 'universal_high', 'double precision', 'purchases a customer', 'Welch, normal', false,
		'Upper end of the interval of universal_uplift.'),
	('campaign_overclaim', 18, 'minimum_detectable', 'double precision', 'purchases a customer',
		'(z of conf + z of 0.8) * standard error', false, 'The universal_uplift that would have been shown four times of five.'),
	('campaign_overclaim', 19, 'universal_purchases', 'double precision', 'purchases (estimate)',
		'universal_uplift * base_customers', false, 'What all marketing brought.'),
	('campaign_overclaim', 20, 'overclaim_ratio', 'double precision', 'ratio', 'claimed_customers of "(all)" / universal_purchases',
		false, 'How many times over it is claimed: above 1 something is counted twice. NULL where nothing is claimed, or marketing brought nothing.'),
	('campaign_overclaim', 21, 'excess_customers', 'double precision', 'customers (estimate)',
		'claimed_customers of "(all)" - universal_purchases', false, 'What is claimed beyond what there was.'),
	('campaign_overclaim', 22, 'excess_low', 'double precision', 'customers (estimate)', 'normal, claims taken as independent',
		false, 'Lower end of the interval.'),
	('campaign_overclaim', 23, 'excess_high', 'double precision', 'customers (estimate)', 'normal, claims taken as independent',
		false, 'Upper end of the interval.'),
	('campaign_overclaim', 24, 'allowed_customers', 'double precision', 'customers (estimate)',
		'claimed_customers / overclaim_ratio, where that is above 1', false,
		'What is left of the claim when all claims are cut alike.'),
	('campaign_overclaim', 25, 'verdict', 'text', 'word', 'interval of excess_customers beside 0', false,
		'overclaim, underclaim, consistent; no_universal_control: the setting names none, or it has nobody; contaminated: more '
		'than 5% of it got marketing.'),
	('campaign_overclaim', 26, 'campaign_days', 'integer', 'days', 'setting of the model', false,
		'For how long a customer of a campaign is watched.'),
	('campaign_overclaim', 27, 'is_complete', 'boolean', 'true or false', 'pending_customers of all are 0', false,
		'Is it known what became of everybody?'),
	('campaign_overclaim', 28, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('campaign_overclaim', 29, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
