/*
 * row.h
 *		The rows that reach an aggregate, whatever form it was called in.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_ROW_H
#define CVM_PG_ROW_H

#include "postgres.h"

#include "core/rows/batch.h"
#include "fmgr.h"
#include "pg/compat.h"
#include "pg/numeric.h"
#include "pg/timezone.h"
#include "utils/date.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

/*
 * A grain among the arguments.  Where it is a constant of the query, and it
 * nearly always is, one look is enough; else each row's text is compared with
 * that of the row before.
 */
typedef struct GrainForm
{
	int argument;
	bool is_constant;
	bool is_seen;
	Calendar calendar; /* what the text said */
	int size;
	char text[16];
} GrainForm;

/* Which arguments a call has: told by the types of the function called */
typedef struct RowForm
{
	int customer; /* argument numbers; -1: not in this form */
	int time;
	int zone;
	int value;
	int is_start;
	int is_return;
	int segment; /* its time there follows, from and to */
	int as_of;
	KeyKind key_kind;
	TimeKind time_kind;
	GrainForm grain;

	/* what the zone last said, as with the grain */
	Zone *zone_seen;
	bool zone_constant;
	bool is_constant; /* zone, grain and as_of */
	bool is_plain;	  /* that, and no marks */
	char zone_text[64];
	int zone_size;
} RowForm;

extern RowForm *row_form_make(FunctionCallInfo fcinfo, bool has_grain);
extern void key_check_collation(Oid collation);
extern void row_check_key(FunctionCallInfo fcinfo, int argument);
extern bool row_is_constant(FunctionCallInfo fcinfo, int argument);
extern void row_put_value(Batch *batch, int at, Datum value, bool is_null);
extern bool row_is_same(FunctionCallInfo fcinfo, int argument);
extern Zone *row_zone_look(RowForm *form, FunctionCallInfo fcinfo);
extern GrainForm *grain_form_make(FunctionCallInfo fcinfo, int argument);
extern Calendar grain_look(GrainForm *form, FunctionCallInfo fcinfo);

/* The form of this call, kept between calls where the caller lets us. */
static inline RowForm *
row_form(FunctionCallInfo fcinfo)
{
	RowForm *form = fcinfo->flinfo->fn_extra;

	return likely(form != NULL) ? form : row_form_make(fcinfo, true);
}

/* The same of an aggregate whose rows are folded by day, without a grain. */
static inline RowForm *
day_form(FunctionCallInfo fcinfo)
{
	RowForm *form = fcinfo->flinfo->fn_extra;

	return likely(form != NULL) ? form : row_form_make(fcinfo, false);
}

/* The zone of this row. */
static inline Zone *
row_zone(RowForm *form, FunctionCallInfo fcinfo)
{
	if (likely(form->zone_constant && form->zone_seen != NULL))
		return form->zone_seen;
	return row_zone_look(form, fcinfo);
}

/* The grain of this row. */
static inline Calendar
grain_calendar(GrainForm *form, FunctionCallInfo fcinfo)
{
	if (likely(form->is_constant && form->is_seen))
		return form->calendar;
	return grain_look(form, fcinfo);
}

/* The time of this row, not NULL, as its reader takes it. */
static inline int64_t
row_time(const RowForm *form, FunctionCallInfo fcinfo)
{
	/* a date is the low half of its datum, and its reader takes no more */
	return (int64_t) PG_GETARG_DATUM(form->time);
}

/* The local day of this row; false when its time is NULL. */
static inline bool
row_day(RowForm *form, FunctionCallInfo fcinfo, Day *day)
{
	Zone *zone = form->zone >= 0 ? row_zone(form, fcinfo) : NULL;
	Datum time = PG_GETARG_DATUM(form->time);

	if (PG_ARGISNULL(form->time))
		return false;
	*day = form->time_kind == TIME_INSTANT
			   ? zone_day(zone, DatumGetTimestampTz(time))
		   : form->time_kind == TIME_LOCAL ? local_day(DatumGetTimestamp(time))
										   : checked_day(DatumGetDateADT(time));
	return true;
}

