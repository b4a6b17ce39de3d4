-- SPDX-License-Identifier: PostgreSQL
-- Recipe: Stripe: subscriptions with their items, prices and coupons, and paid invoices, as Fivetran, Airbyte, Stitch and Stripe's own sync load them.

CREATE FUNCTION cvm._recipe_stripe() RETURNS TABLE (recipe text, purpose text, tables jsonb, views jsonb, settings text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'stripe', 'Stripe: subscriptions with their items, prices and coupons, and paid invoices, as Fivetran, Airbyte, Stitch and Stripe''s own sync load them', '[
		["customer", "customer|customers", true, [
			["id", "key", "id*"], ["created", "time", "created|created_at"],
			["country", "label", "address_country|address.country"]]],
		["price", "price|prices|plan|plans", true, [
			["id", "label", "id*"], ["product", "label", "product_id|product"],
			["amount", "money", "unit_amount_decimal|unit_amount|amount*"], ["currency", "label", "currency*"],
			["interval", "label", "recurring_interval|interval|recurring.interval*"],
			["count", "count", "recurring_interval_count|interval_count|recurring.interval_count"],
			["usage", "label", "recurring_usage_type|usage_type|recurring.usage_type"]]],
		["plan", "plan|plans", false, [
			["id", "label", "id*"], ["product", "label", "product_id|product"], ["amount", "money", "amount_decimal|amount*"],
			["currency", "label", "currency*"], ["interval", "label", "interval*"], ["count", "count", "interval_count"],
			["usage", "label", "usage_type"]]],
		["subscription", "subscription_history|subscription|subscriptions", true, [
			["id", "label", "id*"], ["customer", "key", "customer_id|customer*"], ["status", "label", "status*"],
			["started", "time", "start_date|start|created*"], ["ended", "time", "ended_at*"],
			["canceled", "time", "canceled_at"], ["trial_end", "time", "trial_end"],
			["period", "time", "current_period_start"], ["active", "flag", "_fivetran_active"],
			["deleted", "flag", "_fivetran_deleted|is_deleted"], ["live", "flag", "livemode"]]],
		["item", "subscription_item|subscription_items", true, [
			["subscription", "label", "subscription_id|subscription*"],
			["price", "label", "price_id|price|plan_id|plan|price.id|plan.id*"], ["quantity", "money", "quantity"],
			["deleted", "flag", "_fivetran_deleted|is_deleted|deleted"]]],
		["discount", "subscription_discount|discount|discounts", false, [
			["subscription", "label", "subscription_id|subscription"], ["customer", "key", "customer_id|customer"],
			["coupon", "label", "coupon_id|coupon|coupon.id*"], ["starts", "time", "start|start_at|start_date"],
			["ends", "time", "end|end_at|end_date"], ["invoice", "label", "invoice_id|invoice"],
			["deleted", "flag", "_fivetran_deleted|is_deleted"]]],
		["coupon", "coupon|coupons", false, [
			["id", "label", "id*"], ["percent", "money", "percent_off"], ["amount", "money", "amount_off"],
			["duration", "label", "duration"]]],
		["invoice", "invoice|invoices", false, [
			["customer", "key", "customer_id|customer*"],
			["at", "time", "status_transitions_paid_at|created|created_at*"], ["amount", "money", "amount_paid*"],
			["currency", "label", "currency"], ["deleted", "flag", "_fivetran_deleted|is_deleted"],
			["live", "flag", "livemode"]]]]'::jsonb,
		jsonb_build_array(jsonb_build_array('customer', 'customer', $body$
SELECT {customer.id} AS customer_id, {customer.created} AS joined_on, coalesce({customer.country}, 'unknown') AS country
FROM {customer}$body$),
		jsonb_build_array('subscription', 'subscription', $body$
WITH subscription AS (
	-- incomplete: never paid; unpaid since the period began
	SELECT {subscription.id} AS subscription_id, {subscription.customer} AS customer_id, {subscription.started} AS started_at,
		coalesce({subscription.ended}, CASE WHEN lower({subscription.status} COLLATE "C") = 'canceled' THEN {subscription.canceled} END) AS ended_at,
		{subscription.trial_end} AS trial_end, {subscription.canceled} AS cancel_requested_at,
		CASE WHEN lower({subscription.status} COLLATE "C") IN ('unpaid', 'paused') THEN coalesce({subscription.period}, {subscription.started}) END AS status_since, 'unpaid' AS status
	FROM {subscription}
	WHERE lower({subscription.status} COLLATE "C") NOT IN ('incomplete', 'incomplete_expired')
		AND {subscription.active} IS NOT FALSE AND {subscription.deleted} IS NOT TRUE AND {subscription.live} IS NOT FALSE
), tariff AS (
	SELECT {price.id} AS id, {price.product} AS product, {price.amount} AS amount, {price.currency} AS currency, {price.interval} AS unit, {price.count} AS units, {price.usage} AS usage
	FROM {price}
?plan 	-- what was sold before there were prices
?plan 	UNION ALL
?plan 	SELECT {plan.id}, {plan.product}, {plan.amount}, {plan.currency}, {plan.interval}, {plan.count}, {plan.usage}
?plan 	FROM {plan}
?plan 	WHERE NOT EXISTS (SELECT FROM {price} WHERE {price.id} = {plan.id})
), line AS (
	-- of an item without a price that is there too, so that check_model() finds it
	SELECT {item.subscription} AS subscription_id, coalesce(t.product, {item.price}) AS product, upper(t.currency) AS currency, t.unit, coalesce(t.units, 1) AS units,
		cvm.normalise_mrr(cvm.from_minor_units(coalesce({item.quantity}, 1) * t.amount, t.currency),
			CASE WHEN cvm._is_billing_interval(t.unit, 1) THEN t.unit END, coalesce(t.units, 1)) AS mrr
	FROM {item}
	LEFT JOIN tariff t ON t.id = {item.price}
	WHERE {item.deleted} IS NOT TRUE AND coalesce(t.usage <> 'metered', true)
?discount ?coupon ), reduction AS (
?discount ?coupon 	-- coupons that last; one that is used once is no lower price
?discount ?coupon 	SELECT x.subscription_id, coalesce({discount.starts}, '-infinity') AS starts, {discount.ends} AS ends, coalesce({coupon.percent}, 0) AS percent,
?discount ?coupon 		cvm.normalise_mrr(cvm.from_minor_units({coupon.amount}, t.currency), t.unit, t.units) AS off
?discount ?coupon 	FROM {discount}
?discount ?coupon 	JOIN {coupon} ON {coupon.id} = {discount.coupon} AND coalesce({coupon.duration} <> 'once', true)
?discount ?coupon 	-- of one subscription, or of all that a customer has
?discount ?coupon 	JOIN (SELECT s.subscription_id, s.subscription_id AS subscription, NULL AS customer FROM subscription s
?discount ?coupon 		UNION ALL SELECT s.subscription_id, NULL, s.customer_id::text FROM subscription s) x
?discount ?coupon 		ON coalesce('s' || x.subscription, 'c' || x.customer) = coalesce('s' || {discount.subscription}, 'c' || {discount.customer})
?discount ?coupon 	JOIN (SELECT l.subscription_id, min(l.currency) AS currency, min(l.unit) AS unit, min(l.units) AS units FROM line l
?discount ?coupon 		GROUP BY l.subscription_id) t ON t.subscription_id = x.subscription_id
?discount ?coupon 	WHERE {discount.invoice} IS NULL AND {discount.deleted} IS NOT TRUE
@use recipe_pieces discount
$body$),
		jsonb_build_array('event', 'invoice', $body$
SELECT {invoice.customer} AS customer_id, {invoice.at} AS occurred_at, 'payment'::text AS kind,
	cvm.from_minor_units({invoice.amount}, {invoice.currency}) AS amount, upper({invoice.currency}) AS currency
FROM {invoice}
WHERE {invoice.amount} > 0 AND {invoice.deleted} IS NOT TRUE AND {invoice.live} IS NOT FALSE$body$)),
		'{"segment_schemes": "country"}';
$$;
COMMENT ON FUNCTION cvm._recipe_stripe() IS 'The recipe stripe: tables, views and settings.';
