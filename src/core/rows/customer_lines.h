/*
 * customer_lines.h
 *		Lines of a fixed size in any order, handed out customer by customer.
 *
 * Life: lines gathered in a batch; each full batch numbered and written under
 * its customers (row_buffer.h); written to a file by part of the customers, and
 * begun anew, when they pass the budget of memory (overflow.h); at the end every
 * customer is handed out once with all lines, part by part if there are parts.
 * The lines of a customer come in no order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_CUSTOMER_LINES_H
#define CVM_CORE_ROWS_CUSTOMER_LINES_H

#include "core/rows/batch.h"
#include "core/rows/overflow.h"
#include "core/rows/row_buffer.h"

typedef struct CustomerLines
{
	Context context;
	KeyKind kind;
	size_t size; /* of a line, a multiple of 8 */
	Batch batch; /* keys of lines that wait */
	char *waiting;
	RowBuffer row_buffer;
	Budget budget;
	Overflow overflow;
	size_t sizes[OVERFLOW_PARTS];		/* bytes in each part of the file */
	ByteWriter writers[OVERFLOW_PARTS]; /* the piece of each that is begun */
} CustomerLines;

/* Take the lines of a customer, good until the call returns; to be sorted. */
typedef void (*CustomerTake)(void *arg, const Key *key, void *lines,
							 uint32_t nlines);

extern void customer_lines_open(CustomerLines *lines, Context context,
								KeyKind kind, size_t size, size_t budget);
extern void customer_lines_flush(CustomerLines *lines);
/* Make all lines longer, by zeros. */
extern void customer_lines_widen(CustomerLines *lines, size_t size);
extern void customer_lines_finish(CustomerLines *lines, CustomerTake take,
								  void *arg);

/* Where the next line of a customer is to be written */
static inline void *
customer_lines_next(CustomerLines *lines, Key key)
{
	if (batch_full(&lines->batch, &key))
		customer_lines_flush(lines);
	batch_take(&lines->batch, key, 0, 0, 0, 0);
	return lines->waiting + (size_t) (lines->batch.used - 1) * lines->size;
}

#endif /* CVM_CORE_ROWS_CUSTOMER_LINES_H */