/* The customer of this row, not NULL; text points into the argument. */
static inline Key
row_key(const RowForm *form, FunctionCallInfo fcinfo)
{
	Key key;
	text *name;

	switch (form->key_kind)
	{
		case KEY_NUMBER:
			key.words[1] = 0;
			key.number = PG_GETARG_INT64(form->customer);
			break;
		case KEY_UUID:
			memcpy(key.words, PG_GETARG_UUID_P(form->customer)->data,
				   sizeof(key.words));
			break;
		default:
			name = PG_GETARG_TEXT_PP(form->customer);
			key_set_text(&key, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
			break;
	}
	return key;
}

/* Make a key of a datum, not NULL; false: of a long text, or a toasted one. */
static inline bool
row_key_plain(KeyKind kind, Datum customer, Key *key)
{
	const struct varlena *name;

	switch (kind)
	{
		case KEY_NUMBER:
			key->number = DatumGetInt64(customer);
			return true;
		case KEY_UUID:
			memcpy(key, DatumGetUUIDP(customer), sizeof(Key));
			return true;
		default:
			name = (const struct varlena *) DatumGetPointer(customer);
			if (VARATT_IS_EXTERNAL(name) || VARATT_IS_COMPRESSED(name) ||
				VARSIZE_ANY_EXHDR(name) > KEY_INSIDE)
				return false;
			key_set_text(key, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
			return true;
	}
}

/*
 * Put a plain row, with neither key nor time NULL, into a batch that has room;
 * false: its key is a long text, or a toasted one.
 */
static inline bool
row_put_plain(Batch *batch, Datum customer, Datum time, Datum value,
			  bool is_null)
{
	int at = batch->used;

	if (!row_key_plain(batch->kind, customer, &batch->keys[at]))
		return false;
	batch->times[at] = (int64_t) time;
	if (batch->has_values)
		row_put_value(batch, at, value, is_null);
	batch->used = at + 1;
	return true;
}

/* Is the row of this call of a plain form, and of a state that there is? */
static inline bool
row_is_plain(FunctionCallInfo fcinfo)
{
	const RowForm *form = fcinfo->flinfo->fn_extra;

	return form != NULL && form->is_plain && !PG_ARGISNULL(0) &&
		   !PG_ARGISNULL(1) && !PG_ARGISNULL(2);
}

/* Put such a row into a batch; false: there is no room, or its key is long. */
static inline bool
row_take_plain(FunctionCallInfo fcinfo, Batch *batch)
{
	int value = ((const RowForm *) fcinfo->flinfo->fn_extra)->value;

	return batch->used < batch->room &&
		   row_put_plain(batch, PG_GETARG_DATUM(1), PG_GETARG_DATUM(2),
						 value >= 0 ? PG_GETARG_DATUM(value) : (Datum) 0,
						 value >= 0 && PG_ARGISNULL(value));
}

/* A mark: NULL is no. */
static inline bool
row_flag(FunctionCallInfo fcinfo, int argument)
{
	return !PG_ARGISNULL(argument) && PG_GETARG_BOOL(argument);
}

/* What a row tells of an event beside its customer and moment */
typedef struct RowEvent
{
	uint8_t marks;
	int scale;
	Wide value;
} RowEvent;

static inline RowEvent
row_event(const RowForm *form, FunctionCallInfo fcinfo)
{
	RowEvent event = {.marks = MARKS_PLAIN};

	if (form->is_start >= 0)
		event.marks = (row_flag(fcinfo, form->is_start) ? MARK_START : 0) |
					  (row_flag(fcinfo, form->is_return) ? MARK_RETURN : 0);
	if (form->value >= 0 && !PG_ARGISNULL(form->value))
	{
		event.value = decimal_read(PG_GETARG_DATUM(form->value), &event.scale);
		event.marks |= MARK_VALUE;
	}
	return event;
}

#endif /* CVM_PG_ROW_H */
