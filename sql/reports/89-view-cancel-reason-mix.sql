-- SPDX-License-Identifier: PostgreSQL
-- Report views over cancellations: why customers ask to leave, and who stays.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(80, 'involuntary_reasons', 'words',
		'{unpaid,payment failed,failed payment,payment_failed,failed_payment,non-payment,nonpayment,non_payment,bad debt,involuntary,fraud,deceased}',
		'Reasons, in any case of letters, for which customers did not want to leave, where nothing else says so; '
		'NULL: none.'),
	(81, 'reason_months', 'count', '3', 'Months before, taken together, with which the mix of a month is compared.'),
	(82, 'price_moved_days', 'count', '90', 'Days after another price in which it may be what a customer acts on.'),
	(83, 'save_days', 'count', '30',
		'Days after a request to leave within which to withdraw it is to be saved; younger requests are in no rate.'),
	(84, 'kept_days', 'count', '90', 'Days after a request was withdrawn at which a saved customer is looked for.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(150, 'cancel_reason_mix',
		'Why customers ask to leave: one row per segment, month of the request and reason, voluntary and involuntary '
		'ones apart. Of several reasons of one request each weighs 1/k. The mix of a month is compared with that of '
		'the reason_months before; p_value is corrected for the number of reasons looked at (Holm).', 'customers'),
	(151, 'save_rate',
		'Of the customers who asked to leave, who was saved, and who of these is still there kept_days later: one row '
		'per segment, month of the request, reason and offer made; "(all)" are totals, of requests that name several '
		'reasons each once.', 'customers');

-- Requests and their reasons: rows of a customer and day are one request
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('cancel_reasons', 1, '{}', $$
reason AS {at_customer} (
	SELECT g.*, count(*) OVER q AS reasons, bool_and(g.is_over) OVER q AS is_withdrawn, max(g.over_on) OVER q AS withdrawn_on, max(g.end_on) OVER q AS effective_on
	FROM (
		SELECT c.customer_id, c.day, c.reason, c.is_voluntary, o.as_of, array_agg(DISTINCT c.product) AS products, bool_or(c.product IS NULL) AS is_any,
			bool_and(coalesce(c.withdrawn_on < o.as_of, false)) AS is_over, max(c.withdrawn_on) AS over_on, max(c.effective_on) AS end_on,
				array_agg(DISTINCT c.offer) AS offers
		FROM (
			SELECT k.customer_id, cvm.day_of(k.requested_at, {time_zone}) AS day,
				coalesce(nullif(btrim(k.reason), ''), '(unknown)') COLLATE "C" AS reason, k.product, k.offer,
				coalesce(k.voluntary, (lower(k.reason COLLATE {involuntary_reasons_collation}) = ANY ({involuntary_reasons_lower})) IS NOT TRUE) AS is_voluntary,
				cvm.day_of(k.withdrawn_at, {time_zone}) AS withdrawn_on, k.effective_on
			FROM cancellation k
			WHERE k.customer_id IS NOT NULL) c
		CROSS JOIN observed o
		WHERE c.day < o.as_of
		GROUP BY c.customer_id, c.day, c.reason, c.is_voluntary, o.as_of) g
	WINDOW q AS (PARTITION BY g.customer_id, g.day)
)
$$);

-- Spells, how long their line went on, and when its price moved
@define cancel_spells whose | more
spell AS {at_customer} (
	SELECT w.*, w.run[2] AS run_end
	FROM (
		SELECT v.*, cvm._spell_runs(v.started_on, v.ended_on, 0) OVER l AS run,
			CASE WHEN lag(v.ended_on) OVER l = v.started_on AND lag(v.mrr) OVER l <> v.mrr THEN v.started_on END AS moved_on
		FROM (
			SELECT row_number() OVER ({rows_of_customer}) AS n, k.*
			FROM (
				SELECT s.customer_id, s.product, coalesce(s.subscription_id, s.product) AS line, s.started_on, coalesce(s.ended_on, 'infinity') AS ended_on,
					{price}{rate} AS mrr{more}
				FROM subscription s
				CROSS JOIN observed o
				-- windows over everybody's spells are most of it, where few have asked
				WHERE s.customer_id IN (SELECT x.customer_id FROM {whose}) AND s.started_on < o.as_of AND coalesce(s.ended_on > s.started_on, true)) k) v
		WINDOW l AS (PARTITION BY v.customer_id, v.line ORDER BY v.started_on, v.n)) w
)
@end

-- What each reason is about: lines held on the day before
@define cancel_lines
, matched AS {at_customer} (
	SELECT m.*, count(*) FILTER (WHERE m.is_meant) OVER (PARTITION BY m.customer_id, m.day, m.n) AS sharers
	FROM (
		SELECT r.*, p.n, p.line, p.mrr, p.run_end, p.started_on < r.day AND p.ended_on >= r.day AND (r.is_any OR p.product = ANY (r.products)) AS is_meant
		FROM reason r
		LEFT JOIN spell p ON p.customer_id = r.customer_id) m
)
@end

