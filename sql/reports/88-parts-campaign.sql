-- SPDX-License-Identifier: PostgreSQL
-- What the report views over campaigns are put together from: who was assigned to
-- which arm, what became of them, and who bought something meanwhile.

-- Who was assigned to which arm; those campaigns that have no members by contact.arm
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('campaign_observed', 1, '{campaign_member,subscription}', '{observed}'),
('campaign_observed', 2, '{contact.campaign,contact.arm}', $$observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(c.occurred_at, {time_zone})) + 1 FROM contact c)) AS as_of
)$$),
('campaign_assigned', 1, '{campaign_member,contact.campaign,contact.arm}', $${campaign_members}
	UNION ALL
	{campaign_arms}
		AND NOT EXISTS (SELECT 1 FROM with_members m WHERE m.campaign = c.campaign)$$),
('campaign_assigned', 2, '{campaign_member}', '{campaign_members}'),
('campaign_assigned', 3, '{}', '{campaign_arms}'),
('campaigns_with_members', 1, '{campaign_member}', $$, with_members AS MATERIALIZED (
	SELECT DISTINCT m.campaign FROM campaign_member m
)$$),
('campaigns_with_members', 9, '{}', ''),
('campaigns_undated', 1, '{campaign_member}', 'SELECT m.campaign FROM campaign_member m WHERE m.assigned_at IS NULL'),
('campaigns_undated', 9, '{}', 'NULL::text'),
('campaign_members', 1, '{}', $$
	SELECT m.campaign, m.customer_id, cvm.moment_of(m.assigned_at, {time_zone}) AS at,
		greatest(cvm.day_of(m.assigned_at, {time_zone}), p.starts_on, CASE WHEN m.assigned_at IS NULL AND p.starts_on IS NULL THEN f.day END) AS day,
		lower(m.arm) = 'control' AS is_control, m.reached
	FROM campaign_member m
	LEFT JOIN plan p ON p.campaign = m.campaign
	LEFT JOIN first_told f ON f.campaign = m.campaign
	WHERE m.campaign IS NOT NULL AND m.customer_id IS NOT NULL AND m.arm IS NOT NULL
		AND coalesce(m.campaign <> ALL ({universal_control}), true)$$),
('campaign_arms', 1, '{}', $$
	SELECT c.campaign, c.customer_id, cvm.moment_of(c.occurred_at, {time_zone}) AS at, cvm.day_of(c.occurred_at, {time_zone}) AS day,
		lower(c.arm) = 'control' AS is_control, NULL::boolean AS reached
	FROM contact c
	WHERE c.campaign IS NOT NULL AND c.customer_id IS NOT NULL AND c.arm IS NOT NULL
		AND coalesce(c.campaign <> ALL ({universal_control}), true)$$),
('campaign_rows', 1, '{campaign}', 'campaign'),
('campaign_rows', 2, '{}',
	'(SELECT NULL::text AS campaign, NULL::date AS starts_on, NULL::date AS ends_on, NULL::text AS hypothesis, NULL::text AS metric, '
	'NULL::double precision AS planned_control_share, NULL::text AS owner, NULL::numeric AS contact_cost, NULL::numeric AS reward_cost WHERE false)'),
('campaign_contacts', 1, '{contact.campaign}', $$
	SELECT k.campaign, k.customer_id, cvm.day_of(k.occurred_at, {time_zone}) AS day, {contact_cost} AS cost
	FROM contact k
	WHERE k.campaign IS NOT NULL AND k.customer_id IS NOT NULL AND lower(k.purpose) IS DISTINCT FROM 'service' AND lower(k.arm) IS DISTINCT FROM 'control'$$),
('campaign_contacts', 2, '{}', 'SELECT NULL::text AS campaign, s.customer_id, NULL::date AS day, NULL::numeric AS cost FROM subscription s WHERE false'),
('marketing_contacts', 1, '{contact}', $$
	SELECT k.customer_id, cvm.day_of(k.occurred_at, {time_zone}) AS day
	FROM contact k
	WHERE k.customer_id IS NOT NULL AND lower(k.purpose) IS DISTINCT FROM 'service' AND lower(k.arm) IS DISTINCT FROM 'control'$$),
