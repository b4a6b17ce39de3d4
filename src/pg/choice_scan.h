/*
 * choice_scan.h
 *		A scan whose rows may wait (pg/step_choice.h).
 *
 * choice_columns.c finds out whether the arguments of the step are columns, and
 * which; step_choice.c lets rows wait.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_CHOICE_SCAN_H
#define CVM_PG_CHOICE_SCAN_H

#include "pg/step_choice.h"

#define WAITING_ROWS 16384
#define KEPT_STATUSES 8
#define KEPT_SIZE 32

/*
 * Rows that wait, in the order of the scan: marks, each with a place in the page.
 * Before those of a page are a place that no row has, and the number of the page.
 */
typedef struct WaitingRows
{
	struct WaitingRows *next;
	int count;
	uint32 rows[WAITING_ROWS];
} WaitingRows;

/* A column on the way to those that are needed */
typedef struct ChoiceColumn
{
	int length;
	int alignment;
	Size offset; /* of one before which no length differs from row to row */
} ChoiceColumn;

/* A status, and that a line with it is not paused */
typedef struct KeptStatus
{
	int size;
	char status[KEPT_SIZE];
} KeptStatus;

struct ChoiceScan
{
	StepChoice *choice;
	ChoiceScan *next;
	ScanBelow *below;
	ChoiceBegin begin;
	ScanTakeSlot take;
	WaitingRows *first;
	WaitingRows *rows; /* the last of them */
	BlockNumber block; /* of the row that waits last */

	AttrNumber customer; /* columns */
	bool is_short;		 /* the customer is an integer of 32 bits */
	AttrNumber start;
	AttrNumber end;
	AttrNumber status; /* that tells whether the line is paused; 0: none is */
	AttrNumber early;  /* up to here all but the status and prices */
	AttrNumber last;   /* up to here the prices whose decimals are looked at */
	List *price_columns; /* these */
	ChoiceColumn *columns;
	int fixed; /* so many come first of which none has its own length, up to 8 */
	bits8 fixed_bits;
	Size fixed_size;
	const char **values; /* of the row at hand, NULL where it has none */
	bool none_is_kept;
	int nkept;
	int next_kept;
	KeptStatus kept[KEPT_STATUSES];
};

/*
 * Find out which columns say whose a row is and of which days it is; false: they
 * are none.
 */
extern bool choice_columns_find(ChoiceScan *scan, Node *const *arguments);

#endif /* CVM_PG_CHOICE_SCAN_H */