-- With what the customer pays when it comes true, and whether it follows on
-- another price
@define cancel_outcomes requests
, named AS {at_customer} (
	SELECT q.customer_id, q.day, q.ended_on, q.reason, q.is_voluntary, q.reasons, q.mrr, q.is_withdrawn, q.is_lost, q.as_of,
		q.is_lost AND coalesce(sum(p.mrr) FILTER (WHERE p.started_on <= q.ended_on AND p.ended_on > q.ended_on), 0) <= 0 AS is_left,
		coalesce(bool_or(p.moved_on > q.day - {price_moved_days} AND p.moved_on <= q.day), false) AS is_price_moved
	FROM {requests} q
	LEFT JOIN spell p ON p.customer_id = q.customer_id
	GROUP BY q.customer_id, q.day, q.ended_on, q.reason, q.is_voluntary, q.reasons, q.mrr, q.is_withdrawn, q.is_lost, q.is_told, q.as_of
	-- where nobody said anything only who leaves for good asked to
	HAVING q.is_told OR coalesce(sum(p.mrr) FILTER (WHERE p.started_on <= q.ended_on AND p.ended_on > q.ended_on), 0) <= 0
)
@end

-- A row per request and reason, in the segment of the day
@define placed_reasons
{cancel_named}
@use held_on named
@end
-- Requests by reason, put together customer by customer
@define cancel_counted
@use placed_reasons
, told AS MATERIALIZED (
	SELECT x.segment, date_trunc('month', n.day::timestamp)::date AS month, n.is_voluntary, n.reason, n.as_of,
		count(*) AS requests, count(DISTINCT n.customer_id) AS customers, sum(1::numeric / n.reasons) AS weight,
		count(*) FILTER (WHERE n.is_withdrawn) AS withdrawn, count(*) FILTER (WHERE NOT n.is_withdrawn AND NOT n.is_lost) AS pending,
		coalesce(sum(n.mrr) FILTER (WHERE n.is_lost), 0) AS cancelled_mrr,
		count(DISTINCT n.customer_id) FILTER (WHERE n.is_left) AS churned, coalesce(sum(n.mrr) FILTER (WHERE n.is_left), 0) AS churned_mrr,
		count(*) FILTER (WHERE n.is_price_moved) AS price_moved, bool_or(n.is_left IS NULL) AS is_moneyless
	FROM member n
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)' COLLATE "C", true), (n.in_segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	GROUP BY x.segment, date_trunc('month', n.day::timestamp), n.is_voluntary, n.reason, n.as_of
)
@end
@define cancel_mix
{cancel_told}
, whole AS MATERIALIZED (
	SELECT w.*, sum(w.weight) OVER (PARTITION BY w.segment, w.is_voluntary ORDER BY w.month
		RANGE BETWEEN {reason_months} * interval '1 month' PRECEDING AND interval '1 day' PRECEDING) AS previous
	FROM (SELECT t.segment, t.month, t.is_voluntary, t.as_of, sum(t.weight) AS weight FROM told t GROUP BY t.segment, t.month, t.is_voluntary, t.as_of) w
), listed AS (
	-- what was said in the months before too: fewer, or nobody, is a shift
	SELECT w.segment, w.month, w.is_voluntary, w.as_of, t.reason, w.weight::float8 AS whole, w.previous::float8 AS previous_whole,
		(w.month + interval '1 month')::date <= w.as_of AS is_complete,
		coalesce(sum(t.weight) FILTER (WHERE t.month = w.month), 0)::float8 AS weight,
		coalesce(sum(t.weight) FILTER (WHERE t.month < w.month), 0)::float8 AS previous_weight
	FROM whole w
	JOIN told t ON t.segment = w.segment AND t.is_voluntary = w.is_voluntary AND t.month <= w.month AND t.month >= w.month - {reason_months} * interval '1 month'
	GROUP BY w.segment, w.month, w.is_voluntary, w.as_of, t.reason, w.weight, w.previous
), compared AS (
	SELECT l.*, l.weight / l.whole AS share, l.previous_weight / l.previous_whole AS previous_share, l.pooled,
		-- fewer than five expected: the normal is no guide
		CASE WHEN l.is_complete AND least(l.whole, l.previous_whole) * least(l.pooled, 1 - l.pooled) >= 5
			THEN sqrt(l.pooled * (1 - l.pooled) * (1 / l.whole + 1 / l.previous_whole)) END AS error
	FROM (SELECT k.*, (k.weight + k.previous_weight) / (k.whole + k.previous_whole) AS pooled FROM listed k) l
), tested AS (
	SELECT c.*, d.p_value, row_number() OVER (PARTITION BY c.segment, c.month, c.is_voluntary ORDER BY d.p_value, c.reason) AS place,
		count(d.p_value) OVER (PARTITION BY c.segment, c.month, c.is_voluntary) AS comparisons
	FROM compared c
	LEFT JOIN LATERAL cvm.mean_difference(0, 0, c.share - c.previous_share, c.error, {conf}, 0) d ON c.error > 0
), corrected AS (
	SELECT t.*, CASE WHEN t.p_value IS NOT NULL THEN max(least(t.p_value * (t.comparisons - t.place + 1), 1)) OVER (
			PARTITION BY t.segment, t.month, t.is_voluntary ORDER BY t.place ROWS UNBOUNDED PRECEDING) END AS p_corrected, i.conf_low, i.conf_high
	FROM tested t
	-- thirds may add up to a little more than the whole
	CROSS JOIN LATERAL cvm._share_interval(least(t.share, 1), t.whole, {conf}) i
)
SELECT cvm.row_key(c.segment, to_char(c.month::timestamp, 'YYYY-MM'), c.reason, c.is_voluntary::text) AS row_key,
	c.segment,
	c.month,
	to_char(c.month::timestamp, 'YYYY-MM') AS month_label,
	c.reason,
	c.is_voluntary,
	coalesce(t.requests, 0) AS requests,
	coalesce(t.customers, 0) AS customers,
	coalesce(t.withdrawn, 0) AS withdrawn_requests,
	coalesce(t.pending, 0) AS pending_requests,
	CASE WHEN t.is_moneyless IS NOT TRUE THEN -coalesce(t.churned, 0) END AS churned_customers,
	CASE WHEN t.is_moneyless IS NOT TRUE THEN -coalesce(t.churned_mrr, 0) END AS churned_mrr,
	CASE WHEN t.is_moneyless IS NOT TRUE THEN -coalesce(t.cancelled_mrr, 0) END AS cancelled_mrr,
	c.weight,
	c.whole AS weight_of_all,
	CASE WHEN c.is_complete THEN c.share END AS share,
	CASE WHEN c.is_complete THEN c.conf_low END AS share_low,
	CASE WHEN c.is_complete THEN c.conf_high END AS share_high,
	c.previous_weight,
	c.previous_whole AS previous_weight_of_all,
	c.previous_share,
	c.p_value AS single_p_value,
	c.comparisons,
	c.p_corrected AS p_value,
	CASE WHEN NOT c.is_complete OR c.previous_whole IS NULL THEN 'immature'
		WHEN c.p_corrected IS NULL THEN 'no_data'
		WHEN c.p_corrected <= 1 - {conf} THEN 'shift'
		ELSE 'noise' END AS verdict,
	CASE WHEN t.is_moneyless IS NOT TRUE THEN coalesce(t.price_moved, 0) END AS price_moved_requests,
	CASE WHEN c.is_complete AND t.is_moneyless IS NOT TRUE THEN t.price_moved / nullif(t.requests, 0)::float8 END AS price_moved_share,
	{currency} AS currency,
	c.is_complete,
	{time_zone} AS time_zone,
	c.as_of
