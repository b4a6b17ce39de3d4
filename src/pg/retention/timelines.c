/*
 * timelines.c
 *		fold_activity: the timelines of all customers of a query at once
 *		(core/retention/timelines.h).
 *
 * The rows go from the executor straight into the fold, through a receiver of
 * our own; the query runs with the rights of the caller.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "pg/numeric.h"
#include "pg/retention/timeline_rows.h"
#include "pg/row.h"
#include "pg/state_type.h"

/* Where the rows of the query go */
typedef struct RowReceiver
{
	DestReceiver receiver;
	Timelines *timelines;
	Budget budget;
	MemoryContext home; /* of the fold, which outlives the executor */
	MemoryContext rows; /* what a row leaves behind, emptied now and then */
	Zone *zone;
	Oid customer_type;
	int ncolumns;
	uint64 nrows;
} RowReceiver;

#define EMPTY_EVERY 1024 /* rows */

/* Look at the columns of the query. */
static void
receiver_startup(DestReceiver *self, int operation, TupleDesc columns)
{
	RowReceiver *receiver = (RowReceiver *) self;
	static const Oid types[] = {0, 0, NUMERICOID, BOOLOID, BOOLOID};
	Oid customer;
	Oid time;
	bool fits;

	customer = columns->natts > 0 ? TupleDescAttr(columns, 0)->atttypid : 0;
	time = columns->natts > 1 ? TupleDescAttr(columns, 1)->atttypid : 0;
	fits =
		customer == receiver->customer_type &&
		(time == DATEOID || time == TIMESTAMPOID || time == TIMESTAMPTZOID) &&
		(columns->natts == 2 || columns->natts == 3 || columns->natts == 5);
	for (int i = 2; fits && i < columns->natts; i++)
		fits = TupleDescAttr(columns, i)->atttypid == types[i];
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("columns of the query are not those of events"),
				 errhint("Select customer, time, and then perhaps value "
						 "numeric, is_start boolean, is_return boolean; the "
						 "customer has the type of the first result column.")));
	if (customer == TEXTOID)
		key_check_collation(TupleDescAttr(columns, 0)->attcollation);
	if (receiver->timelines != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("query has more than one statement"),
						errhint("Join them with UNION ALL.")));
	receiver->ncolumns = columns->natts;
	receiver->timelines =
		timelines_new(receiver->home,
					  customer == UUIDOID						   ? KEY_UUID
					  : customer == INT8OID || customer == INT4OID ? KEY_NUMBER
																   : KEY_TEXT,
					  columns->natts > 2,
					  day_reader(time == DATEOID		? TIME_DATE
								 : time == TIMESTAMPOID ? TIME_LOCAL
														: TIME_INSTANT,
								 receiver->zone),
					  &receiver->budget);
}

/* Take a row. */
static bool
receiver_take(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	MemoryContext old;
	Key key;
	int64_t time;
	Wide value = 0;
	int scale = 0;
	uint8_t marks = MARKS_PLAIN;

	slot_getsomeattrs(slot, receiver->ncolumns);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return true;
	if (++receiver->nrows % EMPTY_EVERY == 0)
		MemoryContextReset(receiver->rows);
	old = MemoryContextSwitchTo(receiver->rows);
	switch (receiver->timelines->kind)
	{
		case KEY_NUMBER:
			key.number = receiver->customer_type == INT4OID
							 ? DatumGetInt32(slot->tts_values[0])
							 : DatumGetInt64(slot->tts_values[0]);
			break;
		case KEY_UUID:
			memcpy(key.words, DatumGetUUIDP(slot->tts_values[0])->data,
				   sizeof(key.words));
			break;
		default:
		{
			text *name = DatumGetTextPP(slot->tts_values[0]);

			key_set_text(&key, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
		}
	}
	time = (int64_t) slot->tts_values[1]; /* of a date, the low half */
	if (receiver->ncolumns > 2 && !slot->tts_isnull[2])
	{
		value = decimal_read(slot->tts_values[2], &scale);
		marks |= MARK_VALUE;
	}
	if (receiver->ncolumns == 5)
	{
		if (slot->tts_isnull[3] || !DatumGetBool(slot->tts_values[3]))
			marks &= ~MARK_START;
		if (slot->tts_isnull[4] || !DatumGetBool(slot->tts_values[4]))
			marks &= ~MARK_RETURN;
	}
	MemoryContextSwitchTo(old);
	timelines_take(receiver->timelines, key, time, marks, value, scale);
	return true;
}

static void
receiver_nothing(DestReceiver *self)
{
}

/*
 * The type activity: of the schema that the function called is in.  What the
 * caller says of the second column must be true, or its bytes would be read
 * as something else.
 */
static Oid
activity_type_oid(Oid function)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
						   CStringGetDatum("activity"),
						   ObjectIdGetDatum(get_func_namespace(function)));
}

/* fold_activity(query, tz) */
PG_FUNCTION_INFO_V1(cvm_fold_activity);
Datum
cvm_fold_activity(PG_FUNCTION_ARGS)
{
	char *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	text *zone = PG_GETARG_TEXT_PP(1);
	RowReceiver receiver;
	TimelineRows rows;
	ReturnSetInfo *info;
	SPIExecuteOptions options;
	TupleDesc result;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	info = (ReturnSetInfo *) fcinfo->resultinfo;
	result = info->setDesc;
	memset(&receiver, 0, sizeof(receiver));
	receiver.customer_type =
		result->natts == 2 ? TupleDescAttr(result, 0)->atttypid : InvalidOid;
	if ((receiver.customer_type != INT4OID &&
		 receiver.customer_type != INT8OID &&
		 receiver.customer_type != TEXTOID &&
		 receiver.customer_type != UUIDOID) ||
		TupleDescAttr(result, 1)->atttypid !=
			activity_type_oid(fcinfo->flinfo->fn_oid))
		ereport(
			ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("result of fold_activity is not described"),
			 errhint("Write … AS f (customer_id bigint, activity "
					 "cvm.activity), with integer, bigint, text or uuid.")));
	receiver.zone = zone_named(VARDATA_ANY(zone), VARSIZE_ANY_EXHDR(zone));
	receiver.home = CurrentMemoryContext;
	budget_open(&receiver.budget, receiver.home, get_hash_memory_limit());
	receiver.rows = AllocSetContextCreate(CurrentMemoryContext, "cvm rows",
										  ALLOCSET_DEFAULT_SIZES);
	receiver.receiver.receiveSlot = receiver_take;
	receiver.receiver.rStartup = receiver_startup;
	receiver.receiver.rShutdown = receiver_nothing;
	receiver.receiver.rDestroy = receiver_nothing;
	receiver.receiver.mydest = DestNone;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	memset(&options, 0, sizeof(options));
	options.read_only = true;
	options.must_return_tuples = true;
	options.dest = &receiver.receiver;
	SPI_execute_extended(query, &options);
	if (receiver.timelines != NULL)
	{
		timeline_rows_open(&rows, info, receiver.timelines->kind);
		timelines_finish(receiver.timelines, timeline_rows_take, &rows);
	}
	budget_close(&receiver.budget);
	SPI_finish();
	return (Datum) 0;
}
