-- SPDX-License-Identifier: PostgreSQL
-- Report views, as data.
--
-- A report view is a row of report_view, one or more bodies (the first one
-- whose needs are met is used) and its columns.  A body is a plain SELECT over
-- the canonical relations, whose names it uses bare, and over functions that
-- it calls as cvm.name(); {setting} in it stands for a setting of the model
-- as a literal:
--
--   {time_zone}     'Europe/Vilnius'::text
--   {week_start}    1
--   {currency}      'EUR'::text, or NULL::text
--   {as_of}         a date, the local day of now(), or NULL::date for "data"
--   {start_kinds}   '{order}'::text[], or NULL::text[] for every kind
--   {return_kinds}  likewise
--   {marks}         for folds of events e: whether e starts, whether it returns;
--                   nothing where all do
--   {conf}          0.95 as double precision
--   {minor_units}   decimals of the currency, 2
--   {money}         numeric(28,2), for text; columns of money stay exact
--
-- and so on for every row of cvm.setting_definition, and
--
--   {scheme_rows}   the rows of all schemes of segments, {schemes} their names
--   {event_row}     what activity_agg and retention_agg want to know of an
--                   event e: time and zone; the amount if one is bound; whether
--                   it may start and whether it returns if kinds are set
--
-- What depends on what a model has stands in report_part: {part} in a body, or
-- in another part, is the first of that name whose needs are met.  So a view has
-- one body, with segments and without, from spells and from what is stored.
--
-- cvm._generate() turns these rows into views; nothing else is needed for a
-- further one.

CREATE TABLE cvm.report_view (
	view text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	comment text NOT NULL,
	group_size text
);
COMMENT ON TABLE cvm.report_view IS 'The report views that a model may have.';
COMMENT ON COLUMN cvm.report_view.group_size IS
	'How many customers a row is about, over the columns of the view, for min_group_size; empty: about none; NULL: '
	'about single customers, or not known.';

