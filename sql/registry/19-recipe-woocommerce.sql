-- SPDX-License-Identifier: PostgreSQL
-- Recipe: WooCommerce: orders and refunds of its own order tables (wc_orders) or as loaded from its interface.

CREATE FUNCTION cvm._recipe_woocommerce() RETURNS TABLE (recipe text, purpose text, tables jsonb, views jsonb, settings text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'woocommerce', 'WooCommerce: orders and refunds of its own order tables (wc_orders) or as loaded from its interface; guests are told by their address', '[
		["order", "wc_orders|wp_wc_orders|orders|order", true, [
			["id", "key", "id*"], ["parent", "key", "parent_order_id|parent_id"],
			["customer", "label", "customer_id*"], ["email", "label", "billing_email|billing.email"],
			["at", "time", "date_created_gmt|date_paid_gmt|date_created*"],
			["amount", "money", "total_amount|total*"], ["currency", "label", "currency"],
			["status", "label", "status*"], ["type", "label", "type"], ["channel", "label", "created_via"]]],
		["refund", "refunds|order_refunds|refund", false, [
			["order", "key", "order_id|parent_id*"], ["at", "time", "date_created_gmt|date_created*"],
			["amount", "money", "amount*"]]]]'::jsonb,
		jsonb_build_array(jsonb_build_array('event', 'order', $body$
WITH purchase AS (
	SELECT {order.id} AS order_id, {order.at} AS at, {order.amount} AS amount, upper({order.currency}) AS currency, {order.channel} AS channel,
		CASE WHEN nullif({order.customer}, '0') IS NOT NULL THEN {order.customer} ELSE 'guest ' || lower(nullif(btrim({order.email}), '')) END AS customer_id
	FROM {order}
	WHERE regexp_replace(lower({order.status} COLLATE "C"), '^wc-', '') IN ('completed', 'processing', 'refunded') AND coalesce({order.type} = 'shop_order', true)
)
SELECT p.customer_id, p.at AS occurred_at, 'order'::text AS kind, p.channel, p.amount, p.currency
FROM purchase p
WHERE p.customer_id IS NOT NULL
?order.type ?order.parent UNION ALL
?order.type ?order.parent SELECT p.customer_id, {order.at}, 'refund', p.channel, -abs({order.amount}), p.currency
?order.type ?order.parent FROM {order}
?order.type ?order.parent JOIN purchase p ON p.order_id = {order.parent} AND p.customer_id IS NOT NULL
?order.type ?order.parent WHERE {order.type} = 'shop_order_refund'
?refund UNION ALL
?refund SELECT p.customer_id, {refund.at}, 'refund', p.channel, -abs({refund.amount}), p.currency
?refund FROM {refund}
?refund JOIN purchase p ON p.order_id = {refund.order} AND p.customer_id IS NOT NULL$body$)),
		'{"start_kinds": "order", "return_kinds": "order"}';
$$;
COMMENT ON FUNCTION cvm._recipe_woocommerce() IS 'The recipe woocommerce: tables, views and settings.';
