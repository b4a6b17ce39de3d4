/*
 * registry.c
 *		The registry's tables are written here, and nowhere else.
 *
 * Everybody may make models, and nobody may write the tables that say which
 * there are: whoever could, would have others act on what is written there.
 * So a write goes through cvm._register(), which looks at the model's owner
 * with the rights of the caller and then writes with those of the tables'
 * owner.  The switch is the one that foreign keys make: a trigger that the
 * tables' owner put there runs as that owner, never as the caller.
 *
 * What is written is not thereby true.  A model's owner may write whatever they
 * like about that model; whoever acts on it for others looks again.
 *
 * Locks of a model are taken here too, as locks of an object: a stranger can
 * hold an advisory lock for ever, but not one of these.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "pg/compat.h"

/* A table of the registry, and its key beside the model */
typedef struct RegistryTable
{
	const char *name;
	const char *key[2];
	const char *author; /* column of the role that wrote a row */
	bool replaces;		/* is a row of the same key replaced? */
} RegistryTable;

static const RegistryTable tables[] = {
	{"model", .author = "owner"},
	{"setting", {"setting"}, .replaces = true},
	{"binding", {"entity"}, .replaces = true},
	{"generated", {"relation"}, .replaces = true},
	{"stored", {"relation"}, .replaces = true},
	{"source_part", {"relation", "part"}, .replaces = true},
	{"refresh_log", {"refresh_id"}, .author = "role"},
	{.name = "restatement"},
	{"reader", {"role"}, .replaces = true},
	{"review_stored", {"review_id"}, .author = "role"},
};

/* Who was called by whom, to switch back */
typedef struct Caller
{
	Oid role;
	int context;
	int guc_level;
} Caller;

static Oid
registry_table(const char *name)
{
	Oid schema = get_namespace_oid("cvm", false);
	Oid table = get_relname_relid(name, schema);

	if (!OidIsValid(table))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
						errmsg("relation \"cvm.%s\" does not exist", name)));
	return table;
}

/* From here on with the rights of the registry's owner. */
static Caller
become_owner(void)
{
	Caller caller;
	HeapTuple tuple;
	Oid owner;
	Oid table = registry_table("model");

	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", table);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);

	GetUserIdAndSecContext(&caller.role, &caller.context);
	SetUserIdAndSecContext(owner, caller.context |
									  SECURITY_LOCAL_USERID_CHANGE |
									  SECURITY_RESTRICTED_OPERATION);
	/* no operator of the caller's is to be found */
	caller.guc_level = NewGUCNestLevel();
	RestrictSearchPath();
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	return caller;
}

static void
become_caller(const Caller *caller)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	AtEOXact_GUC(false, caller->guc_level);
	SetUserIdAndSecContext(caller->role, caller->context);
}

/* The name of the role that owns a model, or NULL: there is no such model. */
static char *
model_owner(Name model)
{
	Oid types[] = {NAMEOID};
	Datum values[] = {NameGetDatum(model)};

	if (SPI_execute_with_args(
			"SELECT m.owner FROM cvm.model m WHERE m.model = $1", 1, types,
			values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read cvm.model");
	if (SPI_processed == 0)
		return NULL;
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
}

/* An error where the caller has not the rights of a model's owner. */
static void
check_owner(const Caller *caller, Name model)
{
	char *name = model_owner(model);
	Oid owner;

	if (name == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("model \"%s\" does not exist", NameStr(*model)),
						errhint("Make it with cvm.create_model().")));
	owner = get_role_oid(name, true);
	if (!OidIsValid(owner) || !has_privs_of_role(caller->role, owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for model \"%s\"", NameStr(*model)),
				 errhint("Only members of role \"%s\" may work with it: SET "
						 "ROLE %s, or have it granted to you.",
						 name, quote_identifier(name))));
}

/* Nobody keeps a name from others without having its schema. */
static Oid
check_schema(const Caller *caller, Name model)
{
	HeapTuple tuple =
		SearchSysCache1(NAMESPACENAME, PointerGetDatum(NameStr(*model)));
	Oid holder;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema \"%s\" does not exist", NameStr(*model)),
				 errhint("Make the model with cvm.create_model(), which makes "
						 "its schema.")));
	holder = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	if (!has_privs_of_role(caller->role, holder))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for schema \"%s\"", NameStr(*model)),
				 errhint("A model's name is that of a schema that its owner "
						 "owns.")));
	return holder;
}

