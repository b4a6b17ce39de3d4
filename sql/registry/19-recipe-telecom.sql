-- SPDX-License-Identifier: PostgreSQL
-- Recipe: A telecom: accounts, contracts, tariffs, discounts of contracts, segments, invoices, top-ups, tickets and contacts.

CREATE FUNCTION cvm._recipe_telecom() RETURNS TABLE (recipe text, purpose text, tables jsonb, views jsonb, settings text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'telecom', 'A telecom: accounts, contracts, tariffs, discounts of contracts, segments, invoices, top-ups, tickets and contacts; ends are the first day without', '[
		["account", "account|accounts|customer|customers|subscriber", true, [
			["id", "key", "account_no|account_id|customer_no|customer_id|id*"],
			["since", "day", "since|customer_since|joined_on|registered_on|created_at"]]],
		["tariff", "tariff|tariffs|product|products|plan|price_plan", true, [
			["id", "label", "tariff_code|product_code|plan_code|code|id*"],
			["family", "label", "family|product_family|line"],
			["fee", "money", "monthly_fee|monthly_price|list_price|price|fee*"],
			["launched", "day", "launched_on|launch_date|available_from"], ["bundle", "flag", "is_bundle|bundle"]]],
		["contract", "contract|contracts|subscription|subscriptions|service", true, [
			["id", "label", "contract_no|contract_id|subscription_id|id*"],
			["account", "key", "account_no|account_id|customer_no|customer_id*"],
			["tariff", "label", "tariff_code|product_code|plan_code|tariff_id|product_id*"],
			["started", "day", "activation_dt|activation_date|activated_on|activated_at|start_dt|start_date|started_on|valid_from*"],
			["ended", "day", "termination_dt|termination_date|terminated_on|terminated_at|deactivated_on|end_dt|end_date|ended_on|valid_to*"],
			["committed", "day", "commit_end_dt|commit_end_date|commitment_end|committed_until|contract_end_date"],
			["fee", "money", "monthly_fee|monthly_price|fee|price"],
			["lines", "money", "sim_count|quantity|line_count|sims"], ["status", "label", "status|state"],
			["status_since", "day", "status_since|status_dt|status_date"],
			["requested", "day", "notice_dt|cancel_notice_dt|cancel_requested_on|notice_date"],
			["reason", "label", "termination_reason|end_reason|churn_reason"],
			["channel", "label", "channel|sales_channel|dealer"], ["offer", "label", "offer|offer_code|promo_code"]]],
		["discount", "contract_discount|contract_discounts|discount|discounts", false, [
			["contract", "label", "contract_no|contract_id|subscription_id*"],
			["percent", "money", "percent|percent_off|discount_percent"],
			["amount", "money", "amount|amount_off|discount_amount"],
			["starts", "day", "valid_from|start_dt|start_date|from_dt*"],
			["ends", "day", "valid_to|end_dt|end_date|to_dt*"]]],
		["history", "segment_history|customer_segment|customer_segments", false, [
			["account", "key", "account_no|account_id|customer_no|customer_id*"],
			["segment", "label", "segment|segment_code|segment_name|tier*"],
			["starts", "day", "valid_from|from_dt|from_d|start_date*"],
			["ends", "day", "valid_to|to_dt|to_d|end_date*"]]],
		["invoice", "invoice|invoices|bill|bills", false, [
			["account", "key", "account_no|account_id|customer_no|customer_id*"],
			["at", "time", "invoice_dt|invoice_date|billed_on|issued_on|created_at*"],
			["amount", "money", "amount|total|net_amount*"]]],
		["topup", "topup|topups|top_up|recharge|recharges", false, [
			["account", "key", "account_no|account_id|customer_no|customer_id*"],
			["at", "time", "at|topup_dt|recharged_at|created_at*"], ["amount", "money", "amount|value*"]]],
		["ticket", "ticket|tickets|complaint|complaints", false, [
			["account", "key", "account_no|account_id|customer_no|customer_id*"],
			["at", "time", "opened_at|created_at|opened_on*"], ["solved", "time", "solved_at|closed_at"],
			["topic", "label", "topic|category|reason"]]],
		["contact", "contact|contacts|contact_history", false, [
			["account", "key", "account_no|account_id|customer_no|customer_id*"],
			["at", "time", "sent_at|contacted_at|at|contact_dt*"], ["channel", "label", "channel"],
			["campaign", "label", "campaign|campaign_code"], ["purpose", "label", "purpose"]]]]'::jsonb,
		jsonb_build_array(jsonb_build_array('customer', 'account', $body$
SELECT {account.id} AS customer_id, {account.since} AS joined_on
FROM {account}$body$),
		jsonb_build_array('product', 'tariff', $body$
SELECT {tariff.id} AS product, {tariff.family} AS family, {tariff.launched} AS launched_on, {tariff.fee} AS list_price, {tariff.bundle} AS is_bundle
FROM {tariff}$body$),
		jsonb_build_array('segment_history', 'history', $body$
SELECT {history.account} AS customer_id, {history.segment} AS segment, {history.starts} AS valid_from, {history.ends} AS valid_to
FROM {history}$body$),
		jsonb_build_array('subscription', 'contract', $body$
WITH contract AS (
	-- suspended since a day: what it paid before stays; told to have ended and not when: by then
	SELECT {contract.id} AS contract_id, {contract.account} AS customer_id, {contract.tariff} AS product, {contract.started} AS started_at,
		coalesce({contract.ended}, CASE WHEN cvm._plain_status({contract.status})
			IN ('terminated', 'cancelled', 'canceled', 'disconnected', 'deactivated', 'closed', 'ended', 'expired', 'churned')
			THEN {contract.status_since} END) AS ended_at,
		{contract.committed} AS committed_until, CASE WHEN r.is_paused THEN 'paused' ELSE coalesce({contract.status}, 'active') END AS status,
		CASE WHEN r.is_paused THEN {contract.status_since} END AS paused_at,
		{contract.requested} AS cancel_requested_on, {contract.reason} AS end_reason, {contract.channel} AS channel, {contract.offer} AS offer,
		coalesce({contract.lines}, 1) * coalesce({contract.fee}, {tariff.fee}) AS fee
	FROM {contract}
	CROSS JOIN LATERAL (SELECT cvm._plain_status({contract.status}) IN ('suspended', 'paused', 'blocked', 'barred', 'frozen', 'onhold') AS is_paused) r
	-- of a tariff that is not there too, so that check_model() finds it
	LEFT JOIN {tariff} ON {tariff.id} = {contract.tariff}
), piece AS (
	-- from each day on which something changes to the next
	SELECT x.contract_id, x.at, lead(x.at) OVER (PARTITION BY x.contract_id ORDER BY x.at) AS until
	FROM (
		SELECT c.contract_id, y.at FROM contract c CROSS JOIN LATERAL (VALUES (c.started_at), (c.paused_at)) y (at)
		WHERE y.at >= c.started_at AND coalesce(y.at < c.ended_at, true)
?discount 		UNION
?discount 		SELECT c.contract_id, y.at FROM {discount} JOIN contract c ON c.contract_id = {discount.contract} CROSS JOIN LATERAL (VALUES ({discount.starts}), ({discount.ends})) y (at)
?discount 		WHERE y.at > c.started_at AND coalesce(y.at < c.ended_at, true)
	) x
?discount ), reduced AS (
?discount 	SELECT p.contract_id, p.at, sum({discount.percent}) AS percent, sum({discount.amount}) AS off
?discount 	FROM piece p
?discount 	JOIN {discount} ON {discount.contract} = p.contract_id AND {discount.starts} <= p.at AND coalesce(p.at < {discount.ends}, true)
?discount 	GROUP BY p.contract_id, p.at
)
SELECT c.customer_id, c.product, p.at AS started_on, coalesce(p.until, c.ended_at) AS ended_on,
?discount 	round(CASE WHEN c.fee IS NOT NULL THEN greatest(0, c.fee * (100 - least(100, coalesce(d.percent, 0))) / 100 - coalesce(d.off, 0)) END, 12) AS mrr,
!discount 	c.fee AS mrr,
	c.contract_id AS subscription_id, c.channel, c.offer, CASE WHEN p.at < c.paused_at THEN 'active' ELSE c.status END AS status, CASE
		WHEN p.until IS NULL THEN c.end_reason END AS end_reason,
	c.cancel_requested_on, c.committed_until
FROM piece p
JOIN contract c ON c.contract_id = p.contract_id
?discount LEFT JOIN reduced d ON d.contract_id = p.contract_id AND d.at = p.at$body$),
		jsonb_build_array('event', 'invoice', $body$
SELECT {invoice.account} AS customer_id, {invoice.at} AS occurred_at, 'invoice'::text AS kind, {invoice.amount} AS amount
FROM {invoice}
?topup UNION ALL
?topup SELECT {topup.account}, {topup.at}, 'topup', {topup.amount}
?topup FROM {topup}$body$),
		jsonb_build_array('ticket', 'ticket', $body$
SELECT {ticket.account} AS customer_id, {ticket.at} AS opened_at, {ticket.solved} AS solved_at, {ticket.topic} AS topic
FROM {ticket}$body$),
		jsonb_build_array('contact', 'contact', $body$
SELECT {contact.account} AS customer_id, {contact.at} AS occurred_at, {contact.channel} AS channel, {contact.campaign} AS campaign, {contact.purpose} AS purpose
FROM {contact}$body$)),
		'{}';
$$;
COMMENT ON FUNCTION cvm._recipe_telecom() IS 'The recipe telecom: tables, views and settings.';