('marketing_contacts', 2, '{}', 'SELECT s.customer_id, NULL::date AS day FROM subscription s WHERE false'),
('customer_rows', 1, '{customer}', 'customer'),
('customer_rows', 2, '{}', '(SELECT s.customer_id FROM subscription s WHERE false)');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('campaign_planned', 1, '{}', $$
WITH {campaign_observed}, {rates}told_to AS NOT MATERIALIZED ({campaign_contacts}
), first_told AS MATERIALIZED (
	-- of campaigns of which nobody says when they began
	SELECT t.campaign, min(t.day) AS day FROM told_to t WHERE t.campaign IN ({campaigns_undated}) GROUP BY t.campaign
){campaigns_with_members}, plan AS MATERIALIZED (
	SELECT p.campaign, min(p.starts_on) AS starts_on, max(p.ends_on) AS ends_on, max(p.hypothesis) AS hypothesis, max(p.metric) AS metric,
		max(p.planned_control_share) AS control_share,
		max(p.owner) AS owner, max(p.contact_cost) AS contact_cost, max(p.reward_cost) AS reward_cost
	FROM {campaign_rows} p
	GROUP BY p.campaign
)$$),
('campaign_begun', 1, '{}', $${campaign_planned}
, assigned AS NOT MATERIALIZED ({campaign_assigned}
)$$),
('campaign_outcome', 1, '{}', $${campaign_begun}
, member AS {at_customer} (
	-- as first assigned; who is in both arms later on stays there and is counted
	SELECT a.campaign, a.customer_id, min(a.day) AS day,
		(array_agg(a.is_control ORDER BY a.day, a.at, a.is_control DESC))[1] AS is_control,
		bool_or(a.is_control) <> bool_and(a.is_control) AS is_both, bool_or(a.reached) AS is_reached
	FROM assigned a
	CROSS JOIN observed o
	WHERE a.day < o.as_of
	GROUP BY a.customer_id, a.campaign
), touched AS {at_customer} (
	SELECT m.campaign, m.customer_id, count(*) AS contacts, sum(t.cost) AS cost
	FROM member m
	JOIN told_to t ON t.campaign = m.campaign AND t.customer_id = m.customer_id AND t.day >= m.day AND t.day < m.day + {campaign_days}
	GROUP BY m.customer_id, m.campaign
), earning AS {at_customer} (
	SELECT s.customer_id, s.started_on, coalesce(s.ended_on, 'infinity') AS ended_on,
		CASE WHEN coalesce({is_paused}, false) THEN 0 ELSE {price}{rate} END AS price,
		CASE WHEN coalesce({is_paused}, false) THEN 0 ELSE l.unit_margin + coalesce({price}{rate} - l.list_price, 0) END AS margin
	FROM subscription s
	LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM {product_rows} r
		GROUP BY r.product) l ON l.product = s.product
), outcome AS {at_customer} (
	-- what each paid, in money times days, from the assignment on and in as many days before
	SELECT m.campaign, m.customer_id, m.is_control, m.is_both OR m.is_control AND (coalesce(m.is_reached, false) OR t.contacts > 0) AS is_contaminated,
		m.day, m.day + {campaign_days} <= o.as_of AS is_mature, o.as_of, m.targeted - CASE WHEN m.is_control THEN 0 ELSE 1 END > 0 AS is_elsewhere,
		count(s.started_on) FILTER (WHERE s.started_on >= m.day AND s.started_on < o.as_of) > 0 AS is_converted,
		coalesce(sum(s.price * d.after), 0) AS revenue, coalesce(sum(s.price * d.before), 0) AS revenue_before,
		coalesce(sum(s.margin * d.after), 0) AS margin, coalesce(bool_and(s.margin IS NOT NULL) FILTER (WHERE d.after > 0 AND s.price <> 0), true) AS has_margin,
		coalesce(t.cost, p.contact_cost * coalesce(t.contacts, CASE WHEN m.is_reached IS FALSE THEN 0 ELSE 1 END)) AS cost
	FROM (
		SELECT n.*, count(*) FILTER (WHERE NOT n.is_control) OVER (
			PARTITION BY n.customer_id ORDER BY n.day - date '2000-01-01' RANGE BETWEEN {campaign_days} PRECEDING AND {campaign_days} FOLLOWING) AS targeted
		FROM member n) m
	CROSS JOIN observed o
	LEFT JOIN touched t ON t.campaign = m.campaign AND t.customer_id = m.customer_id
	LEFT JOIN plan p ON p.campaign = m.campaign
	LEFT JOIN earning s ON s.customer_id = m.customer_id AND s.started_on < m.day + {campaign_days} AND s.ended_on > m.day - {campaign_days}
	CROSS JOIN LATERAL (SELECT greatest(least(s.ended_on, m.day + {campaign_days}) - greatest(s.started_on, m.day), 0) AS after,
		greatest(least(s.ended_on, m.day) - greatest(s.started_on, m.day - {campaign_days}), 0) AS before) d
	GROUP BY m.customer_id, m.campaign, m.is_control, m.is_both, m.is_reached, m.day, m.targeted, o.as_of, t.contacts, t.cost, p.contact_cost
)
$$);
-- The same by campaign from raw rows, in one pass
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('campaign_margin', 1, '{product.unit_margin}', $$l.unit_margin, l.list_price
		FROM subscription s
		LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM product r GROUP BY r.product) l
			ON l.product = s.product$$),