FROM corrected c
LEFT JOIN told t ON t.segment = c.segment AND t.month = c.month AND t.is_voluntary = c.is_voluntary AND t.reason = c.reason
@end

-- What customers said, or of those who did not the reasons of spells
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('cancel_named', 1, '{cancellation,subscription}', $$
WITH {observed}, {rates}
{cancel_reasons}
,
@use cancel_spells cancellation x |
@use cancel_lines
, asked AS (
	SELECT m.*, coalesce(m.effective_on, max(m.run_end) OVER (PARTITION BY m.customer_id, m.day)) AS ended_on
	FROM (
		-- a line that several reasons are about is each one's in equal parts
		SELECT k.customer_id, k.day, k.reason, k.is_voluntary, k.reasons, k.is_withdrawn, k.effective_on, k.as_of,
			coalesce(sum(k.mrr / k.sharers) FILTER (WHERE k.is_meant), 0) AS mrr, max(k.run_end) FILTER (WHERE k.is_meant) AS run_end
		FROM matched k
		GROUP BY k.customer_id, k.day, k.reason, k.is_voluntary, k.reasons, k.is_withdrawn, k.effective_on, k.as_of) m
), decided AS (
	SELECT a.*, NOT a.is_withdrawn AND coalesce(a.ended_on < a.as_of, false) AS is_lost, true AS is_told FROM asked a
)
@use cancel_outcomes decided
$$),
('cancel_named', 2, '{cancellation}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(k.requested_at, {time_zone})) + 1 FROM cancellation k)) AS as_of
),
{cancel_reasons}
, named AS (
	SELECT r.customer_id, r.day, r.effective_on AS ended_on, r.reason, r.is_voluntary, r.reasons, NULL::numeric AS mrr, r.is_withdrawn,
		NOT r.is_withdrawn AND coalesce(r.effective_on < r.as_of, false) AS is_lost, r.as_of, NULL::boolean AS is_left, false AS is_price_moved
	FROM reason r
)
$$),
-- from the reasons of spells: what ended on one day is one request
('cancel_named', 3, '{subscription,subscription.end_reason}', $$
WITH {observed}, {rates}
@use cancel_spells subscription x WHERE x.ended_on IS NOT NULL OR x.cancel_requested_on IS NOT NULL | , s.end_reason, s.cancel_requested_on
, begun AS (
	SELECT k.customer_id, k.started_on, count(*) AS lines FROM spell k WHERE k.mrr > 0 GROUP BY k.customer_id, k.started_on
), ended AS (
	SELECT s.customer_id, s.ended_on, coalesce(nullif(btrim(s.end_reason), ''), '(unknown)') COLLATE "C" AS reason, o.as_of, sum(s.mrr) AS mrr,
		min(least(coalesce(s.cancel_requested_on, s.ended_on), s.ended_on)) AS day, count(s.end_reason) + count(s.cancel_requested_on) AS told
	FROM (SELECT k.*, k.ended_on = k.run_end AND k.mrr > 0 AS is_last FROM spell k) s
	CROSS JOIN observed o
	LEFT JOIN begun b ON b.customer_id = s.customer_id AND b.started_on = s.ended_on
	-- who takes something else on that day changes
	-- and why is told when it ends
	WHERE s.is_last AND b.lines IS NULL AND (s.ended_on < o.as_of OR s.cancel_requested_on < o.as_of AND s.end_reason IS NOT NULL)
	GROUP BY s.customer_id, s.ended_on, coalesce(nullif(btrim(s.end_reason), ''), '(unknown)') COLLATE "C", o.as_of
), asked AS (
	SELECT e.customer_id, e.ended_on, e.reason, e.mrr, e.as_of,
		(lower(e.reason COLLATE {involuntary_reasons_collation}) = ANY ({involuntary_reasons_lower})) IS NOT TRUE AS is_voluntary,
		false AS is_withdrawn, e.ended_on < e.as_of AS is_lost,
		min(e.day) OVER q AS day, count(*) OVER q AS reasons, sum(e.told) OVER q > 0 AS is_told
	FROM ended e
	WINDOW q AS (PARTITION BY e.customer_id, e.ended_on)
)
@use cancel_outcomes asked
$$),
('cancel_named', 9, '{}', '');

