-- SPDX-License-Identifier: PostgreSQL
-- Everything that the extension made, as lines of text: equal lines, equal
-- extensions.  Read by psql -XAtq.
SET search_path = pg_catalog, pg_temp;
WITH member AS (
	SELECT d.classid, d.objid, format('%s %s', i.type, i.identity) AS name
	FROM pg_depend d, pg_identify_object(d.classid, d.objid, 0) i
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
		AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'cvm')
), line(what) AS (
	SELECT name FROM member
	UNION ALL
	SELECT format('comment on %s: %s', m.name, c.description)
	FROM member m JOIN pg_description c ON (c.classoid, c.objoid, c.objsubid) = (m.classid, m.objid, 0)
	UNION ALL
	SELECT format('comment on column %s.%s: %s', m.name, a.attname, c.description)
	FROM member m JOIN pg_description c ON (c.classoid, c.objoid) = (m.classid, m.objid)
	JOIN pg_attribute a ON (a.attrelid, a.attnum) = (c.objoid, c.objsubid)
	WHERE m.classid = 'pg_class'::regclass
	UNION ALL
	SELECT format('%s: %s, owner %s, rights %s', m.name,
		CASE WHEN p.prokind = 'a' THEN to_jsonb(a) - 'aggfnoid' || jsonb_build_object('state', a.aggtranstype::regtype, 'aggtranstype', a.aggmtranstype::regtype, 'type', p.prorettype::regtype, 'parallel', p.proparallel, 'arguments', pg_get_function_arguments(p.oid))
		ELSE to_jsonb(pg_get_functiondef(p.oid)) END, p.proowner::regrole, p.proacl)
	FROM member m JOIN pg_proc p ON p.oid = m.objid LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
	WHERE m.classid = 'pg_proc'::regclass
	UNION ALL
	SELECT format('%s: %s', m.name, jsonb_build_object('left', oprleft::regtype, 'right', oprright::regtype, 'result', oprresult::regtype,
		'hashes', oprcanhash, 'merges', oprcanmerge, 'commutator', oprcom::regoperator, 'negator', oprnegate::regoperator,
		'function', oprcode, 'restrict', oprrest, 'join', oprjoin))
	FROM member m JOIN pg_operator o ON o.oid = m.objid WHERE m.classid = 'pg_operator'::regclass
	UNION ALL
	SELECT format('%s: %s', m.name, to_jsonb(t) - '{oid,typnamespace,typowner,typarray,typrelid,typsubscript,typelem,typbasetype}'::text[]
		|| jsonb_build_object('array', t.typarray::regtype))
	FROM member m JOIN pg_type t ON t.oid = m.objid WHERE m.classid = 'pg_type'::regclass AND t.typrelid = 0
	UNION ALL
	SELECT format('%s: type %s, default %s, family %s', m.name, o.opcintype::regtype, o.opcdefault, f.opfname)
	FROM member m JOIN pg_opclass o ON o.oid = m.objid JOIN pg_opfamily f ON f.oid = o.opcfamily
	WHERE m.classid = 'pg_opclass'::regclass
	UNION ALL
	SELECT format('%s: operator %s %s', m.name, o.amopstrategy, o.amopopr::regoperator)
	FROM member m JOIN pg_amop o ON o.amopfamily = m.objid WHERE m.classid = 'pg_opfamily'::regclass
	UNION ALL
	SELECT format('%s: function %s %s', m.name, o.amprocnum, o.amproc::regprocedure)
	FROM member m JOIN pg_amproc o ON o.amprocfamily = m.objid WHERE m.classid = 'pg_opfamily'::regclass
	UNION ALL
	SELECT format('%s: %s', m.name, jsonb_build_object('owner', c.relowner::regrole, 'rights', c.relacl, 'rls', c.relrowsecurity, 'force', c.relforcerowsecurity,
		'options', c.reloptions, 'kind', c.relkind, 'view', CASE c.relkind WHEN 'v' THEN pg_get_viewdef(c.oid) END))
	FROM member m JOIN pg_class c ON c.oid = m.objid WHERE m.classid = 'pg_class'::regclass
	UNION ALL
	SELECT format('%s: column %s %s %s', m.name, row_number() OVER (PARTITION BY m.objid ORDER BY a.attnum), a.attname,
		jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), 'not null', a.attnotnull, 'identity', a.attidentity, 'generated', a.attgenerated,
		'collation', a.attcollation::regcollation, 'storage', a.attstorage, 'rights', a.attacl, 'default', pg_get_expr(d.adbin, d.adrelid)))
	FROM member m JOIN pg_attribute a ON a.attrelid = m.objid AND a.attnum > 0 AND NOT a.attisdropped
	LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
	WHERE m.classid = 'pg_class'::regclass
	UNION ALL
	SELECT format('%s: constraint %s %s', m.name, c.conname, pg_get_constraintdef(c.oid))
	FROM member m JOIN pg_constraint c ON c.conrelid = m.objid WHERE m.classid = 'pg_class'::regclass
	UNION ALL
	SELECT format('%s: %s', m.name, pg_get_indexdef(i.indexrelid))
	FROM member m JOIN pg_index i ON i.indrelid = m.objid WHERE m.classid = 'pg_class'::regclass
	UNION ALL
	SELECT format('%s: %s', m.name, pg_get_triggerdef(t.oid))
	FROM member m JOIN pg_trigger t ON t.tgrelid = m.objid AND NOT t.tgisinternal WHERE m.classid = 'pg_class'::regclass
	UNION ALL
	SELECT format('%s: rule %s', m.name, pg_get_ruledef(r.oid))
	FROM member m JOIN pg_rewrite r ON r.ev_class = m.objid WHERE m.classid = 'pg_class'::regclass AND r.rulename <> '_RETURN'
	UNION ALL
	SELECT format('%s: policy %s', m.name, jsonb_build_object('name', p.polname, 'command', p.polcmd, 'permissive', p.polpermissive, 'roles', p.polroles::regrole[],
		'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)))
	FROM member m JOIN pg_policy p ON p.polrelid = m.objid WHERE m.classid = 'pg_class'::regclass
	UNION ALL
	SELECT format('cast %s to %s: %s %s %s', c.castsource::regtype, c.casttarget::regtype, c.castfunc::regprocedure, c.castcontext, c.castmethod)
	FROM member m JOIN pg_cast c ON c.oid = m.objid WHERE m.classid = 'pg_cast'::regclass
	UNION ALL
	SELECT format('dumped: %s %s', c.t::regclass, c.condition)
	FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS c(t, condition) WHERE e.extname = 'cvm'
	UNION ALL
	SELECT format('schema: owner %s, rights %s, %s', n.nspowner::regrole, n.nspacl, obj_description(n.oid, 'pg_namespace'))
	FROM pg_namespace n WHERE n.nspname = 'cvm'
	UNION ALL
	-- the rows that the extension brings along; a model's rows are its own
	SELECT format('%s: row %s', m.name, regexp_replace(replace(x.row::text, E'\n', '\n'), ' xmlns:xsi="[^"]*"', ''))
	FROM member m JOIN pg_class c ON c.oid = m.objid AND c.relkind = 'r'
	CROSS JOIN LATERAL unnest(xpath('/table/row', query_to_xml(format('SELECT * FROM %s', c.oid::regclass), true, false, ''))) AS x(row)
	WHERE m.classid = 'pg_class'::regclass
		AND NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'cvm' AND c.oid = ANY (e.extconfig))
)
SELECT replace(what, E'\n', '\n') FROM line ORDER BY what COLLATE "C";
