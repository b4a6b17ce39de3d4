/*
 * overflow.c
 *		What does not fit into memory, in a file, by part of the customers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/overflow.h"

#include <string.h>

#define DIVIDE_FROM (256 << 10) /* bytes of a state that is worth 32 parts */
#define PIECE_LEAST (4 << 10)	/* bytes */

/* What stands ahead of a piece */
typedef struct PieceHead
{
	uint64_t
		before; /* 1 + where the piece before it of its part begins, or 0 */
	uint64_t size;
} PieceHead;

static void
piece_file_open(PieceFile *pieces, Context context)
{
	pieces->context = context;
	pieces->file = NULL;
	pieces->end = 0;
}

static void
piece_file_close(PieceFile *pieces)
{
	if (pieces->file != NULL)
		temp_file_close(pieces->file);
	pieces->file = NULL;
}

void
budget_open(Budget *budget, Context context, size_t bytes)
{
	memset(budget, 0, sizeof(Budget));
	budget->bytes = bytes;
	budget->limit = bytes;
	piece_file_open(&budget->pieces, context);
}

/* Close the file, and with it what was written. */
void
budget_close(Budget *budget)
{
	piece_file_close(&budget->pieces);
}

void
overflow_open(Overflow *overflow, Context context, Budget *budget, int level,
			  OverflowWrite write, void *state)
{
	memset(overflow, 0, sizeof(Overflow));
	overflow->context = context;
	overflow->parts.level = level;
	overflow->write = write;
	overflow->state = state;
	piece_file_open(&overflow->parts.own, context);
	if (budget == NULL || budget->bytes == 0)
		return;
	overflow->budget = budget;
	overflow->next = budget->states;
	overflow->link = &budget->states;
	if (overflow->next != NULL)
		overflow->next->link = &overflow->next;
	budget->states = overflow;
}

static void
parts_close(OverflowParts *parts)
{
	piece_file_close(&parts->own);
	if (parts->last != NULL)
		runtime_free(parts->last);
	parts->last = NULL;
}

/* The state goes: it has nothing in use. */
void
overflow_close(Overflow *overflow)
{
	parts_close(&overflow->parts);
	if (overflow->budget == NULL)
		return;
	overflow->budget->used -= overflow->used;
	*overflow->link = overflow->next;
	if (overflow->next != NULL)
		overflow->next->link = overflow->link;
	overflow->budget = NULL;
}

/*
 * May it overflow?  The parts of its parts may not for ever, and what would be
 * less than a piece is not worth it.
 */
static bool
can_overflow(const Overflow *overflow)
{
	size_t least = overflow->budget->bytes / 8;

	if (least > PIECE_LEAST)
		least = PIECE_LEAST;
	return overflow->parts.level < OVERFLOW_LEVELS && overflow->gives > least;
}

static int
compare_largest(const void *a, const void *b)
{
	const Overflow *one = *(Overflow *const *) a;
	const Overflow *two = *(Overflow *const *) b;

	return (one->gives < two->gives) - (one->gives > two->gives);
}

/* Let the largest states overflow, until half of the budget is free. */
static void
budget_free(Budget *budget)
{
	Overflow **states;
	size_t nstates = 0;

	for (Overflow *state = budget->states; state != NULL; state = state->next)
		nstates += can_overflow(state);
	states = runtime_alloc(NULL, (nstates + 1) * sizeof(Overflow *));
	nstates = 0;
	for (Overflow *state = budget->states; state != NULL; state = state->next)
		if (can_overflow(state))
			states[nstates++] = state;
	runtime_sort(states, nstates, sizeof(Overflow *), compare_largest);
	/* whoever overflows says how much is in use then: not to be asked anew */
	budget->limit = SIZE_MAX;
	for (size_t i = 0; i < nstates && budget->used > budget->bytes / 2; i++)
		states[i]->write(states[i]->state);
	runtime_free(states);
	/* what is left gives nothing back: ask when it has become more */
	budget->limit = budget->bytes;
	if (budget->used > budget->bytes - budget->bytes / 4)
		budget->limit = budget->used + budget->bytes / 4;
}

