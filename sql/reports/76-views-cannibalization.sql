-- SPDX-License-Identifier: PostgreSQL
-- Report views over launches: what a new product's customers came from, what
-- that cost, and whether it pays.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(30, 'look_back', 'count', '30',
		'Days before an entry into a new product in which other products count as held before.'),
	(31, 'look_ahead', 'count', '60', 'Days after an entry at whose end other products are looked at again.'),
	(32, 'entry_gap', 'count', '0', 'Days without the new product after which coming back is a new entry.'),
	(33, 'min_entries', 'count', '30', 'Entries that a verdict needs.'),
	(34, 'min_matured', 'fraction', '0',
		'Share of the entries that must be look_ahead days old before there is a verdict. 0: those that are old '
		'enough are judged, however many came later.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(50, 'cannibalization',
		'Did a new product eat older ones, how sure is that, and does it pay? One row per new product (focal), '
		'donor, segment and channel. Entries are classified against the donor of the row, "(all)" being every other '
		'product, so rows of donors do not add up; cannibalization_matrix does. Rates stand on matured entries. A '
		'new product is one launched after the first day of the data.'),
	(51, 'cannibalization_evidence',
		'The entries behind cannibalization: one row per customer and first day of a run of a new product, compared '
		'with all other products.'),
	(52, 'cannibalization_sensitivity',
		'The rates of cannibalization over a grid of look-back and look-ahead, and the hazard: of those who still '
		'had all they had thirty days earlier, the share who lost some since, with the new product and without it. '
		'Choose a look-ahead where the two meet.'),
	(58, 'cannibalization_matrix',
		'Who lives off whom: every product as the new one, every other as a donor, one row per pair and segment, '
		'"(all)" being the sum of the donors. Lost money of an entry is divided among the donors that dropped, so '
		'that it adds up. It is not corrected for what donors lose anyway.');

-- What they share.  What is sold says when it was launched; what does not, first
-- sold long after everything else, must have been launched then.
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- The days observed; spells are read once for them and for when what was first sold
('launches_observed', 1, '{distributed subscription}', '{observed_since}'),
('launches_observed', 9, '{}', $${valued}first_sold AS MATERIALIZED (
	-- not when it ended, where nothing hangs on it: an index may have the rest
	SELECT s.product, min(s.started_on) AS sold_on, min(s.started_on) FILTER (WHERE isfinite(s.started_on)) AS first_day, greatest(
			max(s.started_on) FILTER (WHERE {as_of} IS NULL AND isfinite(s.started_on) AND s.started_on <= t.day),
			max(CASE WHEN {as_of} IS NULL AND isfinite(s.ended_on) AND s.ended_on <= t.day THEN s.ended_on END)) + 1 AS seen_until
	FROM subscription s
	CROSS JOIN (SELECT cvm.day_of(now(), {time_zone}) AS day) t
	GROUP BY s.product
), observed AS MATERIALIZED (
	SELECT d.first_day, coalesce({as_of}, d.seen_until, '0001-01-01') AS as_of
	FROM (SELECT min(f.first_day) AS first_day, max(f.seen_until) AS seen_until FROM first_sold f) d
)$$),
('sold', 1, '{distributed subscription}', $$(
		SELECT s.product AS focal, min(s.started_on) AS sold_on
		FROM subscription s
		CROSS JOIN observed o
		WHERE s.product IS NOT NULL AND s.started_on < o.as_of
		GROUP BY s.product)$$),
('sold', 9, '{}', $$(
		SELECT f.product AS focal, f.sold_on
		FROM first_sold f
		CROSS JOIN observed o
		WHERE f.product IS NOT NULL AND f.sold_on < o.as_of)$$),
