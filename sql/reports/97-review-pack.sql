-- SPDX-License-Identifier: PostgreSQL
-- The monthly review: all its rows, corrected for how many were looked at, and
-- what comes first.

CREATE TABLE cvm.review_section (
	section text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	title text NOT NULL,
	readers text[] NOT NULL
);
COMMENT ON TABLE cvm.review_section IS 'The sections of a review and who reads them; the board and the CEO read all.';
INSERT INTO cvm.review_section (position, section, title, readers) VALUES
	(0, 'headline', 'What matters', '{cmo,cco_commercial,cco_customer,sales,service,product,it,board}'),
	(10, 'movements', 'Money that came and went', '{cmo,cco_commercial,sales,board}'),
	(20, 'segments', 'Segments', '{cmo,cco_commercial,cco_customer,sales,service,board}'),
	(30, 'products', 'Products', '{cco_commercial,product,sales,board}'),
	(40, 'retention', 'Do new cohorts stay', '{cco_commercial,cco_customer,product,board}'),
	(50, 'perception', 'What customers say', '{cmo,cco_customer,service,product,board}'),
	(60, 'drivers', 'Drivers of value', '{cco_customer,service,product,board}'),
	(70, 'reasons', 'Why customers leave', '{cco_commercial,cco_customer,service,product,board}'),
	(80, 'launches', 'Launches', '{cmo,cco_commercial,product,board}'),
	(90, 'prices', 'Prices', '{cmo,cco_commercial,product,board}'),
	(100, 'campaigns', 'Campaigns and contacts', '{cmo,cco_commercial,cco_customer,board}'),
	(110, 'channels', 'Channels', '{cmo,cco_commercial,sales,board}'),
	(120, 'initiatives', 'Initiatives and reviews', '{cco_customer,product,board}'),
	(130, 'owners', 'Who answers', '{board}'),
	(135, 'benchmarks', 'Beside others', '{cmo,cco_commercial,cco_customer,board}'),
	(140, 'data', 'Data', '{cmo,cco_commercial,cco_customer,sales,service,product,it,board}');
GRANT SELECT ON cvm.review_source, cvm.review_section TO PUBLIC;

