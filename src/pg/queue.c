/*
 * queue.c
 *		The trigger by which a source tells a model which customers changed.
 *
 * It runs as whoever writes the source, who need not know of the model and has
 * no right on its queue.  What it writes down, it works out with the rights of
 * the writer; the rows it puts into the queue itself, without asking for
 * rights, but only into a queue whose owner agreed: the comment of the queue
 * names the source and the digest of every trigger that may feed it, and the
 * owner of a table alone can comment on it.  So nobody else can make a
 * customer look changed, or pass off as added what was not.
 *
 * It must never be the reason that a write fails: what it cannot read it marks
 * as everything, a row without customer, which makes the next refresh a full
 * one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "commands/comment.h"
#include "commands/trigger.h"
#include "common/md5.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "pg/compat.h"
#include "pg/subtransaction.h"

/* Arguments of the trigger */
enum
{
	QUEUE_SCHEMA,
	QUEUE_NAME,
	CUSTOMER, /* expression over a row s of the source */
	DELTA,	  /* query over after_rows: customers with a state; or '' */
	READS,	  /* columns that these read, with their types */
	OWNER,	  /* of the queue */
	ARGUMENTS
};

/* What is asked once for all rows of a statement that fire a trigger */
typedef struct Feed
{
	Oid queue;		  /* locked; InvalidOid: none takes rows from here */
	bool is_readable; /* are the columns as when the trigger was made? */
} Feed;

/* The table on which a trigger was made: a partition's is a clone of it. */
static Oid
trigger_source(Oid trigger)
{
	Relation catalog = table_open(TriggerRelationId, AccessShareLock);
	Oid source = InvalidOid;

	while (OidIsValid(trigger))
	{
		ScanKeyData key;
		SysScanDesc scan;
		HeapTuple tuple;

		ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(trigger));
		scan =
			systable_beginscan(catalog, TriggerOidIndexId, true, NULL, 1, &key);
		tuple = systable_getnext(scan);
		trigger = InvalidOid;
		if (HeapTupleIsValid(tuple))
		{
			Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);

			source = form->tgrelid;
			trigger = form->tgparentid;
		}
		systable_endscan(scan);
	}
	table_close(catalog, AccessShareLock);
	return source;
}

/* What a queue's comment says of a trigger that may feed it: name, arguments */
static void
trigger_digest(const Trigger *trigger, char digest[33])
{
	StringInfoData text;
	const char *error = NULL;

	initStringInfo(&text);
	appendStringInfoString(&text, trigger->tgname);
	for (int i = 0; i < trigger->tgnargs; i++)
		appendStringInfo(&text, "\n%s", trigger->tgargs[i]);
	if (!pg_md5_hash(text.data, text.len, digest, &error))
		elog(ERROR, "could not digest a trigger: %s", error);
}

/* Did the owner of a queue agree that this trigger feeds it? */
static bool
is_agreed(const Trigger *trigger, Relation queue)
{
	char *comment = GetComment(RelationGetRelid(queue), RelationRelationId, 0);
	char *owner = GetUserNameFromId(queue->rd_rel->relowner, true);
	Oid source = trigger_source(trigger->tgoid);
	char digest[33];

	if (comment == NULL || owner == NULL || !OidIsValid(source) ||
		strcmp(owner, trigger->tgargs[OWNER]) != 0)
		return false;
	trigger_digest(trigger, digest);
	/* after a restore it has another oid, after a move another name */
	return strstr(comment, digest) != NULL &&
		   (strstr(comment, psprintf(" (%u): ", source)) != NULL ||
			strstr(comment,
				   psprintf(" from %s (",
							quote_qualified_identifier(
								get_namespace_name(get_rel_namespace(source)),
								get_rel_name(source)))) != NULL);
}

/*
 * The queue, opened, or NULL when there is none that takes rows from here: it
 * is gone, was altered, is somebody else's, or its owner did not agree.
 */
static Relation
open_queue(const Trigger *trigger)
{
	Oid schema = get_namespace_oid(trigger->tgargs[QUEUE_SCHEMA], true);
	Oid queue = OidIsValid(schema)
					? get_relname_relid(trigger->tgargs[QUEUE_NAME], schema)
					: InvalidOid;
	Relation relation =
		OidIsValid(queue) ? try_table_open(queue, RowExclusiveLock) : NULL;

	if (relation == NULL)
		return NULL;
	if (relation->rd_rel->relkind == RELKIND_RELATION &&
		RelationGetDescr(relation)->natts == 2 &&
		!relation->rd_rel->relhasindex && is_agreed(trigger, relation))
		return relation;
	table_close(relation, RowExclusiveLock);
	return NULL;
}

/* Put a row into the queue. */
static void
put(Relation queue, TupleTableSlot *slot, Datum customer, bool is_all,
	Datum delta, bool has_delta)
{
	ExecClearTuple(slot);
	slot->tts_values[0] = customer;
	slot->tts_isnull[0] = is_all;
	slot->tts_values[1] = delta;
	slot->tts_isnull[1] = !has_delta;
	ExecStoreVirtualTuple(slot);
	simple_table_tuple_insert(queue, slot);
}

