\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Models of awkward names, through all that one can do with a model.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();

CREATE SCHEMA shop;
CREATE FUNCTION shop.draw(what text, i int, below int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN (hashtext(what || i) & 2147483647) % below;
-- sources under awkward names too
CREATE TABLE shop."100% orders {}" ("who %s {}" int, "when {time_zone}" timestamptz, "how much %" numeric(10,2), kind text, version bigint GENERATED ALWAYS AS IDENTITY);
INSERT INTO shop."100% orders {}"
SELECT shop.draw('buyer', i, 30), timestamptz '2024-01-01' + shop.draw('at', i, 24 * 200) * interval '1 hour', shop.draw('total', i, 500) / 10.0,
	CASE WHEN i % 5 = 0 THEN '50% off {as_of}' ELSE 'order' END
FROM generate_series(1, 200) i;
CREATE TABLE shop.plans (customer_id int, product text, started_on date, ended_on date, mrr numeric) PARTITION BY RANGE (started_on);
CREATE TABLE shop."plans %I" PARTITION OF shop.plans FOR VALUES FROM ('2024-01-01') TO ('2024-03-01');
CREATE TABLE shop."plans %s" PARTITION OF shop.plans DEFAULT;
INSERT INTO shop.plans
SELECT shop.draw('holder', i, 30), (ARRAY['BASIC', '100% MORE', 'it''s'])[1 + shop.draw('plan', i, 3)], date '2024-01-01' + shop.draw('from', i, 150),
	CASE WHEN i % 3 > 0 THEN date '2024-01-01' + shop.draw('from', i, 150) + 1 + shop.draw('days', i, 60) END, 1 + shop.draw('fee', i, 50)
FROM generate_series(1, 60) i;
CREATE TABLE shop.people (customer_id int PRIMARY KEY, "tier %" text);
INSERT INTO shop.people SELECT i, CASE WHEN i % 2 = 0 THEN '100%' ELSE 'it''s' END FROM generate_series(0, 25) i;

-- one life; what goes wrong is handed back, with where
CREATE FUNCTION pg_temp.live(model name) RETURNS SETOF text LANGUAGE plpgsql AS $life$
DECLARE
	step text := 'create_model';
	mode text;
	c record;
	text_of text;
BEGIN
	PERFORM cvm.create_model(model, tz => 'Europe/Vilnius', currency => 'EUR');
	step := 'bind';
	PERFORM cvm.bind(model, 'event', 'shop."100% orders {}"', '{"customer_id": "who %s {}", "occurred_at": "when {time_zone}", "amount": "how much %"}');
	step := 'configure';
	PERFORM cvm.configure(model, 'start_kinds', 'order, 50% off {as_of}');
	FOREACH mode IN ARRAY '{full,watermark,queue}'::text[] LOOP
		step := 'store ' || mode;
		PERFORM cvm.store(model, 'customer_activity', mode => mode, watermark => CASE mode WHEN 'watermark' THEN 'version' END::name);
		step := 'refresh ' || mode;
		INSERT INTO shop."100% orders {}" VALUES (7, '2024-03-05', 1, 'order');
		PERFORM cvm.refresh_here(model);
		PERFORM cvm.refresh_here(model, "full" => true);
	END LOOP;
	step := 'bind further';
	PERFORM cvm.bind(model, 'subscription', 'shop.plans');
	FOREACH mode IN ARRAY '{queue,scan}'::text[] LOOP
		step := 'store ' || mode || ' of a partitioned table';
		PERFORM cvm.store(model, 'customer_holdings', mode => mode);
		step := 'refresh ' || mode || ' of a partitioned table';
		INSERT INTO shop.plans VALUES (3, 'BASIC', '2024-02-03', NULL, 5);
		PERFORM cvm.refresh_here(model);
		PERFORM cvm.refresh_here(model, "full" => true);
	END LOOP;
	step := 'segments';
	PERFORM cvm.bind(model, 'customer', 'shop.people');
	PERFORM cvm.configure(model, 'segment_schemes', 'tier %');
	step := 'store a report';
	PERFORM cvm.store(model, 'retention_month');
	PERFORM cvm.store(model, 'customer_rfm');
	DELETE FROM shop.plans WHERE started_on < '2024-01-20' AND customer_id % 2 = 0;
	PERFORM cvm.refresh_here(model);
	step := 'configure, stored';
	PERFORM cvm.configure(model, 'as_of', '2024-06-30');
	PERFORM cvm.configure(model, 'min_group_size', '2');
	PERFORM cvm.refresh_here(model);
	step := 'rebuild';
	PERFORM * FROM cvm.rebuild(model) r WHERE r.action <> 'waits';
	step := 'every view';
	FOR c IN SELECT k.view FROM cvm.catalog(model) k WHERE k."exists" LOOP
		step := 'view ' || c.view;
		EXECUTE format('SELECT count(t::text) FROM %I.%I t', model, c.view) INTO text_of;
	END LOOP;
	step := 'launch';
	PERFORM cvm.cannibalization_verdict(cvm.launch(model, '{100% MORE}'));
	step := 'readers';
	PERFORM cvm.grant_reader(model, 'reader of 100% "%s"');
	PERFORM cvm.revoke_reader(model, 'reader of 100% "%s"');
	step := 'freshness';
	PERFORM f FROM cvm.freshness f WHERE f.model = live.model::text;
	step := 'suggest';
	PERFORM cvm.suggest(model, 'shop');

	step := 'retype';
	PERFORM cvm.retype(model, 'customer', 'customer_id', 'int');

	-- what is wrong, mended by the fixes in their order, till nothing is
	step := 'check_model';
	INSERT INTO shop."100% orders {}" VALUES (NULL, '2024-03-05', 1, 'order'), (500, '2024-03-06', 'NaN', 'order');
	INSERT INTO shop.plans VALUES (3, '', '2024-04-03', '2024-04-01', -5);
	FOR c IN SELECT k.* FROM cvm.check_model(model) k LOOP
		step := format('fix of %s of %s: %s', c.problem, c.entity, c.fix);
		EXECUTE c.fix;
	END LOOP;
	step := 'check_model, once mended';
	RETURN QUERY SELECT format('%s is left: %s of %s', quote_literal(model), k.problem, k.entity) FROM cvm.check_model(model) k WHERE k.severity <> 'info';
	PERFORM cvm.refresh_here(model);

	-- what other programs get
	FOREACH text_of IN ARRAY ARRAY['cron_line', 'systemd_units', 'dbt_hook', 'dbt_yaml', 'cube_yaml', 'lookml'] LOOP
		step := text_of;
		BEGIN
			EXECUTE format('SELECT cvm.%I(%L)', text_of, model) INTO text_of;
			-- lines are those that we write; nobody else's
			IF text_of IS NULL OR text_of ~ E'[\\u0001-\\u0008\\u000b-\\u001f\\u007f]' OR position(E'new\nline' in text_of) > 0 THEN
				RETURN NEXT format('%L: %s has other lines: %s', model, step, text_of);
			END IF;
		EXCEPTION WHEN invalid_name THEN
			IF step IN ('cron_line', 'systemd_units', 'dbt_hook') OR model !~ E'[{}\\u0001-\\u001f\\u007f]|;;' THEN
				RETURN NEXT format('%L: %s is refused: %s', model, step, SQLERRM);
			END IF;
		END;
	END LOOP;

	step := 'unstore';
	PERFORM cvm.unstore(model, 'customer_activity');
	PERFORM cvm.unstore(model, 'retention_month');
	step := 'unbind';
	PERFORM cvm.unbind(model, 'event');
	step := 'drop_model';
	FOR c IN SELECT r.relname FROM pg_class r WHERE r.relkind = 'v' AND r.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = model)
		AND r.relname NOT IN (SELECT g.relation FROM cvm.generated g WHERE g.model = live.model) AND r.relname ~ '_(clean|complete|days)'
	LOOP
		EXECUTE format('DROP VIEW %I.%I CASCADE', model, c.relname);
	END LOOP;
	PERFORM cvm.drop_model(model);
	DELETE FROM shop."100% orders {}" WHERE "who %s {}" IS NULL OR "how much %" = 'NaN';
	DELETE FROM shop.plans WHERE product = '';
	step := 'nothing is left';
	RETURN QUERY SELECT format('%s: %s is left', quote_literal(model), n.nspname) FROM pg_namespace n WHERE n.nspname = model
		UNION ALL SELECT format('%s: %s is left', quote_literal(model), g.tgname) FROM pg_trigger g WHERE g.tgfoid = 'cvm.queue_changes()'::regprocedure
		UNION ALL SELECT format('%s: %s is left', quote_literal(model), r.relname) FROM pg_class r WHERE r.relnamespace = 'shop'::regnamespace AND r.relname LIKE '%queue%';
EXCEPTION WHEN OTHERS THEN
	RETURN NEXT format('%L: %s: %s %s', model, step, SQLSTATE, SQLERRM);
END
$life$;
CREATE ROLE "reader of 100% ""%s""";

CREATE TEMP TABLE awkward (n int GENERATED ALWAYS AS IDENTITY, name name, words text);
INSERT INTO awkward (name, words) VALUES
	('100% loyal %s %1$I %L \1 back\slash %' || repeat('客', 8) || 'é', 'what format() and regular expressions know, in 63 bytes that end in longer letters'),
	('it''s "so" for $$ $1 {{x}} {} {time_zone} ${TABLE};; -- /* a.b', 'what ends a literal or a name, and braces'),
	(E'new\nline, tab\t, bell\x07 and \x7f', 'control characters');
SET client_min_messages = error;
SELECT is((SELECT max(octet_length(name::text)) FROM awkward), 63, 'one name is as long as names get');
SELECT is_empty(format('SELECT pg_temp.live(%L)', a.name), a.words || ': a model of such a name lives') FROM awkward a ORDER BY a.n;

SELECT * FROM finish();
ROLLBACK;