/*
 * Say how much a state has in use, and how much of it overflowing would give
 * back.  That may make this state overflow, or others.
 */
void
overflow_say(Overflow *overflow, size_t used, size_t gives)
{
	Budget *budget = overflow->budget;

	if (budget == NULL)
		return;
	budget->used += used - overflow->used;
	overflow->used = used;
	overflow->gives = gives;
	if (budget->used > budget->limit)
		budget_free(budget);
}

/* Begin to write: how many parts there are is settled by the first time. */
void
overflow_begin(Overflow *overflow)
{
	OverflowParts *parts = &overflow->parts;
	size_t worth = overflow->budget->bytes / 4;

	if (parts->last != NULL)
		return;
	if (worth > DIVIDE_FROM)
		worth = DIVIDE_FROM;
	/* what is read back has proved too large to be one part */
	parts->bits =
		parts->level == 0 && overflow->gives < worth ? 0 : OVERFLOW_BITS;
	parts->last = runtime_alloc_zero(overflow->context,
									 overflow_nparts(parts) * sizeof(uint64_t));
}

/* The part of every slot; for the caller to free. */
uint8_t *
overflow_divide(const Overflow *overflow, const KeyTable *key_table)
{
	uint8_t *parts = runtime_alloc(NULL, (size_t) key_table->nslots + 1);

	for (uint32_t slot = 0; slot < key_table->nslots; slot++)
		parts[slot] = (uint8_t) overflow_part(&overflow->parts,
											  key_table_hash(key_table, slot));
	return parts;
}

/* Where the pieces of parts are: all groups' in one file, or in their own. */
static PieceFile *
pieces_of(const Overflow *overflow, OverflowParts *parts)
{
	return parts->level > 0 ? &parts->own : &overflow->budget->pieces;
}

/* Add a piece to a part. */
void
overflow_put(Overflow *overflow, int part, const void *data, size_t size)
{
	PieceFile *pieces = pieces_of(overflow, &overflow->parts);
	PieceHead head = {overflow->parts.last[part], size};

	check_interrupts();
	if (pieces->file == NULL)
		pieces->file = temp_file_make(pieces->context);
	temp_file_seek(pieces->file, pieces->end);
	temp_file_write(pieces->file, &head, sizeof(head));
	temp_file_write(pieces->file, data, size);
	overflow->parts.last[part] = pieces->end + 1;
	pieces->end += sizeof(head) + size;
}

/* Begin anew with the customers of a part. */
void
overflow_descend(Overflow *overflow, OverflowParts *above)
{
	*above = overflow->parts;
	overflow->parts.level++;
	overflow->parts.last = NULL;
	piece_file_open(&overflow->parts.own, overflow->context);
}

/* Be done with them. */
void
overflow_ascend(Overflow *overflow, OverflowParts *above)
{
	parts_close(&overflow->parts);
	overflow->parts = *above;
}

/* Begin to read a part, from its last piece to its first. */
void
piece_reader_open(PieceReader *reader, Overflow *overflow, OverflowParts *parts,
				  int part)
{
	reader->pieces = pieces_of(overflow, parts);
	reader->at = parts->last[part];
	reader->data = NULL;
	reader->size = 0;
}

static void
read_whole(TempFile file, void *data, size_t size)
{
	if (temp_file_read(file, data, size) != size)
		runtime_error(RUNTIME_BAD_BYTES, NULL, "temporary file is cut short");
}

/* The next piece; false when there is none.  The one before is freed. */
bool
piece_next(PieceReader *reader)
{
	PieceHead head;

	check_interrupts();
	if (reader->data != NULL)
		runtime_free(reader->data);
	reader->data = NULL;
	if (reader->at == 0)
		return false;
	temp_file_seek(reader->pieces->file, reader->at - 1);
	read_whole(reader->pieces->file, &head, sizeof(head));
	reader->size = head.size;
	reader->data = runtime_alloc(NULL, head.size + 1);
	read_whole(reader->pieces->file, reader->data, head.size);
	reader->at = head.before;
	return true;
}
