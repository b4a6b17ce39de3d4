-- SPDX-License-Identifier: PostgreSQL
-- The classes of canonical columns (11-entity.sql): which types of source
-- columns each takes, and what it makes of them.

-- _base_type, _equals_other_bytes and _accept are asked for every bound column at
-- every refresh.  They are plpgsql because that keeps its plans for a session;
-- as SQL they were planned at each call, two thirds of the time of _bound().

CREATE FUNCTION cvm._base_type(type oid) RETURNS oid
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	base oid := type;
	below oid;
BEGIN
	LOOP
		SELECT t.typbasetype INTO below FROM pg_type t WHERE t.oid = base;
		IF coalesce(below, 0) = 0 THEN
			RETURN CASE WHEN below = 0 THEN base END;
		END IF;
		base := below;
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._base_type(oid) IS 'The type below a domain; any other type as it is.';

CREATE FUNCTION cvm._has_own_cast(type oid) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- it would run with the rights of whoever reads a column
	SELECT EXISTS (
		SELECT FROM pg_cast c
		JOIN pg_proc p ON p.oid = c.castfunc
		JOIN pg_roles r ON r.oid = p.proowner
		WHERE c.castsource = cvm._base_type($1) AND c.casttarget = 'text'::regtype AND NOT r.rolsuper);
$$;
COMMENT ON FUNCTION cvm._has_own_cast(oid) IS
	'Does a cast of this type to text call a function of a role that is no superuser?';

CREATE FUNCTION cvm._class_type(class text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE class
		WHEN 'key' THEN 'text'
		WHEN 'label' THEN 'text'
		WHEN 'time' THEN 'timestamp with time zone'
		WHEN 'day' THEN 'date'
		WHEN 'money' THEN 'numeric'
		WHEN 'number' THEN 'double precision'
		WHEN 'count' THEN 'bigint'
		WHEN 'flag' THEN 'boolean'
		WHEN 'deleted' THEN 'boolean'
	END;
$$;
COMMENT ON FUNCTION cvm._class_type(text) IS 'The type of a canonical column that is not bound.';

CREATE FUNCTION cvm._cast(value text, type oid, class text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- what PostgreSQL prints of a type that somebody made, not a cast that its
	-- owner may have written, or will write
	SELECT CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN format('%s::%s', $1, cvm._class_type($3))
		ELSE format('CASE WHEN NOT %1$s IS NULL THEN pg_catalog.format(''%%s'', %1$s)%2$s END', $1,
			CASE WHEN cvm._class_type($3) = 'text' THEN '' ELSE '::' || cvm._class_type($3) END) END
	FROM pg_type t WHERE t.oid = cvm._base_type($2);
$$;
COMMENT ON FUNCTION cvm._cast(text, oid, text) IS
	'SQL that makes of a value of a source''s type one of a class, and calls nothing that the source''s owner wrote.';

CREATE FUNCTION cvm._class_words(class text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE class
		WHEN 'key' THEN 'smallint, integer, bigint, text, varchar or uuid'
		WHEN 'label' THEN 'text, varchar, an integer type, uuid or an enum without a cast to text of its own'
		WHEN 'time' THEN 'date, timestamp or timestamptz'
		WHEN 'day' THEN 'date, timestamp or timestamptz'
		WHEN 'money' THEN 'numeric or an integer type'
		WHEN 'number' THEN 'numeric, an integer type, real or double precision'
		WHEN 'count' THEN 'an integer type'
		WHEN 'flag' THEN 'boolean'
		WHEN 'deleted' THEN 'boolean, date, timestamp, timestamptz or an integer type'
	END;
$$;
COMMENT ON FUNCTION cvm._class_words(text) IS 'The types that a canonical column takes, for people.';

CREATE FUNCTION cvm._equals_other_bytes(type oid, collation oid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- a string type of an extension, such as citext, compares as it likes
	RETURN EXISTS (SELECT FROM pg_collation o WHERE o.oid = $2 AND NOT o.collisdeterministic)
		OR EXISTS (SELECT FROM pg_type t WHERE t.oid = cvm._base_type($1) AND t.typcategory = 'S' AND t.typnamespace <> 'pg_catalog'::regnamespace);
END
$$;
COMMENT ON FUNCTION cvm._equals_other_bytes(oid, oid) IS
	'May values of a column be equal without being the same bytes?';

CREATE FUNCTION cvm._accept(class text, type oid, tz text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- %s is the source column; a cast that only drops a length or a domain
	-- leaves indexes of the source usable
	RETURN (SELECT CASE class
		WHEN 'key' THEN CASE
			WHEN b.name IN ('text', 'varchar') THEN '%s::text'
			WHEN b.name = 'bpchar' THEN '%s'
			WHEN b.name IN ('int2', 'int4', 'int8', 'uuid') THEN '%s::' || b.name
			END
		WHEN 'label' THEN CASE
			WHEN b.name IN ('text', 'varchar', 'bpchar', 'name', 'int2', 'int4', 'int8', 'uuid') OR (b.typtype = 'e' AND NOT cvm._has_own_cast(type)) THEN '%s::text'
			END
		WHEN 'time' THEN CASE
			WHEN b.name IN ('date', 'timestamp', 'timestamptz') THEN '%s::' || b.name
			END
		WHEN 'day' THEN CASE
			WHEN b.name IN ('date', 'timestamp') THEN '%s::date'
			WHEN b.name = 'timestamptz' THEN 'cvm.day_of(%s::timestamptz, ' || replace(quote_literal(tz), '%', '%%') || ')'
			END
		WHEN 'money' THEN CASE
			WHEN b.name IN ('numeric', 'int2', 'int4', 'int8') THEN '%s::numeric'
			END
		WHEN 'number' THEN CASE
			WHEN b.name IN ('numeric', 'int2', 'int4', 'int8', 'float4', 'float8') THEN '%s::double precision'
			END
		WHEN 'count' THEN CASE
			WHEN b.name IN ('int2', 'int4', 'int8') THEN '%s::bigint'
			END
		WHEN 'flag' THEN CASE
			WHEN b.name = 'bool' THEN '%s::boolean'
			END
		WHEN 'deleted' THEN CASE
			WHEN b.name = 'bool' THEN '(%s IS TRUE)'
			WHEN b.name IN ('date', 'timestamp', 'timestamptz') THEN '((%s < ''infinity'') IS TRUE)'
			WHEN b.name IN ('int2', 'int4', 'int8') THEN '((%s <> 0) IS TRUE)'
			END
		END
	FROM (
		SELECT t.typtype, CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname END AS name
		FROM pg_type t
		WHERE t.oid = cvm._base_type(type)) AS b);
END
$$;
COMMENT ON FUNCTION cvm._accept(text, oid, text) IS
	'How a source column of this type becomes a canonical column of this class, as a pattern for format(); NULL when '
	'it does not.';
