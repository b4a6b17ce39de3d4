-- SPDX-License-Identifier: PostgreSQL
-- Report view over everything that says whom to call: why, what is at risk, how
-- such customers fared, what they may be offered, and who is not to be called.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(85, 'action_days', 'count', '90', 'Days ahead in which what ends is a reason to act.'),
	(86, 'loss_days', 'count', '90', 'Days in which customers with the same reason are watched for what they lose.'),
	(87, 'moment_days', 'count', '30', 'Days after a poor moment in which it is a reason to act.'),
	(88, 'silence_days', 'count', '30', 'Days without an event after which a paying customer is inactive.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(152, 'customer_action',
		'Whom to call and why, one row per paying customer with a reason: what is at risk, how many of such customers '
		'were lost before, what they may be offered, who answers, and why not to call. '
		'cvm.customer_action(model, as_of) says so of any day.');

-- A look is a day, the first not observed, as of which customers are seen: that
-- of the model, and three before of which it is known what came after.  Of a
-- request to leave the end may lie ahead; what was not asked for is not known.
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('cancel_notices', 1, '{cancellation}', $$
	UNION ALL
	SELECT l.day, s.n, s.customer_id, s.mrr, 'notice_given', max(c.effective_on)
	FROM look l
	JOIN cancellation c ON cvm.day_of(c.requested_at, {time_zone}) < l.day AND coalesce(cvm.day_of(c.withdrawn_at, {time_zone}) >= l.day, true)
		AND coalesce(c.effective_on >= l.day, cvm.day_of(c.requested_at, {time_zone}) >= l.day - {action_days})
	JOIN spell s ON s.customer_id = c.customer_id AND s.started_on < l.day AND s.ended_on >= l.day AND (c.product IS NULL OR c.product = s.product)
	GROUP BY l.day, s.n, s.customer_id, s.mrr$$),
('cancel_notices', 2, '{}', ''),
('moments', 1, '{moment}', $$
	UNION ALL
	SELECT DISTINCT l.day, s.n, s.customer_id, s.mrr, m.kind, NULL::date
	FROM look l
	JOIN moment m ON cvm.day_of(m.at, {time_zone}) < l.day AND cvm.day_of(m.at, {time_zone}) >= l.day - {moment_days}
	JOIN spell s ON s.customer_id = m.customer_id AND s.started_on < l.day AND s.ended_on >= l.day AND (m.product IS NULL OR m.product = s.product)
	WHERE m.kind IS NOT NULL$$),
('moments', 2, '{}', ''),
-- Who was silent on a look, and paid then or not
('silent', 1, '{distributed event,event}', $$(
		SELECT e.customer_id, x.day
		FROM (
			-- in one pass, however many looks
			SELECT d.customer_id, o.as_of, max(d.day) AS day_0, max(d.day) FILTER (WHERE d.day < o.as_of - {loss_days}) AS day_1,
				max(d.day) FILTER (WHERE d.day < o.as_of - {loss_days} - 30) AS day_2, max(d.day) FILTER (WHERE d.day < o.as_of - {loss_days} - 60) AS day_3
			-- OFFSET 0: the day of each event is found once
			FROM (SELECT v.customer_id, cvm.day_of(v.occurred_at, {time_zone}) AS day FROM event v OFFSET 0) d
			JOIN observed o ON d.day < o.as_of
			GROUP BY d.customer_id, o.as_of) e
		CROSS JOIN LATERAL (VALUES (e.as_of, e.day_0), (e.as_of - {loss_days}, e.day_1), (e.as_of - {loss_days} - 30, e.day_2),
			(e.as_of - {loss_days} - 60, e.day_3)) AS x (day, last_day)
		WHERE x.last_day < x.day - {silence_days}) l$$),
('silent', 2, '{event}', $$(
		-- read once, whatever the planner makes of the rest
		WITH seen AS MATERIALIZED (
			SELECT cvm._last_day_agg(v.customer_id, cvm.day_of(v.occurred_at, {time_zone}), (SELECT o.as_of FROM observed o)) AS state FROM event v
		), silent AS MATERIALIZED (
			SELECT t.customer_id, t.look AS day
			FROM seen e
			CROSS JOIN LATERAL cvm._last_days(e.state, (SELECT v.customer_id FROM event v WHERE false), ARRAY(SELECT k.day FROM look k), {silence_days}) t
		)
		SELECT * FROM silent) l$$),