('launches', 1, '{product}', $$
catalogue AS (
	SELECT p.product, max(p.launched_on) AS launched_on, max(p.unit_margin) AS unit_margin, max(p.list_price) AS list_price
	FROM product p
	GROUP BY p.product
), launch AS MATERIALIZED (
	SELECT b.focal, coalesce(p.launched_on, b.sold_on) AS launched_on, p.unit_margin, p.list_price
	FROM {sold} b
	CROSS JOIN observed o
	LEFT JOIN catalogue p ON p.product = b.focal
	WHERE (p.launched_on IS NOT NULL OR b.sold_on > o.first_day + 90)
		AND coalesce(p.launched_on, b.sold_on) > o.first_day AND coalesce(p.launched_on, b.sold_on) < o.as_of
)
$$),
('launches', 9, '{}', $$
launch AS MATERIALIZED (
	SELECT b.focal, b.sold_on AS launched_on, NULL::numeric AS unit_margin, NULL::numeric AS list_price
	FROM {sold} b
	CROSS JOIN observed o
	WHERE b.sold_on > o.first_day + 90
)
$$),
-- The segment held at the launch or, who came later, on the first day: any later
-- one may be a consequence of the launch
('placed_at_launch', 1, '{segment_history}', $$, began AS {at_customer} (
	SELECT b.customer_id, b.first_day, t.timeline
	FROM (SELECT s.customer_id, min(s.started_on) AS first_day FROM spell s GROUP BY s.customer_id) b
	LEFT JOIN (
@use timeline_rows AND h.valid_from IS NOT NULL
	) t ON t.customer_id = b.customer_id
), placed AS {at_customer} (
	SELECT l.focal, b.customer_id, coalesce(cvm._segment_on(b.timeline, greatest(l.launched_on, b.first_day)), '(none)') AS segment
	FROM began b
	CROSS JOIN launch l
)$$),
('placed_at_launch', 9, '{}', ''),
-- Who ever took a launch, and what they hold
('taken', 1, '{}', $$, taker AS MATERIALIZED (
	SELECT DISTINCT k.customer_id
	FROM (
		SELECT s.customer_id FROM launch l JOIN subscription s ON s.product = l.focal
		UNION ALL
		-- what is not told is a product too
		SELECT s.customer_id FROM subscription s WHERE s.product IS NULL AND (SELECT count(*) FROM launch l WHERE l.focal = '(none)') > 0) k
	WHERE k.customer_id IS NOT NULL
), taken AS MATERIALIZED (
	SELECT s.* FROM spell s WHERE s.customer_id IN (SELECT t.customer_id FROM taker t)
)$$),
('taken_beside', 1, '{distributed subscription}', ''),
('taken_beside', 9, '{}', '{taken}'),
-- Segments of those who took a launch, which is all that entries need; where Citus has customers, of all
('placed_takers', 1, '{distributed subscription}', '{placed_at_launch}'),
('placed_takers', 2, '{segment_history}', $${taken}, began AS MATERIALIZED (
	SELECT b.customer_id, b.first_day, t.timeline
	FROM (SELECT s.customer_id, min(s.started_on) AS first_day FROM taken s GROUP BY s.customer_id) b
	LEFT JOIN (
@use timeline_rows AND h.valid_from IS NOT NULL AND h.customer_id IN (SELECT k.customer_id FROM taker k)
	) t ON t.customer_id = b.customer_id
), placed AS MATERIALIZED (
	SELECT l.focal, b.customer_id, coalesce(cvm._segment_on(b.timeline, greatest(l.launched_on, b.first_day)), '(none)') AS segment
	FROM began b
	CROSS JOIN launch l
)$$),
('placed_takers', 9, '{}', '{taken}'),
('taken_spells', 1, '{distributed subscription}', $$(
		SELECT s.* FROM spell s WHERE s.customer_id IN (SELECT t.customer_id FROM spell t WHERE t.product IN (SELECT l.focal FROM launch l)))$$),
('taken_spells', 9, '{}', 'taken'),
('paid_spells', 1, '{distributed subscription}', 'spell'),
('paid_spells', 9, '{}', 'taken'),
-- Spells and times in segments as rows of one fold, which leaves out what are none
('launch_rows', 1, '{segment_history}', $$(
		SELECT s.customer_id, s.product, s.started_on, s.ended_on, CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END AS mrr, NULL::text AS segment,
			(SELECT o.as_of FROM observed o) AS as_of
		FROM subscription s
		UNION ALL
		-- without a first day it is no time, nor in no segment: a condition here would make a subquery of this side
		SELECT h.customer_id, NULL, CASE WHEN h.segment IS NOT NULL THEN h.valid_from END, h.valid_to, NULL,
			CASE WHEN h.valid_from IS NOT NULL THEN h.segment END,
			(SELECT o.as_of FROM observed o)
		FROM segment_history h) r$$),
('launch_rows', 9, '{}', $$(
		SELECT s.customer_id, s.product, s.started_on, s.ended_on, CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END AS mrr, NULL::text AS segment,
			(SELECT o.as_of FROM observed o) AS as_of
		FROM subscription s) r$$),
('placed_segment', 1, '{segment_history}', 'p.segment'),
('placed_segment', 9, '{}', $$'(none)'::text$$),
('placed_join', 1, '{segment_history}', $$
	JOIN placed p ON p.focal = q.focal$$),
