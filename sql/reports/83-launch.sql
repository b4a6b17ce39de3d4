-- SPDX-License-Identifier: PostgreSQL
-- A launch that is named in a call: any product or offer of a model.
CREATE FUNCTION cvm.launch(model name, focal text[], donors text[] DEFAULT NULL, by text DEFAULT 'product', launched_on date DEFAULT NULL)
RETURNS cvm.cannibalization
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	subscription regclass := cvm._relation(launch.model, 'subscription');
	fx_rate regclass := cvm._relation(launch.model, 'fx_rate');
	segments regclass := cvm._relation(launch.model, 'segment_history');
	-- names may hold braces and percent signs: they are put in once, last
	literals jsonb := cvm._literals(launch.model) || jsonb_build_object('subscription', subscription::text, 'segments', segments::text);
	missing text;
	state cvm.cannibalization;
	spells text;
	rates text;
	placed text;
BEGIN
	IF subscription IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_table',
			MESSAGE = format('model "%s" has no subscriptions', launch.model),
			HINT = format('SELECT cvm.bind(%L, ''subscription'', ''your.table''); or SELECT * FROM cvm.model; for the models that there are.', launch.model);
	END IF;
	PERFORM cvm._refuse_superuser(launch.model, (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = subscription));
	PERFORM cvm._expect_own_schema(launch.model);
	IF launch.by NOT IN ('product', 'offer') IS NOT FALSE THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unrecognized value for by: %s', coalesce('"' || launch.by || '"', 'NULL')),
			HINT = 'Say what the names in focal are: product or offer.';
	END IF;
	EXECUTE format('SELECT min(f.name) FROM unnest($1) AS f(name) WHERE NOT EXISTS (SELECT FROM %s s WHERE s.%I = f.name)', subscription, launch.by)
		INTO missing USING launch.focal;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('no subscription of model "%s" has the %s "%s"', launch.model, launch.by, missing),
			HINT = format('SELECT DISTINCT %I FROM %s; shows what there is.', launch.by, subscription);
	END IF;
	spells := format($$
		SELECT s.customer_id, CASE WHEN %s THEN s.offer ELSE coalesce(s.product, '(none)') END AS product, s.started_on, s.ended_on,
			CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END%s AS mrr
		FROM {subscription} s%s
		WHERE s.customer_id IS NOT NULL AND s.started_on IS NOT NULL AND (s.ended_on IS NULL OR s.ended_on > s.started_on)$$,
		CASE launch.by WHEN 'offer' THEN 's.offer = ANY ($1)' ELSE 'false' END,
		CASE WHEN fx_rate IS NOT NULL THEN ' * coalesce(r.rate, 1)' ELSE '' END,
		CASE WHEN fx_rate IS NOT NULL THEN ' LEFT JOIN rate_now r ON r.currency = s.currency' ELSE '' END);
	-- at the last rate, as the views
	rates := CASE WHEN fx_rate IS NOT NULL THEN format($$
		rate_now AS MATERIALIZED (
			SELECT c.currency, cvm.known_rate(c.currency, {currency}, o.as_of - 1, (
				SELECT f.rate FROM %s f WHERE f.currency = c.currency AND f.valid_from < o.as_of ORDER BY f.valid_from DESC, f.rate DESC LIMIT 1)) AS rate
			FROM (SELECT DISTINCT s.currency FROM {subscription} s WHERE s.currency IS NOT NULL) c
			CROSS JOIN observed o
		),$$, fx_rate) ELSE '' END;
	-- the segment held at the launch or, who came later, on the first day
	placed := CASE WHEN segments IS NULL THEN $$SELECT NULL::int AS customer_id, NULL::text AS segment WHERE false$$ ELSE $$
		SELECT b.customer_id, (array_agg(g.segment ORDER BY g.valid_from DESC, g.segment COLLATE "C"))[1] AS segment
		FROM (SELECT s.customer_id, greatest(min(s.started_on), (SELECT l.day FROM launched l)) AS day FROM spell s GROUP BY s.customer_id) b
		JOIN {segments} g ON g.customer_id = b.customer_id AND g.valid_from <= b.day AND (g.valid_to IS NULL OR g.valid_to > b.day)
		GROUP BY b.customer_id$$ END;
	EXECUTE cvm._fill(format($$
		WITH observed AS (
			SELECT coalesce({as_of}, (
				SELECT greatest(
					max(s.started_on) FILTER (WHERE isfinite(s.started_on) AND s.started_on <= t.day),
					max(s.ended_on) FILTER (WHERE isfinite(s.ended_on) AND s.ended_on <= t.day)) + 1
				FROM {subscription} s
				CROSS JOIN (SELECT cvm.day_of(now(), {time_zone}) AS day) t)) AS as_of
		), %4$s spell AS (%1$s
		), launched AS (
			SELECT coalesce($3, min(s.started_on)) AS day FROM spell s WHERE s.product = ANY ($1)
		), placed AS (%2$s
		), by_segment AS (
			SELECT cvm.cannibalization_agg(s.customer_id, s.product, s.started_on, s.ended_on, s.mrr, $1, $2, (SELECT o.as_of FROM observed o),
				{look_back}, {look_ahead}, {entry_gap}, coalesce(p.segment, '(none)')) AS state
			FROM spell s
			LEFT JOIN placed p ON %3$s
			GROUP BY coalesce(p.segment, '(none)')
		)
		SELECT cvm.rollup(b.state) FROM by_segment b$$, spells, placed,
			CASE WHEN segments IS NULL THEN 'false' ELSE 'p.customer_id = s.customer_id' END, rates), literals)
		INTO state USING launch.focal, launch.donors, launch.launched_on;
	RETURN state;
END
$function$;
COMMENT ON FUNCTION cvm.launch(name, text[], text[], text, date) IS
	'What a launch that is named here did to the other products of a model, for cannibalization_verdict() and '
	'cannibalization_donors(): focal products or, by => ''offer'', offers, under which the same product is another '
	'one; donors NULL: all others. Windows and as_of are settings of the model; customers are compared within the '
	'segment held on launched_on (NULL: the first day sold).';