/* The columns that rows speak of: the keys of the first of them. */
static List *
row_columns(Jsonb *rows)
{
	List *columns = NIL;
	JsonbIterator *it = JsonbIteratorInit(&rows->root);
	JsonbValue value;

	/* into the array, if it is one, and into its first object */
	if (JsonbIteratorNext(&it, &value, false) == WJB_BEGIN_ARRAY &&
		JsonbIteratorNext(&it, &value, false) != WJB_BEGIN_OBJECT)
		return NIL;
	while (JsonbIteratorNext(&it, &value, true) == WJB_KEY)
	{
		columns = lappend(columns,
						  pnstrdup(value.val.string.val, value.val.string.len));
		(void) JsonbIteratorNext(&it, &value, true);
	}
	return columns;
}

/* Is it a column of the key? */
static bool
is_key(const RegistryTable *table, const char *column)
{
	for (size_t i = 0; i < lengthof(table->key); i++)
		if (table->key[i] != NULL && strcmp(table->key[i], column) == 0)
			return true;
	return false;
}

/* Whose a row is, who wrote it, and its number are not for the caller to say. */
static void
check_columns(const RegistryTable *table, List *columns, bool is_insert)
{
	ListCell *cell;

	foreach (cell, columns)
	{
		const char *column = lfirst(cell);

		if (strcmp(column, "model") == 0 ||
			(table->author != NULL && strcmp(column, table->author) == 0) ||
			(is_insert && !table->replaces && is_key(table, column)))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("column \"%s\" of \"%s\" is not given",
								   column, table->name),
							errhint("It says whose the row is.")));
	}
}

/* "FROM the rows, as rows of the table": one object, or an array of them */
static void
append_rows(StringInfo sql, const char *word, const RegistryTable *table)
{
	appendStringInfo(sql,
					 " %s pg_catalog.jsonb_populate_recordset(NULL::cvm.%s, "
					 "CASE pg_catalog.jsonb_typeof($2) WHEN 'array' THEN $2 "
					 "ELSE pg_catalog.jsonb_build_array($2) END) r",
					 word, table->name);
}

/* "word c = source.c, c = source.c": the columns beside the key; how many */
static int
append_set(StringInfo sql, const char *word, const char *source,
		   const RegistryTable *table, List *columns)
{
	ListCell *cell;
	int n = 0;

	foreach (cell, columns)
	{
		const char *column = quote_identifier(lfirst(cell));

		if (!is_key(table, lfirst(cell)))
			appendStringInfo(sql, "%s %s = %s.%s", n++ ? "," : word, column,
							 source, column);
	}
	return n;
}

static void
append_insert(StringInfo sql, const RegistryTable *table, List *columns)
{
	ListCell *cell;

	appendStringInfo(sql, "INSERT INTO cvm.%s AS t (model", table->name);
	if (table->author != NULL)
		appendStringInfo(sql, ", %s", table->author);
	foreach (cell, columns)
		appendStringInfo(sql, ", %s", quote_identifier(lfirst(cell)));
	appendStringInfo(sql, ") SELECT $1%s", table->author ? ", $3" : "");
	foreach (cell, columns)
		appendStringInfo(sql, ", r.%s", quote_identifier(lfirst(cell)));
	append_rows(sql, "FROM", table);
	if (!table->replaces)
		return;
	appendStringInfoString(sql, " ON CONFLICT (model");
	for (size_t i = 0; i < lengthof(table->key); i++)
		if (table->key[i] != NULL)
			appendStringInfo(sql, ", %s", table->key[i]);
	appendStringInfoString(sql, ") DO");
	if (append_set(sql, " UPDATE SET", "excluded", table, columns) == 0)
		appendStringInfoString(sql, " NOTHING");
}

static void
append_update(StringInfo sql, const RegistryTable *table, List *columns)
{
	appendStringInfo(sql, "UPDATE cvm.%s t", table->name);
	append_set(sql, " SET", "r", table, columns);
	append_rows(sql, "FROM", table);
	appendStringInfoString(sql, " WHERE t.model = $1");
	for (size_t i = 0; i < lengthof(table->key); i++)
		if (table->key[i] != NULL)
			appendStringInfo(sql, " AND t.%s = r.%s", table->key[i],
							 table->key[i]);
}

