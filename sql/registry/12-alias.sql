-- SPDX-License-Identifier: PostgreSQL
-- Customers who turn out to be one: customer_alias.
--
-- A row says that who was called old_id is new_id.  Where it is bound, the
-- canonical view of every entity shows the last id of such a chain in place of
-- the source's; of its columns, as cvm._bound() gives them, customer_id then has
-- merged beside expression, which stays what the source has.

INSERT INTO cvm.entity (position, entity, synonyms, description) VALUES
	(0, 'customer_alias',
		'{customer_aliases,customer_merge,customer_merges,merged_customer,merged_customers,account_merge,identity_merge,id_merge,identity_map,id_map}',
		'One row per customer id that turned out to be another customer''s: all that either did is one customer''s.');
INSERT INTO cvm.entity_column (entity, position, column_name, required, nullable, class, synonyms, description) VALUES
	('customer_alias', 1, 'old_id', true, false, 'label',
		'{old_customer_id,merged_id,merged_customer_id,merged_from,from_id,from_customer_id,duplicate_id,alias_id,previous_id}',
		'Id that is no customer of its own any more.'),
	('customer_alias', 2, 'new_id', true, false, 'label',
		'{new_customer_id,merged_into,merged_into_id,into_id,to_id,to_customer_id,surviving_id,survivor_id,master_id,master_customer_id}',
		'Id of the customer that it is; may be an old_id itself.'),
	('customer_alias', 3, 'since', false, true, 'time', '{merged_at,merged_on,valid_from,created_at,created_on}',
		'When it was noticed. All of the past is merged; of several rows of one old_id the last counts.');

