-- SPDX-License-Identifier: PostgreSQL
-- The customers behind every figure of a view, for tests and scripts/check-extra lists.

-- What is not as it should be in the lists of a view, over all of its rows: each
-- count of customers is how many there are, each column the sum over them; and
-- how many figures were looked at
CREATE FUNCTION pg_temp.walk(model name, view text, OUT figures bigint, OUT wrong text[]) LANGUAGE plpgsql AS $$
DECLARE
	list text;
	c record;
	height bigint;
	differ bigint;
	example text;
BEGIN
	EXECUTE format('CREATE TEMP TABLE wanted AS TABLE %I.%I', model, view);
	ANALYZE wanted;
	SELECT count(*), 0, '{}' INTO height, figures, wrong FROM wanted;
	list := cvm._list(model, view, (SELECT max(as_of) FROM wanted));
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', model), true);
	EXECUTE 'CREATE TEMP TABLE list AS ' || coalesce(list, format('SELECT NULL::text AS row_key, NULL::text AS customer_id WHERE %L = ''none''', view));
	PERFORM set_config('search_path', 'public, pg_catalog', true);
	wrong := ARRAY(SELECT format('%s: customer %s twice in "%s"', view, l.customer_id, l.row_key) FROM pg_temp.list l GROUP BY l.row_key, l.customer_id HAVING count(*) > 1 LIMIT 1);
	FOR c IN SELECT k.column_name, k.unit FROM cvm.report_column k
		WHERE k.view = walk.view AND (k.unit IN ('customers', 'customers (net)')
			OR k.unit LIKE 'money%' AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'pg_temp.list'::regclass AND a.attname = k.column_name)) LOOP
		EXECUTE format($q$
			SELECT count(*), min(format('"%%s": %%s, but %%s with %%s', w.row_key, w.%1$I, l.customers, l.total))
			FROM wanted w
			LEFT JOIN (SELECT l.row_key, count(*) FILTER (WHERE l.%1$I <> 0) AS customers, sum(l.%1$I) AS total FROM list l GROUP BY 1) l USING (row_key)
			WHERE abs(w.%1$I - coalesce(l.total, 0)) > CASE WHEN %2$L LIKE 'money%%' THEN 0.01 ELSE 0 END OR %2$L = 'customers' AND abs(w.%1$I) <> coalesce(l.customers, 0)$q$,
			c.column_name, c.unit) INTO differ, example;
		figures := figures + height;
		IF differ > 0 THEN
			wrong := wrong || format('%s.%s: %s rows, as %s', view, c.column_name, differ, example);
		END IF;
	END LOOP;
	-- what they paid before and after is the money beside it
	FOR c IN SELECT s.* FROM (VALUES ('opening_customers', 'opening_mrr', 'mrr_before'), ('closing_customers', 'closing_mrr', 'mrr_after')) AS s (customers, money, paid)
		WHERE (SELECT count(*) FROM cvm.report_column k WHERE k.view = walk.view AND k.column_name IN (s.customers, s.money)) = 2 LOOP
		EXECUTE format($q$
			SELECT count(*), min(format('"%%s": %%s, but %%s', w.row_key, w.%2$I, l.paid))
			FROM wanted w
			LEFT JOIN (SELECT l.row_key, sum(l.%3$I) FILTER (WHERE l.%1$I <> 0) AS paid FROM list l GROUP BY 1) l USING (row_key)
			WHERE abs(w.%2$I - coalesce(l.paid, 0)) > 0.01$q$, c.customers, c.money, c.paid) INTO differ, example;
		figures := figures + height;
		IF differ > 0 THEN
			wrong := wrong || format('%s.%s: %s rows, as %s', view, c.money, differ, example);
		END IF;
	END LOOP;
	DROP TABLE wanted, list;
END
$$;
-- those that count customers
CREATE TEMP VIEW counting AS
SELECT v.view FROM cvm.report_view v WHERE EXISTS (SELECT FROM cvm.report_column c WHERE c.view = v.view AND c.unit = 'customers');
