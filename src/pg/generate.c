/*
 * generate.c
 *		What the generator of views asks of the catalogs hundreds of times.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/genam.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_description.h"
#include "catalog/pg_rewrite.h"
#include "common/md5.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "rewrite/rewriteSupport.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "pg/compat.h"

#define MD5_LENGTH 32

/* _relation(model, relation) */
PG_FUNCTION_INFO_V1(cvm_relation);
Datum
cvm_relation(PG_FUNCTION_ARGS)
{
	Oid schema = get_namespace_oid(NameStr(*PG_GETARG_NAME(0)), true);
	Oid relation = OidIsValid(schema)
					   ? get_relname_relid(NameStr(*PG_GETARG_NAME(1)), schema)
					   : InvalidOid;

	if (!OidIsValid(relation))
		PG_RETURN_NULL();
	PG_RETURN_OID(relation);
}

/* Append a value with its length, so that no two rows of them are the same */
static void
append_value(StringInfo print, const void *value, int length)
{
	appendBinaryStringInfo(print, (const char *) &length, sizeof(length));
	appendBinaryStringInfo(print, value, length);
}

static void
append_varlena(StringInfo print, struct varlena *value)
{
	append_value(print, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

/* Append what a row of a catalog says. */
typedef void (*RowAppend)(StringInfo print, HeapTuple row, TupleDesc desc);

/* Append the rows that an index of a catalog finds by two keys, in its order. */
static void
append_rows(StringInfo print, Oid catalog, Oid index, ScanKey key,
			RowAppend append)
{
	Relation relation = table_open(catalog, AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, index, true, NULL, 2, key);
	HeapTuple row;

	while (HeapTupleIsValid(row = systable_getnext(scan)))
		append(print, row, RelationGetDescr(relation));
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
}

/*
 * The tree of a view has some hundred kilobytes.  It is taken as it is stored,
 * mostly compressed: the same tree is so in the same way until it is made again.
 */
static void
append_tree(StringInfo print, HeapTuple rule, TupleDesc desc)
{
	bool is_null;
	Datum action =
		heap_getattr(rule, Anum_pg_rewrite_ev_action, desc, &is_null);

	append_varlena(print, detoast_external_attr(
							  (struct varlena *) DatumGetPointer(action)));
}

static void
append_rule(StringInfo print, Oid view)
{
	ScanKeyData key[2];

	ScanKeyInit(&key[0], Anum_pg_rewrite_ev_class, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(view));
	ScanKeyInit(&key[1], Anum_pg_rewrite_rulename, BTEqualStrategyNumber,
				F_NAMEEQ, CStringGetDatum(ViewSelectRuleName));
	append_rows(print, RewriteRelationId, RewriteRelRulenameIndexId, key,
				append_tree);
}

static void
append_column(StringInfo print, HeapTuple column, TupleDesc desc)
{
	const char *name =
		NameStr(((Form_pg_attribute) GETSTRUCT(column))->attname);

	append_value(print, name, strlen(name));
}

static void
append_columns(StringInfo print, Oid view)
{
	ScanKeyData key[2];

	ScanKeyInit(&key[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(view));
	ScanKeyInit(&key[1], Anum_pg_attribute_attnum, BTGreaterStrategyNumber,
				F_INT2GT, Int16GetDatum(0));
	append_rows(print, AttributeRelationId, AttributeRelidNumIndexId, key,
				append_column);
}

static void
append_comment(StringInfo print, HeapTuple comment, TupleDesc desc)
{
	Form_pg_description form = (Form_pg_description) GETSTRUCT(comment);
	bool is_null;
	Datum words =
		heap_getattr(comment, Anum_pg_description_description, desc, &is_null);

	append_value(print, &form->objsubid, sizeof(form->objsubid));
	append_varlena(print, (struct varlena *) DatumGetTextPP(words));
}

static void
append_comments(StringInfo print, Oid view)
{
	ScanKeyData key[2];

	ScanKeyInit(&key[0], Anum_pg_description_objoid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(view));
	ScanKeyInit(&key[1], Anum_pg_description_classoid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	append_rows(print, DescriptionRelationId, DescriptionObjIndexId, key,
				append_comment);
}

/* _digest_of_catalog(view) */
PG_FUNCTION_INFO_V1(cvm_digest_of_catalog);
Datum
cvm_digest_of_catalog(PG_FUNCTION_ARGS)
{
	Oid view = PG_GETARG_OID(0);
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(view));
	char digest[MD5_LENGTH + 1];
	const char *wrong = NULL;
	StringInfoData print;
	const char *owner;
	Form_pg_class form;
	Datum options;
	bool is_null;

	if (!HeapTupleIsValid(tuple))
		PG_RETURN_NULL();
	form = (Form_pg_class) GETSTRUCT(tuple);
	if (form->relkind != RELKIND_VIEW)
	{
		ReleaseSysCache(tuple);
		PG_RETURN_NULL();
	}
	initStringInfo(&print);
	/* a role that has gone has none */
	owner = GetUserNameFromId(form->relowner, true);
	append_value(&print, owner == NULL ? "" : owner,
				 owner == NULL ? 0 : strlen(owner));
	options =
		SysCacheGetAttr(RELOID, tuple, Anum_pg_class_reloptions, &is_null);
	if (is_null)
		append_value(&print, "", 0);
	else
		append_varlena(&print, PG_DETOAST_DATUM_PACKED(options));
	ReleaseSysCache(tuple);
	append_rule(&print, view);
	append_columns(&print, view);
	append_comments(&print, view);
	if (!pg_md5_hash(print.data, print.len, digest, &wrong))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("could not compute %s hash: %s", "MD5", wrong)));
	PG_RETURN_TEXT_P(cstring_to_text(digest));
}

/*
 * _compress_fast(): the trees of views are compressed by LZ4, which takes a
 * tenth of the time, where the server has it.  Until the transaction or the
 * function ends that sets default_toast_compression.
 */
PG_FUNCTION_INFO_V1(cvm_compress_fast);
Datum
cvm_compress_fast(PG_FUNCTION_ARGS)
{
	(void) set_config_option("default_toast_compression", "lz4", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, DEBUG5,
							 false);
	PG_RETURN_VOID();
}
