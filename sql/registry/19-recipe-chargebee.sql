-- SPDX-License-Identifier: PostgreSQL
-- Recipe: Chargebee: subscriptions with their items or plan and coupons, and paid invoices, as Airbyte, Stitch and its own export load them.

CREATE FUNCTION cvm._recipe_chargebee() RETURNS TABLE (recipe text, purpose text, tables jsonb, views jsonb, settings text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'chargebee', 'Chargebee: subscriptions with their items or plan and coupons, and paid invoices, as Airbyte, Stitch and its own export load them', '[
		["customer", "customer|customers", true, [
			["id", "key", "id*"], ["created", "time", "created_at"],
			["country", "label", "billing_address_country|billing_country|country|billing_address.country"]]],
		["subscription", "subscription|subscriptions", true, [
			["id", "label", "id*"], ["customer", "key", "customer_id*"], ["status", "label", "status*"],
			["started", "time", "started_at*"], ["cancelled", "time", "cancelled_at*"],
			["requested", "time", "cancel_schedule_created_at"], ["trial_end", "time", "trial_end"],
			["paused", "time", "pause_date"], ["currency", "label", "currency_code*"],
			["unit", "label", "billing_period_unit*"], ["units", "count", "billing_period"],
			["plan", "label", "plan_id"], ["price", "money", "plan_unit_price"],
			["quantity", "money", "plan_quantity"], ["amount", "money", "plan_amount"],
			["deleted", "flag", "deleted"]]],
		["item", "subscription_item|subscription_items", false, [
			["subscription", "label", "subscription_id*"], ["price", "label", "item_price_id*"],
			["type", "label", "item_type"], ["unit_price", "money", "unit_price"],
			["quantity", "money", "quantity"], ["amount", "money", "amount"]]],
		["discount", "subscription_coupon|subscription_coupons|subscription_discount", false, [
			["subscription", "label", "subscription_id*"], ["coupon", "label", "coupon_id*"],
			["starts", "time", "applied_at|created_at"], ["ends", "time", "apply_till"]]],
		["coupon", "coupon|coupons", false, [
			["id", "label", "id*"], ["percent", "money", "discount_percentage"],
			["amount", "money", "discount_amount"], ["duration", "label", "duration_type"]]],
		["invoice", "invoice|invoices", false, [
			["customer", "key", "customer_id*"], ["at", "time", "paid_at|date*"],
			["amount", "money", "amount_paid*"], ["currency", "label", "currency_code"],
			["deleted", "flag", "deleted"]]]]'::jsonb,
		jsonb_build_array(jsonb_build_array('customer', 'customer', $body$
SELECT {customer.id} AS customer_id, {customer.created} AS joined_on, coalesce({customer.country}, 'unknown') AS country
FROM {customer}$body$),
		jsonb_build_array('subscription', 'subscription', $body$
WITH subscription AS (
	SELECT {subscription.id} AS subscription_id, {subscription.customer} AS customer_id, {subscription.started} AS started_at,
		CASE WHEN lower({subscription.status} COLLATE "C") IN ('cancelled', 'non_renewing') THEN {subscription.cancelled} END AS ended_at,
		{subscription.trial_end} AS trial_end, {subscription.requested} AS cancel_requested_at,
		CASE WHEN lower({subscription.status} COLLATE "C") = 'paused' THEN coalesce({subscription.paused}, {subscription.started}) END AS status_since, {subscription.status} AS status,
		{subscription.currency} AS currency, {subscription.unit} AS unit, coalesce({subscription.units}, 1) AS units
	FROM {subscription}
	WHERE lower({subscription.status} COLLATE "C") <> 'future' AND {subscription.deleted} IS NOT TRUE
), line AS (
?item 	SELECT s.subscription_id, {item.price} AS product, upper(s.currency) AS currency,
?item 		cvm.normalise_mrr(cvm.from_minor_units(coalesce({item.amount}, coalesce({item.quantity}, 1) * {item.unit_price}), s.currency),
!item 	SELECT s.subscription_id, {subscription.plan} AS product, upper(s.currency) AS currency,
!item 		cvm.normalise_mrr(cvm.from_minor_units(coalesce({subscription.amount}, coalesce({subscription.quantity}, 1) * {subscription.price}), s.currency),
			CASE WHEN cvm._is_billing_interval(s.unit, 1) THEN s.unit END, s.units) AS mrr
	FROM subscription s
?item 	JOIN {item} ON {item.subscription} = s.subscription_id AND coalesce(lower({item.type} COLLATE "C") <> 'charge', true)
!item 	JOIN {subscription} ON {subscription.id} = s.subscription_id
?discount ?coupon ), reduction AS (
?discount ?coupon 	-- coupons that last; one that is used once is no lower price
?discount ?coupon 	SELECT s.subscription_id, coalesce({discount.starts}, '-infinity') AS starts, {discount.ends} AS ends, coalesce({coupon.percent}, 0) AS percent,
?discount ?coupon 		cvm.normalise_mrr(cvm.from_minor_units({coupon.amount}, s.currency), s.unit, s.units) AS off
?discount ?coupon 	FROM {discount}
?discount ?coupon 	JOIN {coupon} ON {coupon.id} = {discount.coupon} AND coalesce({coupon.duration} <> 'one_time', true)
?discount ?coupon 	JOIN subscription s ON s.subscription_id = {discount.subscription}
@use recipe_pieces discount
$body$),
		jsonb_build_array('event', 'invoice', $body$
SELECT {invoice.customer} AS customer_id, {invoice.at} AS occurred_at, 'payment'::text AS kind,
	cvm.from_minor_units({invoice.amount}, {invoice.currency}) AS amount, upper({invoice.currency}) AS currency
FROM {invoice}
WHERE {invoice.amount} > 0 AND {invoice.deleted} IS NOT TRUE$body$)),
		'{"segment_schemes": "country"}';
$$;
COMMENT ON FUNCTION cvm._recipe_chargebee() IS 'The recipe chargebee: tables, views and settings.';
