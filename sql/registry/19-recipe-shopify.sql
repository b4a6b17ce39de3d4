-- SPDX-License-Identifier: PostgreSQL
-- Recipe: Shopify: orders and refunds, as Fivetran and Airbyte load them.

CREATE FUNCTION cvm._recipe_shopify() RETURNS TABLE (recipe text, purpose text, tables jsonb, views jsonb, settings text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'shopify', 'Shopify: orders and refunds, as Fivetran and Airbyte load them; tests, cancelled and unpaid orders are left out', '[
		["customer", "customer|customers", true, [
			["id", "key", "id*"], ["created", "time", "created_at"]]],
		["order", "order|orders", true, [
			["id", "key", "id*"], ["customer", "key", "customer_id|customer.id*"],
			["at", "time", "processed_at|created_at*"], ["amount", "money", "total_price*"],
			["currency", "label", "currency"], ["financial", "label", "financial_status"],
			["channel", "label", "source_name"], ["cancelled", "time", "cancelled_at"], ["test", "flag", "test"],
			["deleted", "flag", "_fivetran_deleted"]]],
		["transaction", "transaction|transactions", false, [
			["order", "key", "order_id*"], ["amount", "money", "amount*"],
			["at", "time", "processed_at|created_at*"], ["kind", "label", "kind*"], ["status", "label", "status"],
			["test", "flag", "test"]]]]'::jsonb,
		jsonb_build_array(jsonb_build_array('customer', 'customer', $body$
SELECT {customer.id} AS customer_id, {customer.created} AS joined_on
FROM {customer}$body$),
		jsonb_build_array('event', 'order', $body$
WITH purchase AS (
	SELECT {order.id} AS order_id, {order.customer} AS customer_id, {order.at} AS at, {order.amount} AS amount,
		upper({order.currency}) AS currency, {order.channel} AS channel
	FROM {order}
	WHERE {order.customer} IS NOT NULL AND {order.cancelled} IS NULL AND {order.test} IS NOT TRUE AND {order.deleted} IS NOT TRUE
		AND coalesce(lower({order.financial} COLLATE "C") NOT IN ('pending', 'authorized', 'voided', 'expired'), true)
)
SELECT p.customer_id, p.at AS occurred_at, 'order'::text AS kind, p.channel, p.amount, p.currency
FROM purchase p
?transaction UNION ALL
?transaction SELECT p.customer_id, {transaction.at}, 'refund', p.channel, -{transaction.amount}, p.currency
?transaction FROM {transaction}
?transaction JOIN purchase p ON p.order_id = {transaction.order}
?transaction WHERE lower({transaction.kind} COLLATE "C") = 'refund' AND coalesce(lower({transaction.status} COLLATE "C") = 'success', true) AND {transaction.test} IS NOT TRUE$body$)),
		'{"start_kinds": "order", "return_kinds": "order"}';
$$;
COMMENT ON FUNCTION cvm._recipe_shopify() IS 'The recipe shopify: tables, views and settings.';