-- From the reasons of spells requests are counted in one pass, but where Citus has the spells
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('cancel_told', 1, '{cancellation}', $$
@use cancel_counted
$$),
('cancel_told', 2, '{distributed subscription}', $$
@use cancel_counted
$$),
('cancel_told', 9, '{}', $$
WITH {observed}, {rates}cell AS MATERIALIZED (
	SELECT coalesce(c.segment, '(all)') COLLATE "C" AS segment, c.month, c.reason COLLATE "C" AS reason, c.reasons, c.requests, c.customers, c.pending, c.churned,
		c.price_moved, c.cancelled_mrr, c.churned_mrr
	FROM (
		SELECT cvm._cancel_reason_agg(r.customer_id, r.line, r.segment, r.started_on, r.ended_on, r.price, r.end_reason, r.cancel_requested_on,
			(SELECT o.as_of FROM observed o), {price_moved_days}) AS cells
		FROM (
			SELECT s.customer_id, coalesce(s.subscription_id, s.product) AS line, NULL::text AS segment, s.started_on, s.ended_on, {price}{rate} AS price,
				s.end_reason, s.cancel_requested_on
			FROM subscription s
			UNION ALL
			-- one without a name has no days
			SELECT h.customer_id, NULL, h.segment, CASE WHEN h.segment IS NOT NULL THEN h.valid_from END, h.valid_to, NULL, NULL, NULL
			FROM {segment_rows} h) r) f
	CROSS JOIN LATERAL cvm._cancel_cells(f.cells) c
	WHERE {has_segments} OR c.segment IS NULL
), told AS MATERIALIZED (
	-- of each one row that counts, and others of how many reasons it is one
	SELECT c.segment, c.month, (lower(c.reason COLLATE {involuntary_reasons_collation}) = ANY ({involuntary_reasons_lower})) IS NOT TRUE AS is_voluntary, c.reason,
		o.as_of, max(c.requests) FILTER (WHERE c.reasons IS NULL) AS requests, max(c.customers) AS customers,
		sum(c.requests * (1::numeric / c.reasons)) AS weight, 0::bigint AS withdrawn, max(c.pending) AS pending, max(c.cancelled_mrr) AS cancelled_mrr,
		max(c.churned) AS churned, max(c.churned_mrr) AS churned_mrr, max(c.price_moved) AS price_moved, false AS is_moneyless
	FROM cell c
	CROSS JOIN observed o
	GROUP BY c.segment, c.month, c.reason, o.as_of
)
$$);

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'cancel_reason_mix', n.preference, n.needs, $$
@use cancel_mix
$$
FROM (VALUES (1, '{cancellation}'::text[]), (2, '{subscription,subscription.end_reason}')) AS n (preference, needs);