('placed_join', 9, '{}', ''),
('placed_customer', 1, '{segment_history}', 's.customer_id = p.customer_id'),
('placed_customer', 9, '{}', 'true'),
('placed_group', 1, '{segment_history}', ', p.segment'),
('placed_group', 9, '{}', ''),
-- Everybody's spells, or what is folded, beside each launch, and the segments there are.
-- A full join is never a nested loop, whatever the planner expects of customers, and
-- Citus joins customers where they live
('placed_beside', 1, '{distributed subscription}', 'JOIN'),
('placed_beside', 9, '{}', 'FULL JOIN'),
('placed_groups', 1, '{segment_history}', 'SELECT p.focal, p.segment FROM placed p GROUP BY p.focal, p.segment'),
('placed_groups', 9, '{}', $$SELECT l.focal, '(none)'::text AS segment FROM launch l$$),
('placed_spells', 1, '{segment_history}', 'SELECT s.*, p.focal, p.segment FROM placed p {placed_beside} spell s ON s.customer_id = p.customer_id'),
('placed_spells', 9, '{}', $$SELECT s.*, l.focal, '(none)'::text AS segment FROM spell s CROSS JOIN launch l$$),
('placed_held', 1, '{segment_history}', $$(
		SELECT h.customer_id, h.holdings, p.focal, p.segment
		FROM placed p
		{placed_beside} held h ON h.customer_id = p.customer_id
		WHERE coalesce(h.customer_id = p.customer_id, false)
		{apart})$$),
('placed_held', 9, '{}', $$(SELECT h.customer_id, h.holdings, l.focal, '(none)'::text AS segment FROM held h CROSS JOIN launch l)$$),
('placed_folds', 1, '{segment_history}', 'SELECT s.*, p.focal, p.segment FROM placed p {placed_beside} {fold_rows} s ON s.customer_id = p.customer_id'),
('placed_folds', 9, '{}', $$SELECT s.*, l.focal, '(none)'::text AS segment FROM {fold_rows} s CROSS JOIN launch l$$),
('fold_arguments', -1, '{distributed subscription,subscription.currency,fx_rate}', 's.holdings'),
('fold_arguments', 0, '{subscription.currency,fx_rate}', 's.customer_id, s.product, s.started_on, s.ended_on, s.mrr'),
('fold_arguments', 1, '{customer_holdings}', 's.holdings'),
('fold_arguments', 2, '{distributed subscription}', 's.holdings'),
('fold_arguments', 9, '{}', 's.customer_id, s.product, s.started_on, s.ended_on, s.mrr'),
('spell_folds', 1, '{}', '(SELECT k.customer_id, cvm.holdings_agg(k.product, k.started_on, k.ended_on, k.mrr) AS holdings FROM spell k GROUP BY k.customer_id)'),
('fold_rows', -1, '{distributed subscription,subscription.currency,fx_rate}', '{spell_folds}'),
('fold_rows', 0, '{subscription.currency,fx_rate}', 'spell'),
('fold_rows', 1, '{customer_holdings}', 'customer_holdings'),
('fold_rows', 2, '{distributed subscription}', '{spell_folds}'),
('fold_rows', 9, '{}', 'spell'),
-- In one pass from spells, or from what is folded where Citus has each customer
('answered_rows', 1, '{distributed subscription}', '{placed_folds}'),
('answered_rows', 9, '{}', '{placed_spells}'),
('answered_arguments', 1, '{distributed subscription}', '{fold_arguments}'),
('answered_arguments', 9, '{}', 's.customer_id, s.product, s.started_on, s.ended_on, s.mrr'),
('answered_as_of', 1, '{distributed subscription}', 'o.as_of'),
('answered_as_of', 9, '{}', '(SELECT o.as_of FROM observed o)'),
('answered_beside', 1, '{distributed subscription}', $$
	CROSS JOIN observed o$$),
-- only who has a donor or the focal product is anybody to a question
('answered_beside', 9, '{}', ' AND (a.donors IS NULL OR s.product = a.focal OR s.product = a.donor)'),
('observed_beside', 1, '{distributed subscription}', $$
	CROSS JOIN observed o$$),
('observed_beside', 9, '{}', ''),
-- Entries by the channel in which the new product was bought; the control is that of all
('channel_folds', 1, '{subscription.channel}', $$sold AS (
	SELECT e.focal, e.customer_id, e.segment, coalesce(e.channel, '(none)') AS channel, (array_agg(e.holdings))[1] AS holdings
	FROM entered e
	GROUP BY e.focal, e.customer_id, e.segment, e.channel
), by_channel_segment AS (
	SELECT q.focal, q.donor, t.segment, t.channel,
		cvm.cannibalization_agg(t.holdings, q.focals, q.donors, o.as_of, {look_back}, {look_ahead}, {entry_gap}, t.segment, t.channel) AS state
	FROM sold t
	JOIN question q ON q.focal = t.focal
	CROSS JOIN observed o
	GROUP BY q.focal, q.donor, t.segment, t.channel
), by_channel AS (
	SELECT b.focal, b.donor, b.segment, b.channel, b.state FROM by_channel_segment b WHERE {has_segments}
	UNION ALL
	SELECT b.focal, b.donor, '(all)' AS segment, b.channel, cvm.rollup(b.state) AS state FROM by_channel_segment b GROUP BY b.focal, b.donor, b.channel
), watched AS MATERIALIZED (
	SELECT s.focal, s.donor, s.segment, cvm.control_only(s.state) AS state FROM every_channel s
), $$),
('channel_folds', 9, '{}', ''),
('channel_states', 1, '{subscription.channel}', $$
	UNION ALL
	SELECT c.focal, c.donor, c.segment, c.channel, c.state OPERATOR(cvm.||) s.state
	FROM by_channel c
	JOIN watched s ON s.focal = c.focal AND s.donor = c.donor AND s.segment = c.segment$$),
