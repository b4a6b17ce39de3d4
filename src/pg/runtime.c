/*
 * runtime.c
 *		The server's answers to what the plain-C cores ask (core/runtime.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <sys/mman.h>
#include <unistd.h>

#include "miscadmin.h"
#include "storage/buffile.h"
#include "utils/memutils.h"

#include "core/runtime.h"

#define LARGE_BLOCK (1 << 20) /* bytes */

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

/* Ask for large pages: the first touch of each page costs more than its use. */
void *
runtime_alloc_block(Context context, size_t size)
{
	char *block = runtime_alloc(context, size);

#ifdef MADV_HUGEPAGE
	if (size >= LARGE_BLOCK)
	{
		uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
		uintptr_t from = (uintptr_t) block & ~(page - 1);
		uintptr_t to = ((uintptr_t) block + size + page - 1) & ~(page - 1);

		/* advice only: where there are none, nothing is lost */
		(void) madvise((void *) from, to - from, MADV_HUGEPAGE);
	}
#endif
	return block;
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
temp_file_rewind(TempFile file)
{
	if (BufFileSeek((BufFile *) file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not rewind temporary file: %m")));
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
