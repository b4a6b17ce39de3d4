-- SPDX-License-Identifier: PostgreSQL
-- How report views show money: in minor units of the model's currency, so that
-- it adds up as it is shown.
--
-- A column of type numeric(28,2) in report_column is money.  A body leaves it
-- exact; the view rounds it to cvm.minor_units() of the model's currency.  What
-- has a row in report_footing is not rounded by itself: see
-- src/core/util/footing.c and, where a view has totals both ways, of segments and
-- of channels or donors, src/core/util/crossfooting.c.

CREATE FUNCTION cvm.minor_units(currency text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN upper(currency COLLATE "C") = ANY ('{BIF,CLP,DJF,GNF,ISK,JPY,KMF,KRW,PYG,RWF,UGX,UYI,VND,VUV,XAF,XOF,XPF}'::text[]) THEN 0
	WHEN upper(currency COLLATE "C") = ANY ('{BHD,IQD,JOD,KWD,LYD,OMR,TND}'::text[]) THEN 3
	WHEN upper(currency COLLATE "C") = ANY ('{CLF,UYW}'::text[]) THEN 4
	ELSE 2 END;
COMMENT ON FUNCTION cvm.minor_units(text) IS
	'How many decimals amounts of a currency have, by ISO 4217: 0 of JPY, 3 of KWD; 2 where it is not known.';

CREATE TABLE cvm.report_footing (
	view text NOT NULL REFERENCES cvm.report_view,
	position int NOT NULL,
	column_name text NOT NULL,
	role text NOT NULL CHECK (role IN ('opening', 'line', 'move', 'closing', 'part', 'stock', 'sum', 'formula')),
	source text CHECK ((source IS NOT NULL) = (role IN ('part', 'stock', 'formula'))),
	PRIMARY KEY (view, column_name),
	UNIQUE (view, position)
);
COMMENT ON TABLE cvm.report_footing IS
	'Columns of money that add up as they are shown. They are columns of the bodies, be they shown or not.';
COMMENT ON COLUMN cvm.report_footing.position IS 'Their order.';
COMMENT ON COLUMN cvm.report_footing.role IS
	'opening, line, move (a line that goes from segment to segment) and closing: opening and lines make the closing, '
	'and segments the total. part: a part of source. stock: what line source has taken away so far. sum: segments '
	'make the total. formula: made of others as they are shown.';
COMMENT ON COLUMN cvm.report_footing.source IS 'Of which column; or of which, in braces, how.';

CREATE FUNCTION cvm._footed(amounts numeric[], segment text, period date, roles text[], decimals int) RETURNS numeric[]
	AS 'MODULE_PATHNAME', 'cvm_footed'
	LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION cvm._footed(numeric[], text, date, text[], int) IS
	'The amounts of a row, rounded so that they add up with those of the other rows, which come in the order of their '
	'periods; segment "(all)" is the total.';

CREATE FUNCTION cvm._cross_footed(amounts numeric[], one text, other text, decimals int) RETURNS numeric[]
	AS 'MODULE_PATHNAME', 'cvm_cross_footed'
	LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION cvm._cross_footed(numeric[], text, text, int) IS
	'The amounts of a row, each rounded so that it adds up with those of the other rows over both; "(all)" is the total of '
	'either.';

CREATE FUNCTION cvm._footed_lines(amounts numeric[], segment text, decimals int) RETURNS numeric[]
	AS 'MODULE_PATHNAME', 'cvm_footed_lines'
	LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION cvm._footed_lines(numeric[], text, int) IS
	'The amounts of a row, of which the last is the sum of the others, rounded so that it is, and that segments make the '
	'total, segment "(all)".';

CREATE FUNCTION cvm._shared_out(amount numeric, total numeric, decimals int) RETURNS numeric
	AS 'MODULE_PATHNAME', 'cvm_shared_out'
	LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE;
COMMENT ON FUNCTION cvm._shared_out(numeric, numeric, int) IS
	'The amount of a row, rounded up or down so that all rows make the total.';

CREATE FUNCTION cvm._shown(view text, body text, decimals int) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	keys text[];
	split text;
	other text;
	amounts text;
	footed jsonb;
	roles text[];
	is_waterfall boolean;
	places jsonb;
	columns text;
BEGIN
	-- most views have none, and half of them no money
	IF EXISTS (SELECT FROM cvm.report_footing g WHERE g.view = _shown.view AND g.role <> 'formula') THEN
		-- some bodies do so themselves
		IF body LIKE '%cvm.\_footed(%' THEN
			RETURN body;
		END IF;
		SELECT string_agg('b.' || f.column_name, ', ' ORDER BY f.n),
			jsonb_object_agg(f.column_name, format('b.cvm_shown[%s]', f.n)),
			array_agg(concat_ws(' ', f.role, f.of) ORDER BY f.n),
			bool_or(f.role = 'opening')
		INTO amounts, footed, roles, is_waterfall
		FROM (
			SELECT g.column_name, g.role, row_number() OVER w AS n,
				(SELECT s.n FROM (SELECT h.column_name, row_number() OVER (ORDER BY h.position) AS n FROM cvm.report_footing h
					WHERE h.view = _shown.view AND h.role <> 'formula') s
					WHERE s.column_name = g.source) AS of
			FROM cvm.report_footing g
			WHERE g.view = _shown.view AND g.role <> 'formula'
			WINDOW w AS (ORDER BY g.position)) f;
	END IF;
	SELECT coalesce(jsonb_object_agg(c.column_name, format('b.%s::numeric(28,%s)', c.column_name, decimals)), '{}') || coalesce(footed, '{}') INTO places
	FROM cvm.report_column c
	WHERE c.view = _shown.view AND c.type = 'numeric(28,2)';
	IF places = '{}' THEN
		RETURN body;
	END IF;
	SELECT string_agg(CASE WHEN c.type <> 'numeric(28,2)' THEN 'b.' || c.column_name
			ELSE format('(%s)::numeric(28,%s) AS %s', coalesce(cvm._fill(f.source, places), places ->> c.column_name), decimals,
				c.column_name) END, E',\n\t' ORDER BY c.position) INTO columns
	FROM cvm.report_column c
	LEFT JOIN cvm.report_footing f ON f.view = c.view AND f.column_name = c.column_name AND f.role = 'formula'
	WHERE c.view = _shown.view;
	IF amounts IS NULL THEN
		RETURN format(E'SELECT %s\nFROM (\n%s\n) b', columns, body);
	END IF;
	keys := (SELECT string_to_array(c.formula, '|') FROM cvm.report_column c WHERE c.view = _shown.view AND c.column_name = 'row_key');
	-- over what there is a total
	split := (SELECT u.split FROM unnest('{segment,channel,value_decile,product}'::text[]) WITH ORDINALITY AS u(split, n)
		WHERE u.split = ANY (keys) ORDER BY u.n LIMIT 1);
	-- and over what else
	other := (SELECT k.key FROM unnest(keys) WITH ORDINALITY AS k(key, n)
		WHERE k.key IN ('channel', 'donor') AND k.key <> split AND EXISTS (SELECT FROM cvm.report_sum s
			JOIN cvm.report_footing g ON g.view = s.view AND g.column_name = s.column_name AND g.role = 'sum'
			WHERE s.view = _shown.view AND k.key = ANY (s.dimensions))
		ORDER BY k.n LIMIT 1);
	IF other IS NOT NULL THEN
		RETURN format(E'SELECT %1$s\nFROM (\n\tSELECT b.*, cvm._cross_footed(ARRAY[%2$s], b.%3$s, b.%4$s, %5$s)'
			' OVER (%6$sORDER BY b.%3$s COLLATE "C", b.%4$s COLLATE "C") AS cvm_shown'
			'\n\tFROM (\n%7$s\n\t) b\n) b',
			columns, amounts, split, other, decimals,
			(SELECT 'PARTITION BY ' || string_agg('b.' || k.key, ', ' ORDER BY k.n) || ' ' FROM unnest(keys) WITH ORDINALITY AS k(key, n)
				WHERE k.key NOT IN (split, other)), body);
	END IF;
	RETURN format(E'SELECT %1$s\nFROM (\n\tSELECT b.*, cvm._footed(ARRAY[%2$s], b.%3$s, %4$s, %5$L::text[], %6$s) OVER (%7$sORDER BY %8$sb.%3$s COLLATE "C") AS cvm_shown\n\tFROM (\n%9$s\n\t) b\n) b',
		columns, amounts, split, CASE WHEN is_waterfall THEN 'b.month' ELSE 'NULL::date' END, roles, decimals,
		(SELECT 'PARTITION BY ' || string_agg('b.' || k.key, ', ' ORDER BY k.n) || ' ' FROM unnest(keys) WITH ORDINALITY AS k(key, n)
			WHERE k.key <> split AND NOT (is_waterfall AND k.key = 'month_label')),
		CASE WHEN is_waterfall THEN 'b.month, ' ELSE '' END, body);
END
$$;
COMMENT ON FUNCTION cvm._shown(text, text, int) IS
	'A body of a report view with its money as it is shown, in so many decimals.';

GRANT SELECT ON cvm.report_footing TO PUBLIC;