-- A row per request, in the segment of the day
@define placed_requests
{cancel_saved}
@use held_on saved
@end
@define cancel_saves
, told AS (
	-- a customer once
	SELECT c.segment, c.month, c.reason, c.offer, c.as_of, sum(c.requests)::bigint AS requests, count(*) AS customers, sum(c.mature)::bigint AS mature,
		sum(c.saved)::bigint AS saved, count(*) FILTER (WHERE c.saved > 0) AS saved_customers, coalesce(sum(c.saved_mrr), 0) AS saved_mrr,
		sum(c.known)::bigint AS known, sum(c.kept)::bigint AS kept, bool_or(c.is_moneyless) AS is_moneyless
	FROM (
		SELECT r.customer_id, x.segment, date_trunc('month', r.day::timestamp)::date AS month, w.reason, f.offer, r.as_of,
			count(*) AS requests, count(*) FILTER (WHERE r.is_mature) AS mature, count(*) FILTER (WHERE r.is_saved) AS saved,
			sum(r.mrr) FILTER (WHERE r.is_saved) AS saved_mrr, count(*) FILTER (WHERE r.is_saved AND r.is_known) AS known,
			count(*) FILTER (WHERE r.is_saved AND r.is_known AND r.is_there) AS kept, bool_or(r.mrr IS NULL) AS is_moneyless
		FROM member r
		CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)' COLLATE "C", true), (r.in_segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
		CROSS JOIN LATERAL (SELECT u.reason COLLATE "C" AS reason FROM unnest(ARRAY['(all)'] || r.reason_names) AS u (reason)) w
		CROSS JOIN LATERAL (SELECT u.offer COLLATE "C" AS offer FROM unnest(ARRAY['(all)'] || r.offer_names) AS u (offer)) f
		GROUP BY r.customer_id, x.segment, date_trunc('month', r.day::timestamp), w.reason, f.offer, r.as_of) c
	GROUP BY c.segment, c.month, c.reason, c.offer, c.as_of
)
SELECT cvm.row_key(t.segment, to_char(t.month::timestamp, 'YYYY-MM'), t.reason, t.offer) AS row_key,
	t.segment,
	t.month,
	to_char(t.month::timestamp, 'YYYY-MM') AS month_label,
	t.reason,
	t.offer,
	t.requests,
	t.customers,
	t.mature AS mature_requests,
	t.requests - t.mature AS pending_requests,
	t.saved AS saved_requests,
	t.saved_customers,
	CASE WHEN NOT t.is_moneyless THEN t.saved_mrr END AS saved_mrr,
	CASE WHEN c.is_complete THEN t.saved / nullif(t.mature, 0)::float8 END AS save_rate,
	CASE WHEN c.is_complete THEN i.conf_low END AS conf_low,
	CASE WHEN c.is_complete THEN i.conf_high END AS conf_high,
	CASE WHEN NOT t.is_moneyless THEN t.known END AS kept_known_requests,
	CASE WHEN NOT t.is_moneyless THEN t.kept END AS kept_requests,
	CASE WHEN NOT t.is_moneyless THEN t.kept / nullif(t.known, 0)::float8 END AS kept_rate,
	CASE WHEN NOT t.is_moneyless THEN k.conf_low END AS kept_low,
	CASE WHEN NOT t.is_moneyless THEN k.conf_high END AS kept_high,
	{currency} AS currency,
	{save_days} AS save_days,
	{kept_days} AS kept_days,
	c.is_complete,
	{time_zone} AS time_zone,
	t.as_of
FROM told t
CROSS JOIN LATERAL (SELECT (t.month + interval '1 month')::date + {save_days} <= t.as_of AS is_complete) c
CROSS JOIN LATERAL cvm.proportion_interval(t.saved, t.mature, {conf}) i
CROSS JOIN LATERAL cvm.proportion_interval(t.kept, t.known, {conf}) k
@end

