-- SPDX-License-Identifier: PostgreSQL
-- The telecom of demo/telecom.sql as a model: which of its tables and columns
-- are what, said once. Everything that cvm shows afterwards is a view in acme.
\set ON_ERROR_STOP on
\set QUIET on
\pset footer off
SET client_min_messages = warning;

SELECT cvm.create_model('acme', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2026-01-01') \g /dev/null

SELECT cvm.bind('acme', 'customer', 'crm.subscribers', '{
	"customer_id": "subscriber_no", "joined_on": "activated_on", "channel": "acquired_via"}'),
	cvm.bind('acme', 'event', 'usage.activity', '{
	"customer_id": "subscriber_no", "occurred_at": "happened_at", "kind": "what", "product": "plan_code",
	"channel": "touchpoint", "amount": "amount_eur"}'),
	cvm.bind('acme', 'subscription', 'billing.contracts', '{
	"customer_id": "subscriber_no", "product": "plan_code", "started_on": "start_dt", "ended_on": "end_dt",
	"mrr": "monthly_fee", "subscription_id": "contract_no", "channel": "sold_via", "offer": "promo_code",
	"status": "state", "end_reason": "leave_reason", "cancel_requested_on": "notice_given_on"}'),
	cvm.bind('acme', 'product', 'catalog.plans', '{
	"product": "plan_code", "family": "product_line", "launched_on": "go_live", "unit_margin": "contribution",
	"list_price": "list_fee", "is_bundle": "is_package"}'),
	cvm.bind('acme', 'bundle_component', 'catalog.package_parts', '{
	"bundle": "package_code", "product": "part_code", "standalone_price": "solo_fee"}'),
	cvm.bind('acme', 'offer', 'catalog.promotions', '{
	"offer": "promo_code", "product": "plan_code", "channel": "sold_via", "price": "promo_fee",
	"new_customers_only": "newcomers_only", "valid_from": "runs_from", "valid_to": "runs_until"}'),
	cvm.bind('acme', 'segment_history', 'crm.tier_log', '{
	"customer_id": "subscriber_no", "segment": "tier", "valid_from": "from_dt", "valid_to": "to_dt"}'),
	cvm.bind('acme', 'owner', 'org.accountability', '{
	"subject_kind": "subject_type", "owner": "person", "accountable": "answers_for_it",
	"valid_from": "since", "valid_to": "until"}'),
	cvm.bind('acme', 'segment_target', 'org.tier_goals', '{
	"segment": "tier", "metric": "kpi", "target": "goal"}'),
	cvm.bind('acme', 'survey', 'crm.answers', '{
	"customer_id": "subscriber_no", "occurred_at": "answered_on", "instrument": "survey", "driver": "about"}'),
	cvm.bind('acme', 'contact', 'crm.contacts', '{
	"customer_id": "subscriber_no", "occurred_at": "sent_at", "channel": "medium", "product": "about", "responded": "reacted", "opted_out": "stopped"}'),
	cvm.bind('acme', 'campaign', 'crm.campaigns', '{
	"hypothesis": "aim", "metric": "kpi", "planned_control_share": "hold_out", "owner": "person", "contact_cost": "cost_each",
	"reward_cost": "reward"}'),
	cvm.bind('acme', 'campaign_member', 'crm.campaign_groups', '{
	"customer_id": "subscriber_no", "assigned_at": "drawn_on"}'),
	cvm.bind('acme', 'channel_capability', 'catalog.briefings', '{
	"offer": "promo_code", "channel": "sold_via", "sellable": "can_sell", "briefed_on": "told_on"}'),
	cvm.bind('acme', 'ticket', 'crm.enquiries', '{
	"customer_id": "subscriber_no", "opened_at": "asked_at", "solved_at": "closed_at", "channel": "asked_via", "topic": "promo_code",
	"created_by": "noted_by"}'),
	cvm.bind('acme', 'moment', 'usage.incidents', '{
	"customer_id": "subscriber_no", "at": "happened_at", "kind": "what", "product": "plan_code"}'),
	cvm.bind('acme', 'initiative', 'org.projects', '{
	"initiative": "project", "metric": "kpi", "expected_effect": "least_gain"}'),
	cvm.bind('acme', 'review', 'org.value_reviews', '{
	"cycle": "review", "initiative": "project"}'),
	cvm.bind('acme', 'cost', 'finance.cost_pools', '{"amount": "amount_eur"}'),
	cvm.bind('acme', 'cost_driver', 'finance.cost_drivers', '{"segment": "tier"}') \g /dev/null

\echo
\echo 'What cvm.check_model(''acme'') finds wrong with the data, worst first (no rows: nothing):'
SELECT severity, entity, problem, count, what FROM cvm.check_model('acme');

\echo 'Of the customers who came in a month, the share active so many months later, in %:'
\pset tuples_only on
SELECT * FROM cvm.heatmap((SELECT cvm.retention_agg(customer_id, occurred_at, 'Europe/Vilnius', 'month') FROM acme.event));
\pset tuples_only off

\echo 'The same as rows, with how sure they are: the first six months of the last cohorts in acme.retention_month'
SELECT cohort_label, period_no, eligible_customers, retained_customers, round(retention_rate::numeric, 3) AS rate,
	round(conf_low::numeric, 3) AS low, round(conf_high::numeric, 3) AS high, is_complete, as_of
FROM acme.retention_month
WHERE segment = '(all)' AND period_no <= 6
ORDER BY cohort DESC, period_no DESC LIMIT 10;

\echo 'What the launches took from whom, and whether they pay, from acme.cannibalization:'
SELECT focal, donor, entries, matured_entries AS matured, round(unit_rate::numeric, 3) AS rate, round(unit_rate_low::numeric, 3) AS low,
	round(unit_rate_high::numeric, 3) AS high, round(corrected_rate::numeric, 3) AS corrected, round(break_even_unit_rate::numeric, 3) AS break_even, verdict
FROM acme.cannibalization
WHERE segment = '(all)' AND channel = '(all)' AND (donor = '(all)' OR focal = 'MOB-LITE')
ORDER BY focal, donor;
\pset tuples_only on
SELECT reason FROM acme.cannibalization WHERE segment = '(all)' AND channel = '(all)' AND donor = '(all)' ORDER BY focal;
\pset tuples_only off

\echo 'What an offer for new customers brought in truth, from acme.recycled_acquisition_channel:'
SELECT offer, channel, gross_adds, genuine_entries AS genuine, winback_entries AS winback, recycled_entries AS recycled,
	round(gaming_rate::numeric, 3) AS gaming_rate, reported_mrr, genuine_mrr, repriced_mrr
FROM acme.recycled_acquisition_channel
ORDER BY offer, recycled_entries DESC;
\echo
\echo 'The last month by segment, with who answers for it, from acme.segment_kpi:'
SELECT segment, owner, opening_customers AS opening, new_customers AS new, winback_customers AS back,
	moved_in_customers + moved_out_customers AS moved, churned_customers AS churned, closing_customers AS closing,
	closing_mrr, round(arpu::numeric, 2) AS arpu, round(churn_rate::numeric, 4) AS churn,
	round(net_revenue_retention_rate::numeric, 3) AS nrr, margin, variance
FROM acme.segment_kpi
WHERE month = (SELECT max(month) FROM acme.segment_kpi WHERE is_complete)
ORDER BY segment = '(all)', closing_mrr DESC;

\echo 'What was sold to them, renewed and kept, from the same rows:'
SELECT segment, cross_sold_customers AS cross_sold, round(cross_sell_rate::numeric, 4) AS cross_sell, round(upsell_rate::numeric, 4) AS upsell,
	ended_spells AS ended, round(continuation_rate::numeric, 3) AS went_on, round(retention_3_rate::numeric, 3) AS kept_3, round(retention_12_rate::numeric, 3) AS kept_12,
	acquired_customers AS acquired, round(acquisition_quality_rate::numeric, 3) AS quality
FROM acme.segment_kpi
WHERE month = (SELECT max(month) FROM acme.segment_kpi WHERE is_complete)
ORDER BY segment = '(all)', closing_mrr DESC;

\echo 'Whose churn changed since September, when Family''s prices rose in October, and whose did not (acme.segment_shift):'
SELECT segment, owner, from_customers, to_customers, round(from_rate::numeric, 4) AS from_rate, round(to_rate::numeric, 4) AS to_rate,
	round(change_low::numeric, 4) AS low, round(change_high::numeric, 4) AS high,
	round(mix_contribution::numeric, 5) AS mix, round(rate_contribution::numeric, 5) AS rate, verdict
FROM acme.segment_shift
WHERE metric = 'churn_rate' AND from_month = '2025-09-01' AND to_month = '2025-11-01'
ORDER BY segment = '(all)', verdict DESC, segment;

\echo 'Days on which nobody answered for a segment, a product or a driver (acme.owner_gap):'
SELECT subject_kind, subject, gap_from, gap_to, days FROM acme.owner_gap ORDER BY gap_from;
