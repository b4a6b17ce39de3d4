-- SPDX-License-Identifier: PostgreSQL
-- What columns of every entity have in common: rows may be deleted, money may
-- be in minor units, and an end may be the last day.  All answers of a table may
-- be to one instrument.

INSERT INTO cvm.entity_column (entity, position, column_name, required, nullable, class, is_billing, synonyms, description)
SELECT e.entity, 99, 'deleted', false, true, 'deleted', true,
	'{is_deleted,deleted_at,deleted_on,removed_at,_fivetran_deleted,_ab_cdc_deleted_at,_sdc_deleted_at}',
	'Whether the row is deleted, or since when: the canonical view leaves such rows out.'
FROM cvm.entity e;
UPDATE cvm.entity_column c SET options = CASE
	WHEN c.column_name = 'discount' THEN '{minor_units,percent}'::text[]
	WHEN c.class = 'money' AND c.column_name NOT IN ('quantity', 'rate') THEN '{minor_units}'
	WHEN c.entity = 'survey' AND c.column_name IN ('instrument', 'kind') THEN '{constant}'
	WHEN c.column_name IN ('ended_on', 'valid_to', 'committed_until', 'discount_until', 'trial_ends_on') THEN '{inclusive}'
	ELSE '{}' END;

-- When something happened has a name of its own in some entities
UPDATE cvm.entity_column c SET other_name = n.other_name
FROM (VALUES ('survey', 'occurred_at', 'answered_at'), ('ticket', 'opened_at', 'created_at'),
	('contact', 'occurred_at', 'sent_at')) AS n (entity, column_name, other_name)
WHERE c.entity = n.entity AND c.column_name = n.column_name;
