-- SPDX-License-Identifier: PostgreSQL
-- What one change of price did that is named, be it among the largest or not.

CREATE FUNCTION cvm.price_change(model name, only_product text, first_day date)
RETURNS TABLE (product text, segment text, changed_on date, customers bigint, mrr_before numeric, mrr_after numeric, uplift_mrr numeric,
	price_change_rate float8, observed_months integer, control text, control_lines bigint, left_customers bigint, churn_rate float8,
	control_churn_rate float8, placebo_difference float8, excess_churn_rate float8, std_error float8, conf_low float8, conf_high float8,
	lost_customers float8, lost_low float8, lost_high float8, faded_mrr numeric, lost_mrr numeric, net_mrr numeric, net_low numeric, net_high numeric,
	net_so_far numeric, net_margin numeric, net_margin_low numeric, net_margin_high numeric,
	break_even_churn_rate float8, break_even_month integer, placebo_months integer, verdict text, reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := cvm._open(price_change.model, writes => false);
	body text;
	near text;
BEGIN
	PERFORM cvm._refuse_superuser(price_change.model, owner);
	PERFORM cvm._expect_own_schema(price_change.model);
	IF NOT isfinite(price_change.first_day) IS TRUE THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('invalid first_day "%s"', coalesce(price_change.first_day::text, 'NULL')),
			HINT = format('Give the first day of the new price, or read the largest changes: SELECT * FROM %I.price_change.', price_change.model);
	END IF;
	body := cvm._report_as_of(price_change.model, 'price_change', NULL, jsonb_build_object(
		'price_days', format('SELECT m.day FROM move m WHERE m.day = %L::date AND m.product::text = coalesce(%L, m.product::text) GROUP BY 1',
			price_change.first_day, price_change.only_product),
		'price_day', format(', %s', price_change.first_day - DATE '2000-01-01'),
		'price_named', CASE WHEN price_change.only_product IS NULL THEN 'true'
			ELSE format('EXISTS (SELECT FROM touched_sum n WHERE n.product = %L)', price_change.only_product) END,
		'price_least', '1'));
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', price_change.model), true);
	RETURN QUERY EXECUTE format('SELECT c.product::text, c.segment::text, c.changed_on, c.customers, c.mrr_before, c.mrr_after, c.uplift_mrr,
		c.price_change_rate, c.observed_months, c.control, c.control_lines, c.left_customers, c.churn_rate, c.control_churn_rate, c.placebo_difference,
		c.excess_churn_rate, c.std_error, c.conf_low, c.conf_high, c.lost_customers, c.lost_low, c.lost_high, c.faded_mrr, c.lost_mrr, c.net_mrr,
		c.net_low, c.net_high, c.net_so_far, c.net_margin, c.net_margin_low, c.net_margin_high,
		c.break_even_churn_rate, c.break_even_month, c.placebo_months, c.verdict, c.reason
		FROM (%s) c WHERE c.product::text = coalesce($1, c.product::text)
		ORDER BY c.product <> ''(all)'', c.product::text COLLATE "C", c.segment <> ''(all)'', c.segment::text COLLATE "C"', body) USING price_change.only_product;
	IF NOT FOUND THEN
		EXECUTE 'SELECT cvm._nearest(ARRAY[$1], array_agg(DISTINCT s.product::text)) FROM subscription s HAVING NOT bool_or(s.product::text = $1)' INTO near USING price_change.only_product;
		PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
		RAISE EXCEPTION USING ERRCODE = 'no_data_found',
			MESSAGE = format('no price of product "%s" of model "%s" changed on %s that is shown', coalesce(price_change.only_product, '(all)'), price_change.model,
				price_change.first_day),
			HINT = coalesce('Did you mean ' || near || '? ', '') || format('A change is another price from one day to the next, of the same customer, product, '
				'offer, quantity and discount: SELECT DISTINCT started_on FROM %I.subscription WHERE product = %L; lists the days that may be one.',
				price_change.model, price_change.only_product);
	END IF;
	PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
END
$$;
COMMENT ON FUNCTION cvm.price_change(name, text, date) IS
	'The rows of the view price_change for one change that is named by its product (NULL: all) and first day, also where '
	'fewer customers than price_customers were touched, or twelve others touched more.';
