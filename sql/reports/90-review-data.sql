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
SELECT s.position, s.view, s.instead, string_to_array('row_key ' || s.columns || ' as_of', ' '), s.condition
FROM (VALUES
	(10, 'mrr_movement', NULL,
		'segment month currency opening_mrr new_mrr reactivation_mrr expansion_mrr promotion_end_mrr contraction_mrr churn_mrr moved_in_mrr '
		'moved_out_mrr paused_mrr fx_mrr closing_mrr new_customers reactivation_customers expansion_customers promotion_end_customers '
		'contraction_customers churn_customers moved_in_customers moved_out_customers paused_customers closing_customers is_complete',
		$$v.month IN ($1, ($1 - interval '1 month')::date)$$),
	(20, 'segment_kpi', NULL,
		'segment month owner currency opening_customers churned_customers closing_customers opening_mrr churn_mrr closing_mrr arpu '
		'churn_rate churn_rate_low churn_rate_high net_revenue_retention_rate margin target variance is_complete',
		$$v.month > ($1 - interval '13 months')::date AND v.month <= $1$$),
	(30, 'subscription_kpi', 'segment_kpi',
		'segment month currency opening_customers churned_customers opening_mrr is_complete',
		$$v.month IN ($1, ($1 - interval '1 month')::date)$$),
	(40, 'segment_shift', NULL,
		'segment metric owner from_customers to_customers from_rate to_rate change change_low change_high p_value is_complete',
		$$v.grain = 'month' AND v.to_month = $1 AND v.from_month = ($1 - interval '1 month')::date$$),
	(50, 'product_kpi', NULL,
		'product month owner currency opening_customers churned_customers opening_mrr closing_mrr is_complete',
		$$v.month IN ($1, ($1 - interval '1 month')::date)$$),
	(52, 'product_migration', NULL,
		'month from_product to_product customers from_mrr to_mrr currency is_complete',
		$$v.month IN ($1, ($1 - interval '1 month')::date)$$),
	(54, 'white_space', NULL,
		'segment product candidate_customers conversion_rate conf_low conf_high expected_sales expected_mrr white_space_days currency',
		$$v.as_of > $1 AND v.as_of <= ($1 + interval '1 month')::date$$),
	(56, 'acquisition_quality', NULL,
		'channel cohort cohort_3_customers retained_3_customers acquired_mrr currency',
		$$v.cohort > ($1 - interval '10 months')::date AND v.cohort <= ($1 - interval '3 months')::date$$),
	(60, 'subscription_retention', NULL,
		'segment cohort cohort_label period_no period_start cohort_customers eligible_customers retained_customers retention_rate conf_low '
		'conf_high cohort_mrr currency is_complete',
		$$v.cohort > ($1 - interval '25 months')::date AND v.period_start <= $1$$),
	(70, 'retention_month', NULL,
		'segment cohort cohort_label period_no period_start cohort_customers eligible_customers retained_customers retention_rate conf_low '
		'conf_high is_complete',
		$$v.cohort > ($1 - interval '25 months')::date AND v.period_start <= $1$$),
	(80, 'inactivity_churn', 'mrr_movement',
		'segment month idle_days opening_customers churned_customers is_complete is_decided',
		$$v.month IN ($1, ($1 - interval '1 month')::date)$$),
	(90, 'survey_score', NULL,
		'segment month instrument driver kind answers score std_error conf_low conf_high is_enough is_complete',
		$$v.month IN ($1, ($1 - interval '1 month')::date)$$),
	(100, 'ticket_response', NULL,
		'segment month tickets within_tickets beyond_tickets median_hours reply_hours is_complete',
		$$v.month IN ($1, ($1 - interval '1 month')::date)$$),
	(105, 'value_driver', NULL,
		'segment month driver owner metric observations value target gap direction below_floor_customers mrr_at_stake importance '
		'importance_kind performance quadrant previous_value trend trend_low trend_high p_value verdict sources triangulation currency is_complete',
		$$v.month = $1$$),
	(107, 'managed_driver', NULL,
		'driver owner metric months_measured missing is_managed drivers managed_drivers managed_share',
		$$v.as_of > $1 AND v.as_of <= ($1 + interval '2 months')::date$$),
	(110, 'measurement_without_action', NULL,
		'driver customers first_asked_on days_measured last_decision_on',
		$$v.first_asked_on < ($1 + interval '1 month')::date$$),
	(120, 'cancel_reason_mix', NULL,
		'segment month reason is_voluntary requests churned_customers churned_mrr share share_low share_high previous_share single_p_value '
		'currency is_complete',
		$$v.month = $1$$),
	(130, 'save_rate', NULL,
		'segment month mature_requests saved_requests saved_mrr currency is_complete',
		$$v.month IN ($1, ($1 - interval '1 month')::date) AND v.reason = '(all)' AND v.offer = '(all)'$$),
	(140, 'cannibalization', NULL,
		'focal segment launched_on entries matured_entries corrected_rate corrected_rate_low corrected_rate_high break_even_unit_rate '
		'net_mrr net_margin verdict currency',
		$$v.donor = '(all)' AND v.channel = '(all)' AND v.launched_on < ($1 + interval '1 month')::date$$),
	(145, 'price_change', NULL,
		'product segment changed_on customers price_change_rate excess_churn_rate std_error conf_low conf_high break_even_churn_rate '
		'lost_customers uplift_mrr net_mrr verdict currency is_complete',
		$$v.changed_on < ($1 + interval '1 month')::date AND v.changed_on >= ($1 - interval '5 months')::date$$),
	(150, 'price_book_gap', NULL,
		'product segment lines back_lines back_price front_price price_gap exposed_mrr exposed_share currency',
		$$v.as_of > $1 AND v.as_of <= ($1 + interval '1 month')::date$$),
	(160, 'recycled_acquisition_channel', NULL,
		'offer channel gross_adds recycled_entries gaming_rate repriced_mrr currency',
		$$v.as_of > $1 AND v.as_of <= ($1 + interval '1 month')::date$$),
	(170, 'channel_price', NULL,
		'product month sales channels mean_price lowest_price highest_price variation above_best_mrr currency is_complete',
		$$v.month = $1$$),
	(180, 'contact_pressure', NULL,
		'segment month customers over_cap_customers over_cap_share conf_low conf_high contact_cap contact_window is_complete',
		$$v.month IN ($1, ($1 - interval '1 month')::date)$$),
	(190, 'campaign_uplift', NULL,
		'campaign target_customers control_customers target_rate control_rate uplift std_error conf_low conf_high incremental_customers '
		'verdict',
		$$v.first_contact_on < ($1 + interval '1 month')::date AND v.last_contact_on >= ($1 - interval '2 months')::date$$),
	(200, 'initiative_status', NULL,
		'initiative driver lever metric stage impact effort impact_per_effort backlog_rank is_flagship decided_on shipped_on days_since_decision '
		'last_decision is_unreviewed is_roadmap_only missing measured_month baseline_value measured_value effect effect_low effect_high '
		'target_customers control_customers control_effect control_effect_low control_effect_high effect_verdict overlapping_customers overlaps_with',
		$$v.decided_on < ($1 + interval '1 month')::date$$),
	(210, 'review_cadence', NULL,
		'cycle due_on held_on days_late state decision initiative became became_on days_open',
		$$v.due_on < ($1 + interval '1 month')::date AND (v.state = 'overdue' OR v.held_on >= ($1 - interval '2 months')::date)$$),
	(215, 'loop_closure', NULL,
		'initiative driver owner stands signal signal_on days_waiting is_overdue broken',
		$$v.is_overdue AND coalesce(v.signal_on, v.decided_on) < ($1 + interval '1 month')::date$$),
	(217, 'benchmark_comparison', NULL,
		'metric source published_on low middle high month value conf_low conf_high band better verdict reason',
		$$v.published_on < ($1 + interval '1 month')::date$$),
	(218, 'product_pair', NULL,
		'product other_product both_customers base_share both_mrr currency uncoordinated_from days',
		$$v.is_uncoordinated AND v.uncoordinated_from < ($1 + interval '1 month')::date$$),
	(220, 'owner_gap', NULL,
		'subject_kind subject gap_from gap_to days is_open',
		$$v.gap_from < ($1 + interval '1 month')::date AND coalesce(v.gap_to > $1, true)$$),
	(230, 'owner_conflict', NULL,
		'subject_kind subject owner other_owner conflict_from conflict_to days',
		$$v.conflict_from < ($1 + interval '1 month')::date AND coalesce(v.conflict_to > $1, true)$$),
	(240, 'owner_stale', NULL,
		'subject_kind subject last_owner ended_on days',
		$$v.ended_on < ($1 + interval '1 month')::date$$),
	(250, 'programme', NULL,
		'subject_kind subject owner state role_title line is_circular',
		$$v.as_of > $1 AND v.as_of <= ($1 + interval '2 months')::date$$)
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
	PERFORM cvm._expect_own_schema(_review_data.model);
	FOR s IN SELECT r.* FROM cvm.review_source r ORDER BY r.position LOOP
		CONTINUE WHEN cvm._relation(_review_data.model, s.view::name) IS NULL OR data ? s.instead;
		has_view := true;
		BEGIN
			EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(r)), ''[]'') FROM (SELECT %s FROM %I.%I v WHERE %s) r',
				(SELECT string_agg(format('v.%I', c.name), ', ' ORDER BY c.n) FROM unnest(s.columns) WITH ORDINALITY AS c (name, n)), _review_data.model,
					s.view, s.condition)
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
	-- nobody's views, but what the data section tells of what was read
	SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]') INTO found
	FROM (SELECT f.object, f.data_through, f.is_stale, f.reason FROM cvm.freshness f WHERE f.model = _review_data.model) f;
	data := data || jsonb_build_object(' stored', found);
	SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') INTO found
	FROM (SELECT r.relation, r.row_key, r.column_name, r.change, c.unit, count(*) OVER (PARTITION BY r.relation) AS changed_values,
			row_number() OVER (PARTITION BY r.relation ORDER BY c.unit LIKE 'money%' DESC NULLS LAST, abs(r.change) DESC NULLS LAST,
				r.row_key COLLATE "C", r.column_name) AS place
		FROM cvm.restatement r
		LEFT JOIN cvm.report_column c ON c.view = r.relation::text AND c.column_name = r.column_name::text
		WHERE r.model = _review_data.model AND r.period = _review_data.month) r
	WHERE r.place = 1;
	data := data || jsonb_build_object(' restated', found);
	RETURN data || jsonb_build_object('', refused);