-- Who withdrew in time
@define cancel_requests
request AS {at_customer} (
	SELECT r.customer_id, r.day, r.as_of, r.is_withdrawn, r.withdrawn_on, array_agg(DISTINCT r.reason) AS reason_names,
		coalesce(array_agg(DISTINCT u.offer) FILTER (WHERE u.offer IS NOT NULL), '{(none)}') AS offer_names,
		r.day + {save_days} <= r.as_of AS is_mature,
		r.day + {save_days} <= r.as_of AND r.is_withdrawn AND r.withdrawn_on < r.day + {save_days} AS is_saved,
		coalesce(r.withdrawn_on + {kept_days} < r.as_of, false) AS is_known
	FROM reason r
	LEFT JOIN LATERAL unnest(r.offers) AS u (offer) ON true
	GROUP BY r.customer_id, r.day, r.as_of, r.is_withdrawn, r.withdrawn_on
)
@end

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('cancel_saved', 1, '{cancellation,subscription}', $$
WITH {observed}, {rates}
{cancel_reasons}
,
@use cancel_spells cancellation x |
@use cancel_lines
, paid AS (
	SELECT l.customer_id, l.day, sum(l.mrr) AS mrr, array_agg(l.line) AS lines
	FROM (SELECT DISTINCT m.customer_id, m.day, m.n, m.line, m.mrr FROM matched m WHERE m.is_meant) l
	GROUP BY l.customer_id, l.day
),
@use cancel_requests
, about AS (
	-- joined, Citus would not see that both are of one customer
	SELECT u.customer_id, u.day, max(u.as_of) AS as_of, bool_or(u.is_withdrawn) AS is_withdrawn, max(u.withdrawn_on) AS withdrawn_on,
		max(u.reason_names) AS reason_names, max(u.offer_names) AS offer_names, bool_or(u.is_mature) AS is_mature, bool_or(u.is_saved) AS is_saved,
		bool_or(u.is_known) AS is_known, coalesce(max(u.mrr), 0) AS mrr, max(u.lines) AS lines
	FROM (
		SELECT r.customer_id, r.day, r.as_of, r.is_withdrawn, r.withdrawn_on, r.reason_names, r.offer_names, r.is_mature, r.is_saved, r.is_known,
			NULL::numeric AS mrr, NULL::text[] AS lines
		FROM request r
		UNION ALL
		SELECT d.customer_id, d.day, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, d.mrr, d.lines FROM paid d) u
	GROUP BY u.customer_id, u.day
), saved AS (
	SELECT a.customer_id, a.day, a.as_of, a.reason_names, a.offer_names, a.is_mature, a.is_saved, a.is_known, a.mrr,
		-- pays for what was to be ended, or for what took its place
		coalesce(bool_or(p.started_on <= a.withdrawn_on + {kept_days} AND p.ended_on > a.withdrawn_on + {kept_days} AND p.mrr > 0
			AND (p.line = ANY (a.lines) OR p.started_on >= a.day)), false) AS is_there
	FROM about a
	LEFT JOIN spell p ON p.customer_id = a.customer_id
	GROUP BY a.customer_id, a.day, a.as_of, a.reason_names, a.offer_names, a.is_mature, a.is_saved, a.is_known, a.mrr
)
$$),
('cancel_saved', 2, '{cancellation}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(k.requested_at, {time_zone})) + 1 FROM cancellation k)) AS as_of
),
{cancel_reasons}
,
@use cancel_requests
, saved AS (
	SELECT r.*, NULL::numeric AS mrr, false AS is_there FROM request r
)
$$),
('cancel_saved', 9, '{}', '');

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('save_rate', 1, '{cancellation}', $$
@use placed_requests
@use cancel_saves
$$);

-- before and after are of the lines that requests are about
INSERT INTO cvm.report_list (view, preference, list)
SELECT b.view, b.preference, $$
@use placed_reasons
SELECT a.row_key, n.customer_id, 1 AS customers, -max(n.is_left::int) AS churned_customers,
	-coalesce(sum(n.mrr) FILTER (WHERE n.is_left), 0) AS churned_mrr, -coalesce(sum(n.mrr) FILTER (WHERE n.is_lost), 0) AS cancelled_mrr,
	sum(n.mrr) AS mrr_before, coalesce(sum(n.mrr) FILTER (WHERE NOT n.is_lost), 0) AS mrr_after,
	'asked on ' || string_agg(DISTINCT to_char(n.day::timestamp, 'YYYY-MM-DD'), ', ') || CASE WHEN bool_and(n.is_withdrawn)
		THEN ', withdrawn' WHEN bool_and(n.is_lost) THEN '' ELSE ', still there' END AS detail
FROM member n
JOIN wanted a ON a.month = date_trunc('month', n.day::timestamp)::date AND a.reason = n.reason AND a.is_voluntary = n.is_voluntary
	AND a.segment IN ('(all)', n.in_segment)
GROUP BY a.row_key, n.customer_id$$
FROM cvm.report_body b
WHERE b.view = 'cancel_reason_mix'
UNION ALL
SELECT b.view, b.preference, $$
@use placed_requests
SELECT a.row_key, r.customer_id, 1 AS customers, max(r.is_saved::int) AS saved_customers, coalesce(sum(r.mrr) FILTER (WHERE r.is_saved), 0) AS saved_mrr,
	sum(r.mrr) AS mrr_before, coalesce(sum(r.mrr) FILTER (WHERE r.is_saved), 0) AS mrr_after,
	'asked on ' || string_agg(to_char(r.day::timestamp, 'YYYY-MM-DD'), ', ' ORDER BY r.day) || CASE WHEN bool_or(r.is_saved) THEN ', saved' ELSE '' END AS detail
FROM member r
JOIN wanted a ON a.month = date_trunc('month', r.day::timestamp)::date AND a.segment IN ('(all)', r.in_segment)
	AND (a.reason = '(all)' OR a.reason = ANY (r.reason_names)) AND (a.offer = '(all)' OR a.offer = ANY (r.offer_names))
