/*
 * step_choice.c
 *		Rows that wait until it is known whose are needed (pg/step_choice.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pg/choice_scan.h"

#include "access/tableam.h"
#include "access/tupmacs.h"
#include "pg/compat.h"
#include "pg/numeric.h"
#include "pg/row.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define MARK_WORDS ((Size) 1 << (MARK_BITS - 6))

void
step_choice_open(StepChoice *choice, MemoryContext context)
{
	choice->context = context;
	choice->marks =
		MemoryContextAllocZero(context, MARK_WORDS * sizeof(uint64));
	choice->room = get_hash_memory_limit() / 2;
}

/*
 * Let rows of a scan wait; arguments are expressions of its table by place, or
 * NULL.  NULL: they would not do.
 */
ChoiceScan *
choice_scan_make(StepChoice *choice, ScanBelow *below, Node *const *arguments,
				 ChoiceBegin begin, ScanTakeSlot take)
{
	MemoryContext before = MemoryContextSwitchTo(choice->context);
	ChoiceScan *scan = palloc0(sizeof(ChoiceScan));
	bool is_possible;

	StaticAssertStmt(MaxHeapTuplesPerPage < 1 << PLACE_BITS,
					 "a place in a page has too few bits");
	*scan = (ChoiceScan){.choice = choice,
						 .below = below,
						 .begin = begin,
						 .take = take,
						 .block = InvalidBlockNumber};
	is_possible = below->node->ss.ss_currentRelation->rd_tableam ==
					  GetHeapamTableAmRoutine() &&
				  !OldSnapshotThresholdActive() &&
				  choice_columns_find(scan, arguments);
	if (is_possible)
	{
		scan->first = scan->rows = palloc(sizeof(WaitingRows));
		scan->rows->next = NULL;
		scan->rows->count = 0;
		scan->next = choice->scans;
		choice->scans = scan;
		ereport(DEBUG1,
				(errmsg_internal("fold lets rows of table \"%s\" wait",
								 RelationGetRelationName(
									 below->node->ss.ss_currentRelation))));
	}
	MemoryContextSwitchTo(before);
	return is_possible ? scan : NULL;
}

/* A row that is taken apart up to a column */
typedef struct RowWalk
{
	const char *data;
	const bits8 *nulls; /* or NULL */
	Size offset;
	int at;
} RowWalk;

static pg_attribute_always_inline void
row_walk(RowWalk *row, const ChoiceScan *scan, int until)
{
	for (; row->at < until; row->at++)
	{
		const ChoiceColumn *column = &scan->columns[row->at];
		const char *value;

		if (row->nulls != NULL && att_isnull(row->at, row->nulls))
		{
			scan->values[row->at] = NULL;
			continue;
		}
		/* a byte that is not zero where a text may begin is its header */
		if (column->length != -1 || row->data[row->offset] == 0)
			row->offset = TYPEALIGN(column->alignment, row->offset);
		scan->values[row->at] = value = row->data + row->offset;
		if (column->length > 0)
			row->offset += column->length;
		else if (column->length == -1)
			row->offset += VARSIZE_ANY(value);
		else
			row->offset += strlen(value) + 1;
	}
}

static inline bool
day_is_between(const StepChoice *choice, Day day)
{
	return day >= choice->since && day <= choice->last;
}

/* Is a line with this status known not to be paused? */
static inline bool
status_is_kept(const ChoiceScan *scan, const char *value)
{
	int size;

	if (value == NULL)
		return scan->none_is_kept;
	if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value))
		return false;
	size = (int) VARSIZE_ANY_EXHDR(value);
	for (int i = 0; i < scan->nkept; i++)
		if (scan->kept[i].size == size &&
			memcmp(scan->kept[i].status, VARDATA_ANY(value), size) == 0)
			return true;
	return false;
}

/* A row has been given to the step: keep its status, if that is no pause. */
void
choice_scan_learn(ChoiceScan *scan, TupleTableSlot *slot,
				  const NullableDatum *arguments)
{
	const NullableDatum *paused = &arguments[scan->choice->paused];
	const char *value;
	KeptStatus *kept;

	if (scan->status == 0 || (!paused->isnull && DatumGetBool(paused->value)))
		return;
	if (slot->tts_isnull[scan->status - 1])
	{
		scan->none_is_kept = true;
		return;
	}
	value = DatumGetPointer(slot->tts_values[scan->status - 1]);
	if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value) ||
		VARSIZE_ANY_EXHDR(value) > KEPT_SIZE || status_is_kept(scan, value))
		return;
	kept = &scan->kept[scan->next_kept];
	kept->size = (int) VARSIZE_ANY_EXHDR(value);
	memcpy(kept->status, VARDATA_ANY(value), kept->size);
	scan->nkept = Max(scan->nkept, scan->next_kept + 1);
	scan->next_kept = (scan->next_kept + 1) % KEPT_STATUSES;
}

/* Have these columns no more decimals than are asked for? */
static bool
prices_are_seen(ChoiceScan *scan)
{
	ListCell *at;

	foreach (at, scan->price_columns)
	{
		const char *value = scan->values[lfirst_int(at) - 1];
		int scale;

		if (value == NULL)
			continue;
		scale = decimal_scale(PointerGetDatum(value));
		if (scale < 0 || scale > scan->choice->decimals)
			return false;
		scan->choice->scale = Max(scan->choice->scale, scale);
	}
	return true;
}

static inline void
row_note(ChoiceScan *scan, uint32 row)
{
	WaitingRows *rows = scan->rows;

	if (unlikely(rows->count == WAITING_ROWS))
	{
		rows->next =
			MemoryContextAlloc(scan->choice->context, sizeof(WaitingRows));
		scan->choice->used += sizeof(WaitingRows);
		rows = scan->rows = rows->next;
		rows->next = NULL;
		rows->count = 0;
	}
	rows->rows[rows->count++] = row;
}

