/*
 * overflow.c
 *		What does not fit into memory, in files by part of the customers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/overflow.h"

#include <string.h>

void
overflow_open(Overflow *overflow, Context context, size_t budget, int level)
{
	memset(overflow, 0, sizeof(Overflow));
	overflow->context = context;
	overflow->budget = budget;
	overflow->level = level;
}

/* Make the files of the parts, unless there are. */
void
overflow_make_files(Overflow *overflow)
{
	if (overflow->parts != NULL)
		return;
	overflow->parts = runtime_alloc_zero(overflow->context,
										 OVERFLOW_PARTS * sizeof(TempFile));
	for (int part = 0; part < OVERFLOW_PARTS; part++)
		overflow->parts[part] = temp_file_make(overflow->context);
}

/* Close the files, and with them what was written. */
void
overflow_close_files(Overflow *overflow)
{
	if (overflow->parts == NULL)
		return;
	for (int part = 0; part < OVERFLOW_PARTS; part++)
		if (overflow->parts[part] != NULL)
			temp_file_close(overflow->parts[part]);
	runtime_free(overflow->parts);
	overflow->parts = NULL;
}

/* The part of every slot; for the caller to free. */
uint8_t *
overflow_divide(const Overflow *overflow, const KeyTable *key_table)
{
	uint8_t *parts = runtime_alloc(NULL, (size_t) key_table->nslots + 1);

	for (uint32_t slot = 0; slot < key_table->nslots; slot++)
		parts[slot] = (uint8_t) overflow_part(key_table_hash(key_table, slot),
											  overflow->level);
	return parts;
}

/* Read what must be there. */
void
overflow_read(TempFile file, void *data, size_t size)
{
	if (temp_file_read(file, data, size) != size)
		runtime_error(RUNTIME_BAD_BYTES, NULL, "temporary file is cut short");
}

/* Read the head of a piece; false at the end of the file. */
bool
overflow_read_head(TempFile file, void *head, size_t size)
{
	size_t got = temp_file_read(file, head, size);

	if (got == 0)
		return false;
	if (got != size)
		runtime_error(RUNTIME_BAD_BYTES, NULL, "temporary file is cut short");
	return true;
}
