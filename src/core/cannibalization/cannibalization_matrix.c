/*
 * cannibalization_matrix.c
 *		Who lives off whom: every product as a new one, every other as a donor.
 *
 * Canonical bytes: version, whether told, as_of, gap, look-back, look-ahead,
 * scale, the names of products (sorted, each in use), the number of rows, and
 * for each, by name: its number, counts by kind, money, and donors.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/cannibalization_matrix.h"

#include <string.h>

CannibalizationMatrix *
cannibalization_matrix_new(Context context)
{
	CannibalizationMatrix *matrix =
		runtime_alloc_zero(context, sizeof(CannibalizationMatrix));

	matrix->context = context;
	matrix->scale = SHARE_SCALE;
	sorted_dictionary_open(&matrix->products, context);
	return matrix;
}

/* Take over end of observation, gap and window, or check that they agree. */
void
cannibalization_matrix_adopt(CannibalizationMatrix *matrix, Day as_of,
							 int32_t gap, Window window)
{
	if (!matrix->adopted)
	{
		window_check(window);
		matrix->adopted = true;
		matrix->as_of = as_of;
		matrix->gap = gap;
		matrix->window = window;
		return;
	}
	if (matrix->as_of != as_of)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use the same as_of for every customer.",
					  "cannot add up entries observed until different days");
	if (matrix->gap != gap || matrix->window.look_back != window.look_back ||
		matrix->window.look_ahead != window.look_ahead)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Use the same look_back, look_ahead and gap for every "
					  "customer.",
					  "cannot add up entries seen through different windows");
}

void
matrix_scale(CannibalizationMatrix *matrix, int scale)
{
	int from = matrix->scale;

	if (scale <= from)
		return;
	for (int i = 0; i < matrix->nrows; i++)
	{
		MatrixRow *row = &matrix->rows[i];

		row->focal = money_rescale(row->focal, from, scale);
		row->lost = money_rescale(row->lost, from, scale);
		for (int d = 0; d < row->ndonors; d++)
			row->donors[d].lost =
				money_rescale(row->donors[d].lost, from, scale);
	}
	matrix->scale = scale;
}

/* The number of a product, for which there is a row then. */
int32_t
matrix_product(CannibalizationMatrix *matrix, const Label *name)
{
	int32_t number = sorted_dictionary_intern(&matrix->products, name);

	if (number >= matrix->nrows)
	{
		size_t room = (size_t) matrix->products.room * sizeof(MatrixRow);

		matrix->rows = matrix->rows ? runtime_realloc(matrix->rows, room)
									: runtime_alloc(matrix->context, room);
		memset(&matrix->rows[matrix->nrows], 0,
			   (matrix->products.strings.count - matrix->nrows) *
				   sizeof(MatrixRow));
		matrix->nrows = matrix->products.strings.count;
	}
	return number;
}

/* What a row lost to a donor; good until a donor is met for the first time. */
DonorLoss *
matrix_donor(CannibalizationMatrix *matrix, int32_t focal, int32_t donor)
{
	MatrixRow *row = &matrix->rows[focal];

	if (donor >= row->ndonors)
	{
		size_t room = (size_t) matrix->products.room * sizeof(DonorLoss);

		row->donors = row->donors ? runtime_realloc(row->donors, room)
								  : runtime_alloc(matrix->context, room);
		memset(&row->donors[row->ndonors], 0,
			   (matrix->products.strings.count - row->ndonors) *
				   sizeof(DonorLoss));
		row->ndonors = matrix->products.strings.count;
	}
	return &row->donors[donor];
}

/* Add another state up. */
void
cannibalization_matrix_merge(CannibalizationMatrix *into,
							 const CannibalizationMatrix *more)
{
	if (!more->adopted)
		return;
	cannibalization_matrix_adopt(into, more->as_of, more->gap, more->window);
	matrix_scale(into, more->scale);
	for (int i = 0; i < more->nrows; i++)
	{
		const MatrixRow *from = &more->rows[i];
		int32_t focal = matrix_product(into, &more->products.strings.labels[i]);
		MatrixRow *row = &into->rows[focal];

		check_interrupts();
		for (int kind = 0; kind < ENTRY_KINDS; kind++)
			row->kinds[kind] = count_add(row->kinds[kind], from->kinds[kind]);
		row->focal = money_add(
			row->focal, money_rescale(from->focal, more->scale, into->scale));
		row->lost = money_add(
			row->lost, money_rescale(from->lost, more->scale, into->scale));
		for (int d = 0; d < from->ndonors; d++)
		{
			DonorLoss *donor;

			if (from->donors[d].entries == 0)
				continue;
			donor = matrix_donor(
				into, focal,
				matrix_product(into, &more->products.strings.labels[d]));
			donor->entries = count_add(donor->entries, from->donors[d].entries);
			donor->lost = money_add(
				donor->lost,
				money_rescale(from->donors[d].lost, more->scale, into->scale));
		}
	}
}

