-- SPDX-License-Identifier: PostgreSQL
-- Entities: who can sell what, and campaigns with their arms.

INSERT INTO cvm.entity (position, entity, synonyms, description) VALUES
	(40, 'channel_capability', '{channel_capabilities,channel_offer,offer_channel,channel_readiness,briefing}',
		'One row per offer and channel: is it able to sell the offer, and since when does it know of it?'),
	(41, 'campaign', '{campaigns,campaign_plan,marketing_campaign}', 'One row per campaign.'),
	(42, 'campaign_member', '{campaign_members,campaign_target,campaign_arm,campaign_assignment,control_group}',
		'One row per customer who was assigned to an arm of a campaign, reached or not.');

INSERT INTO cvm.entity_column (entity, position, column_name, required, nullable, class, synonyms, description) VALUES
	('channel_capability', 1, 'offer', true, false, 'label', '{offer_id,offer_code,promotion,promo_code}',
		'Code of the offer.'),
	('channel_capability', 2, 'channel', true, false, 'label', '{sales_channel,shop,medium}', 'Channel.'),
	('channel_capability', 3, 'sellable', false, true, 'flag', '{can_sell,is_sellable,is_enabled,equipped}',
		'Is the channel able to sell the offer? NULL: yes.'),
	('channel_capability', 4, 'briefed_on', false, true, 'day', '{briefed_at,trained_on,informed_on,briefing_date}',
		'Day since which the channel knows of the offer; NULL: not yet.'),

	('campaign', 1, 'campaign', true, false, 'label', '{campaign_id,campaign_code,code,name}', 'Code of the campaign.'),
	('campaign', 2, 'starts_on', true, false, 'day', '{start,start_date,starts_at,launched_on}', 'First day.'),
	('campaign', 3, 'ends_on', false, true, 'day', '{end,end_date,ends_at}', 'First day after it; NULL: no end.'),
	('campaign', 4, 'hypothesis', false, true, 'label', '{goal,objective}', 'What it is expected to bring about.'),
	('campaign', 5, 'metric', false, true, 'label', '{success_metric,kpi}', 'By which metric it is to be judged.'),
	('campaign', 6, 'planned_control_share', false, true, 'number', '{control_share,holdout_share,planned_holdout}',
		'Planned share of its control group, 0 to 1; NULL: by the setting control_share.'),
	('campaign', 7, 'owner', false, true, 'label', '{campaign_owner,manager,responsible}', 'Who answers for it.'),
	('campaign', 8, 'contact_cost', false, true, 'money', '{cost_per_contact,unit_cost}',
		'What it costs to contact one customer.'),
	('campaign', 9, 'reward_cost', false, true, 'money', '{cost_per_response,incentive_cost,reward}',
		'What a customer of the target group who buys gets for it.'),

	('campaign_member', 1, 'campaign', true, false, 'label', '{campaign_id,campaign_code}', 'Code of the campaign.'),
	('campaign_member', 2, 'customer_id', true, false, 'key',
		'{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn,subscriber_id,subscriber_no,customer_no}',
		'Who was assigned.'),
	('campaign_member', 3, 'arm', true, false, 'label', '{test_group,variant,cell,group}',
		'target or control; whatever is not control is target.'),
	('campaign_member', 4, 'assigned_at', false, true, 'time', '{assigned_on,selected_at,enrolled_at,at}',
		'When the customer was assigned; NULL: when the campaign started.'),
	('campaign_member', 5, 'reached', false, true, 'flag', '{is_reached,delivered,contacted}',
		'Was the customer contacted?'),

	('contact', 20, 'cost', false, true, 'money', '{contact_cost,unit_cost}', 'What the contact cost.');