('campaign_margin', 9, '{}', $$NULL, NULL
		FROM subscription s$$),
('campaign_contact_rows', 1, '{contact.campaign}', $$
		UNION ALL
		SELECT k.customer_id, cvm.day_of(k.occurred_at, {time_zone}), k.campaign, NULL, NULL, NULL, k.purpose, k.arm, NULL, {contact_cost}, NULL, NULL
		FROM contact k
		WHERE k.campaign IS NOT NULL$$),
('campaign_contact_rows', 9, '{}', ''),
('campaign_sums', 1, '{}', $$cvm._campaign_sums_agg(r.customer_id, r.day, r.campaign, r.at, r.is_control, r.is_so, r.purpose, r.arm, r.ends_on,
	r.amount, r.unit_margin,
			r.list_price, (SELECT o.as_of FROM observed o), {campaign_days}) AS sums
	FROM (
		SELECT a.customer_id, a.day, a.campaign, a.at, a.is_control, a.reached AS is_so, NULL::text AS purpose, NULL::text AS arm, NULL::date AS ends_on,
			p.contact_cost AS amount, NULL::numeric AS unit_margin, NULL::numeric AS list_price
		FROM assigned a
		LEFT JOIN plan p ON p.campaign = a.campaign{campaign_contact_rows}
		UNION ALL
		SELECT s.customer_id, s.started_on, NULL, NULL, NULL, {is_paused}, NULL, NULL, s.ended_on, {price}{rate}, {campaign_margin}
	) r$$);
-- Citus has it begin at each customer: what rows are joined with it knows only once they have been put together
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('members_there', 1, '{campaign_member}', $$
			UNION ALL
			SELECT m.customer_id, cvm.day_of(m.assigned_at, {time_zone}), m.campaign, cvm.moment_of(m.assigned_at, {time_zone}), lower(m.arm) = 'control', m.reached,
				NULL, NULL, NULL, NULL, NULL, 0, false
			FROM campaign_member m
			WHERE m.campaign IS NOT NULL AND m.arm IS NOT NULL AND coalesce(m.campaign <> ALL ({universal_control}), true)$$),
('members_there', 9, '{}', ''),
('arms_there', 1, '{contact.campaign,contact.arm}', $$
			UNION ALL
			SELECT c.customer_id, cvm.day_of(c.occurred_at, {time_zone}), c.campaign, cvm.moment_of(c.occurred_at, {time_zone}), lower(c.arm) = 'control', NULL,
				NULL, NULL, NULL, NULL, NULL, 0, true
			FROM contact c
			WHERE c.campaign IS NOT NULL AND c.arm IS NOT NULL AND coalesce(c.campaign <> ALL ({universal_control}), true)$$),