static void
put_everybody(Relation queue)
{
	TupleTableSlot *slot = table_slot_create(queue, NULL);

	put(queue, slot, (Datum) 0, true, (Datum) 0, false);
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * Put the rows of a query: customers, with a state if it has a second column.
 * False where they are of other types than the queue's.
 */
static bool
put_query(Relation queue, const char *query, int nargs, Oid *types,
		  Datum *values)
{
	TupleDesc to = RelationGetDescr(queue);
	TupleDesc from;
	TupleTableSlot *slot;
	bool has_delta;

	if (SPI_execute_with_args(query, nargs, types, values, NULL, false, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not read the rows that changed");
	from = SPI_tuptable->tupdesc;
	has_delta = from->natts > 1;
	if (SPI_gettypeid(from, 1) != TupleDescAttr(to, 0)->atttypid ||
		(has_delta && SPI_gettypeid(from, 2) != TupleDescAttr(to, 1)->atttypid))
		return false;
	slot = table_slot_create(queue, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool customer_null;
		bool delta_null = true;
		Datum customer =
			SPI_getbinval(SPI_tuptable->vals[i], from, 1, &customer_null);
		Datum delta = (Datum) 0;

		CHECK_FOR_INTERRUPTS();
		if (has_delta)
			delta = SPI_getbinval(SPI_tuptable->vals[i], from, 2, &delta_null);
		if (!customer_null)
			put(queue, slot, customer, false, delta, !delta_null);
	}
	ExecDropSingleTupleTableSlot(slot);
	return true;
}

/* A query whose rows are put, and whether they could be */
typedef struct Putting
{
	Relation queue;
	const char *query;
	bool done;
} Putting;

static void
putting_run(void *arg)
{
	Putting *putting = arg;

	putting->done = put_query(putting->queue, putting->query, 0, NULL, NULL);
}

/* The same in a subtransaction: false where it fails, but for a cancel. */
static bool
try_query(Relation queue, const char *query)
{
	Putting putting = {queue, query, false};
	ErrorData *error = subtransaction_run(putting_run, &putting);

	if (error == NULL)
		return putting.done;
	if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		ReThrowError(error);
	FreeErrorData(error);
	return false;
}

/* Are the columns as they were when the trigger was made? */
static bool
columns_are_there(TriggerData *data)
{
	Oid types[] = {TEXTOID, OIDOID};
	Datum values[] = {CStringGetTextDatum(data->tg_trigger->tgargs[READS]),
					  ObjectIdGetDatum(RelationGetRelid(data->tg_relation))};
	bool is_null;

	if (SPI_execute_with_args(
			"SELECT $1::text[] <@ (SELECT array_agg(a.attname || ' ' || "
			"a.atttypid::regtype) FROM pg_attribute a WHERE a.attrelid = $2 "
			"AND a.attnum > 0 AND NOT a.attisdropped)",
			2, types, values, NULL, true, 1) != SPI_OK_SELECT)
		return false;
	return DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0],
									  SPI_tuptable->tupdesc, 1, &is_null)) &&
		   !is_null;
}

/*
 * Without a subtransaction, which would be one a row: what is read is a column
 * of the row, cast at most to the type that all its values have.
 */
static void
put_row(Relation queue, TriggerData *data, HeapTuple row)
{
	Oid types[] = {data->tg_relation->rd_rel->reltype};
	Datum values[] = {
		heap_copy_tuple_as_datum(row, RelationGetDescr(data->tg_relation))};
	char *query = psprintf("SELECT %s FROM (SELECT ($1).*) s",
						   data->tg_trigger->tgargs[CUSTOMER]);

	if (!put_query(queue, query, 1, types, values))
		put_everybody(queue);
}

static void
put_statement(Relation queue, TriggerData *data)
{
	char **arguments = data->tg_trigger->tgargs;
	bool is_insert = TRIGGER_FIRED_BY_INSERT(data->tg_event);
	const char *changed;

	if (SPI_register_trigger_data(data) != SPI_OK_TD_REGISTER)
		elog(ERROR, "could not see the rows that changed");
	/* an amount that is not finite fails: the refresh will say so */
	if (is_insert && *arguments[DELTA] && try_query(queue, arguments[DELTA]))
		return;
	if (is_insert)
		changed = "SELECT %1$s FROM after_rows s GROUP BY 1";
	else if (TRIGGER_FIRED_BY_DELETE(data->tg_event))
		changed = "SELECT %1$s FROM before_rows s GROUP BY 1";
	else
		changed = "SELECT %1$s FROM before_rows s UNION SELECT %1$s FROM "
				  "after_rows s";
	if (!try_query(queue, psprintf(changed, arguments[CUSTOMER])))
		put_everybody(queue);
}

PG_FUNCTION_INFO_V1(cvm_queue_changes);
Datum
cvm_queue_changes(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Feed *feed = fcinfo->flinfo->fn_extra;
	Relation queue;
	int guc_level;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event) ||
		data->tg_trigger->tgnargs != ARGUMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("cvm.queue_changes() is a trigger that cvm.store() "
						"makes"),
				 errhint("SELECT cvm.store(…, mode => 'queue');")));
	if (feed != NULL && !OidIsValid(feed->queue))
		return PointerGetDatum(NULL);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	/* what the texts name is found in pg_catalog, wherever the writer looks */
	guc_level = NewGUCNestLevel();
	RestrictSearchPath();
	queue = feed != NULL ? table_open(feed->queue, NoLock)
						 : open_queue(data->tg_trigger);
	if (feed == NULL)
	{
		feed = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(Feed));
		feed->queue = queue != NULL ? RelationGetRelid(queue) : InvalidOid;
		feed->is_readable = queue != NULL && columns_are_there(data);
		fcinfo->flinfo->fn_extra = feed;
	}
	if (queue != NULL)
	{
		if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event) || !feed->is_readable)
			put_everybody(queue);
		else if (TRIGGER_FIRED_FOR_STATEMENT(data->tg_event))
			put_statement(queue, data);
		else
		{
			/* in an update the row as it was, and as it is */
			put_row(queue, data, data->tg_trigtuple);
			if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
				put_row(queue, data, data->tg_newtuple);
		}
		/* the lock stays until the transaction ends */
		table_close(queue, NoLock);
	}
	AtEOXact_GUC(false, guc_level);
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
	return PointerGetDatum(NULL);
}
