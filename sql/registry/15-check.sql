-- SPDX-License-Identifier: PostgreSQL
-- What is wrong with the data of a model.
--
-- Findings come worst first, and each fix (19-mend.sql) mends the findings of
-- the same entity above it too, so running all of them in order mends
-- everything.

CREATE FUNCTION cvm._row_checks(model name, entity text, columns jsonb, source oid)
RETURNS TABLE (severity text, problem text, predicate text, sample text, what text, mending jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	tz text := (SELECT s.value FROM cvm.setting s WHERE s.model = _row_checks.model AND s.setting = 'time_zone');
	as_of text := (SELECT s.value FROM cvm.setting s WHERE s.model = _row_checks.model AND s.setting = 'as_of');
	-- canonical column to its expression over the source row s
	x jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'expression') FROM jsonb_array_elements(_row_checks.columns) c);
	today text := format('cvm.day_of(now(), %L)', tz);
	-- the time or the spell of the entity
	starts name := (SELECT ec.column_name FROM cvm.entity_column ec WHERE ec.entity = _row_checks.entity
		AND ec.column_name IN ('occurred_at', 'opened_at', 'started_on', 'valid_from', 'joined_on', 'month'));
	ends name := (SELECT ec.column_name FROM cvm.entity_column ec WHERE ec.entity = _row_checks.entity AND ec.column_name IN ('ended_on', 'valid_to'));
	identity text := (SELECT string_agg(format('c.%I::text', ec.column_name), ' || '' '' || ' ORDER BY ec.position)
		FROM cvm.entity_column ec
		WHERE ec.entity = _row_checks.entity AND (ec.required OR ec.initial IS NOT NULL) AND ec.class IN ('key', 'label', 'time', 'day')
			AND ec.column_name <> 'ended_on');
	c record;
