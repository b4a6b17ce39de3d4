-- SPDX-License-Identifier: PostgreSQL
-- What to call so that Citus keeps each customer in one place.

CREATE FUNCTION cvm.distribute(model name) RETURNS TABLE (relation text, statement text, note text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	-- where the others go
	first text;
	first_type oid;
	asked boolean := false;
	t record;
BEGIN
	PERFORM cvm._open(distribute.model, writes => false);
	FOR t IN
		-- a trigger or a fingerprint has no place there
		SELECT cvm._table(k.model, k.relation) AS target, format('SELECT cvm.store(%L, %L, mode => ''full'');', k.model, k.relation) AS statement,
			format('Mode "%s" is for tables of this server; "watermark" is not.', k.mode) AS note
		FROM cvm.stored k
		JOIN cvm.customer_state s ON s.state = k.relation::text
		WHERE k.model = distribute.model AND k.mode IN ('queue', 'scan')
		ORDER BY s.position
	LOOP
		relation := t.target;
		statement := t.statement;
		note := t.note;
		asked := true;
		RETURN NEXT;
	END LOOP;

	FOR t IN
		SELECT b.source_text, c.oid, c.relkind, c.relispartition, d.how, d.key, k.source AS customer, a.atttypid, k.is_kept AS has_customer,
			u.name AS constraint_name, row_number() OVER (PARTITION BY k.is_kept ORDER BY (d.how = 'distributed') IS TRUE DESC, b.n) AS n
		FROM (SELECT DISTINCT ON (b.source) b.* FROM (SELECT x.*, row_number() OVER () AS n FROM cvm._bound(distribute.model) x) b
			WHERE b.problem IS NULL ORDER BY b.source, b.n) b
		JOIN pg_class c ON c.oid = b.source
		CROSS JOIN LATERAL cvm._distribution(c.oid) d
		CROSS JOIN LATERAL (
			SELECT max(x ->> 'source') FILTER (WHERE x ->> 'name' = 'customer_id')::name AS source, coalesce(bool_or(x ->> 'name' = 'customer_id'), false) AS is_kept
			FROM jsonb_array_elements(b.columns) x) k
		LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = k.source AND NOT a.attisdropped
		LEFT JOIN LATERAL (
			SELECT min(i.indexrelid::regclass::text) AS name FROM pg_index i
			WHERE i.indrelid = c.oid AND i.indisunique AND NOT a.attnum = ANY (i.indkey::int2[])) u ON true
		ORDER BY k.is_kept DESC, n
	LOOP
		relation := t.source_text;
		statement := NULL;
		note := NULL;
		IF t.relkind NOT IN ('r', 'p') THEN
			note := 'It is not a table: distribute the tables behind it.';
		ELSIF t.relispartition THEN
			note := 'It is a partition: distribute the table that it belongs to.';
		ELSIF NOT t.has_customer THEN
			IF t.how IS NULL THEN
				statement := format('SELECT create_reference_table(%L);', t.source_text);
				note := 'It says nothing of single customers: every node has all of it.';
			ELSE
				note := format('It is distributed already: %s.', coalesce('by ' || quote_ident(t.key), t.how));
			END IF;
		ELSIF t.customer IS NULL THEN
			note := 'Its customers are no column of the table, and Citus goes by columns.';
		ELSIF t.how IS NOT NULL THEN
			note := CASE WHEN t.key = t.customer THEN 'It is distributed by customer already.'
				WHEN t.key IS NULL THEN format('It is distributed already: %s.', t.how)
				ELSE format('It is distributed by %I and not by customer: the rows of a customer lie on several nodes, and travel. '
					'SELECT alter_distributed_table(%L, distribution_column => %L); mends that.', t.key, t.source_text, t.customer) END;
			IF t.key = t.customer AND first IS NULL THEN
				first := t.source_text;
				first_type := t.atttypid;
			END IF;
		ELSIF t.constraint_name IS NOT NULL THEN
			note := format('Unique %s does not hold %I, and Citus takes no such table: drop it or add the column, and ask again.', t.constraint_name, t.customer);
		ELSIF first_type <> t.atttypid THEN
			note := format('Column %1$I is %2$s and customers of %3$s are %4$s, so they would lie apart. ALTER TABLE %5$s ALTER %1$I TYPE %4$s; and ask again.',
				t.customer, format_type(t.atttypid, NULL), first, format_type(first_type, NULL), t.source_text);
		ELSE
			statement := format('SELECT create_distributed_table(%L, %L%s);', t.source_text, t.customer, ', colocate_with => ' || quote_literal(first));
			first := coalesce(first, t.source_text);
			first_type := coalesce(first_type, t.atttypid);
			note := 'Rows of one customer lie on one node.';
		END IF;
		asked := asked OR statement IS NOT NULL;
		RETURN NEXT;
	END LOOP;

	FOR t IN
		SELECT cvm._table(k.model, k.relation) AS target, d.how, a.atttypid
		FROM cvm.stored k
		JOIN cvm.customer_state s ON s.state = k.relation::text
		JOIN pg_class c ON c.oid = to_regclass(cvm._table(k.model, k.relation)) AND cvm._is_kept(k.model, c.oid)
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'customer_id'
		CROSS JOIN LATERAL cvm._distribution(c.oid) d
		WHERE k.model = distribute.model
		ORDER BY s.position
	LOOP
		relation := t.target;
		statement := NULL;
		note := 'It is distributed already.';
		IF t.how IS NULL AND first IS NULL THEN
			note := 'No source is distributed by customer: it stays here.';
		ELSIF t.how IS NULL AND first_type <> t.atttypid THEN
			note := format('Its customers are %s, those of %s %s: it stays here.', format_type(t.atttypid, NULL), first, format_type(first_type, NULL));
		ELSIF t.how IS NULL THEN
			statement := format('SELECT create_distributed_table(%L, ''customer_id'', colocate_with => %L);', t.target, first);
			note := 'The state of a customer lies where its rows lie.';
		END IF;
		asked := asked OR statement IS NOT NULL;
		RETURN NEXT;
	END LOOP;
	IF asked THEN
		relation := quote_ident(distribute.model);
		statement := format('SELECT count(*) FROM cvm.rebuild(%L);', distribute.model);
		note := 'Its views then fold customers where they live.';
		RETURN NEXT;
	END IF;
END
$$;
COMMENT ON FUNCTION cvm.distribute(name) IS
	'What to call so that Citus keeps the rows and states of a customer on one node, in order, and what stands in the way; it changes nothing. '
	'In psql: SELECT statement FROM cvm.distribute(model) WHERE statement IS NOT NULL \gexec';
