\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Customers who turn out to be one: every view is that of a source whose ids
-- were merged by hand.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(6);
\i test/world.sql
\i test/alias_world.sql

SELECT cmp_ok((SELECT count(*) FROM world.customer_now), '>=', 50::bigint, 'fifty customers turn out to be another one');
SELECT cmp_ok((SELECT max(links) FROM world.customer_now), '>=', 3, 'aliases lead over chains of three links and more');
SELECT cmp_ok((SELECT count(*) FROM world.customer_now n WHERE NOT EXISTS (SELECT FROM world.customer c WHERE c.customer_id = n.now)), '>', 3::bigint, 'some rows are of no customer but under an old id');
CREATE FUNCTION pg_temp.merged_rows(entity text, OUT n bigint) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT count(*) FROM world.%I w JOIN world.customer_now n ON n.id = w.customer_id', entity) INTO n;
END
$$;
SELECT is((SELECT string_agg(ec.entity, ' ') FILTER (WHERE pg_temp.merged_rows(ec.entity) = 0) FROM cvm.entity_column ec WHERE ec.column_name = 'customer_id' AND ec.entity <> 'cost_driver'), NULL, 'every entity that has customers has rows of an old id');
DO $$ BEGIN PERFORM world.model_of('by_hand', 'hand'), world.model_of('merged', 'world'); END $$;
-- circles that come later, of who was nobody else before, and who leads into one: they stay as they are, and so do all others
CREATE TEMP TABLE circle AS SELECT array_agg(c.customer_id ORDER BY c.customer_id) AS ids
FROM (SELECT c.customer_id FROM world.customer c WHERE c.customer_id NOT IN (SELECT unnest(ARRAY[a.old_id, a.new_id]) FROM world.customer_alias a) ORDER BY c.customer_id LIMIT 6) c;
INSERT INTO world.customer_alias SELECT ids[i], ids[CASE i WHEN 2 THEN 1 WHEN 5 THEN 3 ELSE i + 1 END], date '2025-01-30' FROM circle, generate_series(1, 5) i UNION ALL SELECT ids[6], ids[2], NULL FROM circle;
ANALYZE;
SELECT is(world.differ('merged', 'by_hand'), 't', 'every view and entity is that of ids that were merged by hand, whatever leads in circles beside them');
SELECT is((SELECT concat_ws(' ', c.severity, c.problem, c.count, c.samples) FROM cvm.check_model('merged') c WHERE c.entity = 'customer_alias' AND c.problem = 'alias_circle'),
	(SELECT format('error alias_circle 6 %s', (array_agg(i ORDER BY i::text COLLATE "C"))[1:5]) FROM circle, unnest(ids) i), 'ids that lead in circles are found');

SELECT finish();
ROLLBACK;
