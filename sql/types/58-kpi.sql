-- SPDX-License-Identifier: PostgreSQL
-- Arithmetic of subscriptions: prices to months, churn to other lengths of
-- time, lifetime value and payback.  What is not defined is NULL.

CREATE FUNCTION cvm.normalise_mrr(amount numeric, unit text,
	units integer DEFAULT 1, days_per_year numeric DEFAULT 365.25)
	RETURNS numeric
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	months bigint := cvm._interval_months(unit);
	days bigint := cvm._interval_days(unit);
BEGIN
	IF units < 1 THEN
		RAISE EXCEPTION 'price for "%" units of time', units
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Use 1 or more: a price each quarter is 3 months, or 1 quarter.';
	ELSIF months IS NOT NULL THEN
		RETURN amount / (months * units::numeric);
	ELSIF days IS NOT NULL THEN
		RETURN amount * days_per_year / (12 * days * units::numeric);
	END IF;
	RAISE EXCEPTION 'unknown unit of time "%"', left(unit, 64)
		USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Use day, week, month, quarter, year or their usual forms.';
END
$function$;
COMMENT ON FUNCTION cvm.normalise_mrr(numeric, text, integer, numeric) IS
	'A price for so many days, weeks, months, quarters or years, by the words that per_month() knows, as a price a '
	'month; days_per_year says how long weeks and days are: 365.25, or 364 (52 weeks), 360 (months of 30 days), 336 '
	'(months of 4 weeks)';