CREATE FUNCTION cvm._names_in(body text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN ARRAY(SELECT DISTINCT n.name[1] FROM regexp_matches(body, '\{([a-z_]+)\}', 'g') AS n(name) ORDER BY 1);
COMMENT ON FUNCTION cvm._names_in(text) IS 'What stands in braces in a body: settings and parts.';

CREATE TABLE cvm.report_body (
	view text NOT NULL REFERENCES cvm.report_view,
	preference int NOT NULL,
	needs text[] NOT NULL,
	body text NOT NULL,
	names text[] NOT NULL GENERATED ALWAYS AS (cvm._names_in(body)) STORED,
	PRIMARY KEY (view, preference)
);
COMMENT ON COLUMN cvm.report_body.names IS 'The settings and parts in its text, found once.';
COMMENT ON TABLE cvm.report_body IS 'How a report view is computed. The least preferred body should need the least.';
COMMENT ON COLUMN cvm.report_body.needs IS
	'Canonical relations, "event", and columns that must be bound, "product.unit_margin".';

-- Who is behind the figures: a body that has, for each row of the view that
-- stands in the relation "wanted", a row per customer with row_key, customer_id,
-- mrr_before, mrr_after, detail and, under the names of the view's columns, what
-- the customer adds to each of them.  Sums over customers are the columns.
CREATE TABLE cvm.report_list (
	view text NOT NULL,
	preference int NOT NULL,
	list text NOT NULL,
	moves text[] NOT NULL DEFAULT '{}',
	holds text[] NOT NULL DEFAULT '{}',
	PRIMARY KEY (view, preference),
	FOREIGN KEY (view, preference) REFERENCES cvm.report_body
);
COMMENT ON TABLE cvm.report_list IS 'The customers behind each body of a report view, for cvm.customers().';
COMMENT ON COLUMN cvm.report_list.list IS
	'A body over canonical relations and "wanted", the rows of the view that are asked: a row for each of them and '
	'each of its customers, with what the customer adds to the columns of the view.';
COMMENT ON COLUMN cvm.report_list.moves IS
	'Columns that only customers add to for whom a spell, or a time in a segment, begins or ends in the month of the '
	'row, or a day or two beside it, or who are paused in it: nobody else is looked at.';
COMMENT ON COLUMN cvm.report_list.holds IS 'Columns that only customers add to who hold something in the month of the row.';

CREATE TABLE cvm.report_part (
	part text NOT NULL,
	preference int NOT NULL,
	needs text[] NOT NULL,
	body text NOT NULL,
	names text[] NOT NULL GENERATED ALWAYS AS (cvm._names_in(body)) STORED,
	PRIMARY KEY (part, preference)
);
COMMENT ON TABLE cvm.report_part IS
	'Pieces of bodies, and of other pieces, that depend on what a model has: {part} stands for the first whose needs '
	'are met. The least preferred needs nothing.';
COMMENT ON COLUMN cvm.report_part.names IS 'The settings and parts in its text, found once.';

CREATE TABLE cvm.report_gather (
	view text REFERENCES cvm.report_view,
	what text CHECK (what IN ('view', 'list')),
	reason text NOT NULL,
	if_says text NOT NULL DEFAULT '',
	PRIMARY KEY (view, what)
);
COMMENT ON TABLE cvm.report_gather IS
	'Views that Citus cannot ask its workers for: there they read all rows of what they are over on the coordinator.';
COMMENT ON COLUMN cvm.report_gather.what IS 'The view, or the list of the customers behind it where that is not narrowed to those of a month.';
COMMENT ON COLUMN cvm.report_gather.if_says IS 'Only where this is found in what it is made of.';

CREATE TABLE cvm.report_column (
	view text NOT NULL REFERENCES cvm.report_view,
	position int NOT NULL,
	column_name text NOT NULL,
	type text NOT NULL,
	unit text NOT NULL,
	formula text NOT NULL,
	additive boolean NOT NULL,
	comment text NOT NULL,
	settles boolean NOT NULL DEFAULT true,
	PRIMARY KEY (view, column_name),
	UNIQUE (view, position)
);
COMMENT ON TABLE cvm.report_column IS 'The columns of each report view and what they mean.';
COMMENT ON COLUMN cvm.report_column.settles IS
	'Stays as it is once is_complete; if it then changes, that is a restatement.';
COMMENT ON COLUMN cvm.report_column.additive IS
	'May be summed over segments (leaving out "(all)") and cohorts; report_sum says over what else.';

CREATE TABLE cvm.report_sum (
	view text NOT NULL,
	column_name text NOT NULL,
	dimensions text[] NOT NULL,
	PRIMARY KEY (view, column_name),
	FOREIGN KEY (view, column_name) REFERENCES cvm.report_column
);
COMMENT ON TABLE cvm.report_sum IS
	'Over which dimensions of its view a column may be summed, one row of each of the others at a time.';
COMMENT ON COLUMN cvm.report_sum.dimensions IS
	'Columns of row_key: segment, channel and value_decile without "(all)"; month and cohort for their labels.';

CREATE FUNCTION cvm._part_literals(have text[], literals jsonb, view text DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	-- where a need is found without looking at all of them
	has jsonb := jsonb_object(_part_literals.have, _part_literals.have);
BEGIN
	-- in an array: cvm._fill() fills in words of a part, but none of settings, which are somebody's words
	RETURN (
		SELECT coalesce(jsonb_object_agg(p.part, jsonb_build_array(p.body)), '{}')
		FROM (
			SELECT DISTINCT ON (r.part) r.part, r.body
			FROM cvm.report_part r
			WHERE has ?& r.needs AND NOT literals ? r.part AND (_part_literals.view IS NULL
				OR r.part IN (SELECT w.part FROM cvm.report_use w WHERE w.view = _part_literals.view))
			ORDER BY r.part, r.preference) p);
END
$$;
COMMENT ON FUNCTION cvm._part_literals(text[], jsonb, text) IS
	'What {part} stands for in the bodies of report views, or in those of one, by what a model has, but for parts that '
	'are told already.';

CREATE FUNCTION cvm._gather(model name, view text, body text, have text[], what text DEFAULT 'view') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF _gather.body IS NULL OR NOT cvm._has_citus() OR NOT EXISTS (SELECT FROM cvm.report_gather g WHERE g.view = _gather.view
		AND g.what = _gather.what AND _gather.body ~ g.if_says) THEN
		RETURN _gather.body;
	END IF;
	RETURN (
		SELECT format(E'WITH %s\nSELECT b.* FROM (%s) b', string_agg(format('%1$I AS MATERIALIZED (SELECT g.* FROM cvm._gathered(NULL::%2$I.%1$I) g)',
			k.source, _gather.model), ', ' ORDER BY k.source), _gather.body)
		FROM (
			SELECT r.source FROM cvm.report_source r
			WHERE r.view = _gather.view AND r.source = ANY (_gather.have)
				AND (EXISTS (SELECT FROM cvm.entity e WHERE e.entity = r.source) OR EXISTS (SELECT FROM cvm.customer_state s WHERE s.state = r.source))
			UNION
			-- views that it reads
			SELECT v.view FROM regexp_matches(_gather.body, '\m(?:FROM|JOIN)\s+([a-z_0-9]+)\M', 'g') AS m (name)
			JOIN cvm.report_view v ON v.view = m.name[1]) k);
END
$$;
COMMENT ON FUNCTION cvm._gather(name, text, text, text[], text) IS
	'A body or list of a view whose bare names are of rows that functions hand over, where Citus is and could not plan it; else as it is.';

CREATE FUNCTION cvm._fill_schemes(model name, body text, literals jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF position('{schemes}' IN body) = 0 OR NOT cvm._has_citus() THEN
		RETURN cvm._fill(body, literals);
	END IF;
	RETURN coalesce((
		SELECT string_agg(cvm._fill(body, literals || jsonb_build_object('schemes', format('(SELECT x.scheme FROM (%s) x LIMIT 1)', p.rows),
			'scheme_name', format('%L::text', p.scheme), 'scheme_rows', p.rows, 'scheme_kept', 'NOT MATERIALIZED ')), E'\nUNION ALL\n' ORDER BY p.n)
		FROM cvm._scheme_parts(_fill_schemes.model, true) p
		HAVING bool_and(p.scheme IS NOT NULL)), cvm._fill(body, literals));
END
$$;
COMMENT ON FUNCTION cvm._fill_schemes(name, text, jsonb) IS
	'A body of a view with the words in braces filled in; where Citus is, one of all schemes of segments for each scheme, '
	'if these are named.';

CREATE FUNCTION cvm._composing(model name, view text DEFAULT NULL, as_of date DEFAULT NULL, instead jsonb DEFAULT '{}', bound jsonb DEFAULT NULL,
	OUT have text[], OUT literals jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	scheme_rows text;
BEGIN
	IF _composing.view IS NULL OR EXISTS (SELECT FROM cvm.report_source r WHERE r.view = _composing.view AND r.source = 'setting segment_schemes') THEN
		scheme_rows := cvm._scheme_rows(_composing.model, _composing.bound);
	END IF;
	have := coalesce(cvm._have(_composing.model, _composing.view, _composing.bound), '{}')
		|| CASE WHEN scheme_rows IS NOT NULL THEN '{setting segment_schemes}' ELSE '{}' END::text[];
	IF cvm._has_citus() AND scheme_rows IS NOT NULL THEN
		scheme_rows := format('SELECT g.* FROM cvm._gathered_schemes((NULL::%I.%I).customer_id, %L) g', _composing.model,
			CASE WHEN 'customer' = ANY (have) THEN 'customer' ELSE 'segment_history' END, scheme_rows);
	END IF;
	literals := cvm._literals(_composing.model);
	IF as_of IS NOT NULL THEN
		literals := literals || jsonb_build_object('as_of', format('%L::date', as_of));
	END IF;
	scheme_rows := coalesce(scheme_rows, 'SELECT NULL WHERE false');
	literals := literals || jsonb_build_object('event_row', cvm._event_row(have, literals), 'scheme_rows', scheme_rows, 'scheme_name', 'n.scheme',
		'scheme_kept', '', 'schemes', format('unnest(ARRAY(SELECT DISTINCT x.scheme FROM (%s) x))', scheme_rows)) || instead;
	literals := literals || cvm._part_literals(have, literals, _composing.view);
END
$$;
COMMENT ON FUNCTION cvm._composing(name, text, date, jsonb, jsonb) IS
	'What a model has, and what the words in braces in the bodies of its report views stand for; only for one view, as of '
	'another day than its own, and with other words instead of some, where these are given; bound is what cvm._bound() '
	'says, where that is known.';

CREATE FUNCTION cvm._column_comment(c cvm.report_column) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%s Unit: %s. Formula: %s.%s', c.comment, c.unit, c.formula,
		CASE WHEN c.unit LIKE 'fraction%' THEN ' Do not average.' ELSE '' END);
$$;
COMMENT ON FUNCTION cvm._column_comment(cvm.report_column) IS 'The comment that a column of a report view carries.';

CREATE FUNCTION cvm.day_of(at date, tz text) RETURNS date
AS 'MODULE_PATHNAME', 'cvm_itself'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION cvm.day_of(at timestamp, tz text) RETURNS date
AS 'MODULE_PATHNAME', 'cvm_day_of_local'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION cvm.day_of(at timestamptz, tz text) RETURNS date
AS 'MODULE_PATHNAME', 'cvm_day_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.day_of(date, text) IS 'The local day of a date: the date.';
COMMENT ON FUNCTION cvm.day_of(timestamp, text) IS 'The local day of a timestamp, which is taken as local already.';
COMMENT ON FUNCTION cvm.day_of(timestamptz, text) IS 'The local day of a moment in a time zone.';

-- a WITH RECURSIVE of a view itself is more than Citus plans over tables that it
-- has distributed
CREATE FUNCTION cvm._climb(names text[], superiors text[], most int DEFAULT NULL)
RETURNS TABLE (name text, superior text, steps int, path text[], is_circular boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE given AS MATERIALIZED (
		SELECT g.name, g.superior FROM unnest(_climb.names, _climb.superiors) AS g (name, superior)
	), climb AS (
		SELECT g.name, g.name AS superior, 0 AS steps, ARRAY[g.name] AS path, false AS is_circular FROM given g
		UNION ALL
		SELECT c.name, g.superior, c.steps + 1, c.path || g.superior, g.superior = ANY (c.path)
		FROM climb c
		JOIN given g ON g.name = c.superior
		WHERE g.superior IS NOT NULL AND CASE WHEN _climb.most IS NULL THEN NOT c.is_circular ELSE c.steps < _climb.most END
	)
	SELECT c.name, c.superior, c.steps, c.path, c.is_circular FROM climb c;
$$;
COMMENT ON FUNCTION cvm._climb(text[], text[], int) IS
	'Who stands above each name, above that, and so on: to the top or around a circle once, or that many steps.';

CREATE FUNCTION cvm.row_key(VARIADIC parts text[]) RETURNS text
	AS 'MODULE_PATHNAME', 'cvm_row_key'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.row_key(text[]) IS
	'One value for the names that tell a row from all others: parts joined by "|", with "\" before a "|" or "\" in a '
	'part; a digest where that has more than 1000 bytes.';

-- not AT TIME ZONE, to which "CET" is an abbreviation without summer time
CREATE FUNCTION cvm.moment_of(at timestamp, tz text) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'cvm_moment_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION cvm.moment_of(at date, tz text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN cvm.moment_of(at::timestamp, tz);
CREATE FUNCTION cvm.moment_of(at timestamptz, tz text) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'cvm_itself'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.moment_of(date, text) IS 'The moment at which a day begins in a time zone.';
COMMENT ON FUNCTION cvm.moment_of(timestamp, text) IS 'The moment of a local time in a time zone.';
COMMENT ON FUNCTION cvm.moment_of(timestamptz, text) IS 'The moment itself.';

CREATE FUNCTION cvm._without_small_groups(view text, body text, smallest int) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	size text := (SELECT v.group_size FROM cvm.report_view v WHERE v.view = _without_small_groups.view);
	columns text;
	keys text[];
	splits text[];
BEGIN
	IF smallest <= 0 OR coalesce(size, '') = '' THEN
		RETURN body;
	END IF;
	-- what row_key is made of, and of that, what makes up a total which is
	-- shown: segments, and channels, tenths, or where customers of a segment went
	SELECT string_agg(quote_ident(c.column_name), ', ' ORDER BY c.position),
		array_agg(c.column_name ORDER BY c.position) FILTER (WHERE c.column_name = ANY (r.keys)),
		array_agg(c.column_name ORDER BY c.column_name = 'segment' DESC) FILTER (WHERE c.column_name = ANY (r.keys)
			AND c.column_name IN ('segment', 'channel', 'value_decile', 'to_segment', 'tenure_band'))
	INTO columns, keys, splits
	FROM cvm.report_column c
	JOIN (SELECT k.view, string_to_array(k.formula, '|') AS keys FROM cvm.report_column k WHERE k.column_name = 'row_key') r ON r.view = c.view
	WHERE c.view = _without_small_groups.view;
	IF splits IS NULL THEN
		RETURN format(E'SELECT %1$s\nFROM (\n%2$s\n) b\nWHERE %3$s >= %4$s', columns, body, size, smallest);
	END IF;
	IF NOT splits @> '{segment,channel}' THEN
		splits := splits[1:1];
	END IF;
	-- where what is left out is one row of them, or too few customers together,
	-- the total would tell on it: the next smallest goes along.  Of two ways to
	-- split, what is split both ways goes, so that neither tells on the other.
	RETURN format(E'SELECT %1$s\nFROM (\n\tSELECT g.*', columns)
		|| (SELECT string_agg(format($body$,
		count(*) FILTER (WHERE g.%1$I <> '(all)' AND g.cvm_size < %2$s) OVER w%3$s AS cvm_small%3$s,
		sum(g.cvm_size) FILTER (WHERE g.%1$I <> '(all)' AND g.cvm_size < %2$s) OVER w%3$s AS cvm_together%3$s,
		row_number() OVER (w%3$s ORDER BY g.%1$I = '(all)', g.cvm_size < %2$s, g.cvm_size, g.%1$I) AS cvm_rank%3$s$body$, u.split, smallest, u.n), '' ORDER BY u.n)
			FROM unnest(splits) WITH ORDINALITY AS u(split, n))
		|| format(E'\n\tFROM (SELECT b.*, %s AS cvm_size FROM (\n%s\n\t) b) g%s\n\tWINDOW %s\n) r\nWHERE r.cvm_size >= %s', size, body,
			CASE WHEN cardinality(splits) > 1 THEN E'\n\tWHERE ''(all)'' IN (g.segment, g.channel)' ELSE '' END,
			(SELECT string_agg(format('w%s AS (PARTITION BY %s)', u.n, coalesce(
				(SELECT string_agg(quote_ident(k.key), ', ' ORDER BY k.n) FROM unnest(keys) WITH ORDINALITY AS k(key, n)
					WHERE k.key <> u.split), 'true')), ', ' ORDER BY u.n)
			FROM unnest(splits) WITH ORDINALITY AS u(split, n)), smallest)
		|| (SELECT string_agg(format(E'\n\tAND NOT ((r.cvm_small%3$s = 1 OR r.cvm_together%3$s < %2$s) AND r.cvm_rank%3$s = 1 AND r.%1$I <> ''(all)'') IS TRUE', u.split, smallest, u.n), '' ORDER BY u.n)
			FROM unnest(splits) WITH ORDINALITY AS u(split, n));
END
$$;
COMMENT ON FUNCTION cvm._without_small_groups(text, text, int) IS
	'A body without the groups of fewer customers than that, and without what would tell on them.';

GRANT SELECT ON cvm.report_view, cvm.report_body, cvm.report_list, cvm.report_part, cvm.report_gather, cvm.report_column, cvm.report_sum TO PUBLIC;
