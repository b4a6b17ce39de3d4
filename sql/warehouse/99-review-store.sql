-- SPDX-License-Identifier: PostgreSQL
-- Reviews as they were shown, and what has changed since.

CREATE TABLE cvm.review_stored (
	review_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	model name NOT NULL,
	month date NOT NULL,
	stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	role name NOT NULL DEFAULT current_user,
	hash text NOT NULL,
	pack jsonb NOT NULL
);
COMMENT ON TABLE cvm.review_stored IS 'Reviews that cvm.review_store() kept: the rows as they were shown.';
COMMENT ON COLUMN cvm.review_stored.month IS 'First day of the month that was reviewed.';
COMMENT ON COLUMN cvm.review_stored.hash IS 'SHA-256 of the rows.';
CREATE INDEX ON cvm.review_stored (model, month, review_id);
SELECT pg_catalog.pg_extension_config_dump('cvm.review_stored', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.review_stored_review_id_seq', '');
ALTER TABLE cvm.review_stored OWNER TO @extowner@;
ALTER TABLE cvm.review_stored ENABLE ROW LEVEL SECURITY;
@use members review_stored
GRANT SELECT ON cvm.review_stored TO PUBLIC;

CREATE FUNCTION cvm.review_store(model name, month text) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	day date := cvm._review_month(review_store.month);
	data jsonb;
	pack jsonb;
	digest text;
BEGIN
	PERFORM cvm._open(review_store.model);
	data := cvm._review_data(review_store.model, day);
	PERFORM cvm._expect_review(review_store.model, day, data);
	SELECT jsonb_agg(to_jsonb(r) ORDER BY r.section COLLATE "C", r.metric COLLATE "C", r.view COLLATE "C", r.row_key COLLATE "C") INTO pack
	FROM cvm._review_ranked(data, day, 'board') r WHERE r.section <> 'headline' AND r.metric NOT IN ('data_through', 'stored', 'restated');
	digest := encode(sha256(convert_to(pack::text, 'UTF8')), 'hex');
	-- what is kept already is not kept twice
	IF digest IS DISTINCT FROM (SELECT s.hash FROM cvm.review_stored s WHERE s.model = review_store.model
		AND s.month = day ORDER BY s.review_id DESC LIMIT 1) THEN
		PERFORM cvm._register(review_store.model, 'insert', 'review_stored', jsonb_build_object('month', day, 'hash', digest, 'pack', pack));
	END IF;
	RETURN digest;
END
$$;
COMMENT ON FUNCTION cvm.review_store(name, text) IS
	'Keeps the review of a month as it is now, and returns the hash of its rows; cvm.review_restated() says what has '
	'changed since.';

CREATE FUNCTION cvm.review_restated(model name, month text)
RETURNS TABLE (section text, metric text, segment text, subject text, column_name text, old_value text, new_value text, stored_at timestamptz, row_key text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	day date := cvm._review_month(review_restated.month);
	kept cvm.review_stored;
	data jsonb;
BEGIN
	PERFORM cvm._open(review_restated.model, writes => false);
	SELECT s.* INTO kept FROM cvm.review_stored s WHERE s.model = review_restated.model AND s.month = day ORDER BY s.review_id DESC LIMIT 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'no_data_found',
			MESSAGE = format('the review of "%s" of model "%s" was not stored', to_char(day, 'YYYY-MM'), review_restated.model),
			HINT = format('Keep it with SELECT cvm.review_store(%L, %L);', review_restated.model, to_char(day, 'YYYY-MM'));
	END IF;
	data := cvm._review_data(review_restated.model, day);
	-- only what was settled: the rest changes as days go by
	RETURN QUERY
	WITH before AS (
		SELECT p.value AS r FROM jsonb_array_elements(kept.pack) p WHERE (p.value ->> 'is_complete')::boolean
	), now AS (
		SELECT to_jsonb(x) AS r FROM cvm._review_ranked(data, day, 'board') x WHERE x.section <> 'headline' AND x.metric <> 'data_through' AND x.is_complete
	), pair AS (
		SELECT coalesce(n.r, b.r) AS k, b.r AS old, n.r AS new
		FROM before b
		FULL JOIN now n ON n.r ->> 'section' = b.r ->> 'section' AND n.r ->> 'metric' = b.r ->> 'metric' AND n.r ->> 'view' = b.r ->> 'view'
			AND n.r ->> 'row_key' = b.r ->> 'row_key'
	)
	SELECT p.k ->> 'section', p.k ->> 'metric', p.k ->> 'segment', p.k ->> 'subject', c.name, p.old ->> c.name, p.new ->> c.name, kept.stored_at,
		p.k ->> 'row_key'
	FROM pair p
	CROSS JOIN unnest('{value,previous,change,conf_low,conf_high,n,money,verdict,owner}'::text[]) WITH ORDINALITY AS c (name, n)
	WHERE p.old -> c.name IS DISTINCT FROM p.new -> c.name AND coalesce(p.old ->> c.name, p.new ->> c.name) IS NOT NULL
	ORDER BY p.k ->> 'section', p.k ->> 'metric', p.k ->> 'row_key', c.n;
END
$$;
COMMENT ON FUNCTION cvm.review_restated(name, text) IS
	'What has changed in the closed months of a review since it was last stored, cell by cell; no row: nothing.';
