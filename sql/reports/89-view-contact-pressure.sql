-- SPDX-License-Identifier: PostgreSQL
-- Report views over contacts: how much of them customers get.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(62, 'contact_cap', 'count', '3', 'Marketing contacts that a customer may get within contact_window days.'),
	(63, 'contact_window', 'count', '7', 'Days of the rolling window that contact_cap is about.');


INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(102, 'contact_pressure',
		'Marketing contacts by segment and month: how many, to whom, how unevenly, and how many went beyond the cap '
		'of the rolling window at the moment of sending. Service contacts are counted beside them.', 'customers'),
	(103, 'contact_violation',
		'The marketing contacts that went beyond the cap of the rolling window: one row per contact.', NULL);

@define contact_rolling chosen
observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(c.occurred_at, {time_zone})) + 1 FROM contact c)) AS as_of
), sent AS {at_customer} (
	SELECT c.customer_id, c.occurred_at, c.day, c.channel, c.campaign, c.offer, c.is_service, c.has_responded, c.opened, c.opted_out, c.as_of,
		row_number() OVER (PARTITION BY c.customer_id, c.day
			ORDER BY c.occurred_at, c.channel, c.campaign, c.offer, c.is_service, c.outcome, c.has_responded, c.opened, c.opted_out) AS of_day,
		-- those of the days before in the window, and of this day up to this one
		count(*) FILTER (WHERE NOT c.is_service) OVER (PARTITION BY c.customer_id ORDER BY c.day RANGE BETWEEN {contact_window} - 1 PRECEDING AND 1 PRECEDING)
			+ count(*) FILTER (WHERE NOT c.is_service) OVER (PARTITION BY c.customer_id, c.day
				ORDER BY c.occurred_at, c.channel, c.campaign, c.offer, c.is_service, c.outcome, c.has_responded, c.opened, c.opted_out
				ROWS UNBOUNDED PRECEDING) AS in_window
	FROM (
		SELECT k.*, cvm.day_of(k.occurred_at, {time_zone}) - date '2000-01-01' AS day, coalesce(lower(k.purpose COLLATE "C") = 'service', false) AS is_service,
			coalesce(k.responded, k.outcome IS NOT NULL) AS has_responded, o.as_of
		FROM contact k
		CROSS JOIN observed o
		WHERE k.customer_id IS NOT NULL AND cvm.day_of(k.occurred_at, {time_zone}) < o.as_of
			{chosen}) c
)
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('contact_rolling', 1, '{}', $$
@use contact_rolling
$$),
-- of those alone who ever got more than they may, whom one pass finds; servers that have contacts distributed look at all of them
('contact_rolling_beyond', 1, '{distributed contact}', '{contact_rolling}'),
('contact_rolling_beyond', 9, '{}', $$beyond AS MATERIALIZED (
	SELECT c.customer_id
	FROM (
		SELECT cvm._contact_beyond_agg(k.customer_id, cvm.day_of(k.occurred_at, {time_zone}), k.purpose, {as_of}, {contact_window},
			{contact_cap}) AS customers
		FROM contact k
	) f
	CROSS JOIN LATERAL unnest(f.customers) AS c (customer_id)
),
@use contact_rolling AND k.customer_id IN (SELECT b.customer_id FROM beyond b)
$$);