static void
append_delete(StringInfo sql, const RegistryTable *table, List *columns)
{
	ListCell *cell;

	appendStringInfo(sql, "DELETE FROM cvm.%s t", table->name);
	append_rows(sql, "USING", table);
	appendStringInfoString(sql, " WHERE t.model = $1");
	foreach (cell, columns)
		appendStringInfo(sql, " AND t.%s = r.%s",
						 quote_identifier(lfirst(cell)),
						 quote_identifier(lfirst(cell)));
}

static void
execute(const char *sql, Name model, Jsonb *rows, const Caller *caller)
{
	Oid types[] = {NAMEOID, JSONBOID, NAMEOID};
	NameData role;
	Datum values[3];

	namestrcpy(&role, GetUserNameFromId(caller->role, false));
	values[0] = NameGetDatum(model);
	values[1] = JsonbPGetDatum(rows);
	values[2] = NameGetDatum(&role);
	if (SPI_execute_with_args(sql, 3, types, values, NULL, false, 0) < 0)
		elog(ERROR, "could not write the registry: %s", sql);
}

/* May a model of this name be there, for all that its schema's owner says? */
static bool
owner_holds(Name model, Oid holder)
{
	char *name = model_owner(model);
	Oid owner = name != NULL ? get_role_oid(name, true) : InvalidOid;

	return name == NULL ||
		   (OidIsValid(owner) && has_privs_of_role(owner, holder));
}

/*
 * A trigger that waits for the end of the transaction would run as the caller
 * then, before PostgreSQL 18.
 */
static void
check_triggers(const char *name)
{
	Relation table = table_open(registry_table(name), AccessShareLock);

	if (table->trigdesc != NULL)
		for (int i = 0; i < table->trigdesc->numtriggers; i++)
			if (table->trigdesc->triggers[i].tgdeferrable)
				ereport(
					ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("trigger \"%s\" of cvm.%s is deferrable",
							table->trigdesc->triggers[i].tgname, name),
					 errhint("Drop it: the registry has no such triggers.")));
	table_close(table, AccessShareLock);
}

/* Delete what the registry knows of a model beside the model itself. */
static void
forget_rest(Name model, Jsonb *rows, const Caller *caller)
{
	for (size_t i = 1; i < lengthof(tables); i++)
	{
		check_triggers(tables[i].name);
		execute(
			psprintf("DELETE FROM cvm.%s t WHERE t.model = $1", tables[i].name),
			model, rows, caller);
	}
}

/* The name of a model is the schema owner's: who lost the schema lost it too. */
static void
forget(Name model, Jsonb *rows, const Caller *caller)
{
	forget_rest(model, rows, caller);
	check_triggers("model");
	execute("DELETE FROM cvm.model t WHERE t.model = $1", model, rows, caller);
}

/*
 * cvm._register(model name, action text, relation text, rows jsonb)
 *
 * Insert, update or delete rows about a model: an object, or an array of them.
 * Returns an array of the rows as they are written, or were.
 */
PG_FUNCTION_INFO_V1(cvm_register);
Datum
cvm_register(PG_FUNCTION_ARGS)
{
	Name model = PG_GETARG_NAME(0);
	char *action = text_to_cstring(PG_GETARG_TEXT_PP(1));
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	Jsonb *rows = PG_GETARG_JSONB_P(3);
	const RegistryTable *table = NULL;
	List *columns;
	StringInfoData sql;
	Caller caller;
	Datum written;
	bool is_null;
	bool is_insert = strcmp(action, "insert") == 0;
	bool is_model = strcmp(name, "model") == 0;

	for (size_t i = 0; i < lengthof(tables); i++)
		if (strcmp(tables[i].name, name) == 0)
			table = &tables[i];
	if (table == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" is not a table of the registry", name)));
	if (JB_ROOT_IS_SCALAR(rows))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a row of the registry is an object, several are an "
						"array of objects")));
	if (JB_ROOT_IS_ARRAY(rows) && JB_ROOT_COUNT(rows) == 0)
		PG_RETURN_DATUM(JsonbPGetDatum(rows));
	columns = row_columns(rows);
	check_columns(table, columns, is_insert);

	initStringInfo(&sql);
	appendStringInfoString(&sql, "WITH w AS (");
	if (is_insert)
		append_insert(&sql, table, columns);
	else if (strcmp(action, "update") == 0 && table->key[0] != NULL)
		append_update(&sql, table, columns);
	else if (strcmp(action, "delete") == 0)
		append_delete(&sql, table, columns);
	else
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("cannot do \"%s\" to \"%s\" of the registry",
							   action, name),
						errhint("Actions are insert, update and delete.")));
	appendStringInfoString(&sql,
						   " RETURNING pg_catalog.to_jsonb(t) AS j) SELECT "
						   "coalesce(pg_catalog.jsonb_agg(w.j), '[]') FROM w");

	caller = become_owner();
	if (is_model && is_insert)
	{
		Oid holder = check_schema(&caller, model);

		if (!owner_holds(model, holder))
			forget(model, rows, &caller);
	}
	else
		check_owner(&caller, model);
	if (is_model && strcmp(action, "delete") == 0)
		forget_rest(model, rows, &caller);
	check_triggers(table->name);
	execute(sql.data, model, rows, &caller);
	written =
		SPI_datumTransfer(SPI_getbinval(SPI_tuptable->vals[0],
										SPI_tuptable->tupdesc, 1, &is_null),
						  false, -1);
	become_caller(&caller);
	PG_RETURN_DATUM(written);
}

