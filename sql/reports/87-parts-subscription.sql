-- SPDX-License-Identifier: PostgreSQL
-- What report views use of subscriptions and segments, by what a model has.

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('segment_rows', 1, '{segment_history}', 'segment_history'),
('segment_rows', 2, '{subscription}', $$(SELECT k.customer_id, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to FROM subscription k WHERE false)$$),
('segment_rows', 3, '{cancellation}', $$(SELECT k.customer_id, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to FROM cancellation k WHERE false)$$),
('segment_rows', 4, '{}', 'NULL'),
('has_segments', 1, '{segment_history}', 'true'),
('has_segments', 2, '{}', 'false'),

-- of spells s, at the last rate
('rates', 1, '{subscription.currency,fx_rate}', $$rate_now AS MATERIALIZED (
	SELECT c.currency, cvm.known_rate(c.currency, {currency}, o.as_of - 1, (
		SELECT f.rate FROM fx_rate f WHERE f.currency = c.currency AND f.valid_from < o.as_of ORDER BY f.valid_from DESC, f.rate DESC LIMIT 1)) AS rate
	FROM (SELECT DISTINCT s.currency FROM subscription s WHERE s.currency IS NOT NULL) c
	CROSS JOIN observed o
), $$),
('rates', 2, '{}', ''),
('rate', 1, '{subscription.currency,fx_rate}', $$ * coalesce((SELECT r.rate FROM rate_now r WHERE r.currency = s.currency), 1)$$),
('rate', 2, '{}', '');

INSERT INTO cvm.report_part (part, preference, needs, body)
SELECT 'subscription_observed', 1, '{}', p.body FROM cvm.subscription_part p WHERE p.part = 'observed';
