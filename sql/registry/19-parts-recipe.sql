-- SPDX-License-Identifier: PostgreSQL
-- What recipes of billing systems share: of CTEs subscription, line and, where
-- there are coupons, reduction a row for each time in which a line has one price.
-- mark: the part of the layout that says who has which coupon.

@define recipe_pieces mark
), piece AS (
	-- from each day on which something changes to the next
	SELECT c.subscription_id, c.at, lead(c.at) OVER (PARTITION BY c.subscription_id ORDER BY c.at) AS until
	FROM (
		SELECT s.subscription_id, x.at FROM subscription s CROSS JOIN LATERAL (VALUES (s.started_at), (s.trial_end), (s.status_since)) x (at)
		WHERE x.at >= s.started_at AND coalesce(x.at < s.ended_at, true)
?{mark} ?coupon 		UNION
?{mark} ?coupon 		SELECT s.subscription_id, x.at FROM reduction r JOIN subscription s ON s.subscription_id = r.subscription_id
?{mark} ?coupon 			CROSS JOIN LATERAL (VALUES (r.starts), (r.ends)) x (at)
?{mark} ?coupon 		WHERE x.at > s.started_at AND coalesce(x.at < s.ended_at, true)
	) c
?{mark} ?coupon ), reduced AS (
?{mark} ?coupon 	SELECT p.subscription_id, p.at, array_agg(r.percent ORDER BY r.starts) AS percents, sum(r.off) AS off
?{mark} ?coupon 	FROM piece p
?{mark} ?coupon 	JOIN reduction r ON r.subscription_id = p.subscription_id AND r.starts <= p.at AND coalesce(p.at < r.ends, true)
?{mark} ?coupon 	GROUP BY p.subscription_id, p.at
)
SELECT s.customer_id, l.product, p.at AS started_on, coalesce(p.until, s.ended_at) AS ended_on,
	round(CASE WHEN p.at < s.trial_end OR p.at >= s.status_since AND s.status <> 'paused' THEN 0
?{mark} ?coupon 	WHEN d.percents IS NOT NULL AND l.mrr IS NOT NULL THEN greatest(0,
?{mark} ?coupon 			l.mrr * (100 - coalesce(d.percents[1], 0)) * (100 - coalesce(d.percents[2], 0)) * (100 - coalesce(d.percents[3], 0)) / 1000000
?{mark} ?coupon 		- coalesce(d.off * l.mrr / nullif(sum(l.mrr) OVER (PARTITION BY s.subscription_id, p.at), 0), 0))
	ELSE l.mrr END, 12) AS mrr,
	s.subscription_id::text AS subscription_id,
	CASE WHEN p.at < s.trial_end THEN 'trial' WHEN p.at >= s.status_since THEN s.status ELSE 'active' END AS status,
	s.cancel_requested_at AS cancel_requested_on, l.currency
FROM piece p
JOIN subscription s ON s.subscription_id = p.subscription_id
JOIN line l ON l.subscription_id = s.subscription_id
?{mark} ?coupon LEFT JOIN reduced d ON d.subscription_id = p.subscription_id AND d.at = p.at
WHERE coalesce(cvm.day_of(p.at, {tz}) < cvm.day_of(coalesce(p.until, s.ended_at), {tz}), true)
@end