/* cvm._lock_id(relation name): as pg_locks.objsubid has it */
PG_FUNCTION_INFO_V1(cvm_lock_id);
Datum
cvm_lock_id(PG_FUNCTION_ARGS)
{
	Name relation = PG_GETARG_NAME(0);
	uint32 hash = hash_bytes((const unsigned char *) NameStr(*relation),
							 (int) strlen(NameStr(*relation)));

	PG_RETURN_INT32((int32) (hash & 0x7FFF));
}

/*
 * cvm._lock_model(model name)
 *
 * One change of a model at a time: until the end of the transaction nobody
 * else changes it.
 */
PG_FUNCTION_INFO_V1(cvm_lock_model);
Datum
cvm_lock_model(PG_FUNCTION_ARGS)
{
	Name model = PG_GETARG_NAME(0);
	Oid types[] = {NAMEOID};
	Datum values[] = {NameGetDatum(model)};
	Caller caller = become_owner();

	check_owner(&caller, model);
	if (SPI_execute_with_args(
			"SELECT 1 FROM cvm.model m WHERE m.model = $1 FOR UPDATE", 1, types,
			values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not lock a row of cvm.model");
	become_caller(&caller);
	PG_RETURN_VOID();
}

/*
 * For how many milliseconds a lock that is not to be waited for may be taken.
 * A transaction that ends gives its locks back one after the other: who has
 * waited for the model's may find that of a table still held by who is done.
 */
#define GIVE_BACK_MS 50

/* The lock of a stored table of a model, until the transaction ends */
static bool
lock_stored(FunctionCallInfo fcinfo, bool no_wait)
{
	Name model = PG_GETARG_NAME(0);
	Name relation = PG_GETARG_NAME(1);
	int32 id =
		DatumGetInt32(DirectFunctionCall1(cvm_lock_id, NameGetDatum(relation)));
	LOCKTAG tag;
	Caller caller = become_owner();

	check_owner(&caller, model);
	become_caller(&caller);

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, registry_table("stored"),
					   get_namespace_oid(NameStr(*model), false), (uint16) id);
	for (int tries = 0; LockAcquire(&tag, ExclusiveLock, false, no_wait) ==
						LOCKACQUIRE_NOT_AVAIL;
		 tries++)
	{
		if (tries == GIVE_BACK_MS)
			return false;
		CHECK_FOR_INTERRUPTS();
		pg_usleep(1000L);
	}
	return true;
}

/*
 * cvm._try_lock(model name, relation name)
 *
 * Until the end of the transaction nobody else refreshes this table of a model.
 * False when somebody does.  The lock is one of the model's schema: of two
 * models none has that of the other, whatever they are called.
 */
PG_FUNCTION_INFO_V1(cvm_try_lock);
Datum
cvm_try_lock(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(lock_stored(fcinfo, true));
}

/*
 * cvm._lock_stored(model name, relation name)
 *
 * The same, after a refresh that is at it.  Whoever takes the model's lock too
 * takes this one first, as a refresh does.
 */
PG_FUNCTION_INFO_V1(cvm_lock_stored);
Datum
cvm_lock_stored(PG_FUNCTION_ARGS)
{
	(void) lock_stored(fcinfo, false);
	PG_RETURN_VOID();
}