GROUP BY a.row_key, r.customer_id$$
FROM cvm.report_body b
WHERE b.view = 'save_rate';

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('cancel_reason_mix', 1, 'cancelled_mrr', 'sum', NULL),
	('cancel_reason_mix', 2, 'churned_mrr', 'part', 'cancelled_mrr'),
	('save_rate', 1, 'saved_mrr', 'sum', NULL);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('cancel_reason_mix', 1, 'row_key', 'text', 'key', 'segment|month_label|reason|is_voluntary', false, 'One value per row.'),
	('cancel_reason_mix', 2, 'segment', 'text', 'name', 'segment held on the day of the request', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('cancel_reason_mix', 3, 'month', 'date', 'date', 'first day of the month', false,
		'Month in which customers asked to leave.'),
	('cancel_reason_mix', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('cancel_reason_mix', 5, 'reason', 'text', 'name', 'cancellation.reason, or subscription.end_reason', false,
		'Reason given; "(unknown)" where none was. A reason of the reason_months before that nobody gave is a row too.'),
	('cancel_reason_mix', 6, 'is_voluntary', 'boolean', 'yes or no',
		'cancellation.voluntary, or not in setting involuntary_reasons', false, 'Did the customer want to leave?'),
	('cancel_reason_mix', 7, 'requests', 'bigint', 'requests',
		'requests that name the reason: rows of one customer and day are one; without cancellation, what ended on one '
		'day', false, 'Requests that name the reason, whatever came of them.'),
	('cancel_reason_mix', 8, 'customers', 'bigint', 'customers', 'distinct customers of requests', false,
		'Customers who named it.'),
	('cancel_reason_mix', 9, 'withdrawn_requests', 'bigint', 'requests', 'requests withdrawn before as_of', false,
		'Of the requests, those withdrawn since.'),
	('cancel_reason_mix', 10, 'pending_requests', 'bigint', 'requests',
		'requests neither withdrawn nor effective before as_of', false, 'Of the requests, those still to come true.'),
	('cancel_reason_mix', 11, 'churned_customers', 'bigint', 'customers',
		'-1 * distinct customers whose request came true and who pay nothing on the day of the end', false,
		'Customers who left for good with it, as a negative number; NULL where no subscription is bound.'),
	('cancel_reason_mix', 12, 'churned_mrr', 'numeric(28,2)', 'money a month', 'cancelled_mrr of churned_customers', true,
		'What these brought with the lines that they ended, as a negative number.'),
	('cancel_reason_mix', 13, 'cancelled_mrr', 'numeric(28,2)', 'money a month',
		'-1 * prices, on the day before, of the lines that requests which came true are about; of a line with several '
		'reasons each has an equal part', true, 'What ended, whether the customer left or kept other lines.'),
	('cancel_reason_mix', 14, 'weight', 'double precision', 'requests', 'sum of 1 / reasons of the request', true,
		'Requests, each shared out among its reasons: numerator of share.'),
	('cancel_reason_mix', 15, 'weight_of_all', 'double precision', 'requests',
		'sum of weight over the reasons that are as voluntary', false, 'Denominator of share.'),
	('cancel_reason_mix', 16, 'share', 'double precision', 'fraction 0..1', 'weight / weight_of_all', false,
		'Share of the reason among voluntary ones, or among involuntary ones; NULL while the month is open.'),
	('cancel_reason_mix', 17, 'share_low', 'double precision', 'fraction 0..1',
		'Wilson limits of share; wider than need be where requests have several reasons', false, 'Lower end of its interval.'),
	('cancel_reason_mix', 18, 'share_high', 'double precision', 'fraction 0..1', 'Wilson limits of share', false,
		'Upper end of its interval.'),
	('cancel_reason_mix', 19, 'previous_weight', 'double precision', 'requests', 'sum of weight in the reason_months before',
		true, 'Numerator of previous_share.'),
	('cancel_reason_mix', 20, 'previous_weight_of_all', 'double precision', 'requests',
		'sum of weight_of_all in the reason_months before', false, 'Denominator of previous_share; NULL: no requests then.'),
	('cancel_reason_mix', 21, 'previous_share', 'double precision', 'fraction 0..1',
		'previous_weight / previous_weight_of_all', false, 'Share of the reason in the reason_months before, taken together.'),
	('cancel_reason_mix', 22, 'single_p_value', 'double precision', 'probability',
		'two-sided test of share against previous_share, with their pooled error', false,
		'How likely so great a difference is by chance, were this the only reason; NULL where fewer than five requests '
		'are expected on either side.'),
	('cancel_reason_mix', 23, 'comparisons', 'bigint', 'tests', 'reasons of the segment, month and kind with a single_p_value',
		false, 'How many reasons were looked at together.'),
	('cancel_reason_mix', 24, 'p_value', 'double precision', 'probability',
		'Holm: the largest of min(1, (comparisons - i + 1) * single_p_value) over the i smallest', false,
		'The same, corrected for the number of reasons looked at: if nothing changed, in 1 - conf of the months at most '
		'any reason of a segment is called a shift.'),
	('cancel_reason_mix', 25, 'verdict', 'text', 'word', 'p_value <= 1 - setting conf', false,
		'shift or noise; immature while the month is open or none was before, no_data where too few asked.'),
	('cancel_reason_mix', 26, 'price_moved_requests', 'bigint', 'requests',
		'requests with another price of a line of the customer in the price_moved_days before', false,
		'Requests that follow on another price, whatever the reason given.'),
	('cancel_reason_mix', 27, 'price_moved_share', 'double precision', 'fraction 0..1', 'price_moved_requests / requests',
		false, 'Their share: of "too expensive", how much is a price that moved?'),
	('cancel_reason_mix', 28, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('cancel_reason_mix', 29, 'is_complete', 'boolean', 'yes or no', 'the month ends before as_of', false, 'Is the month over?'),
	('cancel_reason_mix', 30, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('cancel_reason_mix', 31, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),

	('save_rate', 1, 'row_key', 'text', 'key', 'segment|month_label|reason|offer', false, 'One value per row.'),
	('save_rate', 2, 'segment', 'text', 'name', 'segment held on the day of the request', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('save_rate', 3, 'month', 'date', 'date', 'first day of the month', false, 'Month in which customers asked to leave.'),
	('save_rate', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('save_rate', 5, 'reason', 'text', 'name', 'cancellation.reason', false,
		'Reason given; "(unknown)" where none was, "(all)" whatever it was.'),
	('save_rate', 6, 'offer', 'text', 'name', 'cancellation.offer', false,
		'Offer made to keep the customer; "(none)" where none was, "(all)" whatever it was.'),
	('save_rate', 7, 'requests', 'bigint', 'requests', 'rows of one customer and day are one', false, 'Requests to leave.'),
	('save_rate', 8, 'customers', 'bigint', 'customers', 'distinct customers of requests', false, 'Customers who asked.'),
	('save_rate', 9, 'mature_requests', 'bigint', 'requests', 'made save_days before as_of or earlier', false,
		'Requests of which is known whether they were withdrawn in time: denominator of save_rate.'),
	('save_rate', 10, 'pending_requests', 'bigint', 'requests', 'requests - mature_requests', false,
		'Requests too young to tell; in no rate.'),
	('save_rate', 11, 'saved_requests', 'bigint', 'requests', 'mature_requests withdrawn within save_days, all rows of them',
		false, 'Requests withdrawn in time.'),
	('save_rate', 12, 'saved_customers', 'bigint', 'customers', 'distinct customers of saved_requests', false,
		'Customers who were saved.'),
	('save_rate', 13, 'saved_mrr', 'numeric(28,2)', 'money a month',
		'prices, on the day before the request, of the lines that saved_requests are about', true,
		'What was saved with them; NULL where no subscription is bound. Segments make the total; reasons and offers do '
		'not, since a request that names two counts in full in each.'),
	('save_rate', 14, 'save_rate', 'double precision', 'fraction 0..1', 'saved_requests / mature_requests', false,
		'Share of the requests that was withdrawn in time; NULL until all of the month are mature.'),
	('save_rate', 15, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson limits of save_rate', false,
		'Lower end of its interval.'),
	('save_rate', 16, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson limits of save_rate', false,
		'Upper end of its interval.'),
	('save_rate', 17, 'kept_known_requests', 'bigint', 'requests', 'saved_requests withdrawn more than kept_days before as_of',
		false, 'Saved requests old enough to look again: denominator of kept_rate.'),
	('save_rate', 18, 'kept_requests', 'bigint', 'requests',
		'of kept_known_requests, those whose customer pays kept_days after withdrawing for what was to be ended, or for '
		'what began since the request', false, 'Of those, still there.'),
	('save_rate', 19, 'kept_rate', 'double precision', 'fraction 0..1', 'kept_requests / kept_known_requests', false,
		'Share of the saved who are still there; NULL where no subscription is bound.'),
	('save_rate', 20, 'kept_low', 'double precision', 'fraction 0..1', 'Wilson limits of kept_rate', false,
		'Lower end of its interval.'),
	('save_rate', 21, 'kept_high', 'double precision', 'fraction 0..1', 'Wilson limits of kept_rate', false,
		'Upper end of its interval.'),
	('save_rate', 22, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('save_rate', 23, 'save_days', 'integer', 'days', 'setting of the model', false, 'Days in which to be saved.'),
	('save_rate', 24, 'kept_days', 'integer', 'days', 'setting of the model', false, 'Days after which to look again.'),
	('save_rate', 25, 'is_complete', 'boolean', 'yes or no', 'the month ended save_days before as_of, or earlier', false,
		'Are all requests of the month mature?'),
	('save_rate', 26, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('save_rate', 27, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');

-- what comes of requests is known later than their month is over
UPDATE cvm.report_column SET settles = false
WHERE view = 'cancel_reason_mix' AND column_name IN ('withdrawn_requests', 'pending_requests', 'churned_customers', 'churned_mrr', 'cancelled_mrr')
	OR view = 'save_rate' AND column_name LIKE 'kept\_%\_r%';