BEGIN
	FOR c IN
		SELECT ec.*, bound.source AS source_column, a.atttypid, format('s.%I', bound.source) AS raw
		FROM jsonb_to_recordset(_row_checks.columns) AS bound (name text, source name)
		JOIN cvm.entity_column ec ON ec.entity = _row_checks.entity AND ec.column_name = bound.name
		JOIN pg_attribute a ON a.attrelid = _row_checks.source AND a.attname = bound.source AND a.attnum > 0
		ORDER BY ec.position
	LOOP
		sample := regexp_replace(identity, '(c\.\w+::text)', 'coalesce(\1, ''NULL'')', 'g');
		IF c.column_name = 'product' AND _row_checks.entity = 'subscription' THEN
			severity := 'error';
			problem := 'no_product';
			predicate := $p$coalesce(btrim(c.product), '') = ''$p$;
			what := 'Spells say no product. Money and customers in them belong nowhere. The fix calls the product "(unknown)".';
			mending := jsonb_build_object('column', c.source_column, 'assign', $p$coalesce(nullif(btrim({old}::text), ''), '(unknown)')$p$);
			RETURN NEXT;
		ELSIF NOT c.nullable THEN
			severity := 'error';
			problem := CASE WHEN c.class IN ('money', 'number', 'count', 'flag') THEN 'null_value' ELSE 'null_key' END;
			predicate := format('c.%I IS NULL', c.column_name);
			what := format('Rows have no %s. They count nowhere. The fix leaves them out.', c.column_name);
			mending := jsonb_build_object('keep', format('%s IS NOT NULL', CASE WHEN c.column_name = 'mrr' THEN x ->> 'mrr' ELSE c.raw END));
			IF _row_checks.entity = 'survey' AND c.column_name IN ('occurred_at', 'score') AND x ->> 'invited_at' LIKE 's.%' THEN
				-- who has not answered was asked
				predicate := predicate || ' AND c.invited_at IS NULL';
				mending := jsonb_build_object('keep', format('(%s IS NOT NULL OR %s IS NOT NULL)', c.raw, x ->> 'invited_at'));
			END IF;
			RETURN NEXT;
			IF c.class IN ('key', 'label') AND c.atttypid NOT IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype) THEN
				severity := 'warning';
				problem := 'blank_key';
				predicate := format($p$btrim(c.%I::text) = ''$p$, c.column_name);
				what := format('Rows have an empty %s, which counts as one more %s. The fix leaves them out.', c.column_name,
					replace(c.column_name, '_id', ''));
				mending := jsonb_build_object('keep', format($p$coalesce(btrim(%s::text) <> '', true)$p$, c.raw));
				RETURN NEXT;
			END IF;
		END IF;

		IF c.class IN ('time', 'day') AND NOT c.is_billing THEN
			severity := 'error';
			problem := 'infinite_time';
			IF c.column_name = ends THEN
				-- infinity is an open end, like NULL
				predicate := format('c.%I = ''-infinity''', c.column_name);
				what := format('%s is -infinity, so the row holds no day. The fix leaves the rows out.', c.column_name);
				mending := jsonb_build_object('keep', format('coalesce(%s <> ''-infinity'', true)', c.raw));
			ELSIF c.column_name = 'valid_from' THEN
				-- -infinity is "always was"
				predicate := 'c.valid_from = ''infinity''';
				what := 'valid_from is infinity, so the row holds no day. The fix leaves the rows out.';
				mending := jsonb_build_object('keep', format('coalesce(%s <> ''infinity'', true)', c.raw));
			ELSE
				predicate := format('NOT isfinite(c.%I)', c.column_name);
				what := format('%s is infinite%s. The fix %s.', c.column_name,
					CASE WHEN c.column_name IN ('occurred_at', 'started_on') THEN ', and views stop with an error on it' ELSE ', which is no day' END,
					CASE WHEN c.nullable THEN 'makes it NULL' ELSE 'leaves the rows out' END);
				mending := CASE WHEN c.nullable
					THEN jsonb_build_object('column', c.source_column, 'assign', 'CASE WHEN isfinite({old}) THEN {old} END')
					ELSE jsonb_build_object('keep', format('coalesce(isfinite(%s), true)', c.raw)) END;
			END IF;
			RETURN NEXT;
			IF c.column_name <> 'valid_from' AND (c.class = 'day' OR c.column_name = starts) THEN
				-- 0001-01-01 or 1900-01-01 stands for no day
				severity := 'error';
				problem := 'early_time';
				predicate := format('c.%1$I < ''1900-01-02'' AND isfinite(c.%1$I)', c.column_name);
				what := format('%s lies before 1900, which stands for no day. The fix %s.', c.column_name,
					CASE WHEN c.column_name = ends THEN 'makes it NULL, an open end' WHEN c.nullable THEN 'makes it NULL' ELSE 'leaves the rows out' END);
				mending := CASE WHEN c.nullable
					THEN jsonb_build_object('column', c.source_column,
						'assign', format('CASE WHEN cvm.day_of({old}, %L) >= ''1900-01-02'' OR NOT isfinite({old}) THEN {old} END', tz))
					ELSE jsonb_build_object('keep', format('coalesce(cvm.day_of(%s, %L) >= ''1900-01-02'' OR NOT isfinite(%1$s), true)', c.raw, tz)) END;
				RETURN NEXT;
			END IF;
			IF c.column_name = starts AND _row_checks.entity IN ('event', 'contact', 'ticket', 'survey', 'customer', 'subscription') THEN
				severity := CASE WHEN _row_checks.entity = 'subscription' THEN 'info' WHEN _row_checks.entity = 'event' AND as_of = 'data' THEN 'error'
					ELSE 'warning' END;
				problem := 'future_time';
				predicate := format('isfinite(c.%I) AND cvm.day_of(c.%I, %L) > %s', c.column_name, c.column_name, tz, today);
				what := format('%s lies after today.%s The fix %s.', c.column_name,
					CASE WHEN _row_checks.entity = 'event' AND as_of = 'data'
						THEN ' The model observes until its last event, so periods that are not over look complete.' ELSE '' END,
					CASE WHEN c.nullable THEN 'makes it NULL' ELSE 'leaves the rows out' END);
				mending := CASE WHEN c.nullable
					THEN jsonb_build_object('column', c.source_column, 'assign', format('CASE WHEN cvm.day_of({old}, %L) <= %s THEN {old} END', tz, today))
					ELSE jsonb_build_object('keep', format('coalesce(cvm.day_of(%s, %L) <= %s, true)', c.raw, tz, today)) END;
				RETURN NEXT;
			END IF;
		ELSIF c.class IN ('money', 'number') AND NOT (c.column_name = 'mrr' AND x ? 'amount')
			AND cvm._base_type(c.atttypid) IN ('numeric'::regtype, 'float4'::regtype, 'float8'::regtype) THEN
			severity := 'error';
			problem := 'not_a_number';
			predicate := format($p$c.%I IN ('NaN', 'Infinity', '-Infinity')$p$, c.column_name);
			-- a price that is not known is none
			what := format('%s is NaN or infinite, and so is every sum with it. The fix %s.', c.column_name, CASE WHEN c.nullable AND NOT c.is_billing
				THEN 'makes it NULL' ELSE 'leaves the rows out' END);
			mending := CASE WHEN c.nullable AND NOT c.is_billing
				THEN jsonb_build_object('column', c.source_column, 'assign', $p$CASE WHEN {old} NOT IN ('NaN', 'Infinity', '-Infinity') THEN {old} END$p$)
				ELSE jsonb_build_object('keep', format($p$coalesce(%s NOT IN ('NaN', 'Infinity', '-Infinity'), true)$p$, c.raw)) END;
			RETURN NEXT;
		END IF;

		IF c.column_name = 'rate' AND _row_checks.entity = 'fx_rate' THEN
			severity := 'error';
			problem := 'bad_rate';
			predicate := 'c.rate <= 0';
			what := 'A rate is not above 0. Views stop with an error where it is needed. The fix leaves the rows out, so that the rate before goes on.';
			mending := jsonb_build_object('keep', format('coalesce(%s > 0, true)', x ->> 'rate'));
			RETURN NEXT;
		ELSIF c.column_name = 'segment' AND _row_checks.entity = 'segment_history' THEN
			severity := 'error';
			problem := 'reserved_segment';
			predicate := $p$c.segment IN ('(all)', '(none)', '(in)', '(out)')$p$;
			what := 'Segments have a name that the report views use for something else. The fix takes off the parentheses.';
			mending := jsonb_build_object('column', c.source_column,
				'assign', $p$CASE WHEN {old}::text IN ('(all)', '(none)', '(in)', '(out)') THEN btrim({old}::text, '()') ELSE {old}::text END$p$);
			RETURN NEXT;
		ELSIF c.column_name IN ('product', 'channel', 'offer', 'end_reason', 'driver') AND c.class = 'label' THEN
			severity := 'error';
			problem := 'reserved_name';
			predicate := format('c.%I = ANY (%L)', c.column_name, CASE c.column_name WHEN 'product' THEN '{(all),(none),(in),(out)}' ELSE '{(all)}' END);
			what := format('%s is a name that report views use for something else, such as "(all)" for the total: keys of rows are no longer unique. The fix '
				'takes off the parentheses.', c.column_name);
			mending := jsonb_build_object('column', c.source_column,
				'assign', format($p$CASE WHEN {old}::text = ANY (%L) THEN btrim({old}::text, '()') ELSE {old}::text END$p$,
					CASE c.column_name WHEN 'product' THEN '{(all),(none),(in),(out)}' ELSE '{(all)}' END));
			RETURN NEXT;
		ELSIF c.column_name = ends AND EXISTS (SELECT FROM jsonb_to_recordset(_row_checks.columns) AS b (name text, source name) WHERE b.name = starts
			AND b.source IS NOT NULL) THEN
			severity := 'error';
			problem := 'inverted_spell';
			predicate := format('c.%1$I < c.%2$I AND (c.%1$I >= ''1900-01-02'' OR NOT isfinite(c.%1$I))', ends, starts);
			what := format('%s lies before %s. The fix leaves the rows out.', ends, starts);
			mending := jsonb_build_object('keep', format('coalesce(%1$s >= %2$s OR %1$s < ''1900-01-02'' AND isfinite(%1$s), true)', x ->> ends, x ->> starts));
			RETURN NEXT;
			severity := 'warning';
			problem := 'empty_spell';
			predicate := format('c.%I = c.%I', ends, starts);
			what := format('%s is the day of %s, so the row holds no day and counts nowhere. The fix leaves the rows out.', ends, starts);
			mending := jsonb_build_object('keep', format('coalesce(%s <> %s, true)', x ->> ends, x ->> starts));
			RETURN NEXT;
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._row_checks(name, text, jsonb, oid) IS
	'What can be wrong with a single row of an entity, as conditions on its canonical view, and how a view mends it.';

CREATE FUNCTION cvm._set_checks(model name, entity text, columns jsonb, source oid, usable text[])
RETURNS TABLE (severity text, problem text, offenders text, what text, mending jsonb, mends text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	-- rows of customer who are one were made one already
	x jsonb := (SELECT jsonb_object_agg(c ->> 'name', coalesce(cvm._merged_by_source(_set_checks.model,
		CASE WHEN _set_checks.entity <> 'customer' THEN c ->> 'merged' END), c ->> 'expression')) FROM jsonb_array_elements(_set_checks.columns) c);
	bound jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'source') FROM jsonb_array_elements(_set_checks.columns) c WHERE c ->> 'source' IS NOT NULL
		AND c ->> 'is_hidden' IS NULL);
	view text := cvm._whole_rows(_set_checks.columns, format('%I.%I', _set_checks.model, _set_checks.entity), source);
	undeleted text := coalesce(' WHERE ' || cvm._undeleted(_set_checks.columns), '');
	key text[] := CASE _set_checks.entity
		WHEN 'customer' THEN '{customer_id}' WHEN 'product' THEN '{product}' WHEN 'offer' THEN '{offer}'
		WHEN 'bundle_component' THEN '{bundle,product}' WHEN 'segment_target' THEN '{segment,month,metric}'
		WHEN 'fx_rate' THEN '{currency,valid_from}' WHEN 'customer_alias' THEN '{old_id}' WHEN 'owner' THEN '{subject_kind,subject,owner,valid_from}' END;
	tz text := (SELECT s.value FROM cvm.setting s WHERE s.model = _set_checks.model AND s.setting = 'time_zone');
	-- rows that are added up may stand in several, but not say the same twice
	is_summed boolean := _set_checks.entity IN ('cost', 'cost_driver');
	spell record;
	rows text;
	windowed text;
	sample text;
	same_names jsonb;
	r record;
