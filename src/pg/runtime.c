/*
 * runtime.c
 *		The server's answers to what the plain-C cores ask (core/runtime.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/buffile.h"
#include "utils/memutils.h"

#include "core/runtime.h"

/* Arrays of a fold may pass one gigabyte; values never do (core/util/bytes.h). */
void *
runtime_alloc(Context context, size_t size)
{
	return MemoryContextAllocExtended(
		context ? (MemoryContext) context : CurrentMemoryContext, size,
		MCXT_ALLOC_HUGE);
}

void *
runtime_alloc_zero(Context context, size_t size)
{
	return MemoryContextAllocExtended(
		context ? (MemoryContext) context : CurrentMemoryContext, size,
		MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

void *
runtime_realloc(void *pointer, size_t size)
{
	return repalloc_huge(pointer, size);
}

void
runtime_free(void *pointer)
{
	pfree(pointer);
}

Context
runtime_forever(void)
{
	return TopMemoryContext;
}

void
check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

void
runtime_sort(void *items, size_t count, size_t size,
			 int (*compare)(const void *, const void *))
{
	pg_qsort(items, count, size, compare);
}

/* Files count towards temp_file_limit and go with the query. */
TempFile
temp_file_make(Context context)
{
	MemoryContext old = MemoryContextSwitchTo((MemoryContext) context);
	BufFile *file = BufFileCreateTemp(false);

	MemoryContextSwitchTo(old);
	return file;
}

void
temp_file_write(TempFile file, const void *data, size_t size)
{
	BufFileWrite((BufFile *) file, (void *) data, size);
}

void
temp_file_seek(TempFile file, uint64_t offset)
{
	if (BufFileSeek((BufFile *) file, 0, (off_t) offset, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not seek in temporary file: %m")));
}

size_t
temp_file_read(TempFile file, void *data, size_t size)
{
	return BufFileRead((BufFile *) file, data, size);
}

void
temp_file_close(TempFile file)
{
	BufFileClose((BufFile *) file);
}

static int
sqlstate_of(RuntimeError code)
{
	switch (code)
	{
		case RUNTIME_INVALID_VALUE:
			return ERRCODE_INVALID_PARAMETER_VALUE;
		case RUNTIME_NULL_VALUE:
			return ERRCODE_NULL_VALUE_NOT_ALLOWED;
		case RUNTIME_OUT_OF_RANGE:
			return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
		case RUNTIME_BAD_DATE:
			return ERRCODE_DATETIME_VALUE_OUT_OF_RANGE;
		case RUNTIME_BAD_BYTES:
			return ERRCODE_INVALID_BINARY_REPRESENTATION;
		case RUNTIME_BAD_TEXT:
			return ERRCODE_INVALID_TEXT_REPRESENTATION;
		case RUNTIME_TOO_LARGE:
			return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
	}
	return ERRCODE_INTERNAL_ERROR;
}

void
runtime_error(RuntimeError code, const char *hint, const char *message, ...)
{
	char text[1024];
	va_list args;

	va_start(args, message);
	vsnprintf(text, sizeof(text), message, args);
	va_end(args);
	ereport(ERROR, (errcode(sqlstate_of(code)), errmsg_internal("%s", text),
					hint ? errhint("%s", hint) : 0));
	pg_unreachable();
}
