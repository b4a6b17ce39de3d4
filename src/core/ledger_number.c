/*
 * ledger_number.c
 *		The customers of a ledger by number: by a table of hashes, or where
 *		they are whole numbers without large gaps, by a directory.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/ledger_lines.h"

#include <string.h>

#define PAGED_FROM 8192 /* customers before a directory is considered */
#define SLOTS_EACH 8	/* of a directory; those of nobody cost nothing here */

/* Begin with no customer and no line. */
void
ledger_open(Ledger *ledger, bool is_paged)
{
	roster_open(&ledger->roster, ledger->arena, ledger->kind, is_paged);
	ledger->nshelves = 0;
	ledger->shelf_room = 0;
	ledger->shelves = NULL;
	ledger->block = NULL;
	ledger->block_used = 0;
	ledger->block_room = 0;
	ledger->nchunks = 0;
}

/* Give customers and lines back. */
void
ledger_close(Ledger *ledger)
{
	roster_close(&ledger->roster);
	if (ledger->shelves != NULL)
		host_free(ledger->shelves);
	while (ledger->block != NULL)
	{
		void *block = ledger->block;

		memcpy(&ledger->block, block, sizeof(void *));
		host_free(block);
	}
}

/* Number the customers who have lines on a shelf of another ledger. */
static bool
shelf_number(Ledger *ledger, const Ledger *old, uint32_t number,
			 uint32_t *slots)
{
	bool has_lines[PAGE_ITEMS] = {false};
	ShelfWalk walk = shelf_walk(old, number);
	const Packed *packed;
	Key keys[ROSTER_BATCH];
	uint32_t places[ROSTER_BATCH];
	uint32_t numbers[ROSTER_BATCH];
	int nkeys = 0;

	host_poll();
	while ((packed = shelf_next(&walk)) != NULL)
		has_lines[packed->head & PAGE_MASK] = true;
	for (uint32_t i = 0; i <= PAGE_ITEMS; i++)
	{
		if (nkeys == ROSTER_BATCH || (i == PAGE_ITEMS && nkeys > 0))
		{
			if (!roster_number(&ledger->roster, keys, nkeys, numbers))
				return false;
			while (nkeys > 0)
			{
				nkeys--;
				slots[places[nkeys]] = numbers[nkeys];
			}
		}
		if (i < PAGE_ITEMS && has_lines[i])
		{
			keys[nkeys] = roster_key(&old->roster, number << PAGE_SHIFT | i);
			places[nkeys++] = i;
		}
	}
	return true;
}

/* Renumber the customers by a directory, or by a table again. */
static void
ledger_renumber(Ledger *ledger, bool is_paged)
{
	Ledger old = *ledger;
	uint32_t slots[PAGE_ITEMS];

	ledger_open(ledger, is_paged);
	if (is_paged)
		roster_reach(&ledger->roster, &old.roster);
	for (uint32_t number = 0; number < old.nshelves; number++)
	{
		ShelfWalk walk = shelf_walk(&old, number);
		const Packed *packed;

		if (!shelf_number(ledger, &old, number, slots))
		{
			/* they lie too far apart after all: stay with the table */
			ledger_close(ledger);
			*ledger = old;
			ledger->no_pages = true;
			return;
		}
		while ((packed = shelf_next(&walk)) != NULL)
			ledger_write(ledger, slots[packed->head & PAGE_MASK], *packed);
	}
	ledger_close(&old);
}

/* Should the roster of numbers be a directory instead of a table? */
void
ledger_consider_pages(Ledger *ledger, uint32_t before)
{
	const Roster *roster = &ledger->roster;

	if (ledger->kind != KEY_NUMBER || ledger->no_pages || roster->is_paged ||
		roster->nslots < PAGED_FROM)
		return;
	/* look at every doubling */
	if (__builtin_clz(before | 1) != __builtin_clz(roster->nslots) &&
		roster_is_dense(roster, SLOTS_EACH))
		ledger_renumber(ledger, true);
}

/*
 * Number keys.  False: one lies too far off for the directory, which has been
 * given up, so that all customers have other numbers now; ask again.
 */
bool
ledger_number(Ledger *ledger, const Key *keys, int nkeys, uint32_t *slots)
{
	if (roster_number(&ledger->roster, keys, nkeys, slots))
		return true;
	ledger->no_pages = true;
	ledger_renumber(ledger, false);
	return false;
}
