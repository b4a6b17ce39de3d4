-- SPDX-License-Identifier: PostgreSQL
-- The monthly review: launches, prices, channels, campaigns.

CREATE FUNCTION cvm._review_launches(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH launch AS (
		SELECT c.*, t.p_value
		FROM jsonb_to_recordset(data -> 'cannibalization') AS c (row_key text, focal text, segment text, launched_on date, entries bigint,
			matured_entries bigint,
			corrected_rate numeric, corrected_rate_low numeric, corrected_rate_high numeric, break_even_unit_rate numeric, net_mrr numeric, net_margin numeric,
			verdict text, currency text, as_of date)
		-- against the break-even: half the interval is 1.96 standard errors
		LEFT JOIN LATERAL cvm.mean_difference(c.break_even_unit_rate::double precision, 0, c.corrected_rate::double precision,
			((c.corrected_rate_high - c.corrected_rate_low) / (2 * 1.959964))::double precision, 0.95, 0) t ON c.corrected_rate_high > c.corrected_rate_low
	)
	SELECT 'launches', 'corrected_rate', l.segment, l.focal, NULL::text, l.corrected_rate, NULL::numeric, NULL::numeric, l.corrected_rate_low,
		l.corrected_rate_high, l.matured_entries, 'share',
		coalesce(l.net_margin, l.net_mrr), CASE WHEN l.verdict IN ('accretive', 'value_destroying', 'inconclusive') THEN l.p_value END, l.verdict,
		format('%s: %s, by what is known before %s: of %s matured entries %s took the place of another product%s; %s of MRR a month in all%s.',
			cvm._review_whose(l.segment, l.focal),
			CASE l.verdict WHEN 'value_destroying' THEN 'it destroys value' WHEN 'accretive' THEN 'it pays' WHEN 'immature' THEN 'it is too young to judge'
				WHEN 'inconclusive' THEN 'whether it pays is open' ELSE 'whether it pays cannot be told' END,
			l.as_of::text, cvm._review_number(l.matured_entries), coalesce(cvm._review_share(l.corrected_rate), 'a share not known'),
			cvm._review_phrase(' (%s to %s, break-even %s)', cvm._review_share(l.corrected_rate_low), cvm._review_share(l.corrected_rate_high),
				cvm._review_share(l.break_even_unit_rate)),
			cvm._review_signed(l.net_mrr, l.currency), cvm._review_phrase(', %s of margin', cvm._review_signed(l.net_margin, l.currency))),
		'cannibalization', 'corrected_rate', l.row_key, NULL::boolean, l.as_of
	FROM launch l
	UNION ALL
	SELECT 'prices', 'price_change', c.segment, nullif(c.product, '(all)'), NULL, c.excess_churn_rate, NULL, NULL, c.conf_low, c.conf_high, c.customers,
		'share',
		c.net_mrr, CASE WHEN c.verdict IN ('accretive', 'value_destroying', 'inconclusive') THEN t.p_value END, c.verdict,
		format('%s: the price moved by %s on %s for %s customers, which was to bring %s of MRR a month%s%s.', cvm._review_whose(c.segment, nullif(c.product,
			'(all)')),
			cvm._review_share(c.price_change_rate), c.changed_on::text, cvm._review_number(c.customers), cvm._review_signed(c.uplift_mrr, c.currency),
			cvm._review_phrase('; by what is known before %s it brings %s', c.as_of::text, cvm._review_signed(c.net_mrr, c.currency)),
			cvm._review_phrase(', as %s customers more left than would have (excess churn %s to %s, break-even %s)', cvm._review_number(-c.lost_customers),
				cvm._review_share(c.conf_low), cvm._review_share(c.conf_high), cvm._review_share(c.break_even_churn_rate))),
		'price_change', 'excess_churn_rate', c.row_key, NULL, c.as_of
	FROM jsonb_to_recordset(data -> 'price_change') AS c (row_key text, product text, segment text, changed_on date, customers bigint,
		price_change_rate numeric,
		excess_churn_rate numeric, std_error double precision, conf_low numeric, conf_high numeric, break_even_churn_rate numeric, lost_customers numeric,
		uplift_mrr numeric, net_mrr numeric, verdict text, currency text, as_of date)
	LEFT JOIN LATERAL cvm.mean_difference(c.break_even_churn_rate::double precision, 0, c.excess_churn_rate::double precision, c.std_error, 0.95, 0) t ON true
	UNION ALL
	SELECT 'prices', 'price_book_gap', p.segment, p.product, NULL, p.price_gap, NULL, NULL, NULL, NULL, p.back_lines, 'share', -p.exposed_mrr, NULL,
		CASE WHEN p.exposed_mrr > 0 THEN 'exposed' ELSE 'fact' END,
		format('%s: who came earlier pays %s on average, who comes now %s; %s of MRR a month is above that.', cvm._review_whose(p.segment,
			p.product),
			cvm._review_money(p.back_price, p.currency), coalesce(cvm._review_money(p.front_price, p.currency), 'the best price of all'),
				cvm._review_money(p.exposed_mrr, p.currency)),
		'price_book_gap', 'price_gap', p.row_key, NULL, p.as_of
	FROM jsonb_to_recordset(data -> 'price_book_gap') AS p (row_key text, product text, segment text, back_lines bigint, back_price numeric,
		front_price numeric, price_gap numeric,
		exposed_mrr numeric, currency text, as_of date)
	WHERE p.exposed_mrr <> 0
	UNION ALL
	SELECT 'channels', 'recycled_share', '(all)', g.offer || coalesce(' / ' || nullif(g.channel, '(all)'), ''), NULL, g.gaming_rate, NULL, NULL,
		i.conf_low::numeric, i.conf_high::numeric, g.gross_adds, 'share',
		-g.repriced_mrr, NULL, 'fact',
		format('Offer %s%s: %s of %s new customers (%s) were customers before, for %s of MRR a month less.', g.offer, CASE WHEN g.channel = '(all)' THEN ''
			ELSE ' at ' || g.channel END,
			cvm._review_number(g.recycled_entries), cvm._review_number(g.gross_adds), coalesce(cvm._review_share(g.gaming_rate), 'not known'),
				cvm._review_money(g.repriced_mrr, g.currency)),
		'recycled_acquisition_channel', 'gaming_rate', g.row_key, NULL, g.as_of
	FROM jsonb_to_recordset(data -> 'recycled_acquisition_channel') AS g (row_key text, offer text, channel text, gross_adds bigint, recycled_entries bigint,
		gaming_rate numeric,
		repriced_mrr numeric, currency text, as_of date)
	LEFT JOIN LATERAL cvm.proportion_interval(g.recycled_entries, g.gross_adds) i ON true
	UNION ALL
	SELECT 'channels', 'price_variation', '(all)', c.product, NULL, c.variation, NULL, NULL, NULL, NULL, c.sales, 'share', -c.above_best_mrr, NULL,
		CASE WHEN NOT c.is_complete THEN 'immature' ELSE 'fact' END,
		format('%s: %s sales at %s channels for %s to %s in %s, %s on average; %s of MRR is above the cheapest channel.',
			cvm._review_whose('(all)', c.product), cvm._review_number(c.sales), c.channels,
			cvm._review_money(c.lowest_price, c.currency), cvm._review_money(c.highest_price, c.currency), to_char(c.month, 'YYYY-MM'),
				cvm._review_money(c.mean_price, c.currency),
			cvm._review_money(c.above_best_mrr, c.currency)),
		'channel_price', 'variation', c.row_key, c.is_complete, c.as_of
	FROM jsonb_to_recordset(data -> 'channel_price') AS c (row_key text, product text, month date, sales bigint, channels bigint, mean_price numeric,
		lowest_price numeric,
		highest_price numeric, variation numeric, above_best_mrr numeric, currency text, is_complete boolean, as_of date)
	WHERE c.above_best_mrr <> 0;
$$;
COMMENT ON FUNCTION cvm._review_launches(jsonb,
	date) IS 'Rows of a review: launches and changes of price against their break-even, prices old and new, prices of channels, customers who came twice.';

CREATE FUNCTION cvm._review_contacts(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH pressure AS (
		SELECT p.* FROM jsonb_to_recordset(data -> 'contact_pressure') AS p (row_key text, segment text, month date, customers bigint,
			over_cap_customers bigint, over_cap_share numeric,
			contact_cap int, contact_window int, is_complete boolean, as_of date)
	)
	SELECT 'campaigns', 'over_cap_share', a.segment, NULL::text, NULL::text, a.over_cap_share, b.over_cap_share, a.over_cap_share - b.over_cap_share,
		t.conf_low::numeric, t.conf_high::numeric,
		a.customers, 'share', NULL::numeric, t.p_value, CASE WHEN NOT a.is_complete THEN 'immature' WHEN t.p_value IS NULL THEN 'no_data' END,
		format('%s: %s of %s customers who were contacted got more than %s contacts in %s days in %s%s.', cvm._review_whose(a.segment),
			cvm._review_number(a.over_cap_customers),
			cvm._review_number(a.customers), a.contact_cap, a.contact_window, to_char(a.month, 'YYYY-MM'),
			cvm._review_phrase(' (%s, %s in %s)', cvm._review_share(a.over_cap_share), cvm._review_share(b.over_cap_share), to_char(b.month, 'YYYY-MM'))),
		'contact_pressure', 'over_cap_share', a.row_key, a.is_complete, a.as_of
	FROM pressure a
	LEFT JOIN pressure b ON b.segment = a.segment AND b.month < a.month AND a.is_complete AND b.is_complete
	LEFT JOIN LATERAL cvm.proportion_difference(b.over_cap_customers, b.customers, a.over_cap_customers, a.customers, 0.95, 0) t ON true
	WHERE a.month = $2
	UNION ALL
	SELECT 'campaigns', 'uplift', '(all)', c.campaign, NULL, c.uplift, NULL, NULL, c.conf_low, c.conf_high, c.target_customers, 'share', NULL,
		CASE WHEN c.verdict IN ('uplift', 'harm', 'inconclusive') THEN t.p_value END, c.verdict,
		format('Campaign %s: %s of %s in it bought, %s of the %s held out%s; verdict %s.', c.campaign, coalesce(cvm._review_share(c.target_rate),
			'a share not known'),
			cvm._review_number(c.target_customers), coalesce(cvm._review_share(c.control_rate), 'a share not known'), cvm._review_number(c.control_customers),
			cvm._review_phrase(' (uplift %s, some %s customers)', cvm._review_points(c.conf_low, c.conf_high), cvm._review_number(c.incremental_customers)),
				replace(c.verdict, '_', ' ')),
		'campaign_uplift', 'uplift', c.row_key, NULL, c.as_of
	FROM jsonb_to_recordset(data -> 'campaign_uplift') AS c (row_key text, campaign text, target_customers bigint, control_customers bigint,
		target_rate numeric, control_rate numeric,
		uplift numeric, std_error double precision, conf_low numeric, conf_high numeric, incremental_customers numeric, verdict text, as_of date)
	LEFT JOIN LATERAL cvm.mean_difference(0, 0, c.uplift::double precision, c.std_error, 0.95, 0) t ON true;
$$;
COMMENT ON FUNCTION cvm._review_contacts(jsonb, date) IS 'Rows of a review: contact pressure and what campaigns brought beyond their control.';