('arms_there', 9, '{}', ''),
('contacts_there', 1, '{contact.campaign}', $$
			UNION ALL
			SELECT k.customer_id, cvm.day_of(k.occurred_at, {time_zone}), k.campaign, NULL, NULL, NULL, k.purpose, k.arm, NULL, {contact_cost}, NULL, 4, false
			FROM contact k
			WHERE k.campaign IS NOT NULL$$),
('contacts_there', 9, '{}', ''),
('begun_there', 1, '{campaign_member}', $$CASE WHEN r.kind <> 0 OR r.is_arm THEN r.day
				ELSE greatest(r.day, p.starts_on, CASE WHEN r.day IS NULL AND p.starts_on IS NULL THEN t.day END) END$$),
('begun_there', 9, '{}', 'r.day'),
('plan_there', 1, '{campaign_member,contact.campaign,contact.arm}', $$
		LEFT JOIN plan p ON p.campaign = r.campaign
		LEFT JOIN first_told t ON t.campaign = r.campaign
		LEFT JOIN with_members w ON w.campaign = r.campaign
		CROSS JOIN observed o
		WHERE NOT (r.is_arm AND w.campaign IS NOT NULL)$$),
('plan_there', 9, '{}', $$
		LEFT JOIN plan p ON p.campaign = r.campaign
		LEFT JOIN first_told t ON t.campaign = r.campaign
		CROSS JOIN observed o
		WHERE true$$),
