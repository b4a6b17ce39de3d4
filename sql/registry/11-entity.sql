-- SPDX-License-Identifier: PostgreSQL
-- Entities: what can be bound, as data.
--
-- class says which source types a column takes and what the canonical view
-- makes of them (cvm._accept() in 05-class.sql):
--
--   key     customer ids: integers, text, uuid; stays as it is
--   label   any short name: text, integers, uuid, enum; becomes text
--   time    date, timestamp or timestamptz; stays as it is
--   day     the same; becomes a date, in the model's time zone
--   money   numeric and integers, never floating point; becomes numeric
--   number  any number; becomes double precision
--   count   integers; becomes bigint
--   flag    boolean

CREATE TABLE cvm.entity (
	entity text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	synonyms text[] NOT NULL DEFAULT '{}',
	description text NOT NULL
);
COMMENT ON TABLE cvm.entity IS 'The canonical relations that a model may have.';
COMMENT ON COLUMN cvm.entity.synonyms IS 'What warehouses call such a table: for cvm.suggest().';

CREATE TABLE cvm.entity_column (
	entity text NOT NULL REFERENCES cvm.entity,
	position int NOT NULL,
	column_name text NOT NULL,
	required boolean NOT NULL,
	nullable boolean NOT NULL DEFAULT true,
	class text NOT NULL CHECK (class IN ('key', 'label', 'time', 'day', 'money', 'number', 'count', 'flag')),
	synonyms text[] NOT NULL DEFAULT '{}',
	description text NOT NULL,
	PRIMARY KEY (entity, column_name),
	UNIQUE (entity, position)
);
COMMENT ON TABLE cvm.entity_column IS 'The columns of each canonical relation.';
COMMENT ON COLUMN cvm.entity_column.required IS 'Must be bound; what is not required and not bound is NULL in the canonical view.';
COMMENT ON COLUMN cvm.entity_column.nullable IS 'May hold NULL; if not, cvm.check_model() counts the NULLs.';
COMMENT ON COLUMN cvm.entity_column.class IS 'Accepted types and resulting type: key, label, time, day, money, number, count or flag.';
COMMENT ON COLUMN cvm.entity_column.synonyms IS 'What warehouses call such a column: for hints and cvm.suggest().';

INSERT INTO cvm.entity (position, entity, synonyms, description) VALUES
	(1, 'customer', '{customers,client,account,user,member,subscriber,dim_customer,party,person}',
		'One row per customer; every further column is an attribute.'),
	(2, 'event', '{events,order,orders,invoice,invoices,purchase,transaction,activity,usage,visit,payment,fact_sales,sale}',
		'One row per thing that a customer did at a moment: order, payment, visit, usage.'),
	(3, 'subscription', '{subscriptions,subs,contract,contracts,plan_history,service,membership,policy,subscription_spell}',
		'One row per spell during which a customer held a product at one price.'),
	(4, 'product', '{products,plan,plans,tariff,sku,item,dim_product,catalogue,price_plan}',
		'One row per product or plan.'),
	(5, 'bundle_component', '{bundle_components,bundle_item,bundle_part,bundle_content,package_component}',
		'One row per product that is part of a bundle.'),
	(6, 'offer', '{offers,promotion,promo,campaign_offer,deal,discount,price_offer}',
		'One row per offer under which a product is sold.'),
	(7, 'segment_history', '{segment_histories,customer_segment,segmentation,segment_membership,segment,segments,customer_segments}',
		'One row per spell during which a customer belonged to a segment.'),
	(8, 'owner', '{owners,ownership,responsibility,accountability,raci}',
		'Who answers for a segment, a product or anything else, and since when.'),
	(9, 'segment_target', '{segment_targets,target,targets,budget,plan_target,kpi_target}',
		'One row per segment, month and metric with the value aimed at.'),
	(10, 'contact', '{contacts,campaign_contact,contact_history,communication,outreach}',
		'One row per message or call to a customer.'),
	(11, 'ticket', '{tickets,case,support_case,complaint,incident,support_ticket}',
		'One row per request of a customer for help.'),
	(12, 'survey', '{surveys,survey_answer,nps,csat,response,feedback}',
		'One row per answer of a customer to a survey.'),
	(13, 'cost', '{costs,expense,cost_pool,cost_center}',
		'One row per month and pool of cost.'),
	(14, 'cost_driver', '{cost_drivers,driver,allocation_key,cost_allocation}',
		'What a pool of cost is shared out by.'),
	(15, 'initiative', '{initiatives,experiment,project,action,backlog}',
		'One row per thing that somebody tries in order to raise customer value.'),
	(16, 'review', '{reviews,value_review,review_cycle,meeting,decision}',
		'One row per decision of a value review.'),
	(17, 'fx_rate', '{fx_rates,exchange_rate,exchange_rates,currency_rate,fx,forex}',
		'What a currency was worth in the model''s own, from a day on.');