('silences', 1, '{event}', $$
	UNION ALL
	SELECT l.day, s.n, s.customer_id, s.mrr, 'inactive', NULL::date
	FROM {silent}
	JOIN spell s ON s.customer_id = l.customer_id AND s.started_on < l.day AND s.ended_on >= l.day$$),
('silences', 9, '{}', ''),
-- The same as signals: what is told of a customer, or of a product that is held, for looks after a day and up to another
('signals', 1, '{}', '{cancel_signals}{moment_signals}{silence_signals}'),
('cancel_signals', 1, '{cancellation}', $$
	UNION ALL
	SELECT c.customer_id, NULL, c.product, cvm.day_of(c.requested_at, {time_zone}),
		least(cvm.day_of(c.withdrawn_at, {time_zone}), coalesce(c.effective_on, cvm.day_of(c.requested_at, {time_zone}) + {action_days})),
		NULL, NULL, NULL, c.effective_on, 'notice_given', NULL
	FROM cancellation c$$),
('cancel_signals', 2, '{}', ''),
('moment_signals', 1, '{moment}', $$
	UNION ALL
	SELECT m.customer_id, NULL, m.product, cvm.day_of(m.at, {time_zone}), cvm.day_of(m.at, {time_zone}) + {moment_days}, NULL, NULL, NULL, NULL, m.kind, NULL
	FROM moment m
	WHERE m.kind IS NOT NULL$$),
('moment_signals', 2, '{}', ''),
('silence_signals', 1, '{event}', $$
	UNION ALL
	SELECT l.customer_id, NULL, NULL, l.day - 1, l.day, NULL, NULL, NULL, NULL, 'inactive', NULL
	FROM {silent}$$),
('silence_signals', 2, '{}', ''),
-- Lines that ended before are nothing to any look, nor to a price that moved before it
('line_since', 1, '{}', '(SELECT o.as_of - {loss_days} - 60 - {price_moved_days} FROM observed o)'),
('is_discounted', 1, '{subscription.discount_until}', 'true'),
('is_discounted', 2, '{}', 'false'),
-- All rows have one day: a segment that is not held on it need not be looked for
('placed_then', 1, '{distributed segment_history}', ''),
('placed_then', 9, '{}', $$
		AND coalesce(h.valid_from < (SELECT o.as_of FROM observed o), true) AND coalesce(h.valid_to >= (SELECT o.as_of FROM observed o), true)$$),
('owner_rows', 1, '{owner}', $$(
	SELECT w.subject, string_agg(DISTINCT w.owner COLLATE "C", ', ' ORDER BY w.owner COLLATE "C") COLLATE "default" AS owner
	FROM owner w
	CROSS JOIN observed o
	WHERE lower(w.subject_kind) = 'segment' AND coalesce(w.accountable, true) AND coalesce(w.valid_from < o.as_of, true) AND coalesce(w.valid_to >= o.as_of, true)
	GROUP BY w.subject)$$),
('owner_rows', 2, '{}', '(SELECT NULL::text AS subject, NULL::text AS owner WHERE false)'),
('pressed', 1, '{contact}', $$
	UNION ALL
	SELECT c.customer_id, 'contact_pressure'
	FROM contact c
	CROSS JOIN observed o
	WHERE cvm.day_of(c.occurred_at, {time_zone}) < o.as_of AND cvm.day_of(c.occurred_at, {time_zone}) > o.as_of - {contact_window}
		AND lower(c.purpose) IS DISTINCT FROM 'service'
	GROUP BY c.customer_id
	-- one more would be beyond the cap
	HAVING count(*) >= {contact_cap}$$),
('pressed', 2, '{}', ''),
('held_out', 1, '{contact,contact.arm}', $$
	UNION ALL
	SELECT c.customer_id, 'hold_out'
	FROM contact c
	CROSS JOIN observed o
	WHERE lower(c.arm) = 'control' AND cvm.day_of(c.occurred_at, {time_zone}) < o.as_of AND cvm.day_of(c.occurred_at, {time_zone}) >= o.as_of - {campaign_days}
	GROUP BY c.customer_id$$),
