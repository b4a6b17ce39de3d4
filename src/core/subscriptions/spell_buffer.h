/*
 * spell_buffer.h
 *		Spells in any order, gathered into customers with their lines.
 *
 * Rows come in any order, so a customer's spells are together only at the end.
 * Until then a spell buffer writes them down, each with its customer's number
 * (key_table.h) and its product's (dictionary.h), in partitions of 1024 customers;
 * then a reader (spell_reader.h) sorts a partition at a time by customer, by
 * counting, within the processor's cache, and comes to customer after customer:
 * movement_spells.c and others.
 *
 * Life of a spell buffer: empty; a few rows in a batch, whose customers are
 * numbered together; chunks of lines; chunks of other processes added; written
 * to a file by part of the customers, and begun anew, when the spell buffers of
 * all groups pass their budget of memory (overflow.h); read, part by part if
 * there are parts, which changes no content and may be done again.
 *
 * It costs 12 bytes a spell, and up to 24 a customer; where customers are
 * numbers without large gaps, nearly nothing for those.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_SPELL_BUFFER_H
#define CVM_CORE_SUBSCRIPTIONS_SPELL_BUFFER_H

#include "core/retention/retention_spec.h" /* Clock */
#include "core/rows/overflow.h"
#include "core/rows/row_buffer.h"
#include "core/util/dictionary.h"

/* What is asked of the spells: the same for every row and every chunk */
typedef struct SpellTerms
{
	Calendar calendar;
	Clock clock; /* where the reading has one */
	Day as_of;	 /* the first day not observed: what begins then is unseen */
	int32_t pause_days; /* for which a paused line is kept */
} SpellTerms;

/*
 * Added to the number of a name: it is a segment; the line is paused.  Both: the
 * line is a note of a spell that does not count, for what its name tells.
 */
#define LINE_MEMBERSHIP (1 << 30)
#define LINE_ON_PAUSE (1 << 29)

/*
 * A line of the spell buffer: a spell, or a membership, which has a
 * version of the segments in place of a price.  Read it through the functions
 * below.
 */
typedef struct Line
{
	uint32_t slot; /* the customer's */
	int32_t
		product; /* its number; ~number when mrr is the number of a wide entry */
	Day start;
	Day end; /* first day not held, or SPELL_OPEN */
	int64_t mrr;
} Line;

/*
 * A line as it is kept.  Days are told by a number: those of 178 years from
 * 1950 on one after the other, then a few others, such as "9999-12-31", by their
 * place among those, and last the one that never comes.
 */
typedef struct Packed
{
	uint32_t head; /* place of the customer in the partition, marks, name */
	uint16_t start;
	uint16_t end;
	int32_t mrr; /* or the number of a wide entry */
} Packed;

/* What does not fit into a packed line */
typedef struct WideEntry
{
	int32_t name;
	Day start;
	Day end;
	Wide mrr;
} WideEntry;

#define NEAR_FIRST (-18262) /* 1950-01-01 */
#define NEAR_DAYS 65280
#define FAR_DAYS (UINT16_MAX - NEAR_DAYS)

typedef struct SpellBuffer
{
	Context context;
	KeyKind kind;
	SpellTerms terms;
	int scale; /* of all prices */
	Dictionary names;

	RowBuffer row_buffer; /* of packed lines */
	uint32_t nwide;
	ChunkedArray wide;
	bool has_pauses; /* some line is paused */
	Day *far;		 /* days that are none of the near ones, or NULL */
	int nfar;

	Overflow overflow;

	/* rows whose customers are not numbered yet */
	int used;
	int batch_room;
	Key *keys;
	Packed *batch;
	char *text; /* of their keys */
	size_t text_used;
	size_t text_room;
} SpellBuffer;

extern SpellBuffer *spell_buffer_new(Context context, KeyKind kind,
									 const SpellTerms *terms, Budget *budget);
extern bool spell_buffer_agrees(const SpellBuffer *spell_buffer,
								const SpellTerms *terms);
extern void spell_buffer_scale(SpellBuffer *spell_buffer, int scale);
extern void spell_buffer_add(SpellBuffer *spell_buffer, Key key,
							 const SpellRow *row);
extern void spell_buffer_add_membership(SpellBuffer *spell_buffer, Key key,
										Day start, Day end,
										const Label *segment, int64_t version);
extern void spell_buffer_note(SpellBuffer *spell_buffer, Key key,
							  const SpellRow *row);

/* To another process and into its spell buffer: bytes of this machine, not stored */
extern void spell_buffer_encode(SpellBuffer *spell_buffer, ByteWriter *writer);
extern SpellBuffer *spell_buffer_absorb(SpellBuffer *into, Context context,
										const void *data, size_t size,
										Budget *budget);

/* Is it a membership, or a note? */
static inline bool
line_is_membership(const Line *line)
{
	return (line->product < 0 ? ~line->product : line->product) &
		   LINE_MEMBERSHIP;
}

static inline bool
line_is_paused(const Line *line)
{
	return (line->product < 0 ? ~line->product : line->product) & LINE_ON_PAUSE;
}

/* Is it a note? */
static inline bool
line_is_note(const Line *line)
{
	return line_is_membership(line) && line_is_paused(line);
}

/* The number of its product or segment in the spell buffer's names */
static inline int32_t
line_name(const Line *line)
{
	return (line->product < 0 ? ~line->product : line->product) &
		   ~(LINE_MEMBERSHIP | LINE_ON_PAUSE);
}

/* What a paused line would bring */
static inline Wide
line_pause(const SpellBuffer *spell_buffer, const Line *line)
{
	if (line->product >= 0)
		return line->mrr;
	return ((const WideEntry *) chunked_array_peek(&spell_buffer->wide,
												   (uint32_t) line->mrr))
		->mrr;
}

/* The price of a line, at the spell buffer's scale; of a paused one 0 */
static inline Wide
line_mrr(const SpellBuffer *spell_buffer, const Line *line)
{
	if ((uint32_t) line->product < LINE_ON_PAUSE)
		return line->mrr;
	return line_is_paused(line) ? 0 : line_pause(spell_buffer, line);
}

/* A line as a spell of holdings, of the product with its number here */
static inline Spell
line_spell(const SpellBuffer *spell_buffer, const Line *line)
{
	return (Spell){line->start,
				   line->end,
				   line_name(line),
				   -1,
				   -1,
				   line_mrr(spell_buffer, line),
				   0};
}

#endif /* CVM_CORE_SUBSCRIPTIONS_SPELL_BUFFER_H */
