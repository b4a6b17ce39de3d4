/*
 * holdings.h
 *		One customer's subscription spells.
 *
 * A spell is a line that was held: a product, the days from start up to, not
 * including, end, and what it brings a month.  Spells may overlap and repeat:
 * two lines of one product are two spells.  Products, channels and offers are
 * names in a common list.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_HOLDINGS_H
#define CVM_CORE_SUBSCRIPTIONS_HOLDINGS_H

#include "core/util/calendar.h"
#include "core/util/money.h"

/* The end of a spell that goes on */
#define SPELL_OPEN INT32_MAX

typedef struct Label
{
	const char *data;
	uint32_t size;
} Label;

typedef struct Spell
{
	Day start;
	Day end; /* first day not held, or SPELL_OPEN */
	int32_t product;
	int32_t channel; /* -1: not told */
	int32_t offer;	 /* likewise */
	Wide mrr;
	Wide pause; /* of a paused line: what it would bring; then mrr is 0 */
} Spell;

/* Put spells in the order of their start. */
extern void spells_sort(Spell *spells, int nspells);

typedef struct Holdings
{
	int scale;
	int nnames;
	Label *names; /* ascending by bytes, each in use */
	int nspells;
	Spell *spells; /* ascending by start, end, product and so on */
} Holdings;

#define HOLDINGS_LOG 0
#define HOLDINGS_VERSION 1

extern int label_compare(const Label *a, const Label *b);
extern void holdings_settle(Holdings *holdings);
extern Holdings *holdings_decode(const void *data, size_t size);
extern void holdings_encode(const Holdings *holdings, ByteWriter *writer);
extern Holdings *holdings_merge(const Holdings *a, const Holdings *b);
extern Holdings *holdings_by_offer(const Holdings *holdings,
								   const bool *is_taken);

/*
 * The log: how an aggregate collects spells.
 *
 * Life of a log: empty with room for a few spells; rows are appended as they
 * come, packed; when full it is doubled; at the end it is read once, sorted
 * and written as canonical bytes.  It is a flat value whose size is all of its
 * room, so it may be copied, sent to another process and merged.
 *
 *	 byte 0      1        4       8
 *	 +-------+--------+-------+---------------------------------------
 *	 | 0=log | zeros  | used  | start, length, scale, price, names ...
 *	 +-------+--------+-------+---------------------------------------
 */
typedef struct HoldingsLog
{
	uint8_t version; /* HOLDINGS_LOG: not canonical bytes */
	uint8_t unused[3];
	uint32_t used; /* bytes of packed */
	uint8_t packed[];
} HoldingsLog;

/* A row on its way into a log; names without data are not told */
typedef struct SpellRow
{
	Day start;
	Day end;
	Wide mrr;
	int scale;
	bool is_paused; /* mrr is what it would bring */
	Label product;
	Label channel;
	Label offer;
} SpellRow;

extern size_t spell_row_size(const SpellRow *row);
extern bool spell_log_add(HoldingsLog *log, size_t size, const SpellRow *row);
extern Holdings *spell_log_read(const HoldingsLog *log, size_t size);

#endif /* CVM_CORE_SUBSCRIPTIONS_HOLDINGS_H */
