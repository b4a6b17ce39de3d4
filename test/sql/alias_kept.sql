\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Customers who turn out to be one: states that are kept are those of a source
-- whose ids were merged by hand, in every mode.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(9);
\i test/world.sql
\i test/alias_world.sql

-- What is kept, of events and subscriptions
\set some '^(retention_month|customer_rfm|mrr_movement|survival)$'
DO $$ BEGIN PERFORM world.model_of('kept', 'world', '^(event|subscription|customer_alias)$'), world.model_of('kept_by_hand', 'hand', '^(event|subscription)$'); END $$;
SELECT cvm.store('kept', 'customer_activity', mode => 'queue'), cvm.store('kept', 'customer_holdings', mode => 'scan') \g /dev/null
-- rows of old ids, and of new ones
CREATE FUNCTION world.more(shift int) RETURNS void LANGUAGE sql AS $$
	INSERT INTO world.event SELECT a.old_id, timestamptz '2025-01-10 12:00+02' + shift * interval '1 hour', 'order', 'TV', 'web', a.old_id + shift FROM world.customer_alias a;
	INSERT INTO world.event SELECT a.new_id, timestamptz '2025-01-11 12:00+02' + shift * interval '1 hour', 'order', 'TV', 'web', a.old_id FROM world.customer_alias a WHERE a.old_id % 5 = 0;
	DELETE FROM world.event e WHERE e.customer_id IN (SELECT a.old_id FROM world.customer_alias a) AND e.customer_id % 7 = shift;
	UPDATE world.subscription s SET mrr = mrr + 1 WHERE s.customer_id IN (SELECT a.old_id FROM world.customer_alias a) AND s.customer_id % 7 = shift;
	SELECT world.merge()
$$;
CREATE FUNCTION world.refresh() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(concat_ws(' ', r.object, r.mode, CASE WHEN r.rows_written = 0 THEN 'nothing' END), ', ' ORDER BY r.object) FROM cvm.refresh_here('kept') r $$;
SELECT world.more(1) \g /dev/null
SELECT is(world.refresh(), 'customer_activity queue, customer_holdings scan', 'a refresh folds again only who has other rows');
SELECT is(world.differ('kept', 'kept_by_hand', :'some'), 't', 'a refresh puts rows of old ids to who they are now');
-- one more that goes on, one that was wrong
INSERT INTO world.customer_alias SELECT a.new_id, 1, date '2025-01-20' FROM world.customer_alias a WHERE a.new_id > 1 AND NOT EXISTS (SELECT FROM world.customer_alias b WHERE b.old_id = a.new_id) ORDER BY a.new_id LIMIT 1;
DELETE FROM world.customer_alias a WHERE a.old_id = (SELECT max(b.old_id) FROM world.customer_alias b);
SELECT world.more(2) \g /dev/null
SELECT is(world.refresh(), 'customer_activity full, customer_holdings full', 'other aliases fold all customers again');
SELECT is(world.differ('kept', 'kept_by_hand', :'some'), 't', 'who are those of the aliases that there are');
SELECT is(world.refresh(), 'customer_activity queue nothing, customer_holdings scan nothing', 'after the refresh nothing is left to do');
SELECT cvm.store('kept', 'customer_activity', mode => 'watermark', watermark => 'occurred_at', overlap => '30 days') \g /dev/null
INSERT INTO world.event SELECT a.old_id, timestamptz '2025-01-28 12:00+02', 'order', 'TV', 'web', 3 FROM world.customer_alias a;
SELECT world.merge() \g /dev/null
SELECT is(world.refresh(), 'customer_activity watermark, customer_holdings scan nothing', 'by a watermark, too, only rows that came are looked at');
SELECT is(world.differ('kept', 'kept_by_hand', :'some'), 't', 'rows found by a watermark are put to who they are now');
-- without the aliases they are again who they were
SELECT cvm.unbind('kept', 'customer_alias') \g /dev/null
SELECT is(world.refresh(), 'customer_activity full, customer_holdings full', 'without aliases states are made anew');
SELECT is((SELECT count(*) FROM kept.customer_rfm), (SELECT count(DISTINCT customer_id) FROM world.event), 'states without aliases are of ids as the source has them');

SELECT finish();
ROLLBACK;