CREATE FUNCTION cvm.annual_churn(monthly float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN monthly BETWEEN 0 AND 1 THEN 1 - power(1 - monthly, 12) END;
COMMENT ON FUNCTION cvm.annual_churn(float8) IS
	'Monthly churn, compounded over a year: 1 - (1 - m)^12';

CREATE FUNCTION cvm.monthly_churn(rate float8, days float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN rate BETWEEN 0 AND 1 AND days > 0 THEN 1 - power(1 - rate, 365.0 / 12 / days) END;
COMMENT ON FUNCTION cvm.monthly_churn(float8, float8) IS
	'Churn seen over so many days as churn a month: 1 - (1 - q)^((365/12) / days)';

CREATE FUNCTION cvm.ltv_naive(arpa float8, churn float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN churn > 0 AND churn <= 1 THEN arpa / churn END;
COMMENT ON FUNCTION cvm.ltv_naive(float8, float8) IS
	'Revenue until churn, at constant churn: A / c; NULL where nobody churns';

CREATE FUNCTION cvm.ltv_margin(arpa float8, margin float8, churn float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN churn > 0 AND churn <= 1 THEN arpa * margin / churn END;
COMMENT ON FUNCTION cvm.ltv_margin(float8, float8, float8) IS
	'Margin until churn, at constant churn: A g / c; NULL where nobody churns';

CREATE FUNCTION cvm.ltv_discounted(arpa float8, margin float8, churn float8,
	discount float8, in_advance boolean DEFAULT true) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN churn BETWEEN 0 AND 1 AND discount >= 0 AND churn + discount > 0
		THEN arpa * margin * CASE WHEN in_advance THEN 1 + discount ELSE 1 - churn END / (discount + churn) END;
COMMENT ON FUNCTION cvm.ltv_discounted(float8, float8, float8, float8, boolean) IS
	'Margin until churn, discounted: A g (1 + d) / (d + c) paid in advance, A g (1 - c) / (d + c) in arrears';

CREATE FUNCTION cvm.ltv_capped(arpa float8, margin float8, churn float8,
	months integer, discount float8 DEFAULT 0) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE
		WHEN months < 0 OR churn < 0 OR churn > 1 OR discount < 0 THEN NULL
		WHEN churn + discount = 0 THEN arpa * margin * months
		ELSE arpa * margin * (1 - power((1 - churn) / (1 + discount), months)) / (1 - (1 - churn) / (1 + discount))
	END;
COMMENT ON FUNCTION cvm.ltv_capped(float8, float8, float8, integer, float8) IS
	'Margin of so many months, paid in advance: A g (1 - q^n) / (1 - q) with q = (1 - c) / (1 + d); defined where nobody churns';

CREATE FUNCTION cvm.cac_payback(cac float8, arpa float8, margin float8 DEFAULT 1,
	churn float8 DEFAULT 0) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE
		WHEN cac < 0 OR arpa * margin <= 0 OR churn < 0 OR churn >= 1 THEN NULL
		WHEN churn = 0 THEN cac / (arpa * margin)
		WHEN cac * churn / (arpa * margin) < 1
			THEN ln(1 - cac * churn / (arpa * margin)) / ln(1 - churn)
	END;
COMMENT ON FUNCTION cvm.cac_payback(float8, float8, float8, float8) IS
	'Months until margin has paid what a customer cost, paid in advance: ln(1 - CAC c / (A g)) / ln(1 - c); NULL when it never does';

CREATE FUNCTION cvm.churn_rates(waterfall cvm.movement, daily cvm.movement)
	RETURNS TABLE (period_start date, opening_customers bigint,
		openers_lost bigint, all_lost bigint, customer_days bigint,
		openers_rate float8, all_rate float8, with_new_rate float8,
		average_base_rate float8, daily_rate float8, hazard_rate float8)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 30
BEGIN ATOMIC
	WITH period AS (
		-- who is in a pause can be lost too
		SELECT m.period_start, m.opening_customers + m.paused_customers + m.closing_paused_customers AS opening_customers,
			m.new_customers, m.reactivation_customers, m.churn_customers, m.moved_in_customers, m.same_period_customers,
			m.closing_customers + m.closing_paused_customers AS closing_customers,
			lead(m.period_start) OVER (ORDER BY m.period_start) AS next_start
		FROM cvm.movements(waterfall) AS m
	), day AS (
		SELECT p.period_start, sum(d.closing_customers + d.closing_paused_customers)::bigint AS customer_days,
			-sum(d.churn_customers) AS lost, count(*) AS days,
			sum(-d.churn_customers / nullif(d.opening_customers + d.paused_customers + d.closing_paused_customers, 0)::float8) AS daily_rate
		FROM cvm.movements(daily) AS d
		JOIN period AS p ON d.period_start >= p.period_start
			AND (d.period_start < p.next_start OR p.next_start IS NULL)
		GROUP BY p.period_start
	)
	SELECT p.period_start, p.opening_customers, -p.churn_customers,
		-p.churn_customers + p.same_period_customers, d.customer_days,
		-p.churn_customers / nullif(p.opening_customers, 0)::float8,
		(-p.churn_customers + p.same_period_customers) / nullif(p.opening_customers, 0)::float8,
		(-p.churn_customers + p.same_period_customers)
			/ nullif(p.opening_customers + p.new_customers + p.reactivation_customers
				+ p.moved_in_customers + p.same_period_customers, 0)::float8,
		(-p.churn_customers + p.same_period_customers)
			/ nullif((p.opening_customers + p.closing_customers) / 2.0, 0)::float8,
		CASE WHEN p.opening_customers + p.closing_customers > 0 THEN d.daily_rate END,
		d.lost * d.days / nullif(d.customer_days, 0)::float8
	FROM period AS p
	LEFT JOIN day AS d ON d.period_start = p.period_start
	ORDER BY p.period_start;
END;
COMMENT ON FUNCTION cvm.churn_rates(cvm.movement, cvm.movement) IS
	'Churn of customers by six definitions, from a waterfall and the same by day: openers lost over opening (the one '
	'used everywhere here), all lost over opening, over opening and new, over the mean of opening and closing, sum of '
	'the days'' rates, lost over customer-periods; who is in a pause counts as there';

-- A rate that must be there: a sum without some of its parts would be wrong.
CREATE FUNCTION cvm.known_rate(currency text, own text, day date, rate numeric) RETURNS numeric
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF known_rate.currency = coalesce(known_rate.own, '(none)') THEN
		RETURN 1;
	ELSIF known_rate.rate > 0 AND known_rate.rate < 'Infinity' THEN
		RETURN known_rate.rate;
	END IF;
	RAISE invalid_parameter_value USING
		MESSAGE = format('no rate of currency "%s" on %s', known_rate.currency, known_rate.day),
		HINT = 'Add one to what is bound to fx_rate: what a unit is worth in the currency of the model.';
END
$$;
COMMENT ON FUNCTION cvm.known_rate(text, text, date, numeric) IS
	'The rate of a currency on a day: 1 for the model''s own, an error where none is known';

@for more | types | words
                      |                  |
, held datemultirange | , datemultirange | , of the days that each is in the segment
@make
CREATE FUNCTION cvm.kept_changes(holdings cvm.holdings, grain text, as_of date, periods integer{more})
	RETURNS TABLE (period_start date, customers bigint,
		opening_mrr numeric, gross_retained_mrr numeric, net_retained_mrr numeric)
	AS 'MODULE_PATHNAME', 'cvm_kept_changes'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 6;
COMMENT ON FUNCTION cvm.kept_changes(cvm.holdings, text, date, integer{types}) IS
	'From closing to closing so many periods later: who paid at the first, what they brought, what of it is left and '
	'what they bring{words}; each row is what changes from the period before, so add them up over customers and then '
	'over periods';
@end