static void
encode_row(const CannibalizationMatrix *matrix, int place, ByteWriter *writer)
{
	const MatrixRow *row = &matrix->rows[matrix->products.sorted[place]];
	int count = 0;

	for (int kind = 0; kind < ENTRY_KINDS; kind++)
		write_unsigned(writer, row->kinds[kind]);
	write_wide(writer, row->focal);
	write_wide(writer, row->lost);
	for (int d = 0; d < row->ndonors; d++)
		count += row->donors[d].entries > 0;
	write_unsigned(writer, count);
	for (int i = 0; i < matrix->products.strings.count; i++)
	{
		int32_t donor = matrix->products.sorted[i];

		if (donor >= row->ndonors || row->donors[donor].entries == 0)
			continue;
		write_unsigned(writer, i);
		write_unsigned(writer, row->donors[donor].entries);
		write_wide(writer, row->donors[donor].lost);
	}
}

/* Write canonical bytes. */
void
cannibalization_matrix_encode(const CannibalizationMatrix *matrix,
							  ByteWriter *writer)
{
	write_byte(writer, CANNIBALIZATION_MATRIX_VERSION);
	write_byte(writer, matrix->adopted);
	if (!matrix->adopted)
		return;
	write_signed(writer, matrix->as_of);
	write_unsigned(writer, matrix->gap);
	write_unsigned(writer, matrix->window.look_back);
	write_unsigned(writer, matrix->window.look_ahead);
	write_unsigned(writer, matrix->scale);
	sorted_dictionary_encode(&matrix->products, writer);
	for (int i = 0; i < matrix->products.strings.count; i++)
	{
		check_interrupts();
		encode_row(matrix, i, writer);
	}
}

static void
decode_row(CannibalizationMatrix *matrix, int32_t focal, ByteReader *reader,
		   bool *in_use)
{
	MatrixRow *row = &matrix->rows[focal];
	size_t count;
	int64_t last = -1;

	for (int kind = 0; kind < ENTRY_KINDS; kind++)
		row->kinds[kind] = (int64_t) read_unsigned(reader, INT64_MAX / 8);
	row->focal = read_wide(reader);
	row->lost = read_wide(reader);
	if (row->focal < 0 || row->lost < 0)
		reader_fail(reader);
	if (matrix_row_entries(row) > 0)
		in_use[focal] = true;
	count = read_count(reader, 3);
	for (size_t i = 0; i < count; i++)
	{
		int64_t number = (int64_t) read_unsigned(reader, INT32_MAX);
		DonorLoss *donor;

		if (number <= last || number >= matrix->products.strings.count)
			reader_fail(reader);
		last = number;
		in_use[number] = true;
		donor = matrix_donor(matrix, focal, (int32_t) number);
		donor->entries = (int64_t) read_unsigned(reader, INT64_MAX);
		donor->lost = read_wide(reader);
		if (donor->entries == 0 || donor->lost < 0)
			reader_fail(reader);
	}
}

/* Read canonical bytes; anything else is refused. */
CannibalizationMatrix *
cannibalization_matrix_decode(Context context, const void *data, size_t size)
{
	CannibalizationMatrix *matrix = cannibalization_matrix_new(context);
	ByteReader reader;
	uint8_t adopted;
	bool *in_use;

	reader_open(&reader, data, size, "cannibalization_matrix");
	read_version(&reader, CANNIBALIZATION_MATRIX_VERSION,
				 CANNIBALIZATION_MATRIX_VERSION);
	adopted = read_byte(&reader);
	if (adopted > 1)
		reader_fail(&reader);
	if (adopted)
	{
		matrix->adopted = true;
		matrix->as_of = (Day) read_signed(&reader, DAY_FIRST, DAY_LAST);
		matrix->gap = (int32_t) read_unsigned(&reader, INT32_MAX);
		matrix->window.look_back = (int32_t) read_unsigned(&reader, INT32_MAX);
		matrix->window.look_ahead = (int32_t) read_unsigned(&reader, INT32_MAX);
		matrix->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
		if (matrix->window.look_back < 1 || matrix->scale < SHARE_SCALE)
			reader_fail(&reader);
		sorted_dictionary_decode(&matrix->products, &reader);
		in_use = runtime_alloc_zero(NULL, matrix->products.strings.count + 1);
		for (int i = 0; i < matrix->products.strings.count; i++)
			matrix_product(matrix, &matrix->products.strings.labels[i]);
		for (int i = 0; i < matrix->products.strings.count; i++)
			decode_row(matrix, i, &reader, in_use);
		for (int i = 0; i < matrix->products.strings.count; i++)
			if (!in_use[i])
				reader_fail(&reader);
		runtime_free(in_use);
	}
	reader_close(&reader);
	return matrix;
}