('held_out', 2, '{}', ''),
('ticketed', 1, '{ticket}', $$
	UNION ALL
	SELECT t.customer_id, 'open_ticket'
	FROM ticket t
	CROSS JOIN observed o
	WHERE cvm.day_of(t.opened_at, {time_zone}) < o.as_of AND coalesce(cvm.day_of(t.solved_at, {time_zone}) >= o.as_of, true)
	GROUP BY t.customer_id$$),
('ticketed', 2, '{}', ''),
('bundle_rows', 1, '{bundle_component}', '(SELECT DISTINCT c.bundle, c.product FROM bundle_component c)'),
('bundle_rows', 2, '{}', '(SELECT NULL::text AS bundle, NULL::text AS product WHERE false)'),
('family_rows', 1, '{product,product.family}', '(SELECT p.product, max(p.family) AS family FROM product p WHERE p.family IS NOT NULL GROUP BY p.product)'),
('family_rows', 2, '{}', '(SELECT NULL::text AS product, NULL::text AS family WHERE false)'),
('sale_rows', 1, '{offer,offer.product,offer.price}', $$(
	SELECT f.offer, f.product, f.channel, min(f.price) AS price, bool_and(coalesce(f.new_customers_only, false)) AS is_new
	FROM offer f
	CROSS JOIN observed o
	WHERE f.offer IS NOT NULL AND f.product IS NOT NULL AND f.price IS NOT NULL
		AND (f.valid_from IS NULL OR f.valid_from < o.as_of) AND (f.valid_to IS NULL OR f.valid_to >= o.as_of)
	GROUP BY f.offer, f.product, f.channel)$$),
('sale_rows', 2, '{}', '(SELECT NULL::text AS offer, NULL::text AS product, NULL::text AS channel, NULL::numeric AS price, NULL::boolean AS is_new WHERE false)');

