-- SPDX-License-Identifier: PostgreSQL
-- What report views use of subscriptions, by what a model has.

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- of spells s, at the last rate
('rates', 1, '{subscription.currency,fx_rate}', $$rate_now AS MATERIALIZED (
	SELECT c.currency, cvm.known_rate(c.currency, {currency}, o.as_of - 1, (
		SELECT f.rate FROM fx_rate f WHERE f.currency = c.currency AND f.valid_from < o.as_of ORDER BY f.valid_from DESC, f.rate DESC LIMIT 1)) AS rate
	FROM (SELECT DISTINCT s.currency FROM subscription s WHERE s.currency IS NOT NULL) c
	CROSS JOIN observed o
), $$),
('rates', 2, '{}', ''),
('rate', 1, '{subscription.currency,fx_rate}', $$ * coalesce((SELECT r.rate FROM rate_now r WHERE r.currency = s.currency), 1)$$),
('rate', 2, '{}', ''),

-- what is not bound has no rows
('product_rows', 1, '{product.unit_margin}', 'product'),
('product_rows', 2, '{}', '(SELECT NULL::text AS product, NULL::numeric AS unit_margin, NULL::numeric AS list_price WHERE false)'),
('cost_rows', 1, '{cost}', 'cost'),
('cost_rows', 2, '{}', '(SELECT NULL::date AS month, NULL::text AS pool, NULL::numeric AS amount WHERE false)'),
('product_owners', 1, '{owner}', $$(SELECT w.* FROM owner w WHERE lower(w.subject_kind) = 'product' AND coalesce(w.accountable, true))$$),
('product_owners', 2, '{}', '(SELECT NULL::text AS subject, NULL::text AS owner, NULL::date AS valid_from, NULL::date AS valid_to WHERE false)');