-- What each customer got in a month, in the segment of the last contact
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('contact_ranked_by_segment', 1, '{}', $$
WITH
{contact_rolling}
, by_customer AS (
	SELECT s.customer_id, date_trunc('month', (date '2000-01-01' + s.day)::timestamp)::date AS month, s.as_of,
		count(*) FILTER (WHERE NOT s.is_service) AS contacts,
		count(*) FILTER (WHERE s.is_service) AS service_contacts,
		count(*) FILTER (WHERE NOT s.is_service AND s.in_window > {contact_cap}) AS violations,
		count(*) FILTER (WHERE NOT s.is_service AND s.has_responded) AS responses,
		count(s.opened) FILTER (WHERE NOT s.is_service) AS open_known, count(*) FILTER (WHERE NOT s.is_service AND s.opened) AS opened,
		count(s.opted_out) FILTER (WHERE NOT s.is_service) AS opt_known, count(*) FILTER (WHERE NOT s.is_service AND s.opted_out) AS opted_out,
		max(date '2000-01-01' + s.day) AS day
	FROM sent s
	GROUP BY s.customer_id, date_trunc('month', (date '2000-01-01' + s.day)::timestamp), s.as_of
)
@use held_on by_customer
$$),
-- Customers by how many contacts they got in a month
('contact_ranked', 1, '{}', $$
{contact_ranked_by_segment}
, ranked AS (
	SELECT x.segment, b.*, row_number() OVER (PARTITION BY x.segment, b.month ORDER BY b.contacts, b.customer_id) AS place
	FROM member b
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (b.in_segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	WHERE b.contacts > 0 OR b.service_contacts > 0
)
$$);
-- The same by segment, month and number of contacts, in one pass over contacts and times in segments; servers that
-- have them distributed count customer by customer
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('contact_cells', 1, '{distributed contact}', $$
{contact_ranked_by_segment}
, cell AS (
	SELECT r.in_segment AS segment, r.month, r.contacts AS contacts_each, r.as_of, count(*) AS customers,
		count(*) FILTER (WHERE r.violations > 0) AS over_cap_customers,
		sum(r.service_contacts) AS service_contacts, sum(r.violations) AS violations, sum(r.responses) AS responses, sum(r.open_known) AS open_known,
		sum(r.opened) AS opened, sum(r.opt_known) AS opt_known, sum(r.opted_out) AS opted_out
	FROM member r
	WHERE r.contacts > 0 OR r.service_contacts > 0
	GROUP BY r.in_segment, r.month, r.contacts, r.as_of
)$$),
('contact_cells', 9, '{}', $$
WITH cell AS MATERIALIZED (
	SELECT c.*, coalesce({as_of}, c.last_day + 1) AS as_of
	FROM (
		SELECT cvm._contact_pressure_agg(r.customer_id, r.day, r.purpose, r.has_responded, r.opened, r.opted_out, r.segment, r.valid_from, r.valid_to,
			{as_of}, {contact_window}, {contact_cap}) AS cells
		FROM (
			SELECT k.customer_id, cvm.day_of(k.occurred_at, {time_zone}) AS day, k.purpose, coalesce(k.responded, k.outcome IS NOT NULL) AS has_responded,
				k.opened, k.opted_out, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to
			FROM contact k
			UNION ALL
			SELECT h.customer_id, NULL, NULL, NULL, NULL, NULL, h.segment, h.valid_from, h.valid_to FROM {segment_rows} h WHERE h.segment IS NOT NULL) r) a
	CROSS JOIN LATERAL unnest(a.cells) c
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('contact_pressure', 1, '{contact}', $$
{contact_cells}
, told AS (
	SELECT r.segment, r.month, r.as_of, coalesce(sum(r.customers) FILTER (WHERE r.contacts_each > 0), 0)::bigint AS customers,
		sum(r.contacts_each * r.customers)::bigint AS contacts, sum(r.service_contacts)::bigint AS service_contacts, sum(r.violations)::bigint AS violations,
		sum(r.over_cap_customers)::bigint AS over_cap, sum(r.responses)::bigint AS responses, sum(r.open_known)::bigint AS open_known,
		sum(r.opened)::bigint AS opened, sum(r.opt_known)::bigint AS opt_known, sum(r.opted_out)::bigint AS opted_out, max(r.contacts_each) AS most,
		-- of those who got as many, each stands in the middle of their places
		sum(r.contacts_each * r.customers * (2 * r.places - r.customers + 1)) / 2 AS weighted, sum(r.customers)::bigint AS all_customers
	FROM (
		SELECT p.*, sum(p.customers) OVER (PARTITION BY p.segment, p.month ORDER BY p.contacts_each) AS places
		FROM (
			SELECT x.segment, c.month, c.as_of, c.contacts_each, sum(c.customers) AS customers, sum(c.over_cap_customers) AS over_cap_customers,
				sum(c.service_contacts) AS service_contacts, sum(c.violations) AS violations, sum(c.responses) AS responses, sum(c.open_known) AS open_known,
				sum(c.opened) AS opened, sum(c.opt_known) AS opt_known, sum(c.opted_out) AS opted_out
			FROM cell c
			CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (c.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
			GROUP BY x.segment, c.month, c.as_of, c.contacts_each) p) r
	GROUP BY r.segment, r.month, r.as_of
)
SELECT cvm.row_key(to_char(t.month::timestamp, 'YYYY-MM'), t.segment) AS row_key,
	t.segment,
	t.month,
	to_char(t.month::timestamp, 'YYYY-MM') AS month_label,
	t.customers,
	t.contacts,
	t.service_contacts,
	t.contacts / nullif(t.customers, 0)::float8 AS contacts_per_customer,
	t.most AS most_contacts,
	t.over_cap AS over_cap_customers,
	t.over_cap / nullif(t.customers, 0)::float8 AS over_cap_share,
	i.conf_low,
	i.conf_high,
	t.violations,
	t.violations / nullif(t.contacts, 0)::float8 AS violation_rate,
	t.responses,
	t.responses / nullif(t.contacts, 0)::float8 AS response_rate,
	CASE WHEN t.open_known > 0 THEN t.opened END AS opened_contacts,
	t.opened / nullif(t.open_known, 0)::float8 AS open_rate,
	CASE WHEN t.opt_known > 0 THEN t.opted_out END AS opt_outs,
	t.opted_out / nullif(t.opt_known, 0)::float8 AS opt_out_rate,
	u.conf_low AS opt_out_low,
	u.conf_high AS opt_out_high,
	-- over who got any contact, service too: 0 when all get as many, near 1 when one gets all
	(2 * t.weighted / nullif(t.all_customers * t.contacts, 0) - (t.all_customers + 1) /
		t.all_customers::numeric)::float8 AS gini,
	{contact_cap} AS contact_cap,
	{contact_window} AS contact_window,
	(t.month + interval '1 month')::date <= t.as_of AS is_complete,
	{time_zone} AS time_zone,
	t.as_of
FROM told t
CROSS JOIN LATERAL cvm.proportion_interval(t.over_cap, t.customers, {conf}) i
CROSS JOIN LATERAL cvm.proportion_interval(t.opted_out, nullif(t.opt_known, 0), {conf}) u$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('contact_pressure', 1, $$
{contact_ranked}
SELECT a.row_key, r.customer_id, CASE WHEN r.contacts > 0 THEN 1 ELSE 0 END AS customers, CASE WHEN r.violations > 0 THEN 1 ELSE 0 END AS over_cap_customers,
	NULL::numeric AS mrr_before, NULL::numeric AS mrr_after, r.contacts || ' contacts, ' || r.violations || ' beyond the cap' AS detail
FROM ranked r
JOIN wanted a ON a.segment = r.segment AND a.month = r.month$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('contact_violation', 1, '{contact}', $$
WITH
{contact_rolling_beyond}
SELECT cvm.row_key(to_char((date '2000-01-01' + s.day)::timestamp, 'YYYY-MM-DD'), s.of_day::text, s.customer_id::text) AS row_key,
	s.customer_id,
	date '2000-01-01' + s.day AS sent_on,
	coalesce(s.channel, '(unknown)') AS channel,
	coalesce(s.campaign, '(unknown)') AS campaign,
	s.offer,
	s.in_window AS contacts_in_window,
	{contact_cap} AS contact_cap,
	{contact_window} AS contact_window,
	{time_zone} AS time_zone,
	s.as_of
FROM sent s
WHERE NOT s.is_service AND s.in_window > {contact_cap}$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('contact_pressure', 1, 'row_key', 'text', 'key', 'month_label|segment', false, 'One value per row.'),
	('contact_pressure', 2, 'segment', 'text', 'name', 'segment held on the day of the last contact of the month',
		false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('contact_pressure', 3, 'month', 'date', 'date', 'first day of the month', false, 'Month of the contacts.'),
	('contact_pressure', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('contact_pressure', 5, 'customers', 'bigint', 'customers', 'customers with a marketing contact', true,
		'Customers who got marketing.'),
	('contact_pressure', 6, 'contacts', 'bigint', 'contacts', 'contacts whose purpose is not service', true,
		'Marketing contacts.'),
	('contact_pressure', 7, 'service_contacts', 'bigint', 'contacts', 'contacts whose purpose is service', true,
		'Service contacts, to which no cap applies.'),
	('contact_pressure', 8, 'contacts_per_customer', 'double precision', 'contacts', 'contacts / customers', false,
		'Marketing contacts of a customer who got any.'),
	('contact_pressure', 9, 'most_contacts', 'bigint', 'contacts', 'greatest number of a customer', false,
		'Marketing contacts of the customer who got most.'),
	('contact_pressure', 10, 'over_cap_customers', 'bigint', 'customers', 'customers with a violation', true,
		'Customers who got more than the cap in some window.'),
	('contact_pressure', 11, 'over_cap_share', 'double precision', 'fraction 0..1', 'over_cap_customers / customers',
		false, 'Their share.'),
	('contact_pressure', 12, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of over_cap_share',
		false, 'Lower end of the interval.'),
	('contact_pressure', 13, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of over_cap_share',
		false, 'Upper end of the interval.'),
	('contact_pressure', 14, 'violations', 'bigint', 'contacts',
		'marketing contacts that were more than contact_cap within the contact_window days that end with their own',
		true, 'Contacts beyond the cap at the moment of sending.'),
	('contact_pressure', 15, 'violation_rate', 'double precision', 'fraction 0..1', 'violations / contacts', false,
		'Share of the contacts that went beyond.'),
	('contact_pressure', 16, 'responses', 'bigint', 'contacts', 'marketing contacts that are responded, or with an outcome where that is not told', true,
		'Marketing contacts that something came of.'),
	('contact_pressure', 17, 'response_rate', 'double precision', 'fraction 0..1', 'responses / contacts', false,
		'Their share.'),
	('contact_pressure', 18, 'opened_contacts', 'bigint', 'contacts', 'marketing contacts that are opened', true,
		'Marketing contacts that the customer opened; NULL where that is not told.'),
	('contact_pressure', 19, 'open_rate', 'double precision', 'fraction 0..1', 'opened_contacts / contacts of which it is told', false,
		'Their share.'),
	('contact_pressure', 20, 'opt_outs', 'bigint', 'contacts', 'marketing contacts that are opted_out', true,
		'Marketing contacts after which the customer wanted no more; NULL where that is not told.'),
	('contact_pressure', 21, 'opt_out_rate', 'double precision', 'fraction 0..1', 'opt_outs / contacts of which it is told', false,
		'Their share.'),
	('contact_pressure', 22, 'opt_out_low', 'double precision', 'fraction 0..1', 'Wilson interval of opt_out_rate', false,
		'Lower end of the interval.'),
	('contact_pressure', 23, 'opt_out_high', 'double precision', 'fraction 0..1', 'Wilson interval of opt_out_rate', false,
		'Upper end of the interval.'),
	('contact_pressure', 24, 'gini', 'double precision', 'fraction 0..1',
		'Gini of marketing contacts over customers with any contact', false, 'How unevenly: 0 when all get as many.'),
	('contact_pressure', 25, 'contact_cap', 'integer', 'contacts', 'setting of the model', false, 'The cap.'),
	('contact_pressure', 26, 'contact_window', 'integer', 'days', 'setting of the model', false,
		'Days of the rolling window.'),
	('contact_pressure', 27, 'is_complete', 'boolean', 'yes or no', 'the month ends before as_of', false,
		'Is the month over?'),
	('contact_pressure', 28, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('contact_pressure', 29, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('contact_violation', 1, 'row_key', 'text', 'key', 'sent_on|number of the contact on that day|customer_id', false,
		'One value per row.'),
	('contact_violation', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'contact.customer_id', false,
		'The customer.'),
	('contact_violation', 3, 'sent_on', 'date', 'date', 'its day in the time zone of the model', false,
		'Day on which it was sent.'),
	('contact_violation', 4, 'channel', 'text', 'name', 'contact.channel', false,
		'Channel; "(unknown)" where none was told.'),
	('contact_violation', 5, 'campaign', 'text', 'name', 'contact.campaign', false,
		'Campaign; "(unknown)" where none was told.'),
	('contact_violation', 6, 'offer', 'text', 'name', 'contact.offer', false, 'Offer that was made, or NULL.'),
	('contact_violation', 7, 'contacts_in_window', 'bigint', 'contacts',
		'marketing contacts of the customer in the contact_window days that end with this one', false,
		'How many there were with it.'),
	('contact_violation', 8, 'contact_cap', 'integer', 'contacts', 'setting of the model', false, 'The cap.'),
	('contact_violation', 9, 'contact_window', 'integer', 'days', 'setting of the model', false,
		'Days of the rolling window.'),
	('contact_violation', 10, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('contact_violation', 11, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.');