('margins_there', 1, '{product.unit_margin}', $$, product_margin AS MATERIALIZED (
	SELECT r.product, max(r.unit_margin) AS unit_margin, max(r.list_price) AS list_price FROM product r GROUP BY r.product
)$$),
('margins_there', 9, '{}', $$, product_margin AS MATERIALIZED (
	SELECT NULL::text AS product, NULL::numeric AS unit_margin, NULL::numeric AS list_price
)$$);
@for preference | entity
1 | subscription
2 | contact
@make
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('campaign_counted', {preference}, '{distributed {entity}}', $${campaign_planned}{margins_there}
, counted AS MATERIALIZED (
	SELECT c.campaign, o.as_of, min(c.first_contact_on) AS first_contact_on, max(c.last_contact_on) AS last_contact_on, max(c.watched_until) AS watched_until,
		sum(c.n1)::bigint AS n1, sum(c.n0)::bigint AS n0, sum(c.pending)::bigint AS pending, sum(c.h1)::bigint AS h1, sum(c.h0)::bigint AS h0,
		sum(c.contaminated)::bigint AS contaminated, sum(c.contaminated_controls)::bigint AS contaminated_controls, sum(c.n)::bigint AS n,
		sum(c.controls)::bigint AS controls, sum(c.elsewhere)::bigint AS elsewhere, bool_and(c.has_margin) AS has_margin, sum(c.contact_cost) AS contact_cost,
		sum(c.y1) AS y1, sum(c.x1) AS x1, sum(c.yy1) AS yy1, sum(c.xx1) AS xx1, sum(c.xy1) AS xy1, sum(c.m1) AS m1, sum(c.mm1) AS mm1,
		sum(c.y0) AS y0, sum(c.x0) AS x0, sum(c.yy0) AS yy0, sum(c.xx0) AS xx0, sum(c.xy0) AS xy0, sum(c.m0) AS m0, sum(c.mm0) AS mm0
	FROM (
		SELECT r.customer_id, cvm._campaign_sums_agg(r.customer_id, {begun_there}, r.campaign, r.at, r.is_control, r.is_so, r.purpose, r.arm, r.ends_on,
			CASE WHEN r.kind = 0 THEN p.contact_cost ELSE r.amount END, l.unit_margin, l.list_price, o.as_of, {campaign_days}) AS sums
		FROM (
			SELECT s.customer_id, s.started_on AS day, NULL::text AS campaign, NULL::timestamptz AS at, NULL::boolean AS is_control, {is_paused} AS is_so,
				NULL::text AS purpose, NULL::text AS arm, s.ended_on AS ends_on, {price}{rate} AS amount, s.product, 1 AS kind, false AS is_arm
			FROM subscription s{members_there}{arms_there}{contacts_there}) r
		LEFT JOIN product_margin l ON l.product = r.product{plan_there}
		GROUP BY r.customer_id
	) f
	CROSS JOIN LATERAL unnest(f.sums) c
	CROSS JOIN observed o
	GROUP BY c.campaign, o.as_of
)$$);
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('campaign_counted', 9, '{}', $${campaign_begun}
, counted AS MATERIALIZED (
	SELECT c.*, o.as_of
	FROM (SELECT {campaign_sums}) f
	CROSS JOIN LATERAL unnest(f.sums) c
	CROSS JOIN observed o
)$$);
-- What campaigns claim, and the time in which they do
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('campaign_claimed', 1, '{}', $$
, claimed AS MATERIALIZED (
	SELECT t.campaign, t.first_contact_on, t.watched_until, t.n1, t.uplift * t.n1 AS claim, t.std_error * t.n1 AS error, t.conf_low * t.n1 AS low,
		t.conf_high * t.n1 AS high, t.as_of
	FROM told t
	WHERE t.refusal IS NULL
), period AS MATERIALIZED (
	SELECT min(c.first_contact_on) AS begins, max(c.watched_until) AS ends, max(c.as_of) AS as_of FROM claimed c
)$$),
('campaign_claims', 1, '{}', $${campaign_claimed}
, withheld AS {at_customer} (
	-- since the beginning, or it is no control of what came then
	SELECT m.customer_id, bool_or(lower(m.arm) = 'control') AS is_control
	FROM campaign_member m
	CROSS JOIN period p
	WHERE m.customer_id IS NOT NULL AND m.arm IS NOT NULL AND m.campaign = ANY ({universal_control})
		AND coalesce(cvm.day_of(m.assigned_at, {time_zone}) <= p.begins, true)
	GROUP BY m.customer_id
), everybody AS (
	SELECT w.customer_id, w.is_control FROM withheld w
	UNION ALL
	-- where only the control is told, all others are marketed to
	SELECT DISTINCT k.customer_id, false AS is_control
	FROM {customer_rows} k
	WHERE k.customer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM withheld w WHERE NOT w.is_control)
		AND NOT EXISTS (SELECT 1 FROM withheld w WHERE w.customer_id = k.customer_id)
		AND EXISTS (SELECT 1 FROM withheld w)
), bought AS {at_customer} (
	SELECT s.customer_id, count(DISTINCT s.started_on) AS purchases
	FROM subscription s
	CROSS JOIN period p
	WHERE s.started_on >= p.begins AND s.started_on < p.ends
	GROUP BY s.customer_id
), marketed AS {at_customer} (
	SELECT DISTINCT k.customer_id
	FROM ({marketing_contacts}) k
	CROSS JOIN period p
	WHERE k.day >= p.begins AND k.day < p.ends
	UNION
	SELECT m.customer_id FROM member m JOIN claimed c ON c.campaign = m.campaign WHERE NOT m.is_control
), person AS {at_customer} (
	SELECT e.customer_id, e.is_control, coalesce(b.purchases, 0) AS purchases, e.is_control AND m.customer_id IS NOT NULL AS is_contaminated
	FROM everybody e
	LEFT JOIN bought b ON b.customer_id = e.customer_id
	LEFT JOIN marketed m ON m.customer_id = e.customer_id
)
$$);

-- Who bought something in that time, in one pass over raw rows; on Citus it begins at each customer
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('marketing_contact_rows', 1, '{contact}', $$
		UNION ALL
		SELECT k.customer_id, cvm.day_of(k.occurred_at, {time_zone}), 4, NULL, NULL, NULL, k.purpose, k.arm
		FROM contact k$$),
('marketing_contact_rows', 9, '{}', ''),
('known_customer_rows', 1, '{customer}', $$
		UNION ALL
		SELECT k.customer_id, NULL, 3, NULL, NULL, NULL, NULL, NULL
		FROM customer k$$),