('channel_states', 9, '{}', ''),
('channel_customers', 1, '{subscription.channel}', $$
	UNION ALL
	-- who bought in a channel, and of everybody the control
	SELECT w.focal, w.donor, w.segment, w.channel, e.customer_id, cvm.cannibalization_agg(e.holdings, ARRAY[w.focal],
		CASE WHEN w.donor <> '(all)' THEN ARRAY[w.donor] END,
		(SELECT o.as_of FROM observed o), {look_back}, {look_ahead}, {entry_gap}, e.segment, e.channel) AS state
	FROM wanted w
	JOIN (
		SELECT e.focal, e.customer_id, e.segment, coalesce(e.channel, '(none)') AS channel, (array_agg(e.holdings))[1] AS holdings
		FROM entered e
		GROUP BY e.focal, e.customer_id, e.segment, e.channel) e ON e.focal = w.focal AND e.channel = w.channel AND w.segment IN ('(all)', e.segment)
	GROUP BY w.focal, w.donor, w.segment, w.channel, e.customer_id$$),
('channel_customers', 9, '{}', ''),
-- Without a launch: the segment held on the customer's first day
-- where Citus has customers, or folds of them are stored
@for preference | needs
1 | distributed subscription
3 | customer_holdings
@make
('matrix_folds', {preference}, '{{needs},segment_history}', $$
SELECT p.segment,
		cvm.cannibalization_matrix_agg({fold_arguments}, {answered_as_of}, {look_back}, {look_ahead}, {entry_gap}) AS state
	FROM {fold_rows} s{observed_beside}
	JOIN (
		SELECT b.customer_id, coalesce(cvm._segment_on(t.timeline, b.day), '(none)') AS segment
		FROM (SELECT s.customer_id, min(s.started_on) AS day FROM spell s GROUP BY s.customer_id) b
		LEFT JOIN (
@use timeline_rows AND h.valid_from IS NOT NULL
		) t ON t.customer_id = b.customer_id) p ON p.customer_id = s.customer_id
	GROUP BY p.segment
$$),
('matrix_folds', {preference} + 1, '{{needs}}', $$
SELECT '(none)'::text AS segment,
		cvm.cannibalization_matrix_agg({fold_arguments}, {answered_as_of}, {look_back}, {look_ahead}, {entry_gap}) AS state
	FROM {fold_rows} s{observed_beside}
$$),
@end
-- else in one fold, half the time
('matrix_folds', 9, '{}', $$
	SELECT m.segment, m.state
	FROM (
		SELECT cvm._launch_matrix_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.mrr, r.segment, r.as_of,
			ARRAY[{look_back}::text, {look_ahead}::text, {entry_gap}::text, 'false', {conf}::text]) AS matrices
		FROM {launch_rows}) f
	CROSS JOIN LATERAL cvm._launch_matrices(f.matrices) m
$$);

@define launched_spells
{launches_observed}, {launches},
spell AS NOT MATERIALIZED (
	SELECT s.customer_id, coalesce(s.product, '(none)') AS product, s.started_on, s.ended_on, s.channel, s.offer,
		CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END AS mrr
	FROM subscription s
	WHERE s.customer_id IS NOT NULL AND s.started_on IS NOT NULL AND (s.ended_on IS NULL OR s.ended_on > s.started_on)
)
@end
-- What is asked of each segment, by a number: of groups of several columns the planner
-- expects so many that it sorts spells instead of hashing groups
@define asked_groups rows
asked AS MATERIALIZED (
	SELECT row_number() OVER () AS no, q.*, g.segment
	FROM question q
	JOIN ({placed_groups}) g ON g.focal = q.focal
), asked_row AS {at_customer} (
	{rows}
)
@end
-- Entries of those who ever took a launch: few, so that what they hold may be
-- folded with the channels in which it was sold
@define entered
held AS {at_customer} (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, s.mrr, s.channel, s.offer) AS holdings
	FROM {taken_spells} s
	GROUP BY s.customer_id
), entered AS {at_customer} (
	SELECT s.focal, s.customer_id, s.segment, s.holdings, e.*
	FROM {placed_held} s
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.entries(s.holdings, ARRAY[s.focal], NULL, o.as_of, {look_back}, {look_ahead}, {entry_gap}) e
)
@end

