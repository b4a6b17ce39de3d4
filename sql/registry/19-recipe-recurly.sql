-- SPDX-License-Identifier: PostgreSQL
-- Recipe: Recurly: subscriptions with their plans and coupons, and paid invoices, as Fivetran loads them.

CREATE FUNCTION cvm._recipe_recurly() RETURNS TABLE (recipe text, purpose text, tables jsonb, views jsonb, settings text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'recurly', 'Recurly: subscriptions with their plans and coupons, and paid invoices, as Fivetran loads them; of tables with history the latest version of a row', '[
		["account", "account_history|account|accounts", true, [
			["id", "key", "id*"], ["created", "time", "created_at"],
			["country", "label", "account_country|address_country|country|address.country"],
			["updated", "time", "updated_at"]]],
		["plan", "plan_history|plan|plans", true, [
			["id", "label", "id*"], ["code", "label", "code"], ["unit", "label", "interval_unit*"],
			["units", "count", "interval_length"], ["updated", "time", "updated_at"]]],
		["subscription", "subscription_history|subscription|subscriptions", true, [
			["id", "label", "id*"], ["account", "key", "account_id|account.id*"],
			["plan", "label", "plan_id|plan.id*"], ["state", "label", "state*"],
			["started", "time", "activated_at|created_at*"], ["expires", "time", "expires_at*"],
			["canceled", "time", "canceled_at"], ["trial_end", "time", "trial_ends_at"],
			["paused", "time", "paused_at"], ["currency", "label", "currency*"], ["price", "money", "unit_amount*"],
			["quantity", "money", "quantity"], ["add_ons", "money", "add_ons_total"],
			["updated", "time", "updated_at"]]],
		["redemption", "coupon_redemption_history|coupon_redemption|coupon_redemptions", false, [
			["id", "label", "id*"], ["account", "key", "account_id|account.id*"],
			["coupon", "label", "coupon_id|coupon.id*"], ["starts", "time", "created_at*"],
			["ends", "time", "removed_at*"], ["updated", "time", "updated_at"]]],
		["coupon", "coupon_discount|coupon|coupons", false, [
			["id", "label", "coupon_id|id*"], ["percent", "money", "percentage|discount_percent"],
			["amount", "money", "amount|discount_amount"], ["currency", "label", "currency"]]],
		["invoice", "invoice_history|invoice|invoices", false, [
			["id", "label", "id*"], ["account", "key", "account_id|account.id*"],
			["at", "time", "closed_at|created_at*"], ["amount", "money", "paid*"],
			["currency", "label", "currency"], ["updated", "time", "updated_at"]]]]'::jsonb,
		jsonb_build_array(jsonb_build_array('customer', 'account', $body$
SELECT DISTINCT ON ({account.id}) {account.id} AS customer_id, {account.created} AS joined_on, coalesce({account.country}, 'unknown') AS country
FROM {account}
ORDER BY {account.id}, {account.updated} DESC NULLS LAST$body$),
		jsonb_build_array('subscription', 'account', $body$
WITH subscription AS (
	SELECT x.*, CASE WHEN x.state IN ('expired', 'canceled', 'failed') THEN x.expires END AS ended_at, CASE WHEN x.state = 'paused'
		THEN coalesce(x.paused, x.started_at) END AS status_since, x.state AS status
	FROM (
		SELECT DISTINCT ON ({subscription.id}) {subscription.id} AS subscription_id, {subscription.account} AS customer_id,
			{subscription.plan} AS plan_id, lower({subscription.state} COLLATE "C") AS state,
			{subscription.started} AS started_at, {subscription.expires} AS expires, {subscription.trial_end} AS trial_end,
				{subscription.canceled} AS cancel_requested_at, {subscription.paused} AS paused,
			{subscription.currency} AS currency, coalesce({subscription.quantity}, 1) * {subscription.price} + coalesce({subscription.add_ons}, 0) AS amount
		FROM {subscription}
		ORDER BY {subscription.id}, {subscription.updated} DESC NULLS LAST) x
	WHERE x.state <> 'future'
), plan AS (
	SELECT DISTINCT ON ({plan.id}) {plan.id} AS plan_id, coalesce({plan.code}, {plan.id}) AS product, coalesce({plan.units}, 1) AS units,
		CASE WHEN cvm._is_billing_interval({plan.unit}, 1) THEN {plan.unit} END AS unit
	FROM {plan}
	ORDER BY {plan.id}, {plan.updated} DESC NULLS LAST
), line AS (
	SELECT s.subscription_id, p.product, upper(s.currency) AS currency, cvm.normalise_mrr(s.amount, p.unit, p.units) AS mrr
	FROM subscription s
	JOIN plan p ON p.plan_id = s.plan_id
?redemption ?coupon ), reduction AS (
?redemption ?coupon 	SELECT s.subscription_id, r.starts, r.ends, coalesce({coupon.percent}, 0) AS percent, cvm.normalise_mrr({coupon.amount}, p.unit, p.units) AS off
?redemption ?coupon 	FROM (
?redemption ?coupon 		SELECT DISTINCT ON ({redemption.id}) {redemption.account} AS customer_id, {redemption.coupon} AS coupon_id, {redemption.starts} AS starts, {redemption.ends} AS ends
?redemption ?coupon 		FROM {redemption}
?redemption ?coupon 		ORDER BY {redemption.id}, {redemption.updated} DESC NULLS LAST) r
?redemption ?coupon 	JOIN subscription s ON s.customer_id = r.customer_id
?redemption ?coupon 	JOIN plan p ON p.plan_id = s.plan_id
?redemption ?coupon 	JOIN {coupon} ON {coupon.id} = r.coupon_id AND coalesce(upper({coupon.currency}) = upper(s.currency), true)
@use recipe_pieces redemption
$body$),
		jsonb_build_array('event', 'invoice', $body$
SELECT x.customer_id, x.at AS occurred_at, 'payment'::text AS kind, x.amount, x.currency
FROM (
	SELECT DISTINCT ON ({invoice.id}) {invoice.account} AS customer_id, {invoice.at} AS at, {invoice.amount} AS amount, upper({invoice.currency}) AS currency
	FROM {invoice}
	ORDER BY {invoice.id}, {invoice.updated} DESC NULLS LAST) x
WHERE x.amount > 0 AND x.at IS NOT NULL$body$)),
		'{"segment_schemes": "country"}';
$$;
COMMENT ON FUNCTION cvm._recipe_recurly() IS 'The recipe recurly: tables, views and settings.';