('known_customer_rows', 9, '{}', ''),
('universal_sums', 1, '{}', $$cvm._universal_control_agg(r.customer_id, r.day, r.kind, r.campaign, r.at, r.is_control, r.purpose, r.arm,
	(SELECT p.begins FROM period p),
			(SELECT p.ends FROM period p), (SELECT o.as_of FROM observed o), {campaign_days}) AS sums
	FROM (
		SELECT a.customer_id, a.day, 0 AS kind, a.campaign, a.at, a.is_control, NULL::text AS purpose, NULL::text AS arm
		FROM assigned a
		JOIN claimed c ON c.campaign = a.campaign
		UNION ALL
		SELECT m.customer_id, cvm.day_of(m.assigned_at, {time_zone}), 2, NULL, NULL, lower(m.arm) = 'control', NULL, NULL
		FROM campaign_member m
		WHERE m.arm IS NOT NULL AND m.campaign = ANY ({universal_control}){known_customer_rows}
		UNION ALL
		SELECT s.customer_id, s.started_on, 1, NULL, NULL, NULL, NULL, NULL
		FROM subscription s{marketing_contact_rows}
	) r$$),
('marketing_there', 1, '{contact}', $$
			UNION ALL
			SELECT k.customer_id, cvm.day_of(k.occurred_at, {time_zone}), NULL, NULL, NULL, NULL, k.purpose, k.arm, NULL, NULL, NULL, 4, false
			FROM contact k$$),
('marketing_there', 9, '{}', ''),
('customers_there', 1, '{customer}', $$
			UNION ALL
			SELECT k.customer_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3, false
			FROM customer k$$),
('customers_there', 9, '{}', '');
@for preference | entity
1 | subscription
2 | contact
@make
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('universal_counted', {preference}, '{distributed {entity}}', $$
, universal_sum AS MATERIALIZED (
	SELECT sum(c.controls)::bigint AS controls, sum(c.control_purchases) AS control_purchases, sum(c.control_squares) AS control_squares,
		sum(c.targets)::bigint AS targets, sum(c.target_purchases) AS target_purchases, sum(c.target_squares) AS target_squares,
		sum(c.others)::bigint AS others, sum(c.other_purchases) AS other_purchases, sum(c.other_squares) AS other_squares,
		sum(c.contaminated)::bigint AS contaminated, sum(c.reached)::bigint AS reached
	FROM (
		SELECT r.customer_id, cvm._universal_control_agg(r.customer_id, {begun_there}, r.kind, r.campaign, r.at, r.is_control, r.purpose, r.arm,
			g.begins, g.ends, o.as_of, {campaign_days}) AS sums
		FROM (
			SELECT s.customer_id, s.started_on AS day, NULL::text AS campaign, NULL::timestamptz AS at, NULL::boolean AS is_control, NULL::boolean AS is_so,
				NULL::text AS purpose, NULL::text AS arm, NULL::date AS ends_on, NULL::numeric AS amount, NULL::text AS product, 1 AS kind, false AS is_arm
			FROM subscription s{members_there}{arms_there}
			UNION ALL
			SELECT m.customer_id, cvm.day_of(m.assigned_at, {time_zone}), NULL, NULL, lower(m.arm) = 'control', NULL, NULL, NULL, NULL, NULL, NULL, 2, false
			FROM campaign_member m
			WHERE m.arm IS NOT NULL AND m.campaign = ANY ({universal_control}){customers_there}{marketing_there}) r
		LEFT JOIN claimed k ON k.campaign = r.campaign
		CROSS JOIN period g{plan_there} AND (r.kind <> 0 OR k.campaign IS NOT NULL)
		GROUP BY r.customer_id
	) f
	CROSS JOIN LATERAL unnest(f.sums) c
)$$);
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('universal_counted', 9, '{}', $$
, universal_sum AS MATERIALIZED (
	SELECT c.*
	FROM (SELECT {universal_sums}) f
	CROSS JOIN LATERAL unnest(f.sums) c
)$$);
