-- SPDX-License-Identifier: PostgreSQL
-- Whether the status of today is taken for that of all of the past.

CREATE FUNCTION cvm._status_since_check(model name, rows text, columns jsonb, source oid) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	bound jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'source') FROM jsonb_array_elements(_status_since_check.columns) c
		WHERE c ->> 'source' IS NOT NULL);
	held text[];
	since name;
	f record;
BEGIN
	IF NOT bound ? 'status' THEN
		RETURN '[]';
	END IF;
	-- who pays nothing now and may have paid; a trial never was paid for
	EXECUTE format('SELECT array_agg(DISTINCT c.status) FROM %s c WHERE c.status IS NOT NULL', _status_since_check.rows) INTO held;
	held := ARRAY(
		SELECT h.status FROM unnest(held) AS h (status)
		CROSS JOIN LATERAL (SELECT cvm._plain_status(h.status) AS word) p
		WHERE p.word !~ 'trial|free'
			AND p.word IN (SELECT cvm._plain_status(w.word) FROM unnest('{paused_statuses,unpaid_statuses}'::text[]) s (setting),
				unnest(cvm._status_words(_status_since_check.model, s.setting)::text[]) w (word))
			AND p.word NOT IN (SELECT cvm._plain_status(v.word) FROM cvm.status_word v WHERE v.reading = 'not begun'));
	IF held = '{}' THEN
		RETURN '[]';
	END IF;
	-- where rows are spells of a status, each follows the one before; where a day
	-- is bound, those that have none
	EXECUTE format($q$
		SELECT count(*) AS n, sum(s.mrr) AS mrr, min(s.started_on) AS first, (array_agg(DISTINCT s.status))[1:5] AS samples
		FROM (SELECT c.*, bool_or(c.status <> c.before AND c.ended_before = c.started_on) OVER () AS is_history
			FROM (SELECT c.customer_id, c.status, c.started_on, c.ended_on, c.mrr, lag(c.status) OVER w AS before, lag(c.ended_on) OVER w AS ended_before
				FROM %s c WINDOW w AS (PARTITION BY c.customer_id, c.product, c.subscription_id ORDER BY c.started_on)) c) s
		WHERE s.status = ANY ($1) AND s.is_history IS NOT TRUE AND (s.ended_on IS NULL OR s.ended_on = 'infinity') AND s.mrr > 0 AND s.mrr < 'Infinity'$q$,
			CASE WHEN bound ? 'status_since' THEN format('(SELECT k.* FROM %s k WHERE k.status_since IS NULL)', _status_since_check.rows)
				ELSE _status_since_check.rows END)
	INTO f USING held;
	IF f.n = 0 THEN
		RETURN '[]';
	END IF;
	IF bound ? 'status_since' THEN
		RETURN jsonb_build_array(jsonb_build_object('severity', 'warning', 'entity', 'subscription', 'problem', 'status_of_today',
			'count', f.n, 'samples', f.samples,
			'what', format('Rows that are still open have a status that brings nothing, and no day since when: they bring nothing from their first day on, the '
				'earliest %s, and %s a month may be missing from the past. status_since is bound to %I; say it there. The fix lists the rows.',
				f.first, round(f.mrr, 2), bound ->> 'status_since'),
			'fix', format('SELECT s.* FROM %s s WHERE s.%I IS NULL AND %s = ANY (%L);', source::regclass, bound ->> 'status_since',
				(SELECT c ->> 'expression' FROM jsonb_array_elements(_status_since_check.columns) c WHERE c ->> 'name' = 'status'), held)));
	END IF;
	SELECT a.attname INTO since
	FROM cvm.entity_column ec
	CROSS JOIN LATERAL unnest(ec.column_name || ec.synonyms) WITH ORDINALITY AS t (name, n)
	JOIN pg_attribute a ON a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND cvm._words(a.attname) = t.name
		AND cvm._accept(ec.class, a.atttypid, 'UTC') IS NOT NULL
	WHERE ec.entity = 'subscription' AND ec.column_name = 'status_since'
	ORDER BY t.n, a.attname LIMIT 1;
	RETURN jsonb_build_array(jsonb_build_object('severity', CASE WHEN since IS NULL THEN 'info' ELSE 'warning' END, 'entity', 'subscription',
		'problem', 'status_of_today',
			'count', f.n, 'samples', f.samples,
			'what', format('Rows that are still open have a status that brings nothing, and no day since when: they bring nothing from their first day on, the '
				'earliest %s, and %s a month is missing from the past in which they were paid. %s', f.first, round(f.mrr, 2),
				CASE WHEN since IS NULL THEN 'Bind the day since which the status holds as status_since, or spells of each status; the fix lists the rows.'
					ELSE format('The fix binds %I as status_since.', since) END))
		|| CASE WHEN since IS NULL
			THEN jsonb_build_object('fix', format('SELECT customer_id, started_on, status, mrr FROM %I.subscription WHERE status = ANY (%L) AND ended_on IS '
				'NULL;', _status_since_check.model, held))
			ELSE jsonb_build_object('mends', 'subscription', 'mending', jsonb_build_object('options', '{"status_since": {}}'::jsonb,
				'column_of', jsonb_build_object('status_since', since))) END);
END
$$;
COMMENT ON FUNCTION cvm._status_since_check(name, text, jsonb, oid) IS
	'Subscriptions whose status of today, which brings nothing, is taken for that of all of their past, and the column '
	'that may say since when it holds.';