CREATE FUNCTION cvm._review_rows(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT r.* FROM cvm._review_movements(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_segments(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_products(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_portfolio(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_retention(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_voice(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_reasons(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_launches(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_contacts(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_initiatives(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_owners(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_benchmarks(data, month) r
	UNION ALL SELECT r.* FROM cvm._review_quality(data, month) r;
$$;
COMMENT ON FUNCTION cvm._review_rows(jsonb, date) IS 'All rows of a review, before they are ranked.';

CREATE FUNCTION cvm._review_reader(reader text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	readers text[] := (SELECT array_agg(DISTINCT u.reader ORDER BY u.reader) FROM cvm.review_section s, unnest(s.readers) AS u (reader));
BEGIN
	IF _review_reader.reader = 'ceo' THEN
		RETURN 'board';
	ELSIF NOT coalesce(_review_reader.reader = ANY (readers), false) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unknown reader %s', coalesce('"' || _review_reader.reader || '"', 'NULL')),
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[_review_reader.reader], readers) || '? ', '') || 'Readers: ' || array_to_string(readers,
				', ') || '.';
	END IF;
	RETURN _review_reader.reader;
END
$$;
COMMENT ON FUNCTION cvm._review_reader(text) IS 'The reader of a review, if there is such a one; a CEO reads what the board reads.';

-- The family of the correction is every row of the month that was tested, also
-- those that this reader does not get to see: a row is as true on one page as on
-- another.
CREATE FUNCTION cvm._review_ranked(data jsonb, month date, reader text)
RETURNS TABLE (section text, metric text, segment text, owner text, value numeric, previous numeric, change numeric, conf_low numeric, conf_high numeric,
	n bigint, verdict text, sentence text, definition text, subject text, unit text, money numeric, p_adjusted double precision, rank int, view text,
		row_key text,
	is_complete boolean, as_of date)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH held AS (
		-- who answers for a product, or else for a segment
		SELECT DISTINCT ON (k.product) k.product, k.owner FROM jsonb_to_recordset($1 -> 'product_kpi') AS k (product text, month date, owner text)
		WHERE k.month = $2 AND k.product <> '(all)' ORDER BY k.product, k.owner
	), led AS (
		SELECT DISTINCT ON (k.segment) k.segment, k.owner FROM jsonb_to_recordset($1 -> 'segment_kpi') AS k (segment text, month date, owner text)
		WHERE k.month = $2 ORDER BY k.segment, k.owner
	), tested AS (
		SELECT r.*, least(1, (count(r.p_value) OVER () - row_number() OVER (ORDER BY r.p_value) + 1) * r.p_value) AS step
		FROM cvm._review_rows($1, $2) r
	), judged AS (
		SELECT t.*, s.position, CASE WHEN t.p_value IS NOT NULL THEN max(t.step) OVER (ORDER BY t.p_value) END AS p_adjusted
		FROM tested t
		JOIN cvm.review_section s ON s.section = t.section AND $3 = ANY (s.readers)
	), shown AS (
		SELECT j.*, coalesce(j.owner, h.owner, l.owner, '(none)') AS shown_owner, coalesce(j.verdict, CASE WHEN j.p_adjusted <= 0.05 THEN 'shift'
			WHEN j.p_value IS NOT NULL THEN 'noise' ELSE 'no_data' END) AS shown_verdict,
			j.is_complete IS NOT FALSE AND CASE WHEN j.p_value IS NOT NULL THEN j.p_adjusted <= 0.05
				AND coalesce(j.verdict NOT IN ('immature', 'inconclusive', 'no_data'), true)
				ELSE j.verdict = ANY ('{result,below_target,gap,conflict,stale,overdue,unmeasured,no_action,exposed}') END AS may_head
		FROM judged j
		LEFT JOIN held h ON h.product = j.subject AND j.section IN ('launches', 'prices', 'channels')
		LEFT JOIN led l ON l.segment = j.segment
	), counted AS (
		-- one row for each thing that is measured, and for each subject where it is about one
		SELECT h.*, CASE WHEN h.may_head THEN row_number() OVER (
				PARTITION BY h.may_head, h.section, h.metric, CASE WHEN h.section IN ('launches', 'campaigns', 'owners', 'initiatives', 'drivers')
					THEN h.subject END
				ORDER BY abs(h.money) DESC NULLS LAST, h.segment = '(all)', h.segment COLLATE "C", h.row_key COLLATE "C") = 1 END AS may_lead
		FROM shown h
	), ranked AS (
		SELECT c.*, CASE WHEN c.may_lead THEN (row_number() OVER (PARTITION BY c.may_lead
			ORDER BY c.shown_verdict <> 'result', abs(c.money) DESC NULLS LAST, c.position, c.metric COLLATE "C", c.segment COLLATE "C",
				c.subject COLLATE "C", c.row_key COLLATE "C"))::int END AS rank
		FROM counted c
	)
	SELECT x.section, r.metric, r.segment, r.shown_owner, r.value, r.previous, r.change, r.conf_low, r.conf_high, r.n, r.shown_verdict, r.sentence,
		format('%s.%s: %s', r.view, r."column", c.formula), r.subject, r.unit, r.money, r.p_adjusted, CASE WHEN r.rank <= 7 THEN r.rank END, r.view,
			r.row_key, r.is_complete, r.as_of
	FROM ranked r
	LEFT JOIN cvm.report_column c ON c.view = r.view AND c.column_name = r."column"
	CROSS JOIN LATERAL (SELECT 'headline', -1 WHERE r.rank <= 7 UNION ALL SELECT r.section, r.position) AS x (section, position)
	ORDER BY x.position, CASE WHEN x.position < 0 THEN r.rank END, r.metric COLLATE "C", r.segment <> '(all)', abs(r.money) DESC NULLS LAST,
		r.segment COLLATE "C", r.subject COLLATE "C", r.row_key COLLATE "C";
$$;
COMMENT ON FUNCTION cvm._review_ranked(jsonb, date, text) IS
	'The rows of a review as its reader gets them: p values corrected for how many rows were tested (Holm), the headline first.';

CREATE FUNCTION cvm._expect_review(model name, month date, data jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	view text;
	low date;
	high date;
BEGIN
	IF EXISTS (SELECT FROM cvm._review_rows(_expect_review.data, _expect_review.month) r WHERE r.section <> 'data' OR r.verdict = 'not_read') THEN
		RETURN;
	END IF;
	SELECT s.view INTO view FROM cvm.review_source s
	JOIN cvm.report_column c ON c.view = s.view AND c.column_name = 'month'
	WHERE _expect_review.data ? s.view ORDER BY s.position LIMIT 1;
	IF view IS NOT NULL THEN
		EXECUTE format('SELECT min(v.month), max(v.month) FROM %I.%I v', _expect_review.model, view) INTO low, high;
	END IF;
	RAISE EXCEPTION USING ERRCODE = 'no_data_found',
		MESSAGE = format('model "%s" has nothing to review in month "%s"', _expect_review.model, to_char(_expect_review.month, 'YYYY-MM')),
		HINT = coalesce(format('Its months are %s to %s: SELECT * FROM cvm.review_pack(%L, %L);', to_char(low, 'YYYY-MM'), to_char(high, 'YYYY-MM'),
			_expect_review.model, to_char(high, 'YYYY-MM')),
			format('SELECT * FROM cvm.check_model(%L); says what is wrong with its data.', _expect_review.model));
END
$$;
COMMENT ON FUNCTION cvm._expect_review(name, date, jsonb) IS 'Complains of a month of which a review shows nothing.';

CREATE FUNCTION cvm.review_pack(model name, month text, reader text DEFAULT 'board')
RETURNS TABLE (section text, metric text, segment text, owner text, value numeric, previous numeric, change numeric, conf_low numeric, conf_high numeric,
	n bigint, verdict text, sentence text, definition text, subject text, unit text, money numeric, p_adjusted double precision, rank int, view text,
		row_key text,
	is_complete boolean, as_of date)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	day date := cvm._review_month(review_pack.month);
	who text := cvm._review_reader(review_pack.reader);
	data jsonb := cvm._review_data(review_pack.model, day);
BEGIN
	PERFORM cvm._expect_review(review_pack.model, day, data);
	RETURN QUERY SELECT r.* FROM cvm._review_ranked(data, day, who) r;
END
$$;
COMMENT ON FUNCTION cvm.review_pack(name, text, text) IS
	'The review of a month (2025-11) as rows: at most seven that matter most, by money, then section by section what the report views of '
	'the model say, each with the month before, how sure it is, who answers for it and a sentence. Reads the views with the rights of the caller.';
