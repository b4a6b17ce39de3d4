-- SPDX-License-Identifier: PostgreSQL
-- Of the world (world.sql) a quarter of the customers turn out to be another one,
-- which schema hand has merged by hand: read by tests with \i.
CREATE TABLE world.customer_alias AS
SELECT i AS old_id, 1 + world.draw('now', i, i - 1) AS new_id, date '2024-11-01' + i AS since FROM generate_series(2, 240) i WHERE world.draw('is', i, 4) = 0;
CREATE TABLE world.customer_now (id int PRIMARY KEY, now int, links int);
CREATE SCHEMA hand;
DO $$
DECLARE
	t record;
BEGIN
	FOR t IN SELECT e.entity FROM cvm.entity e WHERE to_regclass('world.' || e.entity) IS NOT NULL AND e.entity <> 'customer_alias' LOOP
		EXECUTE format('CREATE TABLE hand.%1$I (LIKE world.%1$I)', t.entity);
	END LOOP;
END
$$;
CREATE FUNCTION world.merge() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	t record;
BEGIN
	DELETE FROM world.customer_now;
	INSERT INTO world.customer_now
	WITH RECURSIVE c AS (
		SELECT a.old_id AS id, a.new_id AS now, 1 AS links FROM world.customer_alias a
		UNION ALL SELECT c.id, a.new_id, c.links + 1 FROM c JOIN world.customer_alias a ON a.old_id = c.now)
	SELECT DISTINCT ON (id) id, now, links FROM c ORDER BY id, links DESC;
	FOR t IN SELECT c.relname, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'customer_id') AND c.relname <> 'customer' AS has_ids FROM pg_class c WHERE c.relnamespace = 'hand'::regnamespace AND c.relkind = 'r' LOOP
		EXECUTE format('DELETE FROM hand.%1$I', t.relname);
		EXECUTE format('INSERT INTO hand.%1$I SELECT * FROM world.%1$I', t.relname);
		IF t.has_ids THEN
			EXECUTE format('UPDATE hand.%I h SET customer_id = n.now FROM world.customer_now n WHERE n.id = h.customer_id', t.relname);
		END IF;
	END LOOP;
	-- of customers the row of the id that stays, or else of the first of the old ones
	DELETE FROM hand.customer h USING world.customer_now n WHERE n.id = h.customer_id AND EXISTS (SELECT FROM hand.customer k WHERE k.customer_id = n.now);
	DELETE FROM hand.customer h USING world.customer_now n WHERE n.id = h.customer_id
		AND EXISTS (SELECT FROM hand.customer k JOIN world.customer_now m ON m.id = k.customer_id WHERE m.now = n.now AND k.customer_id::text COLLATE "C" < h.customer_id::text COLLATE "C");
	UPDATE hand.customer h SET customer_id = n.now FROM world.customer_now n WHERE n.id = h.customer_id;
END
$$;
-- of some of them only the old id is among the customers
DELETE FROM world.customer c WHERE c.customer_id IN (SELECT a.new_id FROM world.customer_alias a) AND c.customer_id % 3 = 0;
DO $$ BEGIN PERFORM world.merge(); END $$;
-- A model of all sources in a schema, its views made at once
CREATE FUNCTION world.model_of(model name, schema name, entities text = '') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM cvm.create_model(model, tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2025-02-01');
	PERFORM cvm._register(model, 'insert', 'setting', '{"setting": "segment_schemes", "value": "{region}"}');
	PERFORM cvm._register(model, 'insert', 'binding', (
		SELECT jsonb_agg(jsonb_build_object('entity', e.entity, 'source_schema', schema, 'source_name', e.entity, 'columns', '{}'::jsonb))
		FROM cvm.entity e WHERE to_regclass(format('%I.%I', schema, e.entity)) IS NOT NULL AND e.entity ~ entities));
	PERFORM count(*) FROM cvm.rebuild(model);
END
$$;
CREATE FUNCTION world.digests(model name, pattern text = '') RETURNS TABLE (view text, n bigint, digest text) LANGUAGE plpgsql AS $$
BEGIN
	FOR view IN SELECT c.view FROM cvm.catalog(model) c WHERE c."exists" UNION ALL SELECT b.entity FROM cvm.binding b WHERE b.model = digests.model AND b.entity <> 'customer_alias' ORDER BY 1 LOOP
		CONTINUE WHEN view !~ pattern;
		EXECUTE format($q$SELECT count(*), md5(string_agg(r.row, E'\n' ORDER BY r.row COLLATE "C"))
			FROM (SELECT regexp_replace(to_jsonb(x)::text, '("(?:prior_)?customer_id": )(\d+)', '\1"\2"', 'g') AS row FROM %I.%I x) AS r$q$, model, view)
		INTO n, digest;
		RETURN NEXT;
	END LOOP;
END
$$;
-- which views of a model have another digest than by hand, of how many
CREATE FUNCTION world.differ(model name, by_hand name, pattern text = '') RETURNS text LANGUAGE sql AS $$
	SELECT concat(string_agg(coalesce(h.view, d.view), ', ') FILTER (WHERE (h.n, h.digest) IS DISTINCT FROM (d.n, d.digest)) || ' of ', count(*) FILTER (WHERE h.n > 0) >= 3)
	FROM world.digests(by_hand, pattern) h FULL JOIN world.digests(differ.model, pattern) d ON d.view = h.view
$$;