-- What is asked of the fold of launches, with the names and days of these
@define launch_questions backs | aheads | has_donors
(SELECT ARRAY[{backs}, {aheads}, {entry_gap}::text, {has_donors}, {conf}::text] || (
			SELECT array_agg(w.word ORDER BY l.focal, w.at)
			FROM launch l
			CROSS JOIN LATERAL (VALUES (1, l.focal), (2, (l.launched_on - date '2000-01-01')::text)) AS w (at, word)))
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- Answers by launch, donor and segment: where Citus has customers, by a fold of each; else by one fold, a third of the time
('answers', 1, '{distributed subscription}', $$
@use asked_groups {answered_rows}
, answered AS MATERIALIZED (
	SELECT a.no, cvm.cannibalization_agg({answered_arguments}, a.focals, a.donors,
		{answered_as_of}, {look_back}, {look_ahead}, {entry_gap}, a.segment) AS state
	FROM asked a
	JOIN asked_row s ON s.focal = a.focal AND s.segment = a.segment{answered_beside}
	GROUP BY a.no
), by_segment AS MATERIALIZED (
	SELECT a.focal, a.donor, a.segment, n.state FROM answered n JOIN asked a ON a.no = n.no
), every_channel AS MATERIALIZED (
	SELECT b.focal, b.donor, b.segment, b.state FROM by_segment b WHERE {has_segments}
	UNION ALL
	SELECT b.focal, b.donor, '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b GROUP BY b.focal, b.donor
$$),
('answers', 9, '{}', $$launch_fold AS MATERIALIZED (
	SELECT cvm._launch_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.mrr, r.segment, r.as_of,
@use launch_questions {look_back}::text | {look_ahead}::text | 'true'
		) AS states
	FROM {launch_rows}
), every_channel AS MATERIALIZED (
	SELECT s.focal, coalesce(s.donor, '(all)') AS donor, coalesce(s.segment, '(all)') AS segment, s.state
	FROM launch_fold f
	CROSS JOIN LATERAL cvm._launch_states(f.states) s
	WHERE {has_segments} OR s.segment IS NULL
$$),
-- The same of rates in a grid of windows, from what is folded where it is stored
@for preference | needs
1 | {distributed subscription}
2 | {customer_holdings}
@make
('grid_rates', {preference}, '{needs}', $${placed_at_launch}, question AS (
	SELECT l.focal, ARRAY[l.focal] AS focals FROM launch l
),
@use asked_groups {placed_folds}
, answered AS MATERIALIZED (
	SELECT a.no, cvm.cannibalization_agg({fold_arguments}, a.focals, NULL::text[], {answered_as_of},
		ARRAY[7, 30, 90], ARRAY[0, 30, 60, 90, 120, 150, 180], {entry_gap}, a.segment) AS state
	FROM asked a
	JOIN asked_row s ON s.focal = a.focal AND s.segment = a.segment{observed_beside}
	GROUP BY a.no
), by_segment AS MATERIALIZED (
	SELECT a.focal, a.segment, n.state FROM answered n JOIN asked a ON a.no = n.no
), state AS MATERIALIZED (
	SELECT b.focal, b.segment, b.state FROM by_segment b WHERE {has_segments}
	UNION ALL
	SELECT b.focal, '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b GROUP BY b.focal
), rate AS (
	SELECT s.focal, s.segment, v.*
	FROM state s
	CROSS JOIN LATERAL cvm.cannibalization_verdict(s.state, conf => {conf}) v
)$$),
@end
('grid_rates', 9, '{}', $$, launch_fold AS MATERIALIZED (
	SELECT cvm._launch_rate_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.mrr, r.segment, r.as_of,
@use launch_questions '7,30,90' | '0,30,60,90,120,150,180' | 'false'
		) AS rates
	FROM {launch_rows}
), rate AS (
	SELECT v.focal, coalesce(v.segment, '(all)') AS segment, v.look_back, v.look_ahead, v.entries, v.matured_entries, v.pending_entries, v.own_base_share,
		v.unit_rate, v.unit_rate_low, v.unit_rate_high, v.value_rate, v.value_rate_low, v.value_rate_high, v.control_customers, v.control_loss_rate,
		v.corrected_rate, v.corrected_rate_low, v.corrected_rate_high, v.entry_hazard, v.control_hazard
	FROM launch_fold f
	CROSS JOIN LATERAL cvm._launch_rates(f.rates) v
	WHERE {has_segments} OR v.segment IS NULL
)$$);
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('cannibalization', 1, '{subscription,product}', $$
WITH
@use launched_spells
{placed_takers},
@use entered
, pair AS MATERIALIZED (
	SELECT e.focal, d.donor, count(*) AS entries
	FROM entered e
	CROSS JOIN LATERAL unnest(e.donors_before) AS d(donor)
	GROUP BY e.focal, d.donor
), question AS MATERIALIZED (
	SELECT l.focal, '(all)'::text AS donor, ARRAY[l.focal] AS focals, NULL::text[] AS donors FROM launch l
	UNION ALL
	SELECT r.focal, r.donor, ARRAY[r.focal], ARRAY[r.donor] FROM pair r
)
, {answers}), {channel_folds}state AS MATERIALIZED (
	SELECT s.focal, s.donor, s.segment, '(all)'::text AS channel, s.state FROM every_channel s{channel_states}
), paid AS MATERIALIZED (
	-- for each line held when donors brought what counts as before
	SELECT e.focal, k.product, avg(k.mrr) AS price
	FROM (SELECT x.focal, x.customer_id, x.entered_on - x.days_between AS day FROM entered x WHERE x.days_between IS NOT NULL) e
	{placed_beside} {paid_spells} k ON k.customer_id = e.customer_id
	WHERE coalesce(k.product <> e.focal AND k.mrr > 0 AND k.started_on <= e.day AND coalesce(k.ended_on > e.day, true), false)
	GROUP BY e.focal, k.product
), worth AS MATERIALIZED (
	-- at the price paid, where the price is known at which unit_margin is earned
	SELECT l.focal, c.product, c.unit_margin + coalesce(p.price - c.list_price, 0) AS margin,
		CASE WHEN c.list_price IS NOT NULL THEN coalesce(p.price, c.list_price) END AS price
	FROM launch l
	CROSS JOIN catalogue c
	LEFT JOIN paid p ON p.focal = l.focal AND p.product = c.product
), lost AS MATERIALIZED (
	SELECT s.segment, s.channel, s.focal, sum(x.lost_mrr) AS lost,
		CASE WHEN bool_and(p.margin IS NOT NULL) THEN sum(x.lost_mrr * p.margin) / nullif(sum(x.lost_mrr), 0) END AS margin,
		CASE WHEN bool_and(p.price > 0) THEN sum(x.lost_mrr * p.margin / nullif(p.price, 0)) / nullif(sum(x.lost_mrr), 0) END AS share
	FROM state s
	CROSS JOIN LATERAL cvm.cannibalization_donors(s.state) x
	LEFT JOIN worth p ON p.focal = s.focal AND p.product = x.donor
	WHERE s.donor = '(all)'
	GROUP BY s.focal, s.segment, s.channel
), holding AS MATERIALIZED (
	SELECT r.focal, sum(r.entries * p.margin) / sum(r.entries) AS margin,
		sum(r.entries * p.margin / nullif(p.price, 0)) / sum(r.entries) AS share
	FROM pair r
	JOIN worth p ON p.focal = r.focal AND p.product = r.donor AND p.margin IS NOT NULL
	GROUP BY r.focal
), mixed AS MATERIALIZED (
	-- what a unit of the donors earns: weighed by what each of them lost or,
	-- when nothing was, by how many held it
	SELECT s.focal, s.donor, s.segment, s.channel,
		CASE WHEN s.donor <> '(all)' THEN c.margin WHEN d.lost > 0 THEN d.margin ELSE h.margin END AS margin,
		CASE WHEN s.donor <> '(all)' THEN c.price WHEN d.lost > 0 THEN d.margin / nullif(d.share, 0) ELSE h.margin / nullif(h.share, 0) END AS price
	FROM state s
	LEFT JOIN worth c ON c.focal = s.focal AND c.product = s.donor
	LEFT JOIN lost d ON d.focal = s.focal AND d.segment = s.segment AND d.channel = s.channel AND s.donor = '(all)'
	LEFT JOIN holding h ON h.focal = s.focal AND s.donor = '(all)'
), sold_at AS (
	-- the mean of what entries that are old enough pay, and its margin
	SELECT s.focal, s.donor, s.segment, s.channel, s.state, l.launched_on,
		CASE WHEN l.list_price IS NOT NULL THEN coalesce(s.price, l.list_price) END AS price,
		l.unit_margin + coalesce(s.price - l.list_price, 0) AS margin
	FROM (SELECT k.*, cvm._focal_price(k.state) AS price FROM state k OFFSET 0) s
	JOIN launch l ON l.focal = s.focal
)
SELECT cvm.row_key(s.focal, s.donor, s.segment, s.channel) AS row_key,
	s.focal,
	s.donor,
	s.segment,
	s.launched_on,
	to_char(s.launched_on::timestamp, 'YYYY-MM') AS launch_label,
	v.entries,
	v.matured_entries,
	v.pending_entries,
	v.new_entries,
	v.winback_entries,
	v.add_entries,
	v.switch_entries,
	v.partial_entries,
	v.customers,
	v.own_base_share,
	v.unit_rate,
	v.unit_rate_low,
	v.unit_rate_high,
	v.value_rate,
	v.value_rate_low,
	v.value_rate_high,
	v.focal_mrr,
	v.before_mrr,
	v.lost_mrr,
	v.net_mrr,
	v.control_customers,
	v.control_matched_share,
	v.control_loss_rate,
	v.corrected_rate,
	v.corrected_rate_low,
	v.corrected_rate_high,
	v.corrected_value_rate,
	v.focal_churn_rate,
	v.donor_churn_rate,
	s.margin AS focal_margin,
	m.margin AS donor_margin,
	v.break_even_unit_rate,
	v.break_even_value_rate,
	v.break_even_lifetime_rate,
	v.net_margin,
	v.verdict,
	s.focal || CASE WHEN s.donor <> '(all)' THEN ' against ' || s.donor ELSE '' END
		|| CASE WHEN s.segment <> '(all)' THEN ', segment ' || s.segment ELSE '' END
		|| CASE WHEN s.channel <> '(all)' THEN ', channel ' || s.channel ELSE '' END
		|| ': ' || v.reason
		|| coalesce(' Margin a month: ' || v.net_margin::{money}::text || coalesce(' ' || {currency}, '') || '.', '') AS reason,
	v.look_back,
	v.look_ahead,
	v.pending_entries = 0 AS is_complete,
	{currency} AS currency,
	o.as_of,
	s.channel