-- Who is at risk now, why, and with what they hold, and of each reason how such
-- customers fared: by windows and joins over spells where Citus has any of it; else
-- in one fold, a sixth of the time
@for preference | entity
1 | subscription
2 | cancellation
3 | moment
4 | event
@make
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('at_risk', {preference}, '{distributed {entity},{entity}}', '{risk_joined}');
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('risk_joined', 1, '{}', $$spell AS MATERIALIZED (
	-- what ended before all looks is nothing to any of them, but that it may have been at another price not long before
	SELECT w.*
	FROM (
		SELECT v.*, CASE WHEN lag(v.ended_on) OVER l = v.started_on THEN lag(v.mrr) OVER l END AS last_mrr,
			CASE WHEN lead(v.started_on) OVER l = v.ended_on THEN lead(v.mrr) OVER l END AS next_mrr
		FROM (
			SELECT row_number() OVER () AS n, s.customer_id, s.product, coalesce(s.subscription_id, s.product) AS line, s.started_on,
				coalesce(s.ended_on, 'infinity') AS ended_on,
				CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END{rate} AS mrr, s.offer, s.cancel_requested_on, s.committed_until
			FROM subscription s
			WHERE s.customer_id IS NOT NULL AND coalesce(s.ended_on > s.started_on, true)
				AND coalesce(s.ended_on >= {line_since}, true)) v
		-- of those that begin on one day the first to end comes first, and then the cheaper one
		WINDOW l AS (PARTITION BY v.customer_id, v.line ORDER BY v.started_on, v.ended_on, coalesce(v.mrr, 0), v.offer IS NOT NULL OR {is_discounted},
			v.mrr IS NOT NULL, coalesce(v.cancel_requested_on, 'infinity'), coalesce(v.committed_until, '-infinity'))) w
	WHERE w.ended_on >= (SELECT min(l.day) FROM look l)
), ground AS MATERIALIZED (
	-- lines that are paid for on the last day before the look, and why they are at risk
	SELECT l.day, l.n, l.customer_id, l.mrr, r.reason, r.next_date
	FROM (
		-- few lines have any
		SELECT l.day, s.n, s.customer_id, s.mrr, s.ended_on, s.committed_until, s.cancel_requested_on < l.day AS has_notice,
			s.committed_until >= l.day AND s.committed_until < l.day + least({action_days}, 90) AND s.ended_on >= s.committed_until AS is_bound,
			s.next_mrr > s.mrr AND (s.offer IS NOT NULL OR {is_discounted}) AND s.ended_on < l.day + {action_days} AS is_promoted,
			s.mrr > s.last_mrr AND s.started_on >= l.day - {price_moved_days} AS has_moved
		FROM look l
		CROSS JOIN spell s
		WHERE s.started_on < l.day AND s.ended_on >= l.day
			AND (s.cancel_requested_on IS NOT NULL OR s.committed_until IS NOT NULL OR s.next_mrr > s.mrr OR s.mrr > s.last_mrr)) l
	CROSS JOIN LATERAL (VALUES
		('notice_given', l.has_notice, l.ended_on),
		('commitment_' || CASE WHEN l.committed_until < l.day + 30 THEN '30' WHEN l.committed_until < l.day + 60 THEN '60' ELSE '90' END,
			l.is_bound, l.committed_until),
		('promotion_ending', l.is_promoted, l.ended_on),
		('price_moved', l.has_moved, NULL)) AS r (reason, is_so, next_date)
	WHERE r.is_so AND (l.has_notice OR l.is_bound OR l.is_promoted OR l.has_moved){cancel_notices}{moments}{silences}
), risk AS MATERIALIZED (
	SELECT g.day, g.customer_id, g.reason, sum(g.mrr) AS mrr, min(g.next_date) FILTER (WHERE isfinite(g.next_date)) AS next_date
	FROM (
		SELECT k.day, k.n, k.customer_id, k.mrr, k.reason, min(k.next_date) AS next_date FROM ground k WHERE k.mrr > 0
			GROUP BY k.day, k.n, k.customer_id, k.mrr, k.reason) g
	GROUP BY g.day, g.customer_id, g.reason
), past AS (
	-- lost is who pays less by half of what was at risk, or by more
	SELECT r.day, r.customer_id, r.reason,
		sum(p.mrr) FILTER (WHERE p.started_on < r.day
			AND p.ended_on >= r.day) - coalesce(sum(p.mrr) FILTER (WHERE p.started_on < r.day + {loss_days}
			AND p.ended_on >= r.day + {loss_days}), 0) >= r.mrr / 2 AS is_lost
	FROM risk r
	JOIN spell p ON p.customer_id = r.customer_id
	WHERE r.day IN (SELECT l.day FROM look l WHERE NOT l.is_now)
	GROUP BY r.day, r.customer_id, r.reason, r.mrr
), rated AS (
	SELECT p.reason, count(*) AS n, count(*) FILTER (WHERE p.is_lost) AS lost, count(*) FILTER (WHERE p.is_lost) / count(*)::float8 AS rate
	FROM past p
	GROUP BY p.reason
), now AS MATERIALIZED (
	SELECT r.customer_id, r.day AS as_of, string_agg(r.reason COLLATE "C", ', ' ORDER BY r.reason COLLATE "C") AS reasons,
		bool_or(r.reason = 'notice_given') AS is_leaving,
		coalesce(sum(r.mrr) FILTER (WHERE r.reason = 'notice_given'), 0) AS notice_mrr, min(r.next_date) AS next_date,
		(array_agg(r.reason COLLATE "C" ORDER BY t.rate DESC NULLS LAST, r.reason COLLATE "C"))[1] AS leading
	FROM risk r
	JOIN look l ON l.day = r.day AND l.is_now
	LEFT JOIN rated t ON t.reason = r.reason
	GROUP BY r.customer_id, r.day
), exposed AS MATERIALIZED (
	SELECT g.customer_id, sum(g.mrr) AS mrr
	FROM (SELECT DISTINCT k.customer_id, k.n, k.mrr FROM ground k JOIN look l ON l.day = k.day AND l.is_now WHERE k.mrr > 0) g
	GROUP BY g.customer_id
), holding AS MATERIALIZED (
	SELECT n.customer_id, n.as_of, n.as_of - 1 AS day, n.reasons, n.is_leaving, n.notice_mrr, n.next_date, n.leading,
		e.mrr AS risk_mrr, sum(p.mrr) AS mrr, array_agg(DISTINCT p.product) AS products
	FROM now n
	JOIN exposed e ON e.customer_id = n.customer_id
	JOIN spell p ON p.customer_id = n.customer_id AND p.started_on < n.as_of AND p.ended_on >= n.as_of
	GROUP BY n.customer_id, n.as_of, n.reasons, n.is_leaving, n.notice_mrr, n.next_date, n.leading, e.mrr
)$$),
('at_risk', 9, '{}', $$risk AS MATERIALIZED (
	-- by itself, for Citus may have who is in a segment: a ticket is read in the query that made it
	WITH gathered AS MATERIALIZED (
		SELECT cvm._customer_risk_agg(r.customer_id, r.line, r.product, r.day, r.until, r.mrr, r.is_offered, r.noticed_on, r.committed_until, r.reason,
			r.since) AS state
		FROM (
			SELECT s.customer_id, coalesce(s.subscription_id, s.product) AS line, s.product, s.started_on AS day, s.ended_on AS until,
				CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END{rate} AS mrr, s.offer IS NOT NULL OR {is_discounted} AS is_offered,
				s.cancel_requested_on AS noticed_on, s.committed_until, NULL::text AS reason, {line_since} AS since
			FROM subscription s{signals}) r
	)
	SELECT t.*
	FROM gathered g
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm._customer_risks(g.state, (SELECT s.customer_id FROM subscription s WHERE false), o.as_of, {action_days}, {loss_days},
		{price_moved_days}) t
), rated AS (
	SELECT r.reasons[1] AS reason, r.loss_customers AS n, r.lost_customers AS lost, r.lost_customers / r.loss_customers::float8 AS rate
	FROM risk r
	WHERE r.loss_customers IS NOT NULL
), led AS MATERIALIZED (
	-- once for each set of reasons
	SELECT h.reasons, (
		SELECT u.reason
		FROM unnest(h.reasons) AS u (reason)
		LEFT JOIN rated t ON t.reason = u.reason
		ORDER BY t.rate DESC NULLS LAST, u.reason COLLATE "C" LIMIT 1) AS leading
	FROM (SELECT DISTINCT r.reasons FROM risk r WHERE r.loss_customers IS NULL) h
), holding AS MATERIALIZED (
	SELECT r.customer_id, o.as_of, o.as_of - 1 AS day, array_to_string(r.reasons, ', ') AS reasons, r.is_leaving, r.notice_mrr, r.next_date,
		d.leading, r.risk_mrr, r.mrr, r.products
	FROM risk r
	CROSS JOIN observed o
	JOIN led d ON d.reasons = r.reasons
	WHERE r.loss_customers IS NULL
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('customer_action', 1, '{subscription}', $$
WITH {observed}, {rates}look AS MATERIALIZED (
	SELECT o.as_of - b.days AS day, b.days = 0 AS is_now
	FROM observed o
	CROSS JOIN (VALUES (0), ({loss_days}), ({loss_days} + 30), ({loss_days} + 60)) AS b (days)
), {at_risk}, barred AS (
	SELECT b.customer_id, string_agg(DISTINCT b.why, ', ' ORDER BY b.why) AS why
	FROM (SELECT n.customer_id, NULL::text AS why FROM holding n{pressed}{held_out}{ticketed}) b
	GROUP BY b.customer_id
), bundle AS (SELECT b.* FROM {bundle_rows} b
), family AS (SELECT f.* FROM {family_rows} f
), sale AS MATERIALIZED (SELECT f.* FROM {sale_rows} f
), open_offer AS MATERIALIZED (
	-- that anybody may take, and that no other one beats
	SELECT a.offer, a.product, max(a.price) AS price
	FROM sale a
	WHERE NOT a.is_new AND NOT EXISTS (
		SELECT FROM sale b
		WHERE NOT b.is_new AND (b.channel IS NULL OR b.channel = a.channel)
			AND ((b.product = a.product AND b.price < a.price)
				OR (b.price <= a.price AND EXISTS (SELECT 1 FROM bundle u WHERE u.bundle = b.product AND u.product = a.product))))
	GROUP BY a.offer, a.product
), suggested AS MATERIALIZED (
	-- once for each set of products: one that is not held, nor in place of what is
	SELECT h.products, (
		SELECT f.offer
		FROM open_offer f
		WHERE NOT f.product = ANY (h.products)
			AND NOT EXISTS (SELECT 1 FROM bundle u WHERE u.bundle = f.product AND u.product = ANY (h.products) OR u.product = f.product AND u.bundle = ANY (h.products))
			AND NOT EXISTS (SELECT 1 FROM family x JOIN family y ON y.family = x.family WHERE x.product = f.product AND y.product = ANY (h.products))
		ORDER BY f.price DESC, f.offer COLLATE "C" LIMIT 1) AS offer
	FROM (SELECT DISTINCT k.products FROM holding k) h
)
@with held_on holding
{placed_then}
@end
, owned AS MATERIALIZED {owner_rows}
SELECT cvm.row_key(n.customer_id::text) AS row_key,
	n.customer_id,
	CASE WHEN {has_segments} THEN n.in_segment ELSE '(all)' END AS segment,
	w.owner,
	c.mrr_at_risk,
	n.notice_mrr,
	n.mrr,
	n.reasons COLLATE "default" AS reasons,
	n.next_date,
	n.leading COLLATE "default" AS loss_reason,
	t.rate AS loss_rate,
	coalesce(t.n, 0) AS loss_customers,
	coalesce(t.lost, 0) AS lost_customers,
	i.conf_low AS loss_low,
	i.conf_high AS loss_high,
	c.mrr_at_risk::float8 * t.rate AS priority,
	g.offer AS suggested_offer,
	b.why AS excluded_because,
	{currency} AS currency,
	{loss_days} AS loss_days,
	{time_zone} AS time_zone,
	n.as_of
FROM member n
CROSS JOIN LATERAL (SELECT CASE WHEN n.is_leaving THEN n.notice_mrr ELSE n.risk_mrr END AS mrr_at_risk) c
LEFT JOIN rated t ON t.reason = n.leading
LEFT JOIN LATERAL cvm.proportion_interval(t.lost, t.n, {conf}) i ON t.n > 0
LEFT JOIN suggested g ON g.products = n.products
LEFT JOIN barred b ON b.customer_id = n.customer_id
LEFT JOIN owned w ON w.subject = n.in_segment$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('customer_action', 1, 'row_key', 'text', 'key', 'customer_id', false, 'One value per row.'),
	('customer_action', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'subscription.customer_id', false,
		'The customer.'),
	('customer_action', 3, 'segment', 'text', 'name', 'segment held on the day before as_of', false,
		'Segment; "(none)" is who is in none, "(all)" everybody where no segments are bound.'),
	('customer_action', 4, 'owner', 'text', 'name', 'owner of the segment on the day before as_of', false,
		'Who answers for the segment; NULL where nobody does.'),
	('customer_action', 5, 'mrr_at_risk', 'numeric(28,2)', 'money a month',
		'notice_mrr where notice was given; else the prices of the lines with a reason, each once', true,
		'What is at risk: what was cancelled, and not all that the customer pays.'),
	('customer_action', 6, 'notice_mrr', 'numeric(28,2)', 'money a month', 'prices of lines for which notice was given', true,
		'What the customer has asked to end; 0 where nothing.'),
	('customer_action', 7, 'mrr', 'numeric(28,2)', 'money a month', 'sum of prices held on the day before as_of', true,
		'All that the customer pays.'),
	('customer_action', 8, 'reasons', 'text', 'words',
		'notice_given; commitment_30, _60, _90 (ends within so many days); promotion_ending; price_moved; inactive; kinds '
		'of moments', false, 'Why to act, in the order of the alphabet, parted by commas.'),
	('customer_action', 9, 'next_date', 'date', 'date', 'first day of what ends', false,
		'When the first of it comes true; NULL where nothing has a day.'),
	('customer_action', 10, 'loss_reason', 'text', 'word', 'the reason with the highest loss rate', false,
		'Of the reasons the one that costs most customers.'),
	('customer_action', 11, 'loss_rate', 'double precision', 'fraction 0..1', 'lost_customers / loss_customers', false,
		'Of the customers who had that reason loss_days, 30 and 60 days more before as_of, the share who loss_days later '
		'paid less by half of what was at risk, or by more; NULL where there were none.'),
	('customer_action', 12, 'loss_customers', 'bigint', 'customers and days', 'customers with the reason on those three days',
		false, 'How many were looked at, each once for each of the three days.'),
	('customer_action', 13, 'lost_customers', 'bigint', 'customers and days', 'of those, the lost', false, 'How many were lost.'),
	('customer_action', 14, 'loss_low', 'double precision', 'fraction 0..1', 'Wilson limits of loss_rate', false,
		'Lower end of its interval.'),
	('customer_action', 15, 'loss_high', 'double precision', 'fraction 0..1', 'Wilson limits of loss_rate', false,
		'Upper end of its interval.'),
	('customer_action', 16, 'priority', 'double precision', 'money a month', 'mrr_at_risk * loss_rate', true,
		'What is expected to be lost if nobody calls: begin with the largest.'),
	('customer_action', 17, 'suggested_offer', 'text', 'name',
		'of the offers on sale to existing customers the dearest that is not dominated and whose product is neither held, '
		'nor of a family or bundle of what is held', false,
		'What the customer may take without giving up what is held; NULL where there is none.'),
	('customer_action', 18, 'excluded_because', 'text', 'words',
		'contact_pressure (contact_cap within contact_window), hold_out (control of a campaign within campaign_days), '
		'open_ticket', false, 'Why not to call now; NULL: call.'),
	('customer_action', 19, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('customer_action', 20, 'loss_days', 'integer', 'days', 'setting of the model', false, 'Days in which customers are watched.'),
	('customer_action', 21, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('customer_action', 22, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');

CREATE FUNCTION cvm._report_as_of(model name, view text, as_of date, instead jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	have text[];
	literals jsonb;
	body text;
BEGIN
	SELECT c.have, c.literals INTO have, literals FROM cvm._composing(_report_as_of.model, _report_as_of.view, _report_as_of.as_of,
		_report_as_of.instead) c;
	SELECT cvm._without_small_groups(b.view, cvm._shown(b.view, cvm._fill(b.body, literals), (literals ->> 'minor_units')::int),
		(literals ->> 'min_group_size')::int) INTO body
	FROM cvm.report_body b WHERE b.view = _report_as_of.view AND b.needs <@ have ORDER BY b.preference LIMIT 1;
	IF body IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('view "%s" of model "%s" waits for %s', _report_as_of.view, _report_as_of.model,
				(SELECT string_agg(n.need, ', ' ORDER BY n.n) FROM cvm.report_body b, unnest(b.needs) WITH ORDINALITY AS n(need, n)
					WHERE b.view = _report_as_of.view AND NOT n.need = ANY (have))),
			HINT = format('Bind it: SELECT cvm.bind(%L, ...).', _report_as_of.model);
	END IF;
	RETURN body;
END
$$;
COMMENT ON FUNCTION cvm._report_as_of(name, text, date, jsonb) IS
	'A report of a model as it would be with another as_of (NULL: its own) or with other words instead of some in braces; '
	'for reports whose bodies read canonical relations only.';

CREATE FUNCTION cvm.customer_action(model name, as_of date)
RETURNS TABLE (customer_id text, segment text, owner text, mrr_at_risk numeric, notice_mrr numeric, mrr numeric, reasons text, next_date date,
	loss_reason text, loss_rate float8, loss_customers bigint, priority float8, suggested_offer text, excluded_because text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := cvm._open(customer_action.model, writes => false);
	body text;
BEGIN
	PERFORM cvm._refuse_superuser(customer_action.model, owner);
	IF NOT isfinite(customer_action.as_of) IS TRUE THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('invalid as_of "%s"', coalesce(customer_action.as_of::text, 'NULL')),
			HINT = format('Give a day, such as current_date, or read the view: SELECT * FROM %I.customer_action.', customer_action.model);
	END IF;
	PERFORM cvm._expect_own_schema(customer_action.model);
	body := cvm._report_as_of(customer_action.model, 'customer_action', customer_action.as_of);
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', customer_action.model), true);
	RETURN QUERY EXECUTE format('SELECT a.customer_id::text, a.segment::text, a.owner::text, a.mrr_at_risk, a.notice_mrr, a.mrr, a.reasons, a.next_date, a.loss_reason, a.loss_rate, a.loss_customers, a.priority, a.suggested_offer::text, a.excluded_because FROM (%s) a', body);
END
$$;
COMMENT ON FUNCTION cvm.customer_action(name, date) IS
	'The view customer_action as of any day, whatever the model''s own as_of, which stays as it is.';
