-- SPDX-License-Identifier: PostgreSQL
-- The monthly review: what it reads.
--
-- Every view is read once, with the rights of the caller, into one document;
-- the rows of the pack and the pieces of the page are made from that.  So a
-- page costs little more than its pack, and both say the same.

CREATE TABLE cvm.review_source (
	view text PRIMARY KEY REFERENCES cvm.report_view,
	position int NOT NULL UNIQUE,
	columns text[] NOT NULL,
	condition text NOT NULL,
	instead text REFERENCES cvm.report_view
);
COMMENT ON TABLE cvm.review_source IS
	'The report views that cvm.review_pack() and cvm.review_html() read, as far as a model has them.';
COMMENT ON COLUMN cvm.review_source.columns IS 'What is read of the view v.';
COMMENT ON COLUMN cvm.review_source.condition IS 'Which of its rows; $1 is the first day of the month.';
COMMENT ON COLUMN cvm.review_source.instead IS 'The view that says as much and more: a model that has it is not asked for this one.';

INSERT INTO cvm.review_source (position, view, instead, columns, condition)
SELECT s.position, s.view, s.instead, string_to_array(s.columns, ' '),
	replace(replace(s.condition, '{two months}', $$v.month IN ($1, ($1 - interval '1 month')::date)$$),
		'{a year}', $$v.month > ($1 - interval '13 months')::date AND v.month <= $1$$)
FROM (VALUES
	(10, 'mrr_movement', NULL, 'row_key segment month currency opening_mrr new_mrr reactivation_mrr expansion_mrr promotion_end_mrr contraction_mrr churn_mrr moved_in_mrr '
		'moved_out_mrr paused_mrr fx_mrr closing_mrr new_customers reactivation_customers expansion_customers promotion_end_customers contraction_customers '
		'churn_customers moved_in_customers moved_out_customers paused_customers closing_customers is_complete as_of', '{two months}'),
	(20, 'segment_kpi', NULL, 'row_key segment month owner currency opening_customers churned_customers closing_customers opening_mrr churn_mrr closing_mrr arpu churn_rate '
		'churn_rate_low churn_rate_high net_revenue_retention_rate margin target variance is_complete as_of', '{a year}'),
	(30, 'subscription_kpi', 'segment_kpi', 'row_key segment month currency opening_customers churned_customers opening_mrr churned_mrr closing_mrr is_complete as_of', '{two months}'),
	(40, 'segment_shift', NULL, 'row_key segment metric owner from_customers to_customers from_rate to_rate change change_low change_high p_value conf is_complete as_of',
		$$v.grain = 'month' AND v.to_month = $1 AND v.from_month = ($1 - interval '1 month')::date$$),
	(50, 'product_kpi', NULL, 'row_key product month owner currency opening_customers churned_customers opening_mrr churn_mrr closing_mrr is_complete as_of', '{two months}'),
	(60, 'retention_month', NULL, 'row_key segment cohort cohort_label period_no period_start cohort_customers eligible_customers retained_customers retention_rate conf_low conf_high '
		'is_complete as_of', $$v.cohort > ($1 - interval '25 months')::date AND v.period_start <= $1$$),
	(70, 'subscription_retention', NULL, 'row_key segment cohort cohort_label period_no period_start cohort_customers eligible_customers retained_customers retention_rate conf_low '
		'conf_high cohort_mrr currency is_complete as_of', $$v.cohort > ($1 - interval '25 months')::date AND v.period_start <= $1$$)
) AS s (position, view, instead, columns, condition);

CREATE FUNCTION cvm._review_month(month text) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	parts text[] := regexp_match(_review_month.month, '^(\d{4})-(0[1-9]|1[0-2])(-01)?$');
BEGIN
	IF parts IS NULL OR parts[1] = '0000' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('%s is no month', coalesce('"' || _review_month.month || '"', 'NULL')),
			HINT = 'Write it as views do in month_label: ''2025-11''.';
	END IF;
	RETURN make_date(parts[1]::int, parts[2]::int, 1);
END
$$;
COMMENT ON FUNCTION cvm._review_month(text) IS 'The first day of a month that is written as 2025-11 or 2025-11-01.';

-- As text of JSON, numbers of money are exact, and others travel with all their
-- digits: extra_float_digits must not come from the session.
CREATE FUNCTION cvm._review_data(model name, month date) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET extra_float_digits = 1
AS $$
#variable_conflict use_column
DECLARE
	data jsonb := '{}';
	refused jsonb := '[]';
	s cvm.review_source;
	found jsonb;
	has_view boolean := false;