/* Let a row wait, if it may; false: it is for the step. */
bool
choice_scan_wait(ChoiceScan *scan, HeapTupleHeader header)
{
	StepChoice *choice = scan->choice;
	RowWalk row = {.data = (const char *) header + header->t_hoff};
	const char *customer;
	const char *start;
	const char *end;
	Day from;
	Day until = DATEVAL_NOEND;
	Key key = {0};

	if (unlikely(choice->is_over ||
				 HeapTupleHeaderGetNatts(header) < scan->last))
		return false;
	if (header->t_infomask & HEAP_HASNULL)
		row.nulls = header->t_bits;
	/* a bit that is set is of a column that is not NULL */
	if (row.nulls == NULL ||
		(row.nulls[0] & scan->fixed_bits) == scan->fixed_bits)
	{
		for (; row.at < scan->fixed; row.at++)
			scan->values[row.at] = row.data + scan->columns[row.at].offset;
		row.offset = scan->fixed_size;
	}
	row_walk(&row, scan, scan->early);
	customer = scan->values[scan->customer - 1];
	start = scan->values[scan->start - 1];
	end = scan->values[scan->end - 1];
	if (unlikely(customer == NULL || start == NULL))
		return false;
	memcpy(&from, start, sizeof(Day));
	if (end != NULL)
		memcpy(&until, end, sizeof(Day));
	if (day_is_between(choice, from) || day_is_between(choice, until))
		return false;
	row_walk(&row, scan, scan->last);
	/* a pause that does not touch these days changes nothing in them */
	if (scan->status != 0 && from <= choice->last && until >= choice->since &&
		!status_is_kept(scan, scan->values[scan->status - 1]))
		return false;
	if (scan->price_columns != NIL && !prices_are_seen(scan))
		return false;
	if (scan->is_short)
	{
		int32 number;

		memcpy(&number, customer, sizeof(number));
		key.number = number;
	}
	else if (choice->kind == KEY_NUMBER)
		memcpy(&key.number, customer, sizeof(int64));
	else if (!row_key_plain(choice->kind, PointerGetDatum(customer), &key))
		return false;
	if (scan->below->block != scan->block)
	{
		if (unlikely(choice->used > choice->room))
		{
			step_choice_finish(choice, true);
			scan->begin(scan->below);
			return false;
		}
		scan->block = scan->below->block;
		row_note(scan, InvalidOffsetNumber);
		row_note(scan, scan->block);
	}
	row_note(scan, (uint32) (key_hash(choice->kind, &key) >> (64 - MARK_BITS))
						   << PLACE_BITS |
					   scan->below->place);
	scan->below->nrows++;
	return true;
}

/* Call the step for a row that has waited, in a page that is held. */
static void
row_take(ChoiceScan *scan, Buffer buffer, BlockNumber block, OffsetNumber place)
{
	HeapTuple tuple = &scan->below->tuple;
	TupleTableSlot *slot = scan->below->node->ss.ss_ScanTupleSlot;
	Page page = BufferGetPage(buffer);
	ItemId item = PageGetItemId(page, place);

	if (!ItemIdIsNormal(item))
		elog(ERROR, "row that waits is gone");
	tuple->t_data = (HeapTupleHeader) PageGetItem(page, item);
	tuple->t_len = ItemIdGetLength(item);
	ItemPointerSet(&tuple->t_self, block, place);
	ExecStoreBufferHeapTuple(tuple, slot, buffer);
	scan->take(scan->below, slot);
	scan->below->nrows--; /* it is counted already */
}

static inline bool
is_marked(const StepChoice *choice, uint32 mark)
{
	return choice->marks[mark / 64] >> (mark % 64) & 1;
}

/* Call the step for the rows of a scan that are needed. */
static void
scan_finish(ChoiceScan *scan, bool all)
{
	const StepChoice *choice = scan->choice;
	Relation relation = scan->below->node->ss.ss_currentRelation;
	BlockNumber block = InvalidBlockNumber;
	Buffer buffer = InvalidBuffer;
	bool is_page = false;

	scan->begin(scan->below);
	for (const WaitingRows *rows = scan->first; rows != NULL; rows = rows->next)
		for (int i = 0; i < rows->count; i++)
		{
			uint32 row = rows->rows[i];
			OffsetNumber place = row & ((1 << PLACE_BITS) - 1);

			if (is_page)
			{
				block = row;
				is_page = false;
				continue;
			}
			if (place == InvalidOffsetNumber)
			{
				is_page = true;
				if (BufferIsValid(buffer))
					ReleaseBuffer(buffer);
				buffer = InvalidBuffer;
				continue;
			}
			if (!all && !is_marked(choice, row >> PLACE_BITS))
				continue;
			if (!BufferIsValid(buffer))
			{
				CHECK_FOR_INTERRUPTS();
				buffer = ReadBuffer(relation, block);
			}
			row_take(scan, buffer, block, place);
		}
	if (BufferIsValid(buffer))
		ReleaseBuffer(buffer);
	ExecClearTuple(scan->below->node->ss.ss_ScanTupleSlot);
	for (WaitingRows *rows = scan->first; rows != NULL;)
	{
		WaitingRows *next = rows->next;

		pfree(rows);
		rows = next;
	}
}

/*
 * Call the step for the rows of customers who are needed, or for all; none wait
 * from then on.
 */
void
step_choice_finish(StepChoice *choice, bool all)
{
	choice->is_over = true;
	for (ChoiceScan *scan = choice->scans; scan != NULL; scan = scan->next)
		scan_finish(scan, all);
	choice->scans = NULL;
}