END
$$;
COMMENT ON FUNCTION cvm._review_data(name, date) IS
	'The rows of a model''s report views that the review of a month shows, by view, as far as the caller may read them; '
	'under "" those that the caller may not, under " stored" and " restated" how old what is stored is, and what became another value.';

CREATE TYPE cvm._review_row AS (
	section text, metric text, segment text, subject text, owner text, value numeric, previous numeric, change numeric,
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
CREATE FUNCTION cvm._review_signed(amount numeric, currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN round(amount, cvm.minor_units(currency)) > 0 THEN '+' ELSE '' END || cvm._review_money(amount, currency);
$$;
COMMENT ON FUNCTION cvm._review_signed(numeric, text) IS 'A change of an amount for people: +16,409.33 EUR.';
CREATE FUNCTION cvm._review_span(low numeric, high numeric, decimals int) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(CASE WHEN round(e.value, decimals) > 0 THEN '+' ELSE '' END || cvm._review_number(e.value, decimals), ' to ' ORDER BY e.n)
	FROM (VALUES (1, low), (2, high)) AS e (n, value);
$$;
COMMENT ON FUNCTION cvm._review_span(numeric, numeric, int) IS 'The limits of a change for people: -0.20 to +1.10.';
CREATE FUNCTION cvm._review_points(low numeric, high numeric) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT cvm._review_span(100 * low, 100 * high, CASE WHEN greatest(abs(low), abs(high)) < 0.1 THEN 2 ELSE 1 END) || ' points';
$$;
COMMENT ON FUNCTION cvm._review_points(numeric, numeric) IS 'The limits of a change of a fraction for people: -0.20 to +1.10 points.';
CREATE FUNCTION cvm._review_phrase(pattern text, VARIADIC parts text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN array_position(parts, NULL) IS NULL THEN format(pattern, VARIADIC parts) ELSE '' END;
$$;
COMMENT ON FUNCTION cvm._review_phrase(text, text[]) IS 'A part of a sentence, left out where anything in it is not known.';
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
