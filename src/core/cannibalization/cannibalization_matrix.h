/*
 * cannibalization_matrix.h
 *		Who lives off whom: every product as a new one, every other as a donor.
 *
 * Each entry into each product is classified against all other products, and
 * what it lost is divided among them, so that the losses of a row, of a column
 * and of the whole add up.
 *
 * Life of a state: empty; told its window by the first customer; growing in
 * any order; merged; encoded as canonical bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_MATRIX_H
#define CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_MATRIX_H

#include "core/cannibalization/cannibalization.h"

/* Entries into one product */
typedef struct MatrixRow
{
	int64_t kinds[ENTRY_KINDS];
	Wide focal; /* of matured entries, as all money here */
	Wide lost;
	int ndonors;
	DonorLoss *donors; /* by number */
} MatrixRow;

typedef struct CannibalizationMatrix
{
	Context context;
	bool adopted;
	Day as_of;
	int32_t gap;
	Window window;
	int scale;
	SortedDictionary products;
	int nrows;
	MatrixRow *rows; /* by number; without entries: a donor only */
} CannibalizationMatrix;

#define CANNIBALIZATION_MATRIX_VERSION 1

/* Customers on their way into a matrix, whose products have these names */
typedef struct MatrixWalk
{
	CannibalizationMatrix *matrix;
	int scale; /* of their money, not above that of the matrix */
	int nnames;
	const Label *names;
	int32_t *numbers;		/* by name: number in the matrix, or -1 */
	uint8_t *product_roles; /* by name, where there are many spells, or NULL */
	Trajectory trajectory;
} MatrixWalk;

extern void matrix_walk_open(MatrixWalk *walk, CannibalizationMatrix *matrix,
							 int scale, int nnames, const Label *names);

extern CannibalizationMatrix *cannibalization_matrix_new(Context context);
extern void cannibalization_matrix_adopt(CannibalizationMatrix *matrix,
										 Day as_of, int32_t gap, Window window);
extern void cannibalization_matrix_add(CannibalizationMatrix *matrix,
									   const Holdings *holdings);
extern void matrix_walk(MatrixWalk *walk, Spell *spells, int nspells);
extern void matrix_walk_close(MatrixWalk *walk);
extern void cannibalization_matrix_merge(CannibalizationMatrix *into,
										 const CannibalizationMatrix *more);
extern void cannibalization_matrix_encode(const CannibalizationMatrix *matrix,
										  ByteWriter *writer);
extern CannibalizationMatrix *
cannibalization_matrix_decode(Context context, const void *data, size_t size);

/* Parts that the files of this state share */
extern void matrix_scale(CannibalizationMatrix *matrix, int scale);
extern int32_t matrix_product(CannibalizationMatrix *matrix, const Label *name);
extern DonorLoss *matrix_donor(CannibalizationMatrix *matrix, int32_t focal,
							   int32_t donor);

static inline int64_t
matrix_row_entries(const MatrixRow *row)
{
	int64_t entries = 0;

	for (int kind = 0; kind < ENTRY_KINDS; kind++)
		entries += row->kinds[kind];
	return entries;
}

#endif /* CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_MATRIX_H */