BEGIN
	IF (SELECT to_regnamespace(quote_ident(_review_data.model))) IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('model %s does not exist', coalesce('"' || _review_data.model || '"', 'NULL')),
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[_review_data.model::text], (SELECT array_agg(m.model::text) FROM cvm.model m)) || '?',
				'Make it with cvm.create_model().');
	END IF;
	-- views run what their owner wrote
	PERFORM cvm._refuse_superuser(_review_data.model, (SELECT m.owner FROM cvm.model m WHERE m.model = _review_data.model));
	FOR s IN SELECT r.* FROM cvm.review_source r ORDER BY r.position LOOP
		CONTINUE WHEN cvm._relation(_review_data.model, s.view::name) IS NULL OR data ? s.instead;
		has_view := true;
		BEGIN
			EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(r)), ''[]'') FROM (SELECT %s FROM %I.%I v WHERE %s) r',
				(SELECT string_agg(format('v.%I', c.name), ', ' ORDER BY c.n) FROM unnest(s.columns) WITH ORDINALITY AS c (name, n)), _review_data.model, s.view, s.condition)
			INTO found USING _review_data.month;
			data := data || jsonb_build_object(s.view, found);
		EXCEPTION WHEN insufficient_privilege THEN
			refused := refused || jsonb_build_object('view', s.view, 'why', SQLERRM);
		END;
	END LOOP;
	IF data = '{}' AND refused = '[]' THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_table',
			MESSAGE = format('model "%s" has no report view that a review shows', _review_data.model),
			HINT = format('SELECT view, waits_for FROM cvm.catalog(%L); says what each of them waits for.', _review_data.model);
	ELSIF data = '{}' THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('permission denied for every report view of model "%s"', _review_data.model),
			DETAIL = refused -> 0 ->> 'why',
			HINT = format('Its owner can let you read them: SELECT * FROM cvm.grant_reader(%L, %L);', _review_data.model, current_user);
	END IF;
	RETURN data || jsonb_build_object('', refused);
END
$$;
COMMENT ON FUNCTION cvm._review_data(name, date) IS
	'The rows of a model''s report views that the review of a month shows, by view, as far as the caller may read them; '
	'under "" those that the caller may not.';

CREATE TYPE cvm._review_row AS (
	section text, metric text, segment text, product text, owner text, value numeric, previous numeric, change numeric,
	conf_low numeric, conf_high numeric, n bigint, unit text, money numeric, p_value double precision, verdict text,
	sentence text, view text, "column" text, row_key text, is_complete boolean, as_of date);
COMMENT ON TYPE cvm._review_row IS
	'A row of a review before it is ranked: p_value where something was tested, a verdict of its own where nothing was.';

-- Numbers in sentences: the same in every session.
CREATE FUNCTION cvm._review_number(amount numeric, decimals int DEFAULT 0) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT to_char(round(amount, decimals), 'FM999,999,999,999,999,999,990' || CASE WHEN decimals > 0 THEN '.' || repeat('0', decimals) ELSE '' END);
$$;
COMMENT ON FUNCTION cvm._review_number(numeric, int) IS 'A number for people: 16,409.33.';
CREATE FUNCTION cvm._review_money(amount numeric, currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT cvm._review_number(amount, cvm.minor_units(currency)) || coalesce(' ' || nullif(currency, '(none)'), '');
$$;
COMMENT ON FUNCTION cvm._review_money(numeric, text) IS 'An amount for people: 16,409.33 EUR.';
CREATE FUNCTION cvm._review_share(share numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT cvm._review_number(100 * share, CASE WHEN abs(share) < 0.1 THEN 2 ELSE 1 END) || '%';
$$;
COMMENT ON FUNCTION cvm._review_share(numeric) IS 'A fraction for people: 3.36%.';
CREATE FUNCTION cvm._review_whose(segment text, product text DEFAULT NULL) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN product IS NOT NULL AND coalesce(segment, '(all)') <> '(all)' THEN format('Product %s, segment %s', product, segment)
		WHEN product IS NOT NULL THEN format('Product %s', product)
		WHEN coalesce(segment, '(all)') = '(all)' THEN 'All customers'
		WHEN segment = '(none)' THEN 'Customers without a segment'
		ELSE format('Segment %s', segment) END;
$$;
COMMENT ON FUNCTION cvm._review_whose(text, text) IS 'Whom a sentence is about.';