-- inlined, so that it costs no call
CREATE FUNCTION cvm._as_id(id text, type text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
	WHEN type IN ('int2', 'int4', 'int8') THEN CASE WHEN id ~ '^\s*[+-]?[0-9]{1,19}\s*$' THEN CASE WHEN CASE type
			WHEN 'int2' THEN id::numeric BETWEEN -32768 AND 32767
			WHEN 'int4' THEN id::numeric BETWEEN -2147483648 AND 2147483647
			ELSE id::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 END
		THEN id::numeric::text END END
	WHEN type = 'uuid' THEN CASE WHEN id ~ '^\s*([0-9A-Fa-f]{4}-?){7}[0-9A-Fa-f]{4}\s*$' THEN btrim(id)::uuid::text END
	ELSE nullif(id, '') END;
COMMENT ON FUNCTION cvm._as_id(text, text) IS
	'An id as an id of this type is written; NULL where it is none.';

-- plpgsql keeps the plan, which takes longer to make than to run
CREATE FUNCTION cvm._current_ids(old_ids text[], new_ids text[], since timestamptz[], type text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
		WITH RECURSIVE told AS MATERIALIZED (
			SELECT cvm._as_id(a.old_id, type) COLLATE "C" AS old_id, cvm._as_id(a.new_id, type) COLLATE "C" AS new_id, a.at
			FROM unnest(old_ids, new_ids, since) AS a (old_id, new_id, at)
		), alias AS (
			SELECT DISTINCT ON (t.old_id) t.old_id, t.new_id FROM told t
			WHERE t.old_id IS NOT NULL AND t.new_id IS NOT NULL
			ORDER BY t.old_id, t.at DESC NULLS LAST, t.new_id DESC
		), link AS MATERIALIZED (
			-- who is said to be themselves is
			SELECT a.old_id, a.new_id FROM alias a WHERE a.old_id <> a.new_id
		), chain AS (
			-- from the ends back, so that nobody comes along a circle, which has none
			SELECT l.old_id, l.new_id FROM link l WHERE NOT EXISTS (SELECT FROM link e WHERE e.old_id = l.new_id)
			UNION ALL
			SELECT l.old_id, c.new_id FROM chain c JOIN link l ON l.new_id = c.old_id
		)
		SELECT jsonb_object_agg(c.old_id, c.new_id) FROM chain c);
END
$$;
COMMENT ON FUNCTION cvm._current_ids(text[], text[], timestamptz[], text) IS
	'Which id each old one has now, by the rows of customer_alias: the last of a chain. Ids that lead into a circle, and '
	'those that are none of the type, stay as they are.';

CREATE FUNCTION cvm._has_aliases(model name) RETURNS boolean
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN EXISTS (SELECT FROM cvm.binding b WHERE b.model = $1 AND b.entity = 'customer_alias');
END
$$;
COMMENT ON FUNCTION cvm._has_aliases(name) IS 'Are ids of customers of this model merged?';

CREATE FUNCTION cvm._alias_map(model name, type text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- a source of dates or timestamps without a zone: only their order matters
	SELECT format('(SELECT cvm._current_ids(array_agg(a.old_id), array_agg(a.new_id), array_agg(cvm.moment_of(a.since, ''UTC'')), %L) FROM %I.customer_alias '
		'a)', $2, $1);
$$;
COMMENT ON FUNCTION cvm._alias_map(name, text) IS
	'SQL that says once a query which id each old one has now. It depends on no row, so the server asks it once.';

CREATE FUNCTION cvm._merged(model name, type text, expression text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('coalesce((%s ->> (%s)::text)::%s, %2$s)', cvm._alias_map($1, $2), $3, CASE $2 WHEN 'varchar' THEN 'text' ELSE $2 END);
$$;
COMMENT ON FUNCTION cvm._merged(name, text, text) IS 'An id of a source as the id of who it is now, as SQL.';

CREATE FUNCTION cvm._merged_by_source(model name, merged text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT replace($2, format('FROM %I.customer_alias a)', $1),
		(SELECT format('FROM (%s) a)', cvm._canonical_query(b.columns, b.source_text, b.condition)) FROM cvm._bound($1, 'customer_alias') b));
$$;
COMMENT ON FUNCTION cvm._merged_by_source(name, text) IS
	'The same, reading the source of the aliases: for views of the user, which would be in the way of the model''s.';

CREATE FUNCTION cvm._aliased(model name, entity text, source oid, columns jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	id jsonb := (SELECT c FROM jsonb_array_elements(_aliased.columns) c WHERE c ->> 'name' = 'customer_id');
	raw text := id ->> 'expression';
	undeleted text := cvm._undeleted(_aliased.columns);
	type text;
BEGIN
	IF id ->> 'source' IS NULL OR NOT cvm._has_aliases(_aliased.model) THEN
		RETURN _aliased.columns;
	END IF;
	SELECT t.typname INTO type FROM pg_attribute a JOIN pg_type t ON t.oid = cvm._base_type(a.atttypid)
	WHERE a.attrelid = source AND a.attname::text = id ->> 'source' AND a.attnum > 0;
	RETURN (
		SELECT jsonb_agg(CASE WHEN c ->> 'name' = 'customer_id' THEN c || jsonb_build_object('merged', cvm._merged(_aliased.model, type, raw),
			'comment', (c ->> 'comment') || ' Merged as customer_alias says.') ELSE c END ORDER BY n)
		FROM jsonb_array_elements(_aliased.columns) WITH ORDINALITY AS u (c, n))
		-- of those who are one customer the row of the id that stays, or else of the first
		|| CASE WHEN _aliased.entity = 'customer' THEN jsonb_build_array(jsonb_build_object('name', '(one row)', 'is_hidden', true, 'condition', format(
			'(coalesce(%1$s ->> (%2$s)::text, (%2$s)::text) = (%2$s)::text OR (%2$s)::text IN (SELECT min(a.old_id COLLATE "C") FROM (SELECT (%2$s)::text AS '
				'old_id, %1$s ->> (%2$s)::text AS new_id FROM %3$s s%4$s) a '
			'WHERE a.new_id IS NOT NULL AND NOT EXISTS (SELECT FROM %3$s s WHERE (%2$s)::text = a.new_id%5$s) GROUP BY a.new_id))',
			cvm._alias_map(_aliased.model, type), raw, source::regclass, ' WHERE ' || undeleted, ' AND ' || undeleted)))
		ELSE '[]' END;
END
$$;
COMMENT ON FUNCTION cvm._aliased(name, text, oid, jsonb) IS
	'The columns of a binding with the ids of customers merged, where aliases are bound; a hidden one, "(one row)", '
	'says which row of customer stays.';

CREATE FUNCTION cvm._endless_aliases(model name, rows text, type text) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	endless text[];
BEGIN
	EXECUTE format('SELECT array_agg(c.old_id ORDER BY c.old_id COLLATE "C") FROM (SELECT DISTINCT ON (cvm._as_id(a.old_id, %3$L)) a.old_id, '
		'cvm._as_id(a.old_id, %3$L) AS id, cvm._as_id(a.new_id, %3$L) AS now
		FROM %1$s a WHERE cvm._as_id(a.old_id, %3$L) IS NOT NULL AND cvm._as_id(a.new_id, %3$L) IS NOT NULL
		ORDER BY cvm._as_id(a.old_id, %3$L), a.since DESC NULLS LAST, cvm._as_id(a.new_id, %3$L) COLLATE "C" DESC) c
		WHERE c.id <> c.now AND (%2$s -> c.id) IS NULL', rows, cvm._alias_map(model, type), type) INTO endless;
	RETURN endless;
END
$$;
COMMENT ON FUNCTION cvm._endless_aliases(name, text, text) IS
	'Old ids, as the rows of customer_alias have them, whose chain has no end: they are in a circle, or lead into one.';

CREATE FUNCTION cvm._merged_types(model name) RETURNS text[]
LANGUAGE sql STABLE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(
		SELECT DISTINCT t.typname::text
		FROM cvm._bound($1) b
		CROSS JOIN LATERAL jsonb_array_elements(b.columns) c
		JOIN pg_attribute a ON a.attrelid = b.source AND a.attname::text = c ->> 'source' AND a.attnum > 0
		JOIN pg_type t ON t.oid = cvm._base_type(a.atttypid)
		WHERE c ->> 'name' = 'customer_id' ORDER BY 1);
$$;
COMMENT ON FUNCTION cvm._merged_types(name) IS 'The types of the ids of customers that are bound.';

CREATE FUNCTION cvm._expect_no_circle(model name, source regclass, is_warned boolean) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	rows text := format('%I.customer_alias', _expect_no_circle.model);
	type text := coalesce((cvm._merged_types(_expect_no_circle.model))[1], 'text');
	endless text[] := cvm._endless_aliases(_expect_no_circle.model, rows, type);
	links jsonb;
	id text;
	first text;
	circle text;
	message text;
	hint text;
BEGIN
	IF endless IS NULL THEN
		RETURN;
	END IF;
	EXECUTE format('SELECT jsonb_object_agg(cvm._as_id(a.old_id, %2$L), cvm._as_id(a.new_id, %2$L) ORDER BY a.since NULLS FIRST, '
		'cvm._as_id(a.new_id, %2$L) COLLATE "C") FROM %1$s a WHERE a.old_id = ANY ($1)', rows, type) INTO links USING endless;
	-- so many steps lead from what leads to it into the circle
	id := cvm._as_id(endless[1], type);
	FOR i IN 1 .. cardinality(endless) LOOP
		id := links ->> id;
	END LOOP;
	first := id;
	FOR i IN 1 .. least(cardinality(endless), 5) LOOP
		circle := concat_ws(' to ', circle, format('"%s"', id));
		id := links ->> id;
		EXIT WHEN id = first;
	END LOOP;
	message := format('aliases of %s lead in a circle: %s to %s', source, circle, CASE WHEN id = first THEN format('"%s"', id) ELSE '…' END);
	hint := format('Take the row that is wrong out of the source, or bind a view without it. %s ids lead into a circle: SELECT s.* FROM %s s WHERE %s;',
		cardinality(endless), source, (
			SELECT format('s.%I::text IN (%s)', c ->> 'source', (SELECT string_agg(quote_literal(e), ', ') FROM unnest(endless[1:5]) e)
				|| CASE WHEN cardinality(endless) > 5 THEN ', …' ELSE '' END)
			FROM cvm._bound(_expect_no_circle.model, 'customer_alias') b
			CROSS JOIN LATERAL jsonb_array_elements(b.columns) c
			WHERE c ->> 'name' = 'old_id'));
	IF is_warned THEN
		RAISE WARNING USING MESSAGE = message, HINT = hint, DETAIL = 'These ids stay as they are.';
	ELSE
		RAISE EXCEPTION USING ERRCODE = 'data_exception', MESSAGE = message, HINT = hint;
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._expect_no_circle(name, regclass, boolean) IS
	'Raises, or warns, that aliases lead in a circle, with the ids of one.';
