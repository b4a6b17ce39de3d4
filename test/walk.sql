-- SPDX-License-Identifier: PostgreSQL
-- The customers behind every figure of a view, for tests and scripts/check-extra lists.

-- What is not as it should be in the lists of a view, over all of its rows, or so many: each
-- count of customers is how many there are, each column the sum over them; and
-- how many figures were looked at
CREATE FUNCTION pg_temp.walk(model name, view text, rows int DEFAULT NULL, OUT figures bigint, OUT wrong text[]) LANGUAGE plpgsql AS $$
DECLARE
	list text;
	c record;
	-- a list of a view may have a million rows: all columns are added up in one pass over it
	sums text := '';
	height bigint;
	differ bigint;
	example text;
BEGIN
	EXECUTE format('CREATE TEMP TABLE wanted AS SELECT * FROM %I.%I ORDER BY md5(row_key) LIMIT %L', model, view, rows);
	ANALYZE wanted;
	SELECT count(*), 0, '{}' INTO height, figures, wrong FROM wanted;
	list := cvm._list(model, view, (SELECT max(as_of) FROM wanted));
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', model), true);
	-- in the order in which a list is written its customers' figures are found once, and not for each row that is wanted
	PERFORM set_config('join_collapse_limit', '1', true);
	EXECUTE 'CREATE TEMP TABLE list AS ' || coalesce(list, format('SELECT NULL::text AS row_key, NULL::text AS customer_id WHERE %L = ''none''', view));
	PERFORM set_config('search_path', 'public, pg_catalog', true);
	PERFORM set_config('join_collapse_limit', '8', true);
	CREATE TEMP TABLE told AS
	SELECT row_number() OVER () AS n, t.* FROM (
		SELECT k.column_name AS name, k.unit, quote_ident(k.column_name) AS counted, quote_ident(k.column_name) AS summed FROM cvm.report_column k
		WHERE k.view = walk.view AND (k.unit IN ('customers', 'customers (net)')
			OR k.unit LIKE 'money%' AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'pg_temp.list'::regclass AND a.attname = k.column_name))
		-- what they paid before and after is the money beside it
		UNION ALL
		SELECT s.money, 'money paid', s.customers, s.paid
		FROM (VALUES ('opening_customers', 'opening_mrr', 'mrr_before'), ('closing_customers', 'closing_mrr', 'mrr_after')) AS s (customers, money, paid)
		WHERE (SELECT count(*) FROM cvm.report_column k WHERE k.view = walk.view AND k.column_name IN (s.customers, s.money)) = 2) t;
	FOR c IN TABLE told LOOP
		sums := sums || format(', count(*) FILTER (WHERE l.%1$s <> 0) AS customers_%3$s, sum(l.%2$s) FILTER (WHERE l.%1$s <> 0) AS total_%3$s',
			c.counted, c.summed, c.n);
	END LOOP;
	EXECUTE format('CREATE TEMP TABLE found AS SELECT l.row_key%s FROM list l GROUP BY l.row_key', sums);
	-- by hashes, which are shorter; who is found is looked at again
	FOR c IN SELECT hashtextextended(l.row_key, hashtextextended(l.customer_id::text, 0)) AS hash FROM pg_temp.list l GROUP BY 1 HAVING count(*) > 1 LIMIT 1 LOOP
		wrong := ARRAY(SELECT format('%s: customer %s twice in "%s"', view, l.customer_id, l.row_key) FROM pg_temp.list l
			WHERE hashtextextended(l.row_key, hashtextextended(l.customer_id::text, 0)) = c.hash GROUP BY l.row_key, l.customer_id HAVING count(*) > 1);
	END LOOP;
	FOR c IN TABLE told LOOP
		EXECUTE format($q$
			SELECT count(*), min(format('"%%s": %%s, but %%s with %%s', w.row_key, w.%1$I, l.customers_%3$s, l.total_%3$s))
			FROM wanted w
			LEFT JOIN found l USING (row_key)
			WHERE abs(w.%1$I - coalesce(l.total_%3$s, 0)) > CASE WHEN %2$L LIKE 'money%%' THEN 0.01 ELSE 0 END
				OR %2$L = 'customers' AND abs(w.%1$I) <> coalesce(l.customers_%3$s, 0)$q$,
			c.name, c.unit, c.n) INTO differ, example;
		figures := figures + height;
		IF differ > 0 THEN
			wrong := wrong || format('%s.%s: %s rows, as %s', view, c.name, differ, example);
		END IF;
	END LOOP;
	DROP TABLE wanted, list, told, found;
END
$$;
-- those that count customers
CREATE TEMP VIEW counting AS
SELECT v.view FROM cvm.report_view v WHERE EXISTS (SELECT FROM cvm.report_column c WHERE c.view = v.view AND c.unit = 'customers');