FROM sold_at s
JOIN mixed m ON m.focal = s.focal AND m.donor = s.donor AND m.segment = s.segment AND m.channel = s.channel
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cannibalization_verdict(s.state, s.margin::double precision, m.margin::double precision,
	s.price::double precision, m.price::double precision, conf => {conf}, min_entries => {min_entries}, min_matured => {min_matured}) v
WHERE v.entries > 0 OR (s.segment = '(all)' AND s.channel = '(all)')$$);

-- The customers behind it: what each entered, lost and brought, and who was watched for control
INSERT INTO cvm.report_list (view, preference, list) VALUES
('cannibalization', 1, $$
WITH
@use launched_spells
{placed_at_launch}{taken_beside},
@use entered
, each AS {at_customer} (
	-- rows of several channels have the same control
	SELECT r.focal, r.donor, r.segment, k.channel, r.customer_id, CASE WHEN k.channel = '(all)' THEN r.state ELSE cvm.control_only(r.state) END AS state
	FROM (
		SELECT q.focal, q.donor, q.segment, q.channels, s.customer_id, cvm.cannibalization_agg(s.customer_id, s.product, s.started_on, s.ended_on, s.mrr,
			ARRAY[q.focal],
			CASE WHEN q.donor <> '(all)' THEN ARRAY[q.donor] END,
			(SELECT o.as_of FROM observed o), {look_back}, {look_ahead}, {entry_gap}, {placed_segment}) AS state
		FROM (
			SELECT w.focal, w.donor, w.segment, array_agg(DISTINCT CASE WHEN w.channel = '(all)' THEN w.channel END) AS channels
			FROM wanted w
			GROUP BY w.focal, w.donor, w.segment) q{placed_join}
		JOIN spell s ON {placed_customer} AND (q.donor = '(all)' OR s.product = q.focal OR s.product = q.donor)
		WHERE q.segment IN ('(all)', {placed_segment})
		GROUP BY q.focal, q.donor, q.segment, q.channels, s.customer_id{placed_group}) r
	CROSS JOIN LATERAL unnest(r.channels) AS k (channel){channel_customers}
), judged AS {at_customer} (
	SELECT e.focal, e.donor, e.segment, e.channel, e.customer_id, v.customers, v.control_customers, v.focal_mrr, v.before_mrr, v.lost_mrr, v.net_mrr,
		v.entries, v.new_entries, v.winback_entries, v.add_entries, v.switch_entries, v.partial_entries, v.pending_entries
	FROM each e
	CROSS JOIN LATERAL cvm.cannibalization_verdict(e.state) v
)
SELECT w.row_key, v.customer_id, sum(v.customers) AS customers, sum(v.control_customers) AS control_customers,
	sum(v.focal_mrr) AS focal_mrr, sum(v.before_mrr) AS before_mrr, sum(v.lost_mrr) AS lost_mrr, sum(v.net_mrr) AS net_mrr,
	sum(v.before_mrr) AS mrr_before, sum(v.before_mrr - v.lost_mrr + v.focal_mrr) AS mrr_after,
	CASE WHEN sum(v.entries) > 0 THEN concat_ws(', ', CASE WHEN sum(v.new_entries) > 0 THEN 'new' END, CASE WHEN sum(v.winback_entries) > 0 THEN 'winback' END,
		CASE WHEN sum(v.add_entries) > 0 THEN 'add' END, CASE WHEN sum(v.switch_entries) > 0 THEN 'switch' END, CASE
			WHEN sum(v.partial_entries) > 0 THEN 'partial' END,
		CASE WHEN sum(v.pending_entries) > 0 THEN 'pending' END) ELSE 'control' END AS detail
FROM judged v
JOIN wanted w ON w.focal = v.focal AND w.donor = v.donor AND w.segment = v.segment
	AND CASE WHEN v.channel IS NULL THEN w.channel <> '(all)' ELSE w.channel = v.channel END
GROUP BY w.row_key, v.customer_id$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('cannibalization_evidence', 1, '{subscription}', $$
WITH
@use launched_spells
{placed_takers},
@use entered
SELECT cvm.row_key(e.focal, e.customer_id::text, to_char(e.entered_on::timestamp, 'YYYY-MM-DD')) AS row_key,
	e.customer_id,
	e.focal,
	e.segment,
	e.entered_on,
	to_char(e.entered_on::timestamp, 'YYYY-MM') AS entered_label,
	e.kind,
	array_to_string(e.donors_before, ', ') AS donors_before,
	e.donor_before AS donor_mrr_before,
	e.donor_after AS donor_mrr_after,
	e.focal_mrr,
	e.lost_mrr,
	e.net_mrr,
	e.kind <> 'pending' AS is_complete,
	{currency} AS currency,
	o.as_of,
	coalesce(e.channel, '(none)') AS channel,
	coalesce(e.offer, '(none)') AS offer,
	e.days_between
FROM entered e
CROSS JOIN observed o$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('cannibalization_matrix', 1, '{subscription}', $$
WITH
{observed_since},
spell AS NOT MATERIALIZED (
	SELECT s.customer_id, coalesce(s.product, '(none)') AS product, s.started_on, s.ended_on, s.channel, s.offer,
		CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END AS mrr
	FROM subscription s
	WHERE s.customer_id IS NOT NULL AND s.started_on IS NOT NULL AND (s.ended_on IS NULL OR s.ended_on > s.started_on)
)
, by_segment AS MATERIALIZED (
	{matrix_folds}
), state AS (
	SELECT b.segment, b.state FROM by_segment b WHERE {has_segments}
	UNION ALL
	SELECT '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b
)
SELECT cvm.row_key(c.focal, c.donor, s.segment) AS row_key,
	c.focal,
	c.donor,
	s.segment,
	c.entries,
	c.matured_entries,
	c.losing_entries,
	c.focal_mrr,
	c.lost_mrr,
	c.value_rate,
	CASE WHEN c.donor <> '(all)' THEN (c.lost_mrr / nullif(sum(c.lost_mrr) OVER (PARTITION BY s.segment, c.donor), 0))::double precision END AS donor_share,
	c.entries = c.matured_entries AS is_complete,
	{currency} AS currency,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cannibalization_cells(s.state) c$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('cannibalization_sensitivity', 1, '{subscription}', $$
WITH
@use launched_spells
{grid_rates}
SELECT cvm.row_key(v.focal, v.segment, v.look_back::text, v.look_ahead::text) AS row_key,
	v.focal,
	v.segment,
	v.look_back,
	v.look_ahead,
	v.matured_entries,
	v.pending_entries,
	v.own_base_share,
	v.unit_rate,
	v.unit_rate_low,
	v.unit_rate_high,
	v.value_rate,
	v.value_rate_low,
	v.value_rate_high,
	v.control_customers,
	v.control_loss_rate,
	v.corrected_rate,
	v.corrected_rate_low,
	v.corrected_rate_high,
	v.entry_hazard,
	v.control_hazard,
	v.pending_entries = 0 AS is_complete,
	o.as_of
FROM rate v
CROSS JOIN observed o
WHERE v.entries > 0 OR v.segment = '(all)'$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('cannibalization_sensitivity', 1, $$
WITH
@use launched_spells
{placed_at_launch}, each AS {at_customer} (
	SELECT q.focal, q.segment, s.customer_id, cvm.cannibalization_agg(s.customer_id, s.product, s.started_on, s.ended_on, s.mrr, ARRAY[q.focal], NULL::text[],
		(SELECT o.as_of FROM observed o), ARRAY[7, 30, 90], ARRAY[0, 30, 60, 90, 120, 150, 180], {entry_gap}, {placed_segment}) AS state
	FROM (SELECT DISTINCT w.focal, w.segment FROM wanted w) q{placed_join}
	JOIN spell s ON {placed_customer}
	WHERE q.segment IN ('(all)', {placed_segment})
	GROUP BY q.focal, q.segment, s.customer_id{placed_group}
)
SELECT w.row_key, e.customer_id, v.control_customers, NULL::numeric AS mrr_before, NULL::numeric AS mrr_after, 'control' AS detail
FROM each e
CROSS JOIN LATERAL cvm.cannibalization_verdict(e.state) v
JOIN wanted w ON w.focal = e.focal AND w.segment = e.segment AND w.look_back = v.look_back
	AND w.look_ahead = v.look_ahead$$);
