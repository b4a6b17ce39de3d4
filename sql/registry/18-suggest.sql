-- SPDX-License-Identifier: PostgreSQL
-- Suggestions: which table of a schema is probably which entity.
--
-- A source column is like a canonical one as far as their names (or one of the
-- synonyms) share letter pairs; a foreign key to a table with the entity's name,
-- a comment that says the word, or being the only date make up for odd names.
-- A sample of the values tells what names do not: a date that nobody has, cents,
-- words of an interval.  A table is proposed for the entity whose required columns
-- it serves best.  What takes an expression or a join becomes a view to be made.

CREATE FUNCTION cvm._words(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT btrim(regexp_replace(lower(regexp_replace(name, '([[:lower:]])([[:upper:]])', '\1_\2', 'g')), '[^[:alnum:]]+', '_', 'g'), '_');
$$;
COMMENT ON FUNCTION cvm._words(text) IS 'A name as lower-case words joined by underscores.';

CREATE FUNCTION cvm._singular(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT regexp_replace(regexp_replace(regexp_replace(words, '^(dim|fact|fct|tbl|t|wp|wc|stg|raw)_', ''), '_(history|data|tbl)$', ''), '([^s])s$', '\1');
$$;
COMMENT ON FUNCTION cvm._singular(text) IS 'The name of a table, without what says only that it is one, for one of its rows.';

CREATE FUNCTION cvm._sample(source oid, max_rows int DEFAULT 400)
RETURNS TABLE (attname name, seen bigint, filled bigint, distincts bigint, words text[], in_cents double precision, in_hundreds boolean)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	relation pg_class;
	columns text;
	pages bigint;
	rows jsonb;
BEGIN
	SELECT c.* INTO relation FROM pg_class c WHERE c.oid = source;
	-- Reading a table runs nobody's code.  A view, a policy or a foreign table may.
	IF relation.relkind NOT IN ('r', 'p', 'm') OR row_security_active(source)
		OR EXISTS (SELECT FROM pg_partition_tree(source) t JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'f')
	THEN
		RETURN;
	END IF;
	SELECT string_agg(CASE WHEN t.typcategory = 'S' THEN format('left(s.%1$I::text, 40) AS %1$I', a.attname)
		ELSE format('s.%1$I::%2$s AS %1$I', a.attname, t.typname) END, ', ')
	INTO columns
	FROM pg_attribute a
	JOIN pg_type t ON t.oid = cvm._base_type(a.atttypid) AND t.typname IN ('int2', 'int4', 'int8', 'numeric', 'text', 'varchar', 'bpchar', 'date', 'timestamp',
		'timestamptz', 'bool')
		AND t.typnamespace = 'pg_catalog'::regnamespace
	WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(source, a.attnum, 'SELECT');
	IF columns IS NULL THEN
		RETURN;
	END IF;
	IF relation.relkind <> 'p' THEN
		pages := pg_relation_size(source) / current_setting('block_size')::int;
	END IF;
	BEGIN
		EXECUTE format('SELECT jsonb_agg(to_jsonb(r)) FROM (SELECT %s FROM %s s %s LIMIT %s) r', columns,
			CASE relation.relkind WHEN 'r' THEN 'ONLY ' ELSE '' END || source::regclass,
			-- of a large table, some pages from everywhere
			CASE WHEN pages > 200 THEN format('TABLESAMPLE SYSTEM (%s) REPEATABLE (1)', 100.0 * 60 / pages) ELSE '' END, max_rows)
		INTO rows;
	EXCEPTION WHEN OTHERS THEN
		RETURN;
	END;
	RETURN QUERY
	WITH cell AS (
		SELECT e.key::name AS attname, e.value, r.n
		FROM jsonb_array_elements(rows) WITH ORDINALITY AS r (row, n), jsonb_each(r.row) e
	), column_of AS (
		SELECT c.attname, count(*) AS seen, count(*) FILTER (WHERE c.value <> 'null') AS filled,
			count(DISTINCT c.value) FILTER (WHERE c.value <> 'null') AS distincts,
			array_agg(DISTINCT lower(btrim(c.value #>> '{}')) COLLATE "C") FILTER (WHERE jsonb_typeof(c.value) IN ('string', 'boolean')) AS words,
			bool_and(jsonb_typeof(c.value) = 'number' AND (c.value #>> '{}') !~ '[.eE]') FILTER (WHERE c.value <> 'null' AND c.value <> '0') AS is_whole
		FROM cell c GROUP BY c.attname
	), whole AS (
		SELECT c.attname, c.n, (c.value #>> '{}')::numeric AS number
		FROM cell c JOIN column_of o ON o.attname = c.attname AND o.is_whole
		WHERE jsonb_typeof(c.value) = 'number'
	), hundredfold AS (
		-- the same number beside it, a hundredth
		SELECT w.attname
		FROM whole w
		JOIN cell c ON c.n = w.n AND c.attname <> w.attname AND jsonb_typeof(c.value) = 'number'
		WHERE w.number <> 0
		GROUP BY w.attname, c.attname
		HAVING bool_and(w.number = 100 * (c.value #>> '{}')::numeric) AND count(DISTINCT w.number) >= 3
	)
	SELECT o.attname, o.seen, o.filled, o.distincts, CASE WHEN o.distincts <= 24 THEN o.words END,
		CASE WHEN o.attname IN (SELECT h.attname FROM hundredfold h) THEN 1.0
			ELSE (
				-- prices end in .99, .95, .90, .49 or .00, and seldom all of them in .00
				SELECT CASE WHEN count(*) FILTER (WHERE w.number % 100 <> 0) > 0
						AND NOT bool_or(w.number BETWEEN 1 AND 99)
					THEN count(*) FILTER (WHERE w.number % 100 IN (0, 49, 50, 90, 95, 99))::double precision / count(*) END
				FROM (SELECT DISTINCT w.number FROM whole w WHERE w.attname = o.attname AND w.number > 0) w)
			END,
		(SELECT count(DISTINCT w.number) >= 2 AND bool_and(w.number % 100 = 0) FROM whole w WHERE w.attname = o.attname AND w.number > 0)
	FROM column_of o;
END
$$;
COMMENT ON FUNCTION cvm._sample(oid, int) IS
	'What a sample of the rows of a table says of its columns: how many have a value, the words where they are few, '
	'how likely whole numbers are cents, and are they whole hundreds? Nothing of views, of foreign tables, and where there are policies.';

CREATE FUNCTION cvm._is_no_customer(words text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT words ~ '(^|_)(country|countries|language|lang|locale|currency|city|region|state|nation|segment|product|plan|item|'
			'coupon|price|invoice|order|subscription|contract|payment|card|charge|bank|address|source|synced|count)(_|$)'
		AND words !~ '(^|_)(customer|client|cust|user|member|subscriber|buyer|party|person|msisdn)(_|$)';
$$;
COMMENT ON FUNCTION cvm._is_no_customer(text) IS 'Is a column named for something else than a customer?';

CREATE FUNCTION cvm._is_other_money(words text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT words ~ '(^|_)(arr|acv|tcv|ltv|annual|annualized|annualised|yearly|setup|tax|vat|balance|discount|'
			'discounts|deposit|refund|refunded|refundable|remaining|shipping|threshold|off|percent|rate|quantity|qty|count|days|months|cycles)(_|$)';
$$;
COMMENT ON FUNCTION cvm._is_other_money(text) IS 'Is a column of numbers named for something else than what is paid, or for a year of it?';

CREATE FUNCTION cvm._suggest_fits(schema name)
RETURNS TABLE (oid oid, relname name, relkind "char", entity text, "position" int, named double precision, needed bigint, served bigint, fits jsonb)
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off -- small data, a large query
SET enable_nestloop = off -- nothing of an extension that is new was ever analyzed
SET work_mem = '64MB' -- for a schema of 150 tables
AS $$
	WITH relation AS (
		SELECT k.oid, k.relname, k.relkind, cvm._words(k.relname) AS words
		FROM pg_class k
		JOIN pg_namespace n ON n.oid = k.relnamespace
		WHERE n.nspname = _suggest_fits.schema AND k.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT k.relispartition AND k.relpersistence <> 't'
			AND (has_table_privilege(k.oid, 'SELECT') OR has_any_column_privilege(k.oid, 'SELECT'))
			AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = k.oid AND d.deptype = 'e')
			AND NOT EXISTS (SELECT FROM cvm.generated g WHERE g.model = n.nspname AND g.relation = k.relname)
			AND NOT EXISTS (SELECT FROM cvm.binding b WHERE b.model = n.nspname AND b.source_schema = n.nspname AND b.source_name = k.relname)
	), col AS (
		SELECT r.oid, r.relname, a.attname, a.attnum, a.atttypid, cvm._words(a.attname) AS words,
			-- money is called as it would be without the unit that it is in
			regexp_replace(cvm._words(a.attname), '_(in_)?(cents?|minor|minor_units?|pence|eur|usd|gbp)$', '') AS plain_words,
			' ' || replace(cvm._words(col_description(r.oid, a.attnum)), '_', ' ') || ' ' AS said,
			(SELECT cvm._words(k.relname) FROM pg_constraint f JOIN pg_class k ON k.oid = f.confrelid
				WHERE f.conrelid = r.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] LIMIT 1) AS points_to,
			EXISTS (SELECT FROM pg_index i WHERE i.indrelid = r.oid AND i.indisunique AND i.indpred IS NULL
				AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS is_unique,
			-- what other tables call a customer's
			EXISTS (SELECT FROM pg_constraint f JOIN pg_attribute w ON w.attrelid = f.conrelid AND f.conkey = ARRAY[w.attnum]
				WHERE f.confrelid = r.oid AND f.contype = 'f' AND f.confkey = ARRAY[a.attnum]
					AND cvm._words(w.attname) ~ '^(customer|cust|client|account|acct|user|member|subscriber|buyer)(_(id|no|nr|num|number|key|code|ref|fk|uuid))?$')
				AS is_of_customer
		FROM relation r
		JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
	), sample AS MATERIALIZED (
		SELECT r.oid, s.attname, s.seen, s.filled, s.words, s.in_cents
		FROM (SELECT r.oid FROM relation r ORDER BY r.relname LIMIT 200) r, cvm._sample(r.oid) s
	), term AS (
		SELECT ec.entity, ec.column_name, t.term, CASE WHEN t.term = ec.column_name THEN 1.0 ELSE 0.95 END AS weight
		FROM cvm.entity_column ec, unnest(ec.column_name || ec.synonyms) AS t(term)
		WHERE NOT ec.is_billing
		UNION ALL
		SELECT e.entity, NULL, t.term, CASE WHEN t.term = e.entity THEN 1.0 ELSE 0.95 END
		FROM cvm.entity e, unnest(e.entity || e.synonyms) AS t(term)
	), word AS MATERIALIZED (
		SELECT row_number() OVER () AS n, w.words, EXISTS (SELECT FROM term t WHERE t.term = w.words) AS is_term,
			ARRAY(SELECT DISTINCT substr(' ' || w.words || ' ', i, 2) FROM generate_series(1, length(w.words) + 1) i) AS pairs
		FROM (SELECT words FROM col UNION SELECT plain_words FROM col UNION SELECT words FROM relation UNION SELECT points_to FROM col UNION SELECT term FROM term) w
		WHERE w.words IS NOT NULL
	), pair AS MATERIALIZED (
		SELECT w.n, w.is_term, cardinality(w.pairs) AS size, u.pair FROM word w, unnest(w.pairs) u(pair)
	), alike AS MATERIALIZED (
		-- every name of the schema against every term, by number: there are many
		SELECT a.words, b.words AS term, l.likeness
		FROM (
			SELECT s.n, t.n AS term, 2.0 * count(*) / (s.size + t.size) AS likeness
			FROM pair s
			JOIN pair t ON t.pair = s.pair AND t.is_term
			GROUP BY s.n, t.n, s.size, t.size
			HAVING 5 * count(*) >= s.size + t.size) l
		JOIN word a ON a.n = l.n
		JOIN word b ON b.n = l.term
	), accepted AS MATERIALIZED (
		SELECT x.class, y.atttypid
		FROM (SELECT DISTINCT class FROM cvm.entity_column) x, (SELECT DISTINCT atttypid FROM col) y
		WHERE cvm._accept(x.class, y.atttypid, 'UTC') IS NOT NULL
	), clock AS (
		-- relations with one date or time
		SELECT c.oid, min(c.attname) AS attname
		FROM col c JOIN accepted a ON a.atttypid = c.atttypid AND a.class = 'time'
		GROUP BY c.oid HAVING count(*) = 1
	), purse AS (
		-- relations with one number that has decimals
		SELECT c.oid, min(c.attname) AS attname
		FROM col c JOIN pg_type t ON t.oid = cvm._base_type(c.atttypid) AND t.typname = 'numeric'
		WHERE NOT cvm._is_other_money(c.words)
		GROUP BY c.oid HAVING count(*) = 1
	), likeness AS MATERIALIZED (
		SELECT l.words, t.entity, t.column_name, max(l.likeness * t.weight) AS likeness
		FROM alike l JOIN term t ON t.term = l.term
		GROUP BY l.words, t.entity, t.column_name
	), scored AS MATERIALIZED (
		SELECT c.oid, ec.entity, ec.column_name, ec.required OR ec.initial IS NOT NULL AS required, c.attname, c.words, c.is_unique, c.atttypid, s.seen,
			s.filled, s.words AS values, s.in_cents,
			greatest(
				-- a customer has to be called one: a country is none, though the letters be half the same
				CASE WHEN ec.class <> 'key' OR n.likeness >= 0.75 AND NOT cvm._is_no_customer(c.words) THEN n.likeness END,
				CASE WHEN ec.class = 'money' THEN 0.9 * m.likeness END,
				-- a row is a period; the current one of a subscription is something else
				CASE WHEN ec.column_name = 'started_on' AND c.words ~ '^((billing|service|invoice|charge|paid)_)?period_(start|from|begin)(_(date|day|dt|at|on))?$'
					THEN 0.85 END,
				-- a number, a code or a key of one is one
				CASE WHEN ec.column_name = 'customer_id'
					AND c.words ~ '^(customer|cust|client|account|acct|user|member|subscriber|buyer|party|'
					'person|household|msisdn)(_(id|no|nr|num|number|key|code|ref|fk|uuid))?$' THEN 0.9 END,
				CASE WHEN ec.column_name = 'customer_id'
					AND c.words ~ '^(id|no|n|nr|num|number|key|code|ref)_(customer|cust|client|account|user|member|subscriber|buyer)$' THEN 0.9 END,
				CASE WHEN ec.entity = 'customer' AND ec.column_name = 'customer_id' AND c.is_of_customer THEN 0.95 END,
				CASE WHEN ec.column_name = 'mrr' AND c.words ~ '(^|_)(mrr|mrc)(_|$)' THEN 0.95 END,
				0.9 * k.likeness,
				CASE WHEN c.said IS NULL THEN NULL
					WHEN c.said LIKE '% ' || replace(ec.column_name, '_', ' ') || ' %'
					OR c.said LIKE '% ' || regexp_replace(ec.column_name, '_(id|on|at|from|to)$', '') || ' %' THEN 0.8 END,
				CASE WHEN ec.required AND ec.class IN ('time', 'day') AND o.attname IS NOT NULL THEN 0.6 END,
				CASE WHEN ec.column_name = 'mrr' AND u.attname IS NOT NULL THEN 0.55 END
			)
			-- a column that is always NULL is the date of nothing, but of an end that nobody has had
			* CASE WHEN s.seen >= 5 AND s.filled = 0 THEN CASE WHEN ec.required AND NOT ec.nullable OR ec.initial IS NOT NULL THEN 0.4
				WHEN ec.column_name IN ('ended_on', 'valid_to') THEN 1 ELSE 0.85 END ELSE 1 END
			-- nor is a customer a pool of costs
			* CASE WHEN ec.column_name = 'pool' AND c.words ~ '^(customer|cust|client|account|acct|user|member|subscriber|msisdn)_' THEN 0.4 ELSE 1 END
			-- nor is a year's revenue a month's, nor a tax a price
			* CASE WHEN ec.class = 'money' AND cvm._is_other_money(c.words) THEN 0.4 ELSE 1 END AS score
		FROM col c
		JOIN accepted a ON a.atttypid = c.atttypid
		JOIN cvm.entity_column ec ON ec.class = a.class AND NOT ec.is_billing
		LEFT JOIN sample s ON s.oid = c.oid AND s.attname = c.attname
		LEFT JOIN likeness n ON n.words = c.words AND n.entity = ec.entity AND n.column_name = ec.column_name
		LEFT JOIN likeness m ON m.words = c.plain_words AND m.words <> c.words AND m.entity = ec.entity AND m.column_name = ec.column_name
		LEFT JOIN likeness k ON k.words = c.points_to AND k.column_name IS NULL
			AND k.entity = CASE ec.column_name WHEN 'customer_id' THEN 'customer' ELSE ec.column_name END
		LEFT JOIN purse u ON u.oid = c.oid AND u.attname = c.attname
		LEFT JOIN clock o ON o.oid = c.oid AND o.attname = c.attname
	), twin AS (
		-- what is to to_d as from_d is to the start is the end
		SELECT e.oid, e.entity, ec.column_name, ec.required, e.attname, e.words, e.is_unique, e.atttypid, e.seen, e.filled, e.values, e.in_cents,
			0.9 AS score
		FROM scored s
		JOIN cvm.entity_column ec ON ec.entity = s.entity AND ec.column_name = CASE s.column_name WHEN 'started_on' THEN 'ended_on' WHEN 'valid_from'
			THEN 'valid_to' END
		JOIN scored e ON e.oid = s.oid AND e.entity = s.entity AND e.column_name = ec.column_name AND e.attname <> s.attname
		CROSS JOIN (VALUES ('from', 'to'), ('from', 'until'), ('from', 'till'), ('from', 'thru'), ('start', 'end'), ('started', 'ended'), ('starts', 'ends'),
			('begin', 'end'), ('begins', 'ends'), ('since', 'until'), ('open', 'close'), ('opened', 'closed'), ('activated', 'deactivated'),
				('activation', 'termination')) AS w (first, last)
		WHERE s.score >= 0.6 AND s.words ~ ('(^|_)' || w.first || '(_|$)') AND e.words = regexp_replace(s.words, '(^|_)' || w.first || '(_|$)', '\1' || w.last
			|| '\2')
		GROUP BY e.oid, e.entity, ec.column_name, ec.required, e.attname, e.words, e.is_unique, e.atttypid, e.seen, e.filled, e.values, e.in_cents
	), best AS (
		SELECT DISTINCT ON (b.oid, b.entity, b.column_name, b.attname) b.*
		FROM (SELECT * FROM scored UNION ALL SELECT * FROM twin) b
		WHERE b.score IS NOT NULL
		ORDER BY b.oid, b.entity, b.column_name, b.attname, b.score DESC
	), fit AS MATERIALIZED (
		-- of columns that are equally like one, that which is like no other, and that which has values
		SELECT f.oid, f.entity, count(DISTINCT f.column_name) FILTER (WHERE f.required) AS served,
			jsonb_agg(to_jsonb(f) ORDER BY f.score + CASE WHEN f.required THEN 0.1 ELSE 0 END DESC, f.column_name, f.others,
				coalesce(f.filled::float8 / nullif(f.seen, 0), 0) DESC, f.attname) AS fits
		FROM (SELECT g.*, count(*) FILTER (WHERE g.score >= 0.75) OVER (PARTITION BY g.oid, g.entity, g.attname) AS others FROM best g) f
		WHERE f.score >= CASE WHEN f.required THEN 0.5 ELSE 0.75 END
		GROUP BY f.oid, f.entity
	)
	SELECT r.oid, r.relname, r.relkind, e.entity, e.position, coalesce(n.likeness, 0)::double precision, t.needed, coalesce(f.served, 0), coalesce(f.fits, '[]')
	FROM relation r
	CROSS JOIN cvm.entity e
	LEFT JOIN fit f ON f.oid = r.oid AND f.entity = e.entity
	LEFT JOIN likeness n ON n.words = r.words AND n.entity = e.entity AND n.column_name IS NULL
	CROSS JOIN LATERAL (SELECT count(*) AS needed FROM cvm.entity_column ec WHERE ec.entity = e.entity AND ec.required) t
	WHERE f.served = t.needed OR n.likeness >= 0.7 OR e.entity = 'subscription';
$$;
COMMENT ON FUNCTION cvm._suggest_fits(name) IS
	'Every table of a schema and every entity that it may be: which of its columns are like which of the entity''s, best first.';

CREATE FUNCTION cvm._column_like(source oid, pattern text, category "char") RETURNS name
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.attname
	FROM pg_attribute a
	JOIN pg_type t ON t.oid = cvm._base_type(a.atttypid)
	WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND (t.typcategory = $3 OR $3 = 'S' AND t.typtype = 'e')
		AND cvm._words(a.attname) ~ $2 AND has_column_privilege($1, a.attnum, 'SELECT')
	ORDER BY a.attnum LIMIT 1;
$$;
COMMENT ON FUNCTION cvm._column_like(oid, text, "char") IS 'The first column of a table whose name matches, of a category of types.';

CREATE FUNCTION cvm._pointers(schema name)
RETURNS TABLE (source oid, attname name, target oid, key name, is_declared boolean)
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
	WITH relation AS MATERIALIZED (
		SELECT c.oid, cvm._words(c.relname) AS words, cvm._singular(cvm._words(c.relname)) AS one
		FROM pg_class c
		WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = $1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
			AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
	), col AS MATERIALIZED (
		SELECT r.oid, a.attnum, a.attname, w.words, regexp_replace(w.words, '_(id|code|key|no|nr|number|fk)$', '') AS stem, cvm._base_type(a.atttypid) AS type
		FROM relation r
		JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
		CROSS JOIN LATERAL (SELECT cvm._words(a.attname) AS words) w
	), named AS MATERIALIZED (
		SELECT r.oid, x.word FROM relation r CROSS JOIN LATERAL (
			SELECT r.one UNION SELECT regexp_replace(r.one, '^.*_', '') UNION SELECT CASE r.one WHEN 'price' THEN 'plan' WHEN 'plan' THEN 'price' END) x (word)
	)
	SELECT DISTINCT ON (x.source, x.attname, x.target) x.source, x.attname, x.target, x.key, x.is_declared
	FROM (
		SELECT f.conrelid AS source, a.attname, f.confrelid AS target, k.attname AS key, true AS is_declared, 0 AS n
		FROM pg_constraint f
		JOIN relation s ON s.oid = f.conrelid
		JOIN relation t ON t.oid = f.confrelid
		JOIN pg_attribute a ON a.attrelid = f.conrelid AND f.conkey = ARRAY[a.attnum]
		JOIN pg_attribute k ON k.attrelid = f.confrelid AND f.confkey = ARRAY[k.attnum]
		WHERE f.contype = 'f'
		UNION ALL
		SELECT a.oid, a.attname, t.oid, k.attname, false, CASE k.words WHEN 'id' THEN 1 ELSE 2 END
		FROM col a
		JOIN named t ON t.word = a.stem AND t.oid <> a.oid
		JOIN col k ON k.oid = t.oid AND k.type = a.type AND (k.words IN ('id', 'code') OR k.words = a.words)
		WHERE NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = a.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum])
	) x
	ORDER BY x.source, x.attname, x.target, x.n, x.key;
$$;
COMMENT ON FUNCTION cvm._pointers(name) IS 'Which columns of the tables of a schema name a row of another of them, by a foreign key or by their names.';

CREATE FUNCTION cvm._cents(source oid, attname name) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		WHEN NOT b.typname IN ('int2', 'int4', 'int8', 'numeric') OR b.typname = 'numeric' AND a.atttypmod <> -1 AND (a.atttypmod - 4) & 65535 > 0 THEN 'no'
		WHEN cvm._words(a.attname) ~ '(^|_)(cents?|minor|minor_units?|pence)(_|$)' OR s.in_cents = 1.0 AND h.whole THEN 'yes'
		WHEN b.typname = 'numeric' THEN 'no'
		-- currencies without cents, or with prices that look like them
		WHEN EXISTS (SELECT FROM cvm._sample($1) c, unnest(c.words) w WHERE cvm._words(c.attname) ~ '(^|_)(currency|curr|ccy)(_|$)'
			AND w IN ('jpy', 'krw', 'vnd', 'clp', 'isk', 'huf', 'idr', 'pyg', 'xof', 'xaf')) THEN 'perhaps'
		WHEN s.in_cents >= 0.9 THEN 'likely'
		-- cents that all are .00, or whole hundreds
		WHEN s.in_hundreds THEN 'unsure'
		ELSE 'perhaps'
	END
	FROM pg_attribute a
	JOIN pg_type b ON b.oid = cvm._base_type(a.atttypid)
	LEFT JOIN cvm._sample($1) s ON s.attname = a.attname
	CROSS JOIN LATERAL (SELECT s.distincts >= 3 AS whole) h
	WHERE a.attrelid = $1 AND a.attname = $2 AND NOT a.attisdropped;
$$;
COMMENT ON FUNCTION cvm._cents(oid, name) IS
	'Is a column of money in cents: yes, likely, unsure (whole hundreds), perhaps (whole numbers that do not say), or no.';

CREATE FUNCTION cvm._suggest_source(schema name, source oid, entity text, mapping jsonb, money jsonb, pointers jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	-- what is read, under which letter
	item record;
	price record;
	item_key name;
	tables jsonb := jsonb_build_object('s', source::bigint);
	sources text := format('%I.%I s', schema, (SELECT c.relname FROM pg_class c WHERE c.oid = source));
	expressions jsonb := '{}';
	conditions text[] := '{}';
	notes text[] := '{}';
	penalty double precision := 0;
	is_view boolean := false;
	money_of oid := source;
	money_at text := 's';
	money_column name := mapping -> 'mrr' ->> 'attname';
	cents text;
	money_text text;
	-- what a binding says of it, in place of a view
	options jsonb := '{}';
	minor_units jsonb := '{}';
	takes_options boolean := false;
	money_name text := 'mrr';
	unit name;
	unit_at text;
	count_column name;
	quantity name;
	words text[];
	lacks text[];
	m record;
	t record;
	found_column name;
BEGIN
	FOR m IN SELECT j.key, j.value ->> 'attname' AS attname FROM jsonb_each(mapping) j LOOP
		expressions := expressions || jsonb_build_object(m.key, format('s.%I', m.attname));
	END LOOP;

	IF entity = 'subscription' THEN
		-- the price may be of the plan, and the plan of the subscription's items
		IF money_column IS NULL THEN
			SELECT p.attname AS pointer, p.target, p.key, p.is_declared, (money ->> p.target::text)::name AS column
			INTO price
			FROM jsonb_to_recordset(pointers) AS p (source bigint, attname name, target bigint, key name, is_declared boolean)
			WHERE p.source = _suggest_source.source::bigint AND money ? p.target::text
			ORDER BY p.is_declared DESC, cvm._words(p.attname) ~ '(^|_)(price|plan|tariff)(_|$)' DESC, p.attname, p.target LIMIT 1;
			IF price.target IS NULL THEN
				SELECT i.oid, i.relname, b.attname AS back, b.key, p.attname AS pointer, p.target, p.key AS price_key, b.is_declared
					AND p.is_declared AS is_declared,
					(money ->> p.target::text)::name AS column
				INTO item
				FROM jsonb_to_recordset(pointers) AS b (source bigint, attname name, target bigint, key name, is_declared boolean)
				JOIN jsonb_to_recordset(pointers) AS p (source bigint, attname name, target bigint, key name, is_declared boolean) ON p.source = b.source
				JOIN pg_class i ON i.oid = b.source::oid
				WHERE b.target = _suggest_source.source::bigint AND p.target <> b.target AND money ? p.target::text
					AND cvm._words(i.relname) ~ '(item|line|detail|position|component|product|plan|service)s?$'
						AND cvm._words(i.relname) !~ '(^|_)(invoice|order|credit)(_|$)'
				ORDER BY cvm._words(p.attname) ~ '(^|_)(price|plan|tariff)(_|$)' DESC, b.is_declared AND p.is_declared DESC, i.relname, p.attname,
					p.target LIMIT 1;
				IF item.oid IS NOT NULL THEN
					tables := tables || jsonb_build_object('i', item.oid::bigint);
					sources := sources || format(E'\nJOIN %I.%I i ON i.%I = s.%I', schema, item.relname, item.back, item.key)
						|| format(E'\nJOIN %s p ON p.%I = i.%I', item.target::oid::regclass, item.price_key, item.pointer);
					money_of := item.target::oid;
					money_column := item.column;
					item_key := item.pointer;
					penalty := penalty + CASE WHEN item.is_declared THEN 0 ELSE 0.05 END;
					expressions := expressions || jsonb_build_object('product', format('i.%I', item.pointer));
					notes := notes || format('its items are %I (%s) and their prices %s (%s)%s', item.relname, item.back, item.target::oid::regclass,
						item.pointer, CASE WHEN item.is_declared THEN '' ELSE ', by their names' END);
				END IF;
			ELSE
				sources := sources || format(E'\nJOIN %s p ON p.%I = s.%I', price.target::oid::regclass, price.key, price.pointer);
				money_of := price.target::oid;
				money_column := price.column;
				item_key := price.pointer;
				penalty := penalty + CASE WHEN price.is_declared THEN 0 ELSE 0.05 END;
				IF NOT mapping ? 'product' THEN
					expressions := expressions || jsonb_build_object('product', format('s.%I', price.pointer));
				END IF;
				notes := notes || format('its price is that of %s (%s)%s', price.target::oid::regclass, price.pointer, CASE WHEN price.is_declared THEN ''
					ELSE ', by their names' END);
			END IF;
			IF money_of <> source THEN
				is_view := true;
				money_at := 'p';
				tables := tables || jsonb_build_object('p', money_of::bigint);
				-- a price is of a product, which says more
				found_column := coalesce(cvm._column_like(money_of, '^product(_id|_code)?$', 'S'), cvm._column_like(money_of, '^product_id$', 'N'));
				IF found_column IS NOT NULL AND cvm._words((SELECT c.relname FROM pg_class c WHERE c.oid = money_of)) ~ '(price|plan)' THEN
					expressions := expressions || jsonb_build_object('product', format('p.%I', found_column));
				END IF;
			END IF;
		END IF;
		IF money_column IS NULL THEN
			-- revenue a year is twelve times that of a month
			money_column := cvm._column_like(source, '(^|_)(arr|annual|annualized|annualised|yearly|acv)(_|$)', 'N');
			IF money_column IS NOT NULL THEN
				is_view := true;
				money_text := format('s.%I / 12.0', money_column);
				notes := notes || format('mrr is a twelfth of %I', money_column);
				penalty := penalty + 0.1;
			END IF;
		END IF;
	ELSE
		money_name := CASE WHEN mapping ? 'amount' THEN 'amount' WHEN mapping ? 'list_price' THEN 'list_price' ELSE 'price' END;
		money_column := mapping -> money_name ->> 'attname';
	END IF;

	IF money_column IS NOT NULL THEN
		cents := cvm._cents(money_of, money_column);
		money_text := coalesce(money_text, format('%s.%I', money_at, money_column));
		IF cents IN ('yes', 'likely') THEN
			is_view := is_view OR money_of <> source;
			takes_options := true;
			minor_units := '{"minor_units": 2}';
			money_text := money_text || ' / 100.0';
			notes := notes || CASE cents WHEN 'yes' THEN format('%I is in cents', money_column)
				ELSE format('%I looks like cents: prices that end in 99 or 00', money_column) END;
			penalty := penalty + CASE cents WHEN 'yes' THEN 0 ELSE 0.05 END;
		ELSIF cents = 'unsure' THEN
			notes := notes || format('%s counts in whole hundreds: where these are cents, bind it with "minor_units": 2', money_column);
			penalty := penalty + 0.25;
		ELSIF cents = 'perhaps' AND (entity = 'subscription' OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = money_of AND a.attname = money_column
			AND a.atttypid IN ('int4'::regtype, 'int8'::regtype))) THEN
			notes := notes || format('%s counts in whole numbers: where these are cents, bind it with "minor_units": 2', money_column);
		END IF;
	END IF;

	IF entity = 'subscription' THEN
		IF money_column IS NOT NULL AND cvm._words(money_column) !~ '(^|_)(mrr|mrc|month|monthly|arr|annual|annualized|annualised|yearly|acv)(_|$)' THEN
			-- a price for how long, and how many of it
			FOR t IN SELECT j.key AS at, j.value::text::bigint::oid AS oid FROM jsonb_each(tables) j ORDER BY j.key = money_at DESC, j.key LOOP
				IF unit IS NULL THEN
					unit := cvm._column_like(t.oid, '(^|_)(interval|period_unit|interval_unit|frequency|billing_cycle|billing_period|billing_term|recurrence)$',
						'S');
					SELECT x.words INTO words FROM cvm._sample(t.oid) x WHERE x.attname = unit;
					IF EXISTS (SELECT FROM unnest(words) w WHERE NOT cvm._is_billing_interval(w, 1)) THEN
						unit := NULL;
					END IF;
					IF unit IS NULL THEN
						-- under another name, it is told by its words
						SELECT x.attname, x.words INTO unit, words
						FROM cvm._sample(t.oid) x
						WHERE x.words <> '{}' AND NOT EXISTS (SELECT FROM unnest(x.words) w WHERE NOT cvm._is_billing_interval(w, 1) OR length(w) < 3 OR w !~ '[a-z]')
							AND NOT EXISTS (SELECT FROM jsonb_each(mapping) j WHERE t.at = 's' AND j.value ->> 'attname' = x.attname)
						ORDER BY x.distincts DESC, x.attname LIMIT 1;
						penalty := penalty + CASE WHEN unit IS NULL THEN 0 ELSE 0.05 END;
					END IF;
					IF unit IS NOT NULL THEN
						count_column := cvm._column_like(t.oid, '(^|_)(interval_count|interval_length|billing_period|period_count|interval_frequency)$', 'N');
						IF is_view OR takes_options OR EXISTS (SELECT FROM unnest(words) w WHERE cvm.per_month(1, w, 1) <> 1) OR count_column IS NOT NULL THEN
							notes := notes || format('%s is for the interval in %I', money_column, unit);
							unit_at := t.at;
						END IF;
					END IF;
				END IF;
			END LOOP;
			FOR t IN SELECT j.key AS at, j.value::text::bigint::oid AS oid FROM jsonb_each(tables) j WHERE j.key <> 'p' ORDER BY j.key LOOP
				IF quantity IS NULL AND (money_of <> source OR cvm._words(money_column) ~ '(^|_)(unit|per_unit|per_seat)(_|$)') THEN
					quantity := cvm._column_like(t.oid, '(^|_)(quantity|qty|seats|licenses|licences|sim_count|units)$', 'N');
					IF quantity IS NOT NULL THEN
						notes := notes || format('times %I', quantity);
						money_text := format('coalesce(%s.%I, 1) * ', t.at, quantity) || money_text;
					END IF;
				END IF;
			END LOOP;
			IF unit_at IS NOT NULL THEN
				money_text := format('CASE WHEN cvm._is_billing_interval(%1$s, %2$s) THEN cvm.per_month(%3$s, %1$s, %2$s) END',
					format('%s.%I::text', unit_at, unit),
					CASE WHEN count_column IS NULL THEN '1' ELSE format('coalesce(%s.%I, 1)::bigint', unit_at, count_column) END, money_text);
			END IF;
			-- of one table all that is a binding with options
			IF money_of = source AND NOT is_view THEN
				money_name := CASE WHEN unit_at IS NULL THEN 'mrr' ELSE 'amount' END;
				options := options || CASE WHEN unit_at IS NULL THEN '{}' ELSE jsonb_strip_nulls(jsonb_build_object('billing_interval', unit, 'interval_count',
					count_column)) END
					|| CASE WHEN quantity IS NULL THEN '{}' ELSE jsonb_build_object('quantity', quantity) END;
				takes_options := takes_options OR unit_at IS NOT NULL OR quantity IS NOT NULL;
			ELSE
				is_view := is_view OR unit_at IS NOT NULL OR quantity IS NOT NULL;
			END IF;
		END IF;
		IF money_column IS NOT NULL THEN
			expressions := expressions || jsonb_build_object('mrr', money_text);
		END IF;
		IF NOT mapping ? 'currency' AND money_of <> source THEN
			found_column := cvm._column_like(money_of, '^(currency|currency_code|ccy)$', 'S');
			IF found_column IS NOT NULL THEN
				expressions := expressions || jsonb_build_object('currency', format('p.%I', found_column));
			END IF;
		END IF;
		-- a trial is not paid for
		found_column := cvm._column_like(source, '^trial_(end|ends|ended|end_date|ends_at|ends_on|end_at|until)$', 'D');
		IF found_column IS NOT NULL THEN
			takes_options := true;
			options := options || jsonb_build_object('trial_ends_on', found_column);
			expressions := expressions || jsonb_build_object('started_on', format('greatest(%s, s.%I)', expressions ->> 'started_on', found_column));
			notes := notes || format('paid for after %I', found_column);
		END IF;
		-- also where a status does not know of them
		found_column := cvm._column_like(source, '^(is_|in_|on_)?trial(ing)?$', 'B');
		IF found_column IS NOT NULL AND NOT EXISTS (SELECT FROM cvm._sample(source) x, unnest(x.words) w
			WHERE x.attname = mapping -> 'status' ->> 'attname' AND w ~ 'trial')
		THEN
			is_view := true;
			expressions := expressions || jsonb_build_object('status', format('CASE WHEN s.%I THEN ''trial'' ELSE %s END', found_column,
				coalesce((expressions ->> 'status') || '::text', '''active''')));
			notes := notes || CASE WHEN mapping ? 'status' THEN format('status is trial where %I', found_column) ELSE format('status is %I', found_column) END;
		END IF;
		-- under another name, it is told by its words
		IF NOT expressions ? 'status' THEN
			SELECT x.attname INTO found_column
			FROM cvm._sample(source) x
			JOIN pg_attribute a ON a.attrelid = source AND a.attname = x.attname
			WHERE x.distincts >= 2 AND cvm._accept('label', a.atttypid, 'UTC') IS NOT NULL
				AND x.distincts = (SELECT count(*) FROM unnest(x.words) w WHERE cvm._plain_status(w) IN (SELECT cvm._plain_status(v.word) FROM cvm.status_word v))
				AND NOT EXISTS (SELECT FROM jsonb_each(mapping) j WHERE j.value ->> 'attname' = x.attname)
			ORDER BY x.distincts DESC, a.attnum LIMIT 1;
			IF found_column IS NOT NULL THEN
				takes_options := true;
				options := options || jsonb_build_object('status', found_column);
				expressions := expressions || jsonb_build_object('status', format('s.%I', found_column));
				notes := notes || format('status is %I, by its words', found_column);
				penalty := penalty + 0.05;
			END IF;
		END IF;
		IF NOT expressions ? 'product' THEN
			notes := notes || 'no column has a product, so all is (none)'::text;
			penalty := penalty + 0.1;
		END IF;
	ELSIF money_text IS NOT NULL THEN
		expressions := expressions || jsonb_build_object(money_name, money_text);
	END IF;

	-- rows that are marked; there is an option for those that are deleted.  Customers
	-- who are have been some.
	IF entity <> 'customer' THEN
		FOR t IN SELECT j.key AS at, j.value::text::bigint::oid AS oid FROM jsonb_each(tables) j ORDER BY j.key DESC LOOP
			FOR m IN
				SELECT c.attname, x.untouched
				FROM (VALUES ('B'::"char", '%s.%I IS NOT TRUE'), ('D', '%s.%I IS NULL'), ('N', 'coalesce(%s.%I, 0) = 0')) AS x (category, untouched)
				CROSS JOIN LATERAL cvm._column_like(t.oid, '^((is|was|fivetran|sdc|ab_cdc)_)?deleted(_(at|on|date|ts|time))?$', x.category) AS c (attname)
				WHERE c.attname IS NOT NULL AND t.at <> 'p' LIMIT 1
			LOOP
				takes_options := true;
				conditions := conditions || format(m.untouched, t.at, m.attname);
				options := options || jsonb_build_object('deleted', m.attname);
				notes := notes || format('without rows that %I says are deleted', m.attname);
			END LOOP;
			found_column := cvm._column_like(t.oid, '^fivetran_active$', 'B');
			IF found_column IS NOT NULL AND (is_view OR takes_options) THEN
				is_view := true;
				conditions := conditions || format('%s.%I IS NOT FALSE', t.at, found_column);
			END IF;
		END LOOP;
	END IF;
	IF takes_options AND money_of = source AND money_column IS NOT NULL THEN
		-- a price for an interval is no mrr
		options := options || jsonb_build_object(money_name, CASE WHEN minor_units = '{}' THEN to_jsonb(money_column)
			ELSE jsonb_build_object('column', money_column) || minor_units END);
	END IF;
	-- what is of a type that no binding takes is cast in a view
	is_view := is_view OR EXISTS (
		SELECT FROM jsonb_each(options) o
		JOIN cvm.entity_column ec ON ec.entity = _suggest_source.entity AND ec.column_name = o.key
		JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = CASE jsonb_typeof(o.value) WHEN 'object' THEN o.value ->> 'column'
			ELSE o.value #>> '{}' END AND a.attnum > 0
		WHERE cvm._accept(ec.class, a.atttypid, 'UTC') IS NULL);
	SELECT array_agg(ec.column_name ORDER BY ec.position) INTO lacks
	FROM cvm.entity_column ec
	WHERE ec.entity = _suggest_source.entity AND ec.required AND NOT expressions ? ec.column_name;

	RETURN jsonb_build_object('is_view', is_view, 'options', CASE WHEN is_view THEN '{}' ELSE options END, 'lacks', lacks, 'columns', expressions, 'notes',
		notes, 'penalty', penalty, 'tables', tables, 'money_of', money_of::bigint,
		'query', (
			SELECT 'SELECT ' || string_agg(format('%s AS %I', x.value, x.key), E',\n\t' ORDER BY ec.position)
			FROM jsonb_each_text(expressions) x JOIN cvm.entity_column ec ON ec.entity = _suggest_source.entity AND ec.column_name = x.key)
			|| E'\nFROM ' || sources || CASE WHEN conditions <> '{}' THEN E'\nWHERE ' || array_to_string(conditions, ' AND ') ELSE '' END);
END
$$;
COMMENT ON FUNCTION cvm._suggest_source(name, oid, text, jsonb, jsonb, jsonb) IS
	'What it takes to read a table as an entity: the table as it is, or a view with cents, intervals and prices of other '
	'tables made out; and what it lacks.';

CREATE FUNCTION cvm.suggest(schema name, model name DEFAULT NULL)
RETURNS TABLE (entity text, source text, confidence double precision, bind text, why text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	target name := coalesce(suggest.model,
		(SELECT min(m.model::text) FROM cvm.model m HAVING count(*) = 1), 'acme');
	proposals jsonb := '[]';
	fits jsonb;
	money jsonb;
	pointers jsonb;
	mapping jsonb;
	shape jsonb;
	used name[];
	best record;
	c record;
	p record;
	currency text;
	start text := '';
BEGIN
	IF NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = suggest.schema) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_schema_name',
			MESSAGE = format('schema %s does not exist', coalesce('"' || suggest.schema || '"', 'NULL')),
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[suggest.schema::text], (SELECT array_agg(n.nspname::text) FROM pg_namespace n)) || '?',
				'SELECT nspname FROM pg_namespace lists the schemas.');
	END IF;

	SELECT jsonb_agg(to_jsonb(f)) INTO fits FROM cvm._suggest_fits(suggest.schema) f;
	-- which tables have a price, and which column it is
	SELECT coalesce(jsonb_object_agg(x.oid, x.attname), '{}') INTO money
	FROM (
		SELECT DISTINCT ON (f.oid) f.oid, m.attname
		FROM jsonb_to_recordset(fits) AS f (oid bigint, entity text, fits jsonb)
		CROSS JOIN LATERAL jsonb_to_recordset(f.fits) AS m (column_name text, attname name, score float8, filled bigint)
		WHERE f.entity = 'subscription' AND m.column_name = 'mrr' AND m.score >= 0.6
		ORDER BY f.oid, m.score DESC, m.attname) x;

	SELECT coalesce(jsonb_agg(to_jsonb(x)), '[]') INTO pointers FROM cvm._pointers(suggest.schema) x;

	FOR p IN SELECT x.* FROM jsonb_to_recordset(fits) AS x (oid oid, relname name, relkind "char", entity text, "position" int, named float8, needed bigint,
		fits jsonb) LOOP
		-- best pairs first, each column once
		mapping := '{}';
		used := '{}';
		FOR c IN
			SELECT x.* FROM jsonb_to_recordset(p.fits) AS x (column_name text, attname name, score float8, required boolean, is_unique boolean, words text)
		LOOP
			IF NOT mapping ? c.column_name AND NOT c.attname = ANY (used) THEN
				mapping := mapping || jsonb_build_object(c.column_name, to_jsonb(c));
				used := used || c.attname;
			END IF;
		END LOOP;
		-- a subscription is somebody's since some day; the rest may be found elsewhere
		CONTINUE WHEN p.entity = 'subscription' AND NOT (mapping ? 'customer_id' AND mapping ? 'started_on');
		-- nor is what is taken off one
		CONTINUE WHEN p.entity = 'subscription' AND cvm._words(p.relname) ~ '(^|_)(discount|discounts|coupon|coupons|redemption|redemptions)$';
		CONTINUE WHEN p.entity <> 'subscription' AND p.named < 0.7 AND EXISTS (SELECT FROM cvm.entity_column ec WHERE ec.entity = p.entity AND ec.required
			AND NOT mapping ? ec.column_name);
		shape := cvm._suggest_source(suggest.schema, p.oid, p.entity, mapping, money, pointers);
		-- a product that is there counts as if it had to be
		SELECT count(*) AS needed, avg(coalesce((mapping -> ec.column_name ->> 'score')::float8, 0.75)) AS score,
			bool_or((mapping -> ec.column_name ->> 'is_unique')::boolean) FILTER (WHERE ec.column_name IN ('customer_id', p.entity)) AS is_unique,
			bool_or(mapping -> ec.column_name ->> 'words' ~ '^(id|code|name|type|kind)$') AS is_plain
		INTO best
		FROM cvm.entity_column ec WHERE ec.entity = p.entity AND (ec.required OR ec.initial IS NOT NULL AND (shape -> 'columns' ? ec.column_name));
		-- one column says little: the table's name or a key must say more
		CONTINUE WHEN best.needed = 1 AND p.named < CASE WHEN best.is_plain OR NOT coalesce(best.is_unique, false) THEN 0.7 ELSE 0 END;
		-- so many things are somebody's at some time that a table must be called what it is, if it is no event
		CONTINUE WHEN best.needed = 2 AND p.entity <> 'event' AND p.named < 0.5;
		-- the fewer columns it takes, the more the table's name must say
		proposals := proposals || jsonb_build_object('oid', p.oid::bigint, 'relname', p.relname, 'entity', p.entity, 'position', p.position, 'mapping', mapping,
			'named', p.named,
			'shape', shape, 'needed', best.needed, 'lacks', shape -> 'lacks',
			'confidence', round(least(1, greatest(0,
				(best.score * best.needed + p.named) / (best.needed + 1) - (shape ->> 'penalty')::float8
				+ CASE
					WHEN p.entity IN ('customer', 'product', 'offer') AND p.relkind IN ('r', 'p') THEN CASE WHEN best.is_unique THEN 0.05 ELSE -0.2 END
					WHEN best.is_unique THEN -0.3
					ELSE 0 END))::numeric, 2));
	END LOOP;

	IF NOT EXISTS (SELECT FROM cvm.model m WHERE m.model = target) THEN
		-- the currency that the tables say, if they say one
		SELECT min(upper(w)) INTO currency
		FROM jsonb_to_recordset(proposals) AS x (entity text, shape jsonb, lacks jsonb)
		CROSS JOIN LATERAL cvm._sample((x.shape ->> 'money_of')::bigint::oid) s
		CROSS JOIN LATERAL unnest(s.words) w
		WHERE x.entity IN ('subscription', 'event') AND x.lacks IS NULL AND cvm._words(s.attname) ~ '^(currency|currency_code|curr|ccy)$' AND w ~ '^[a-z]{3}$'
		HAVING count(DISTINCT upper(w)) = 1;
		start := format(E'SELECT cvm.create_model(%L, tz => ''UTC''%s) WHERE NOT EXISTS (SELECT FROM cvm.model m WHERE m.model = %L);\n', target,
			coalesce(', currency => ' || quote_literal(currency), ''), target);
	END IF;

	RETURN QUERY
	WITH chosen AS (
		SELECT DISTINCT ON (x.oid) x.*, x.lacks IS NOT NULL AS is_near, format('%I.%I', suggest.schema, x.relname) AS source
		FROM jsonb_to_recordset(proposals) AS x (oid bigint, relname name, entity text, "position" int, mapping jsonb, shape jsonb, lacks jsonb, named float8,
			needed int, confidence float8)
		-- a table that is called an entity and lacks a column of it is no other
		WHERE CASE WHEN x.lacks IS NULL THEN x.confidence >= 0.5 ELSE x.named >= 0.7 AND x.mapping <> '{}' AND 2 * jsonb_array_length(x.lacks) <= x.needed END
		ORDER BY x.oid, CASE WHEN x.lacks IS NULL THEN x.confidence ELSE x.named - 0.15 END DESC, x.position
	), ranked AS (
		SELECT w.*, first_value(w.source) OVER rank AS surest, row_number() OVER rank AS n
		FROM chosen w
		WINDOW rank AS (PARTITION BY w.entity, w.is_near ORDER BY w.confidence DESC, w.source COLLATE "C")
	), told AS (
		SELECT r.*, (SELECT format('%I.%I', b.source_schema, b.source_name) FROM cvm.binding b
				WHERE b.model = target AND b.entity = r.entity AND b.source_schema = target) AS bound,
			CASE WHEN r.is_near THEN format('-- %s may be a %s, and has no column like %s.', r.source, r.entity,
			(SELECT string_agg(x.name, ', ') FROM jsonb_array_elements_text(r.lacks) AS x (name)))
			ELSE start || CASE WHEN (r.shape ->> 'is_view')::boolean THEN
				format(E'CREATE OR REPLACE VIEW %I.%I WITH (security_invoker = true) AS\n%s;\nSELECT cvm.bind(%L, %L, %L);', target, r.entity || '_source',
					r.shape ->> 'query', target, r.entity, format('%I.%I', target, r.entity || '_source'))
			ELSE format('SELECT cvm.bind(%L, %L, %L%s);', target, r.entity, r.source, (SELECT CASE WHEN m.columns <> '{}' THEN ', '
				|| quote_literal(m.columns) END FROM (SELECT coalesce((
					-- columns of the same name need no mention
					SELECT jsonb_object_agg(m.key, m.value -> 'attname') FROM jsonb_each(r.mapping) m
					WHERE m.key <> m.value ->> 'attname' AND NOT (m.key = 'mrr' AND r.shape -> 'options' ? 'amount')), '{}')
				|| (r.shape -> 'options')
				|| coalesce((
					-- but those of the same name and another meaning do
					SELECT jsonb_object_agg(ec.column_name, NULL)
					FROM cvm.entity_column ec
					JOIN pg_attribute a ON a.attrelid = r.oid::oid AND a.attname::text = ec.column_name AND NOT a.attisdropped
					WHERE ec.entity = r.entity AND NOT ec.is_billing AND NOT r.mapping ? ec.column_name AND cvm._accept(ec.class, a.atttypid, 'UTC') IS NULL),
						'{}') AS columns) m)) END END AS statement
		FROM ranked r
	)
	SELECT t.entity, t.source, CASE WHEN t.is_near THEN least(t.confidence, 0.49) ELSE t.confidence END,
		-- an entity is one table: what else may be it is there to read
		CASE WHEN t.n > 1 AND NOT t.is_near THEN '-- instead of ' || t.surest || E':\n-- ' || replace(t.statement, E'\n', E'\n-- ')
			-- nor is what the model has replaced unasked, such as a view of a recipe
			WHEN t.bound IS NOT NULL AND NOT t.is_near THEN format(E'-- instead of %s, which the model has:\n-- ', t.bound)
				|| replace(t.statement, E'\n', E'\n-- ')
			ELSE t.statement END,
		(SELECT format('table name %s; ', to_char(t.named, 'FM0.00')) || coalesce(string_agg(format('%s is %s (%s)', m.key, m.value ->> 'attname',
			to_char((m.value ->> 'score')::float8, 'FM0.00')), ', ' ORDER BY ec.position), 'no column')
			FROM jsonb_each(t.mapping) m JOIN cvm.entity_column ec ON ec.entity = t.entity AND ec.column_name = m.key)
		|| coalesce((SELECT string_agg('; ' || x.note, '') FROM jsonb_array_elements_text(t.shape -> 'notes') AS x (note)), '')
		|| CASE WHEN t.is_near THEN '; lacks ' || (SELECT string_agg(x.name, ', ') FROM jsonb_array_elements_text(t.lacks) AS x (name)) ELSE '' END
		|| coalesce((
			-- columns that are nearly as like
			SELECT '; or else ' || string_agg(format('%s is %s (%s)', o.column_name, o.attname, to_char(o.score, 'FM0.00')), ', ' ORDER BY o.score DESC,
				o.attname)
			FROM jsonb_to_recordset((SELECT f.fits FROM jsonb_to_recordset(fits) AS f (oid bigint, entity text, fits jsonb) WHERE f.oid = t.oid
				AND f.entity = t.entity)) AS o (column_name text, attname name, score float8, required boolean)
			WHERE o.required AND t.mapping -> o.column_name ->> 'attname' <> o.attname AND o.score >= (t.mapping -> o.column_name ->> 'score')::float8 - 0.1
				AND NOT EXISTS (SELECT FROM jsonb_each(t.mapping) u WHERE u.value ->> 'attname' = o.attname)), '')
	FROM told t
	ORDER BY t.is_near, CASE WHEN t.is_near THEN least(t.confidence, 0.49) ELSE t.confidence END DESC, t.position, t.source;
	IF NOT FOUND THEN
		RAISE NOTICE USING MESSAGE = format('no table of schema "%s" that you may read looks like an entity', suggest.schema),
			HINT = format('Name the columns: SELECT cvm.bind(%L, ''subscription'', ''schema.table'', ''{"customer_id": "…", "started_on": "…", "ended_on": '
				'"…", "mrr": "…"}''); SELECT entity, description FROM cvm.entity lists what there is.', target);
	END IF;
END
$$;
COMMENT ON FUNCTION cvm.suggest(name, name) IS
	'Proposes bindings for the tables of a schema from their names, types, keys, comments and a sample of their values, as '
	'statements that are ready to run; what is nearly one is named, with what it lacks.';