INSERT INTO cvm.entity_column (entity, position, column_name, required, nullable, class, synonyms, description) VALUES
	('customer', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn,subscriber_id,subscriber_no,customer_no,id,customer_key,buyer_id}', 'Who the customer is.'),
	('customer', 2, 'joined_on', false, true, 'day', '{joined,join_date,created_at,created_on,registered_at,signup_date,customer_since,first_seen}', 'Day on which the customer joined.'),
	('customer', 3, 'channel', false, true, 'label', '{source,acquisition_channel,sales_channel,medium,acquired_through}', 'Channel through which the customer came.'),

	('event', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn,subscriber_id,subscriber_no,customer_no,customer_key,buyer_id}', 'Who did it.'),
	('event', 2, 'occurred_at', true, false, 'time', '{at,ts,timestamp,event_time,created_at,order_date,ordered_at,invoice_date,paid_at,date,happened_at,purchased_at,transaction_date,occurred_on,event_date}', 'When it happened.'),
	('event', 3, 'kind', false, true, 'label', '{type,event_type,event_name,event,action,event_kind,category}', 'What happened: order, payment, visit …'),
	('event', 4, 'product', false, true, 'label', '{product_id,product_code,plan,plan_code,sku,item,stock_code,tariff}', 'Product that it was about.'),
	('event', 5, 'channel', false, true, 'label', '{source,sales_channel,medium,store,touchpoint}', 'Channel in which it happened.'),
	('event', 6, 'amount', false, true, 'money', '{value,total,revenue,price,net_amount,gross_amount,amount_paid,turnover,total_amount}', 'Money that it brought.'),
	('event', 7, 'currency', false, true, 'label', '{currency_code,curr,ccy}', 'Currency of amount; NULL: the model''s.'),

	('subscription', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn,subscriber_id,subscriber_no,customer_no,customer_key}', 'Who held the product.'),
	('subscription', 2, 'product', true, false, 'label', '{product_id,product_code,plan,plan_code,plan_id,sku,tariff,tariff_code,service_code}', 'Product that was held.'),
	('subscription', 3, 'started_on', true, false, 'day', '{start,start_date,start_dt,started_at,begin_date,valid_from,from_date,activated_at,activation_date,effective_from}', 'First day of the spell.'),
	('subscription', 4, 'ended_on', true, true, 'day', '{end,end_date,end_dt,ended_at,valid_to,to_date,expires_at,expiry_date,terminated_on,termination_date,canceled_at,effective_to}', 'First day after the spell; NULL while it goes on.'),
	('subscription', 5, 'mrr', true, false, 'money', '{monthly_fee,monthly_price,monthly_amount,price,fee,amount,recurring_amount,monthly_charge,mrc,monthly_recurring_revenue}', 'Recurring revenue per month.'),
	('subscription', 6, 'subscription_id', false, true, 'label', '{sub_id,contract_id,contract_no,line_id,service_id,agreement_id,id}', 'Which subscription the spell is part of.'),
	('subscription', 7, 'channel', false, true, 'label', '{source,sales_channel,acquisition_channel,dealer}', 'Channel in which it was sold.'),
	('subscription', 8, 'offer', false, true, 'label', '{offer_id,offer_code,promotion,promo,promo_code,campaign,coupon}', 'Offer under which it was sold.'),
	('subscription', 9, 'status', false, true, 'label', '{state,sub_status,subscription_status}', 'Status: paid, trial, paused, grace …'),
	('subscription', 10, 'end_reason', false, true, 'label', '{reason,cancel_reason,churn_reason,termination_reason}', 'Why it ended.'),
	('subscription', 11, 'cancel_requested_on', false, true, 'day', '{cancel_requested_at,cancelled_on,cancelled_at,canceled_at,notice_date,cancellation_date}', 'Day on which the end was asked for.'),
	('subscription', 12, 'currency', false, true, 'label', '{currency_code,curr,ccy}', 'Currency of mrr; NULL: the model''s.'),
	('subscription', 13, 'committed_until', false, true, 'day', '{commitment_end,commitment_end_date,commitment_ends_on,commit_end,minimum_term_end,contract_end,contract_end_date,current_term_end,term_end}', 'First day on which the customer is no longer bound to it; NULL: not bound. The spell may go on after it.'),

	('product', 1, 'product', true, false, 'label', '{product_id,product_code,code,plan,plan_code,plan_id,sku,tariff,id}', 'Code of the product.'),
	('product', 2, 'family', false, true, 'label', '{product_family,category,group,product_group,line,product_line}', 'Family of products that it belongs to.'),
	('product', 3, 'launched_on', false, true, 'day', '{launch_date,launched,launched_at,available_from,introduced_on,released_on}', 'Day on which it was launched.'),
	('product', 4, 'unit_margin', false, true, 'money', '{margin,contribution,gross_margin,margin_amount}', 'Margin per unit and month.'),
	('product', 5, 'list_price', false, true, 'money', '{price,monthly_price,rrp,catalog_price,standard_price}', 'List price per month.'),
	('product', 6, 'is_bundle', false, true, 'flag', '{bundle,bundled,is_package}', 'Is it a bundle of other products?'),

	('bundle_component', 1, 'bundle', true, false, 'label', '{bundle_id,bundle_code,parent,package,parent_product}', 'Code of the bundle.'),
	('bundle_component', 2, 'product', true, false, 'label', '{product_id,product_code,component,child_product,item,part}', 'Code of the product that is part of it.'),
	('bundle_component', 3, 'standalone_price', false, true, 'money', '{price,single_price,list_price,unbundled_price}', 'Price per month of that product alone.'),

	('offer', 1, 'offer', true, false, 'label', '{offer_id,offer_code,code,promotion,promo_code,id}', 'Code of the offer.'),
	('offer', 2, 'product', false, true, 'label', '{product_id,product_code,plan,plan_code,sku}', 'Product that is on offer.'),
	('offer', 3, 'channel', false, true, 'label', '{sales_channel,medium}', 'Channel in which it may be sold.'),
	('offer', 4, 'price', false, true, 'money', '{offer_price,promo_price,discounted_price,amount}', 'Price per month under the offer.'),
	('offer', 5, 'new_customers_only', false, true, 'flag', '{new_only,new_customer,acquisition_only,for_new}', 'Is it meant for new customers only?'),
	('offer', 6, 'valid_from', false, true, 'day', '{start,start_date,from_date,starts_on,effective_from}', 'First day on which it may be sold.'),
	('offer', 7, 'valid_to', false, true, 'day', '{end,end_date,to_date,ends_on,effective_to}', 'First day on which it may no longer be sold; NULL: no end.'),

	('segment_history', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn,subscriber_id,subscriber_no,customer_no,customer_key}', 'Who belonged to the segment.'),
	('segment_history', 2, 'segment', true, false, 'label', '{segment_id,segment_name,segment_code,cluster,tier,class,group}', 'Segment that the customer belonged to.'),
	('segment_history', 3, 'valid_from', true, false, 'day', '{start,start_date,from_date,from_dt,since,effective_from,assigned_on,assigned_at,month}', 'First day in the segment.'),
	('segment_history', 4, 'valid_to', false, true, 'day', '{end,end_date,to_date,to_dt,until,effective_to}', 'First day no longer in the segment; NULL: still in it.'),
	('segment_history', 5, 'scheme', false, true, 'label', '{scheme_id,scheme_name,segmentation,segmentation_name,dimension}', 'Scheme that the segment is part of, such as value tier or brand.'),
	('segment_history', 6, 'scheme_version', false, true, 'label', '{scheme_revision,definition_version,segmentation_version}', 'Which definition of the segments this is by: who is in another segment by another definition has not moved.'),

	('owner', 1, 'subject_kind', true, false, 'label', '{kind,subject_type,type,scope}', 'What is owned: segment, product, channel …'),
	('owner', 2, 'subject', true, false, 'label', '{subject_id,object,name,scope_value,segment}', 'Which one is owned.'),
	('owner', 3, 'owner', true, false, 'label', '{owner_name,person,manager,responsible,accountable_person,lead}', 'Who owns it.'),
	('owner', 4, 'accountable', false, true, 'flag', '{is_accountable,main,is_main,primary}', 'Is this the one who answers for it? NULL: yes.'),
	('owner', 5, 'valid_from', false, true, 'day', '{start,start_date,from_date,since}', 'First day; NULL: always was.'),
	('owner', 6, 'valid_to', false, true, 'day', '{end,end_date,to_date,until}', 'First day no longer; NULL: still.'),

	('segment_target', 1, 'segment', true, false, 'label', '{segment_id,segment_name,segment_code,cluster,tier}', 'Segment.'),
	('segment_target', 2, 'month', true, false, 'day', '{period,month_start,date,target_month}', 'First day of the month.'),
	('segment_target', 3, 'metric', true, false, 'label', '{kpi,measure,metric_name,indicator}', 'Column of segment_kpi that the target is for.'),
	('segment_target', 4, 'target', true, false, 'number', '{value,goal,target_value,budget,plan}', 'Value aimed at.'),

	('contact', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn}', 'Who was contacted.'),
	('contact', 2, 'occurred_at', true, false, 'time', '{at,ts,sent_at,contacted_at,date,contact_date}', 'When.'),
	('contact', 3, 'channel', false, true, 'label', '{medium,contact_channel}', 'Channel of the contact.'),
	('contact', 4, 'campaign', false, true, 'label', '{campaign_id,campaign_code}', 'Campaign that it was part of.'),
	('contact', 5, 'offer', false, true, 'label', '{offer_id,offer_code,promo_code}', 'Offer that was made.'),
	('contact', 6, 'purpose', false, true, 'label', '{reason,contact_reason,category}', 'marketing or service.'),
	('contact', 7, 'outcome', false, true, 'label', '{result,response,disposition}', 'What came of it.'),
	('contact', 8, 'arm', false, true, 'label', '{test_group,variant,control_group}', 'target or control.'),

	('ticket', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,requester_id}', 'Who asked.'),
	('ticket', 2, 'opened_at', true, false, 'time', '{created_at,opened_on,created_on,reported_at}', 'When the request came.'),
	('ticket', 3, 'ticket_id', false, true, 'label', '{case_id,case_no,id,ticket_no}', 'Which request.'),
	('ticket', 4, 'product', false, true, 'label', '{product_id,product_code,plan,service}', 'Product that it was about.'),
	('ticket', 5, 'topic', false, true, 'label', '{category,subject,reason,type}', 'What it was about.'),
	('ticket', 6, 'channel', false, true, 'label', '{source,via,medium}', 'Channel in which it came.'),
	('ticket', 7, 'first_reply_at', false, true, 'time', '{first_human_reply_at,responded_at,first_response_at}', 'When a person first replied.'),
	('ticket', 8, 'solved_at', false, true, 'time', '{closed_at,resolved_at,solved_on}', 'When it was solved.'),
	('ticket', 9, 'reopens', false, true, 'count', '{reopen_count,reopened}', 'How often it was opened again.'),

	('survey', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,respondent_id}', 'Who answered.'),
	('survey', 2, 'occurred_at', true, false, 'time', '{at,answered_at,responded_at,submitted_at,date}', 'When.'),
	('survey', 3, 'instrument', true, false, 'label', '{survey_type,survey,type,questionnaire}', 'nps, csat, ces, value …'),
	('survey', 4, 'score', true, false, 'number', '{rating,answer,points,value}', 'The answer.'),
	('survey', 5, 'driver', false, true, 'label', '{question,topic,dimension}', 'Driver of value that was asked about.'),
	('survey', 6, 'importance', false, true, 'number', '{weight}', 'How important the customer finds it.'),
	('survey', 7, 'competitor_score', false, true, 'number', '{competition_score,rival_score}', 'The answer about the competitor.'),
	('survey', 8, 'theme', false, true, 'label', '{topic_code,category}', 'Theme of the comment.'),
	('survey', 9, 'comment', false, true, 'label', '{text,verbatim,free_text}', 'What the customer wrote.'),

	('cost', 1, 'month', true, false, 'day', '{period,date,month_start}', 'First day of the month.'),
	('cost', 2, 'pool', true, false, 'label', '{cost_pool,category,cost_center,account}', 'Pool of cost.'),
	('cost', 3, 'amount', true, false, 'money', '{cost,value,total,expense}', 'Money spent.'),
	('cost', 4, 'currency', false, true, 'label', '{currency_code,curr,ccy}', 'Currency of amount; NULL: the model''s.'),

	('cost_driver', 1, 'month', true, false, 'day', '{period,date,month_start}', 'First day of the month.'),
	('cost_driver', 2, 'pool', true, false, 'label', '{cost_pool,category,cost_center}', 'Pool of cost that it shares out.'),
	('cost_driver', 3, 'quantity', true, false, 'number', '{driver_quantity,volume,units,qty}', 'How much of the driver.'),
	('cost_driver', 4, 'customer_id', false, true, 'key', '{customer,cust,cust_id,client_id,user_id,account_id}', 'Customer that it falls on.'),
	('cost_driver', 5, 'segment', false, true, 'label', '{segment_id,segment_name,segment_code}', 'Segment that it falls on.'),

	('initiative', 1, 'initiative', true, false, 'label', '{initiative_id,name,project,id,experiment}', 'Which initiative.'),
	('initiative', 2, 'driver', false, true, 'label', '{value_driver,topic}', 'Driver of value that it is to move.'),
	('initiative', 3, 'lever', false, true, 'label', '{approach}', 'raise_benefit or cut_cost.'),
	('initiative', 4, 'metric', false, true, 'label', '{hypothesis_metric,kpi,success_metric}', 'Metric that it is to move.'),
	('initiative', 5, 'expected_effect', false, true, 'number', '{min_effect,target_effect,uplift}', 'Least change of the metric that would count.'),
	('initiative', 6, 'baseline_on', false, true, 'day', '{baseline_at,baseline_date}', 'Day on which the metric was measured before.'),
	('initiative', 7, 'effort', false, true, 'number', '{cost,size,points}', 'What it takes.'),
	('initiative', 8, 'impact', false, true, 'number', '{value,benefit}', 'What it is expected to bring.'),
	('initiative', 9, 'status', false, true, 'label', '{state,stage}', 'open, shipped, measured, rolled back …'),
	('initiative', 10, 'decided_on', false, true, 'day', '{decision_date,approved_on}', 'Day of the decision.'),
	('initiative', 11, 'shipped_on', false, true, 'day', '{released_on,launched_on,live_date}', 'Day on which customers got it.'),
	('initiative', 12, 'is_flagship', false, true, 'flag', '{flagship,is_key}', 'Is it one that the board follows?'),

	('review', 1, 'cycle', true, false, 'label', '{review_cycle,period,name,id}', 'Which review.'),
	('review', 2, 'due_on', true, false, 'day', '{due_date,planned_on,scheduled_on}', 'Day on which it was due.'),
	('review', 3, 'held_on', false, true, 'day', '{held_at,meeting_date,done_on}', 'Day on which it was held; NULL: not yet.'),
	('review', 4, 'subject', false, true, 'label', '{topic,segment,product}', 'What was decided about.'),
	('review', 5, 'decision', false, true, 'label', '{outcome,resolution}', 'What was decided.'),
	('review', 6, 'initiative', false, true, 'label', '{initiative_id,project}', 'Initiative that follows from it.'),

	('fx_rate', 1, 'currency', true, false, 'label', '{currency_code,curr,ccy,from_currency}', 'Currency that is converted.'),
	('fx_rate', 2, 'valid_from', true, false, 'day', '{on,date,day,rate_date,from_date,effective_from}', 'First day of the rate, which holds until the next one.'),
	('fx_rate', 3, 'rate', true, false, 'money', '{fx_rate,exchange_rate,value}', 'What one unit is worth in the currency of the model.');

GRANT SELECT ON cvm.entity, cvm.entity_column TO PUBLIC;