BEGIN
	mends := _set_checks.entity;
	IF is_summed THEN
		key := ARRAY(SELECT jsonb_object_keys(bound));
	END IF;
	-- offenders is a query of one text column: a sample for each row that is wrong
	IF key IS NOT NULL THEN
		severity := CASE WHEN is_summed OR _set_checks.entity = 'customer_alias' THEN 'warning' ELSE 'error' END;
		problem := 'duplicate_key';
		offenders := format($q$SELECT %s FROM (SELECT c.*, row_number() OVER (PARTITION BY %s) AS cvm_copy_no FROM %s c) c WHERE c.cvm_copy_no > 1$q$,
			(SELECT string_agg(format('coalesce(c.%I::text, '''')', k), ' || '' '' || ') FROM unnest(key) k),
				(SELECT string_agg(format('c.%I', k), ', ') FROM unnest(key) k), view);
		what := format('%s stands in several rows, and %s. The fix keeps one of them.', array_to_string(key, ', '), CASE _set_checks.entity
			WHEN 'fx_rate' THEN 'views take the highest rate' WHEN 'customer_alias' THEN 'the one with the last since counts' WHEN 'owner' THEN 'is named twice'
			WHEN 'cost' THEN 'counts as often' WHEN 'cost_driver' THEN 'counts as often' ELSE 'joins count it several times' END);
		mending := jsonb_build_object('copies', (SELECT string_agg(x ->> k, ', ') FROM unnest(key) k),
			-- which one: that which views took, or the same whatever the order of the rows
			'order', CASE _set_checks.entity WHEN 'fx_rate' THEN (x ->> 'rate') || ' DESC'
				WHEN 'customer_alias' THEN format('%s DESC NULLS LAST, (%s) COLLATE "C" DESC', x ->> 'since', x ->> 'new_id')
					ELSE 'ROW(s.*)::text COLLATE "C" DESC' END);
		RETURN NEXT;
	ELSIF NOT EXISTS (
		SELECT FROM pg_index i WHERE i.indrelid = source AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
			AND (i.indisprimary OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = source AND a.attnum = ANY (i.indkey) AND NOT a.attnotnull)))
	THEN
		severity := 'warning';
		problem := 'duplicate_rows';
		offenders := format($q$SELECT coalesce(%s, 'NULL') FROM (SELECT s.*, row_number() OVER (PARTITION BY ROW(s.*)::text) AS cvm_copy_no
			FROM %s s%s) s WHERE s.cvm_copy_no > 1$q$,
			(SELECT string_agg(format('(%s)::text', x ->> ec.column_name), ' || '' '' || ' ORDER BY ec.position) FROM cvm.entity_column ec
				WHERE ec.entity = _set_checks.entity AND (ec.required OR ec.initial IS NOT NULL) AND ec.class IN ('key', 'label', 'time', 'day')
					AND ec.nullable = false), source::regclass, undeleted);
		what := 'Rows are equal to another one in every column: probably loaded twice. The fix keeps one of them.';
		mending := jsonb_build_object('copies', 'ROW(s.*)::text');
		RETURN NEXT;
	END IF;

	-- a discount is a line below zero; what a customer pays is not
	IF _set_checks.entity = 'subscription' THEN
		severity := 'error';
		problem := 'negative_mrr';
		offenders := format($q$SELECT c.customer_id::text || ' ' || coalesce(c.product, '') || ' ' || c.started_on::text
			FROM (SELECT c.*, row_number() OVER () AS cvm_row_no FROM %1$s c WHERE c.mrr < 0) c
			JOIN %1$s o ON o.customer_id = c.customer_id AND o.started_on <= c.started_on AND coalesce(o.ended_on > c.started_on, true)
			GROUP BY c.cvm_row_no, c.customer_id, c.product, c.started_on
			HAVING sum(o.mrr) < 0$q$, view);
		what := 'What a customer pays falls below 0 with a line: credits and refunds are not subscriptions. The fix leaves the lines out.';
		mending := jsonb_build_object('keep', format($k$CASE WHEN %1$s < 0 THEN coalesce((SELECT sum(o.mrr)
			FROM (SELECT %2$s AS customer_id, %3$s AS started_on, %4$s AS ended_on, %1$s AS mrr FROM %5$s s%6$s) o
			WHERE o.customer_id = %2$s AND o.started_on <= %3$s AND coalesce(o.ended_on > %3$s, true)), 0) >= 0 ELSE true END$k$,
			x ->> 'mrr', x ->> 'customer_id', x ->> 'started_on', x ->> 'ended_on', source::regclass, undeleted));
		RETURN NEXT;
	END IF;

	-- spells of one thing must not overlap
	SELECT t.* INTO spell FROM (VALUES
		('subscription', 'overlapping_spells', 'warning', '{customer_id,product,subscription_id}'::text[], 'started_on', 'ended_on', 'true',
			'A customer holds the same product twice at once, and money counts twice. The fix takes from the earlier spell the days of the later, and makes one '
				'of those that differ in nothing else; if they are different subscriptions, bind subscription_id instead.'),
		('segment_history', 'segment_overlap', 'warning', '{customer_id}', 'valid_from', 'valid_to', 'true',
			'A customer is in two segments at once, and the one that began last counts. The fix takes its days from the other, so that the rows say so.'),
		('owner', 'two_owners', 'error', '{subject_kind,subject}', 'valid_from', 'valid_to', 'coalesce(%s, true)',
			'Two people answer for the same thing at the same time, so nobody does. The fix leaves each day with the one who began last.')
		) AS t (entity, problem, severity, parts, starts, ends, counts, what)
	-- where nobody says what was held, two at once need not be the same
	WHERE t.entity = _set_checks.entity AND (t.entity <> 'subscription' OR bound ? 'product');
	IF FOUND THEN
		-- the canonical view has one scheme of segments, and all are looked at
		IF _set_checks.entity = 'segment_history' AND bound ? 'scheme' THEN
			spell.parts := spell.parts || '{scheme}';
			rows := format('(%s)', cvm._scheme_rows(_set_checks.model));
		ELSE
			rows := view;
		END IF;
		windowed := format($q$(SELECT c.*, lead(coalesce(c.%1$I, '-infinity')) OVER w AS next_start,
				max(coalesce(c.%2$I, 'infinity')) OVER (w ROWS UNBOUNDED PRECEDING) AS held_until
			FROM %3$s c WHERE coalesce(c.%2$I > coalesce(c.%1$I, '-infinity'), true) AND %4$s%5$s
			WINDOW w AS (PARTITION BY %6$s ORDER BY coalesce(c.%1$I, '-infinity'), coalesce(c.%2$I, 'infinity')%7$s)) c$q$,
			spell.starts, spell.ends, rows, format(spell.counts, 'c.accountable'),
			(SELECT string_agg(format(' AND c.%I IS NOT NULL', p), '') FROM unnest(spell.parts) p WHERE p <> 'subscription_id'),
			(SELECT string_agg(format('c.%I', p), ', ') FROM unnest(spell.parts) p),
			CASE WHEN _set_checks.entity = 'owner' THEN ', c.owner' ELSE '' END);
		sample := format($q$%s || ' ' || coalesce(c.%I::text, '')$q$,
			(SELECT string_agg(format($p$coalesce(c.%I::text, '')$p$, p), ' || '' '' || ') FROM unnest(spell.parts) p WHERE p <> 'subscription_id'),
				spell.starts);
		severity := spell.severity;
		problem := spell.problem;
		offenders := format($q$SELECT %s FROM %s WHERE c.next_start < coalesce(c.%I, 'infinity')$q$, sample, windowed, spell.ends);
		what := spell.what;
		-- of rows of one day the later by the clock, then as the views have it
		mending := jsonb_build_object(
			'keep', format('coalesce(%s > %s, true)', x ->> spell.ends, x ->> spell.starts),
			'split', jsonb_build_object(
				'parts', (SELECT string_agg(x ->> p, ', ') FROM unnest(spell.parts) p),
				-- all that a row says beside its days
				'same', (SELECT coalesce(string_agg(', ' || (x ->> b.key), '' ORDER BY b.key), '') FROM jsonb_each_text(bound) b
					WHERE b.key <> ALL (spell.parts || ARRAY[spell.starts, spell.ends])),
				'counts', CASE WHEN _set_checks.entity = 'owner' THEN format('coalesce(%s, true)', x ->> 'accountable') ELSE 'true' END
					|| (SELECT coalesce(string_agg(format(' AND %s IS NOT NULL', x ->> p), ''), '') FROM unnest(spell.parts) p WHERE p <> 'subscription_id'),
				'order', concat_ws(', ', (x ->> spell.starts) || ' DESC NULLS LAST', CASE WHEN bound ->> spell.starts IS NOT NULL
					THEN format('s.%I DESC', bound ->> spell.starts) END,
					CASE _set_checks.entity WHEN 'segment_history' THEN format('(%s) COLLATE "C"', x ->> 'segment')
						ELSE (x ->> spell.ends) || ' DESC NULLS FIRST' END,
					CASE _set_checks.entity WHEN 'owner' THEN format('(%s) COLLATE "C" DESC', x ->> 'owner') WHEN 'subscription' THEN (x ->> 'mrr')
						|| ' DESC' END),
				'starts', x ->> spell.starts, 'starts_column', coalesce(bound ->> spell.starts, spell.starts),
				'ends', x ->> spell.ends, 'ends_column', coalesce(bound ->> spell.ends, spell.ends)));
		RETURN NEXT;

		IF _set_checks.entity = 'segment_history' THEN
			severity := 'info';
			problem := 'segment_gap';
			offenders := format($q$SELECT c.customer_id::text || ' ' || c.valid_to::text FROM %s WHERE c.next_start > c.held_until$q$, windowed);
			what := 'A customer is in no segment for a while and then in one again. Such days count as "(none)". The fix lets the earlier segment go on.';
			mending := jsonb_build_object(
				'keep', format('coalesce(%s > %s, true)', x ->> 'valid_to', x ->> 'valid_from'),
				'starts', x ->> spell.starts, 'ends', x ->> spell.ends,
				'column', coalesce(bound ->> 'valid_to', 'valid_to'), 'initial', x ->> 'valid_to',
				'last', format('coalesce(lead({starts}) OVER (PARTITION BY %s ORDER BY {starts}, {ends}), {ends})',
					(SELECT string_agg(x ->> p, ', ') FROM unnest(spell.parts) p)));
			RETURN NEXT;
		END IF;
	END IF;

	-- ends are exclusive: where nearly all that goes on goes on a day later, the
	-- last day is meant to be part of it
	SELECT t.* INTO spell FROM (VALUES
		('subscription', '{customer_id,product}'::text[], 'started_on', 'ended_on'),
		('segment_history', '{customer_id}', 'valid_from', 'valid_to'),
		('offer', '{offer}', 'valid_from', 'valid_to'),
		('owner', '{subject_kind,subject}', 'valid_from', 'valid_to')
		) AS t (entity, parts, starts, ends)
	WHERE t.entity = _set_checks.entity AND bound ?& ARRAY[t.starts, t.ends];
	IF FOUND THEN
		severity := 'warning';
		problem := 'inclusive_end';
		offenders := format($q$SELECT %1$s || ' ' || c.%2$I::text
			FROM (SELECT c.*, count(*) FILTER (WHERE c.next_start = c.%2$I + 1) OVER () AS after,
					count(*) FILTER (WHERE c.next_start >= c.%2$I) OVER () AS followed
				FROM (SELECT c.*, lead(c.%3$I) OVER (PARTITION BY %4$s ORDER BY c.%3$I, c.%2$I) AS next_start
					FROM %5$s c WHERE coalesce(c.%2$I >= c.%3$I, true)) c
				WHERE isfinite(c.%2$I)) c
			WHERE c.next_start = c.%2$I + 1 AND c.after >= 3 AND c.after >= 0.8 * c.followed$q$,
			(SELECT string_agg(format($p$coalesce(c.%I::text, '')$p$, p), ' || '' '' || ') FROM unnest(spell.parts) p), spell.ends, spell.starts,
			(SELECT string_agg(format('c.%I', p), ', ') FROM unnest(spell.parts) p), view);
		what := format('Rows end the day before the next one begins: %s seems to be the last day, and views take it for the first day after, so that everybody '
			'leaves and comes back. The fix makes it the day after.', spell.ends);
		mending := jsonb_build_object('column', bound ->> spell.ends, 'assign', format('(%s + 1)', x ->> spell.ends), 'is_day', true);
		RETURN NEXT;
	END IF;

	-- names that are one but for blanks and the case of letters
	FOR r IN
		SELECT t.column_name FROM unnest('{product,segment,offer}'::text[]) AS t (column_name)
		JOIN cvm.entity_column ec ON ec.entity = _set_checks.entity AND ec.column_name = t.column_name AND ec.class = 'label'
		WHERE bound ? t.column_name AND _set_checks.entity IN ('subscription', 'event', 'segment_history')
	LOOP
		EXECUTE format($q$SELECT jsonb_object_agg(n.name, n.usual)
			FROM (SELECT d.name, first_value(d.name) OVER (PARTITION BY lower(regexp_replace(btrim(d.name), '\s+', ' ', 'g'))
					ORDER BY d.rows DESC, d.name COLLATE "C") AS usual
				FROM (SELECT c.%1$I AS name, count(*) AS rows FROM %2$s c WHERE btrim(c.%1$I) <> '' GROUP BY 1%3$s) d) n
			WHERE n.usual <> n.name$q$, r.column_name, view,
			-- that of the catalogue, where there is one
			CASE WHEN r.column_name IN ('product', 'offer') AND r.column_name = ANY (usable)
				THEN format(' UNION ALL SELECT k.%1$I, 9e18 FROM %2$I.%1$I k WHERE btrim(k.%1$I) <> ''''', r.column_name, _set_checks.model) END)
		INTO same_names;
		IF same_names IS NOT NULL THEN
			severity := 'warning';
			problem := 'similar_names';
			offenders := format('SELECT c.%1$I FROM %2$s c WHERE %3$L::jsonb ? c.%1$I', r.column_name, view, same_names);
			what := format('Names of %s differ only in blanks or the case of letters, and count as two. The fix takes the spelling of the catalogue, or that '
				'most rows have.', r.column_name);
			mending := jsonb_build_object('column', bound ->> r.column_name, 'assign', format('coalesce(%L::jsonb ->> {old}::text, {old}::text)', same_names));
			RETURN NEXT;
		END IF;
	END LOOP;

	-- whole numbers that end as prices in cents do
	FOR r IN
		SELECT ec.column_name, bound ->> ec.column_name AS source_column
		FROM cvm.entity_column ec
		JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = bound ->> ec.column_name
			AND cvm._base_type(a.atttypid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
		WHERE ec.entity = _set_checks.entity AND (ec.entity, ec.column_name) IN (('subscription', 'mrr'), ('subscription', 'amount'), ('event', 'amount'),
			('product', 'list_price'), ('offer', 'price'))
			AND NOT (ec.column_name = 'mrr' AND bound ? 'amount') AND x ->> ec.column_name !~ '\* 0\.0*1\)$'
			-- currencies in which prices are hundreds and thousands
			AND coalesce((SELECT s.value FROM cvm.setting s WHERE s.model = _set_checks.model AND s.setting = 'currency'), '')
				<> ALL ('{BIF,CLP,COP,DJF,GNF,HUF,IDR,IRR,ISK,JPY,KMF,KRW,KZT,LBP,MGA,NGN,PYG,RWF,TZS,UGX,UZS,VND,VUV,XAF,XOF,XPF}'::text[])
	LOOP
		severity := 'warning';
		problem := 'minor_units';
		offenders := format($q$SELECT c.price::text
			FROM (SELECT c.%1$I AS price, min(c.%1$I) OVER () >= 100 AND count(*) OVER () >= 10
					AND avg(CASE WHEN c.%1$I %% 100 IN (0, 49, 50, 90, 95, 99) THEN 1 ELSE 0 END) OVER () >= 0.9
					AND avg(CASE WHEN c.%1$I >= 500 THEN 1 ELSE 0 END) OVER () >= 0.5 AND min(c.%1$I) OVER () < max(c.%1$I) OVER () AS is_cents
				FROM %2$s c WHERE c.%1$I > 0) c
			WHERE c.is_cents$q$, r.column_name, view);
		what := format('%s counts in whole numbers that end as prices in cents do. The fix binds it with "minor_units": 2; where they are none, cast the '
			'column to numeric in a view.', r.column_name);
		mending := jsonb_build_object('options', jsonb_build_object(r.column_name, '{"minor_units": 2}'::jsonb),
			'column_of', jsonb_build_object(r.column_name, r.source_column));
		RETURN NEXT;
	END LOOP;

	-- what points to nothing; the fix adds it where it is missing
	FOR r IN
		SELECT t.*, k.columns AS their_columns
		FROM (VALUES ('customer_id', 'customer', 'orphan_customer', 'Customers are not in "customer". The fix adds them there, with nothing known but the id.'),
			('product', 'product', 'unknown_product', 'Products are not in "product". The fix adds them there, with nothing known but the code.'))
			AS t (column_name, entity, problem, what)
		JOIN cvm._bound(_set_checks.model) k ON k.entity = t.entity
		WHERE bound ? t.column_name AND t.entity <> _set_checks.entity AND t.entity = ANY (usable)
	LOOP
		severity := 'warning';
		problem := r.problem;
		offenders := format($q$SELECT c.%1$I::text FROM %2$s c WHERE btrim(c.%1$I::text) NOT IN ('', '(none)', '(unknown)', '(all)', '(in)', '(out)')
			AND NOT EXISTS (SELECT FROM %3$I.%4$I k WHERE k.%1$I = c.%1$I)%5$s$q$, r.column_name, view, _set_checks.model, r.entity,
			-- the same in other letters is similar_names
			CASE WHEN r.column_name = 'product' AND _set_checks.entity IN ('subscription', 'event')
				THEN format(' AND NOT EXISTS (SELECT FROM %I.product k WHERE lower(regexp_replace(btrim(k.product), ''\s+'', '' '', ''g'')) = '
					'lower(regexp_replace(btrim(c.product), ''\s+'', '' '', ''g'')))', _set_checks.model) END);
		what := r.what;
		mends := r.entity;
		mending := (
			SELECT jsonb_build_object('append', format('SELECT %s FROM %s s%s', regexp_replace(x ->> r.column_name, '::int\d$', '::int8'), source::regclass,
				undeleted),
				'key', jsonb_build_object('column', t ->> 'source', 'expression', regexp_replace(t ->> 'expression', '::int\d$', '::int8'),
					'merged', cvm._merged_by_source(_set_checks.model, t ->> 'merged')))
			FROM jsonb_array_elements(r.their_columns) t WHERE t ->> 'name' = r.column_name);
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._set_checks(name, text, jsonb, oid, text[]) IS
	'What can be wrong between rows of an entity or between entities, as queries of what is wrong, and how a view '
	'mends it.';

CREATE FUNCTION cvm._status_checks(model name, rows text, columns jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	found jsonb := '[]';
	words jsonb;
	reading text;
	unknown text[] := '{}';
	unknown_rows bigint := 0;
	s record;
BEGIN
	-- how the settings read each word; one in several settings as views do
	SELECT coalesce(jsonb_object_agg(x.word, x.reading), '{}') INTO words
	FROM (
		SELECT DISTINCT ON (p.word) p.word, CASE WHEN r.reading = 'unpaid' AND v.reading = 'not begun' THEN v.reading ELSE r.reading END AS reading
		FROM (VALUES (1, 'paused_statuses', 'paused'), (2, 'unpaid_statuses', 'unpaid'), (3, 'ended_statuses', 'ended'), (4, 'paid_statuses', 'paid')) AS r (n,
			setting, reading)
		CROSS JOIN LATERAL unnest(cvm._status_words(_status_checks.model, r.setting)::text[]) AS w (word)
		CROSS JOIN LATERAL (SELECT cvm._plain_status(w.word) AS word) p
		LEFT JOIN cvm.status_word v ON cvm._plain_status(v.word) = p.word
		ORDER BY p.word, r.n) x;
	FOR s IN EXECUTE format($q$SELECT c.status, count(*) AS n,
			round(coalesce(sum(c.mrr) FILTER (WHERE c.mrr NOT IN ('NaN', 'Infinity', '-Infinity')), 0), 2) AS mrr,
			count(*) FILTER (WHERE c.ended_on IS NULL OR c.ended_on = 'infinity') AS open
		FROM %s c WHERE c.status IS NOT NULL GROUP BY c.status ORDER BY c.status COLLATE "C"$q$, _status_checks.rows)
	LOOP
		reading := words ->> cvm._plain_status(s.status);
		IF reading IS NULL THEN
			unknown := unknown || s.status;
			unknown_rows := unknown_rows + s.n;
		ELSIF reading = 'ended' AND s.open > 0 THEN
			found := found || jsonb_build_object('severity', 'error', 'entity', 'subscription', 'problem', 'ended_without_end', 'count', s.open,
				'samples', ARRAY[s.status],
				'what', format('Rows are "%s" and have no end, so they bring their mrr for ever. Bind ended_on, or status_since, which is then the end of such '
					'rows. The fix leaves them out.', s.status),
				'mends', 'subscription', 'mending', (
					SELECT jsonb_build_object('keep', format('(%s IS DISTINCT FROM %L OR coalesce(isfinite(%s), false))', e.x ->> 'status', s.status,
						e.x ->> 'ended_on'))
					FROM (SELECT jsonb_object_agg(k ->> 'name', k ->> 'expression') AS x FROM jsonb_array_elements(_status_checks.columns) k) e));
		END IF;
		found := found || jsonb_build_object('severity', 'info', 'entity', 'subscription', 'problem', 'status', 'count', s.n, 'samples', ARRAY[s.status],
			'what', format('"%s" is read as %s. The mrr of these rows is %s.', s.status, coalesce(reading, 'paid, as no setting has it'), s.mrr),
			'fix', format('SELECT started_on, ended_on, mrr FROM %I.subscription WHERE status = %L ORDER BY 1;', _status_checks.model, s.status));
	END LOOP;
	IF unknown <> '{}' THEN
		found := found || jsonb_build_object('severity', 'warning', 'entity', 'subscription', 'problem', 'unknown_status', 'count', unknown_rows,
			'samples', unknown[1:5],
			'what', 'Statuses are in none of paid_statuses, unpaid_statuses, paused_statuses and ended_statuses, and their spells bring their mrr. The fix '
				'says that they do; where they do not, configure one of the others to have them.',
			'fix', format('SELECT cvm.configure(%L, ''paid_statuses'', %L);', _status_checks.model,
				coalesce(cvm._status_words(_status_checks.model, 'paid_statuses')::text[], '{}') || unknown));
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION cvm._status_checks(name, text, jsonb) IS
	'Every status of the rows of subscription and how it is read, those that no setting has, and those that say that '
	'a row is over which has no end.';

CREATE FUNCTION cvm.check_model(model name)
RETURNS TABLE (severity text, entity text, problem text, count bigint, samples text[], what text, fix text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET timezone = 'UTC'
AS $$
#variable_conflict use_column
DECLARE
	owner name := cvm._open(check_model.model, writes => false);
	found jsonb := '[]';
	usable text[] := '{}';
	bound jsonb := '{}';
	mended jsonb := '{}';
	currency text;
	row_checks jsonb;
	set_checks jsonb;
	tally text;
	counts bigint[];
	n bigint;
	view text;
	mendings jsonb;
	f record;
	b record;
	c record;
	mode text;
	words text[];
	missing text[];
	known text[];
	x jsonb;
BEGIN
	PERFORM cvm._refuse_superuser(check_model.model, owner);

	-- the bindings themselves
	FOR b IN SELECT k.*, g.columns AS given, e.position FROM cvm._bound(check_model.model) k
		JOIN cvm.binding g ON g.model = check_model.model AND g.entity = k.entity JOIN cvm.entity e ON e.entity = k.entity
	LOOP
		view := format('%I.%I', check_model.model, b.entity);
		bound := bound || jsonb_build_object(b.entity, jsonb_build_object('source', b.source, 'given', b.given, 'position', b.position));
		IF b.source IS NULL THEN
			found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'missing_source', 'count', 1,
				'samples', ARRAY[b.source_text],
				'what', 'The source does not exist, so the views that need it do not either. Load it again, then run the fix.',
				'fix', format('SELECT * FROM cvm.rebuild(%L);', check_model.model));
		ELSIF b.problem IS NOT NULL THEN
			found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'broken_binding', 'count', 1,
				'samples', ARRAY[b.source_text],
				'what', format('The source has changed: %s.', b.problem),
				'fix', cvm._mend_binding(check_model.model, b.entity, b.source, b.given));
		ELSIF NOT EXISTS (
			-- one that another role put there instead is not it
			SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
			WHERE c.oid = cvm._relation(check_model.model, b.entity::name) AND c.relkind = 'v' AND r.rolname = owner)
		THEN
			found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'lost_view', 'count', 1, 'samples', ARRAY[view],
				'what', 'The canonical view is gone, probably with a source that was dropped and made again.',
				'fix', format('SELECT * FROM cvm.rebuild(%L);', check_model.model));
		ELSE
			BEGIN
				EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM %s LIMIT 1) AS one', view) INTO n;
				IF n = 0 THEN
					found := found || jsonb_build_object('severity', 'warning', 'entity', b.entity, 'problem', 'empty_source', 'count', 1,
						'samples', ARRAY[b.source_text],
						'what', 'The source has no rows that you can see. Load it; the fix takes the binding away.',
						'fix', format('SELECT cvm.unbind(%L, %L);', check_model.model, b.entity));
				END IF;
				usable := usable || b.entity;
			EXCEPTION WHEN OTHERS THEN
				found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'unreadable_source', 'count', 1,
					'samples', ARRAY[b.source_text],
					'what', format('The source cannot be read: %s.', SQLERRM),
					'fix', (SELECT format('GRANT USAGE ON SCHEMA %I TO %I; GRANT SELECT ON %s TO %I;', s.nspname, current_user, b.source_text, current_user)
						FROM pg_class k JOIN pg_namespace s ON s.oid = k.relnamespace WHERE k.oid = b.source));
			END;
		END IF;
	END LOOP;

	-- their rows
	FOR b IN SELECT k.*, g.columns AS given FROM cvm._bound(check_model.model) k
		LEFT JOIN cvm.binding g ON g.model = check_model.model AND g.entity = k.entity WHERE k.entity = ANY (usable)
	LOOP
		view := cvm._whole_rows(b.columns, format('%I.%I', check_model.model, b.entity), b.source);
		bound := jsonb_set(bound, ARRAY[b.entity, 'undeleted'], coalesce(to_jsonb(cvm._undeleted(b.columns)), 'null'));
		SELECT coalesce(jsonb_agg(k), '[]'), format('SELECT ARRAY[%s] FROM %s c', coalesce(string_agg(format('count(*) FILTER (WHERE %s)', k.predicate), ', '
			ORDER BY k.n), 'NULL::bigint'), view)
		INTO row_checks, tally
		FROM (SELECT row_number() OVER () AS n, r.* FROM cvm._row_checks(check_model.model, b.entity, b.columns, b.source) r) k;
		BEGIN
			-- where the price cannot be told nothing else of it can
			SELECT jsonb_object_agg(k ->> 'name', k ->> 'expression') INTO x FROM jsonb_array_elements(b.columns) k;
			IF x ? 'billing_interval' AND x ->> 'mrr' LIKE 'cvm.per_month(%' THEN
				mode := format('cvm._is_billing_interval(%s, %s)', '%1$s', CASE WHEN x ? 'interval_count' THEN 'coalesce(%2$s, 1)' ELSE '1' END);
				EXECUTE format('SELECT count(*) FROM %s c WHERE NOT %s', view, format(mode, 'c.billing_interval', 'c.interval_count')) INTO n;
				IF n > 0 THEN
					found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'unknown_interval', 'count', n,
						'samples', cvm._samples(format('SELECT concat_ws('' '', %s, c.billing_interval) FROM %s c WHERE NOT %s', CASE WHEN x ? 'interval_count'
							THEN 'c.interval_count' ELSE 'NULL' END,
							view, format(mode, 'c.billing_interval', 'c.interval_count'))),
						'what', 'Billing intervals are none that is known, and views stop with an error on them. Known are day, week, month, quarter, year and '
							'their usual forms. The fix leaves the rows out; the rest is checked once that is done.',
						'mends', b.entity, 'mending', jsonb_build_object('keep', format('coalesce(%s, true)',
							format(mode, x ->> 'billing_interval', x ->> 'interval_count'))));
					CONTINUE;
				END IF;
			END IF;
			SELECT coalesce(jsonb_agg(k), '[]') INTO set_checks FROM cvm._set_checks(check_model.model, b.entity, b.columns, b.source, usable) k;
			-- one pass counts them all
			EXECUTE tally INTO counts;
			FOR c IN
				SELECT k.* FROM jsonb_to_recordset(row_checks) AS k (n int, severity text, problem text, predicate text, sample text, what text, mending jsonb)
				WHERE counts[k.n] > 0
			LOOP
				found := found || jsonb_build_object('severity', c.severity, 'entity', b.entity, 'problem', c.problem, 'count', counts[c.n],
					'samples', cvm._samples(format('SELECT %s FROM %s c WHERE %s', c.sample, view, c.predicate)),
					'what', c.what, 'mends', b.entity, 'mending', c.mending);
			END LOOP;

			IF b.entity <> 'fx_rate' AND EXISTS (SELECT FROM jsonb_array_elements(b.columns) k WHERE k ->> 'name' = 'currency'
				AND k ->> 'source' IS NOT NULL)
				AND (b.entity = 'subscription' OR EXISTS (SELECT FROM jsonb_array_elements(b.columns) k WHERE k ->> 'name' = 'amount'
					AND k ->> 'source' IS NOT NULL))
			THEN
				currency := (SELECT s.value FROM cvm.setting s WHERE s.model = check_model.model AND s.setting = 'currency');
				IF 'fx_rate' = ANY (usable) AND (b.entity = 'subscription' OR currency IS NOT NULL) THEN
					found := found || cvm._rate_checks(check_model.model, b.entity, view, b.columns, b.given, b.source, currency);
				ELSE
					EXECUTE format('SELECT coalesce($1, mode() WITHIN GROUP (ORDER BY c.currency)) FROM %s c', view) INTO mode USING currency;
					EXECUTE format('SELECT count(*) FROM %s c WHERE c.currency <> $1', view) INTO n USING mode;
					IF n > 0 THEN
						found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'mixed_currency', 'count', n,
							'samples', cvm._samples(format('SELECT c.currency FROM %s c WHERE c.currency <> %L', view, mode)),
							'what', format('Amounts are in other currencies than %s and are added up as if they were not. %s, or convert them upstream; the fix leaves '
								'the rows out.', mode, CASE WHEN b.entity = 'subscription' THEN 'Bind fx_rate'
									WHEN 'fx_rate' = ANY (usable) THEN format('Say which currency the model has, as by cvm.configure(%L, ''currency'', %L), and '
										'the fix converts them by fx_rate', check_model.model, mode)
									ELSE 'Bind fx_rate, by which the fix then converts them' END),
							'mends', b.entity, 'mending', (
								SELECT jsonb_build_object('keep', format('coalesce(%s = %L, true)', k ->> 'expression', mode))
								FROM jsonb_array_elements(b.columns) k WHERE k ->> 'name' = 'currency'));
					ELSIF currency IS NULL AND mode ~ '^[A-Z]{3}$' THEN
						EXECUTE format('SELECT count(*) FROM %s c WHERE c.currency = $1', view) INTO n USING mode;
						found := found || jsonb_build_object('severity', 'info', 'entity', b.entity, 'problem', 'no_currency', 'count', n,
							'samples', ARRAY[mode],
							'what', format('Amounts are in %s, which views do not say: the model has no currency, and its money two decimals.', mode),
							'fix', format('SELECT cvm.configure(%L, ''currency'', %L);', check_model.model, mode));
					END IF;
				END IF;
			END IF;

			-- words of settings against those of the rows
			IF b.entity = 'event' THEN
				FOR c IN
					SELECT s.setting, s.value::text[] AS told FROM cvm.setting s
					WHERE s.model = check_model.model AND s.setting IN ('start_kinds', 'return_kinds') AND s.value IS NOT NULL ORDER BY s.setting DESC
				LOOP
					EXECUTE format('SELECT array_agg(k.kind::text) FROM (SELECT DISTINCT e.kind FROM %s e WHERE e.kind IS NOT NULL) k', view) INTO words;
					missing := ARRAY(SELECT t.word FROM unnest(c.told) AS t (word) WHERE NOT t.word = ANY (coalesce(words, '{}')) ORDER BY 1);
					IF missing <> '{}' THEN
						known := ARRAY(SELECT t.word FROM unnest(c.told) WITH ORDINALITY AS t (word, n) WHERE t.word = ANY (words) ORDER BY t.n);
						found := found || jsonb_build_object('severity', CASE WHEN known = '{}' THEN 'error' ELSE 'warning' END, 'entity', b.entity,
							'problem', 'unknown_kind', 'count', cardinality(missing),
							'samples', missing[1:5],
							'what', format('Setting %s names kinds that no event has%s.%s The fix %s.', c.setting,
								CASE WHEN known <> '{}' THEN '' WHEN c.setting = 'start_kinds' THEN ', and nothing else: retention views are empty'
									ELSE ', and nothing else: nobody ever returns' END,
								' Did you mean ' || cvm._nearest(missing, words) || '?',
								CASE WHEN known = '{}' THEN 'takes every kind' ELSE 'leaves them out of the setting' END),
							'fix', format('SELECT cvm.configure(%L, %L, %L);', check_model.model, c.setting, CASE WHEN known <> '{}' THEN known::text END));
					END IF;
				END LOOP;
			ELSIF b.entity = 'customer_alias' THEN
				found := found || cvm._alias_checks(check_model.model, view, b.columns);
			ELSIF b.entity = 'subscription' THEN
				found := found || cvm._status_checks(check_model.model, view, b.columns) || cvm._status_since_check(check_model.model, view, b.columns,
					b.source);
				IF 'segment_history' = ANY (usable) THEN
					mode := format('SELECT DISTINCT c.customer_id::text FROM %s c WHERE c.mrr > 0 AND c.customer_id IS NOT NULL AND NOT EXISTS (SELECT FROM '
						'%I.segment_history h WHERE h.customer_id = c.customer_id AND h.segment IS NOT NULL)', view, check_model.model);
					EXECUTE format('SELECT count(*) FROM (%s) q', mode) INTO n;
					IF n > 0 THEN
						found := found || jsonb_build_object('severity', 'info', 'entity', 'segment_history', 'problem', 'no_segment', 'count', n,
							'samples', cvm._samples(mode),
							'what', 'Customers who pay were never in a segment, and count in "(none)". The fix lists them.',
							'fix', format('SELECT DISTINCT c.customer_id FROM %1$I.subscription c WHERE c.mrr > 0 AND NOT EXISTS (SELECT FROM '
								'%1$I.segment_history h WHERE h.customer_id = c.customer_id AND h.segment IS NOT NULL);', check_model.model));
					END IF;
				END IF;
			END IF;

			FOR c IN
				SELECT k.* FROM jsonb_to_recordset(set_checks) AS k (severity text, problem text, offenders text, what text, mending jsonb, mends text)
			LOOP
				EXECUTE format('SELECT count(*) FROM (%s) AS q', c.offenders) INTO n;
				IF n > 0 THEN
					found := found || jsonb_build_object('severity', c.severity, 'entity', b.entity, 'problem', c.problem, 'count', n,
						'samples', cvm._samples(c.offenders), 'what', c.what, 'mends', c.mends, 'mending', c.mending);
				END IF;
			END LOOP;
		EXCEPTION WHEN OTHERS THEN
			found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'unreadable_source', 'count', 1,
				'samples', ARRAY[b.source_text],
				'what', format('Reading the source ends in an error: %s. Mend the source; the fix takes the binding away.', SQLERRM),
				'fix', format('SELECT cvm.unbind(%L, %L);', check_model.model, b.entity));
		END;
	END LOOP;

	-- what no view reads
	FOR b IN
		SELECT u.entity FROM unnest(usable) AS u (entity)
		WHERE u.entity <> 'customer' AND NOT EXISTS (SELECT FROM cvm._readers(cvm._relation(check_model.model, u.entity::name)) r
			WHERE r <> cvm._relation(check_model.model, u.entity::name))
			AND NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = check_model.model)
	LOOP
		found := found || jsonb_build_object('severity', 'info', 'entity', b.entity, 'problem', 'unread_entity', 'count', 1,
			'samples', ARRAY[format('%I.%I', check_model.model, b.entity)],
			'what', 'It is bound, and no view reads it: those that would wait for something else. The fix lists them.',
			'fix', format('SELECT view, waits_for FROM cvm.catalog(%L) WHERE waits_for IS NOT NULL;', check_model.model));
	END LOOP;

	-- their indexes
	FOR b IN
		SELECT k.entity, k.source_text, greatest(t.reltuples, 0)::bigint AS rows, ck.attname AS key, ct.attname AS clock
		FROM cvm._bound(check_model.model) k
		JOIN pg_class t ON t.oid = k.source AND t.relkind IN ('r', 'p', 'm')
		JOIN pg_attribute ck ON ck.attrelid = t.oid AND ck.attname::text = (SELECT x ->> 'source' FROM jsonb_array_elements(k.columns) x
			WHERE x ->> 'name' = 'customer_id')
		JOIN pg_attribute ct ON ct.attrelid = t.oid AND ct.attname::text = (SELECT x ->> 'source' FROM jsonb_array_elements(k.columns) x
			WHERE x ->> 'name' IN ('occurred_at', 'started_on', 'valid_from') LIMIT 1)
		WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = ck.attnum
			AND i.indkey[1] = ct.attnum)
	LOOP
		found := found || jsonb_build_object('severity', 'info', 'entity', b.entity, 'problem', 'missing_index', 'count', b.rows,
			'samples', ARRAY[b.source_text],
			'what', 'The source has no index on customer and time, so a look at one customer reads it all. count is the number of rows that the server '
				'estimates.',
			'fix', format('CREATE INDEX ON %s (%I, %I);', b.source_text, b.key, b.clock));
	END LOOP;

	-- tables that show all rows to who sees some of the source
	IF cvm._rows_by_reader(check_model.model) IS NOT NULL THEN
		FOR b IN
			SELECT t.relation, cvm._table(t.model, t.relation) AS kept, array_agg(DISTINCT coalesce(r.rolname, 'PUBLIC')) AS roles,
				string_agg(DISTINCT coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ') AS revoked
			FROM cvm.stored t
			JOIN pg_class c ON c.oid = to_regclass(cvm._table(t.model, t.relation))
			CROSS JOIN aclexplode(c.relacl) x
			LEFT JOIN pg_roles r ON r.oid = x.grantee
			WHERE t.model = check_model.model AND x.grantee <> c.relowner AND x.privilege_type = 'SELECT'
				AND NOT EXISTS (SELECT FROM cvm.reader k WHERE k.model = t.model AND k.role = r.rolname)
			GROUP BY t.model, t.relation
		LOOP
			found := found || jsonb_build_object('severity', 'warning', 'entity', b.relation, 'problem', 'stored_for_all', 'count', cardinality(b.roles),
				'samples', b.roles,
				'what', format('%s holds all rows, and these roles read it, although %s may show them fewer. The fix takes the right away; whoever is to see '
					'all of it can be made a reader with cvm.grant_reader().', b.kept, cvm._rows_by_reader(check_model.model)),
				'fix', format('REVOKE SELECT ON %s FROM %s;', b.kept, b.revoked));
		END LOOP;
	END IF;

	FOR f IN
		SELECT x.*, o.rank
		FROM jsonb_to_recordset(found) AS x (severity text, entity text, problem text, count bigint, samples text[], what text, fix text, mends text,
			mending jsonb)
		JOIN unnest('{error,warning,info}'::text[]) WITH ORDINALITY AS o(severity, rank) USING (severity)
		-- what views cannot do without first
		ORDER BY o.rank, x.mending IS NOT NULL, x.count DESC, (bound -> x.entity ->> 'position')::int, x.problem
	LOOP
		severity := f.severity;
		entity := f.entity;
		problem := f.problem;
		count := f.count;
		samples := f.samples;
		what := f.what;
		fix := f.fix;
		IF f.mending IS NOT NULL THEN
			mendings := coalesce(mended -> f.mends,
				CASE WHEN bound -> f.mends ->> 'undeleted' IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('is_undeleted', true,
					'keep', bound -> f.mends ->> 'undeleted')) END) || f.mending;
			mended := mended || jsonb_build_object(f.mends, mendings);
			what := f.what || coalesce((
				SELECT string_agg(format(' A view cannot serve %s in mode "%s": once it is bound, every refresh is a full one. Whoever cannot have that mends '
					'the rows in the source.', t.relation, t.mode), '' ORDER BY s.position)
				FROM cvm.stored t
				JOIN cvm.customer_state s ON s.state = t.relation::text AND s.entity = f.mends
				WHERE t.model = check_model.model AND t.mode IN ('queue', 'scan')), '');
			fix := cvm._clean_view(check_model.model, f.mends, (bound -> f.mends ->> 'source')::oid, bound -> f.mends -> 'given', mendings);
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm.check_model(name) IS
	'What is wrong with the data of a model, worst first: how many rows, samples, and SQL that mends it without '
	'touching the source.';

CREATE FUNCTION cvm._samples(offenders text) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	samples text[];
BEGIN
	EXECUTE format('SELECT array_agg(q.sample ORDER BY q.sample) FROM (SELECT DISTINCT o.sample FROM (%s) AS o (sample) ORDER BY 1 LIMIT 5) q',
		offenders) INTO samples;
	RETURN samples;
END
$$;
COMMENT ON FUNCTION cvm._samples(text) IS 'The first five of what a query finds.';
