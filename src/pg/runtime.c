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
host_alloc(HostArena arena, size_t size)
{
	return MemoryContextAllocExtended(
		arena ? (MemoryContext) arena : CurrentMemoryContext, size,
		MCXT_ALLOC_HUGE);
}

void *
host_alloc_zero(HostArena arena, size_t size)
{
	return MemoryContextAllocExtended(
		arena ? (MemoryContext) arena : CurrentMemoryContext, size,
		MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

/* Ask for large pages: the first touch of each page costs more than its use. */
void *
host_alloc_block(HostArena arena, size_t size)
{
	char *block = host_alloc(arena, size);

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
host_realloc(void *pointer, size_t size)
{
	return repalloc_huge(pointer, size);
}

void
host_free(void *pointer)
{
	pfree(pointer);
}

HostArena
host_forever(void)
{
	return TopMemoryContext;
}

void
host_poll(void)
{
	CHECK_FOR_INTERRUPTS();
}

void
host_sort(void *items, size_t count, size_t size,
		  int (*compare)(const void *, const void *))
{
	pg_qsort(items, count, size, compare);
}

/* Files count towards temp_file_limit and go with the query. */
HostFile
host_file_make(HostArena arena)
{
	MemoryContext old = MemoryContextSwitchTo((MemoryContext) arena);
	BufFile *file = BufFileCreateTemp(false);

	MemoryContextSwitchTo(old);
	return file;
}

void
host_file_write(HostFile file, const void *data, size_t size)
{
	BufFileWrite((BufFile *) file, (void *) data, size);
}

void
host_file_rewind(HostFile file)
{
	if (BufFileSeek((BufFile *) file, 0, 0, SEEK_SET) != 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not rewind temporary file: %m")));
}

size_t
host_file_read(HostFile file, void *data, size_t size)
{
	return BufFileRead((BufFile *) file, data, size);
}

void
host_file_close(HostFile file)
{
	BufFileClose((BufFile *) file);
}

static int
sqlstate_of(HostError code)
{
	switch (code)
	{
		case HOST_INVALID_VALUE:
			return ERRCODE_INVALID_PARAMETER_VALUE;
		case HOST_NULL_VALUE:
			return ERRCODE_NULL_VALUE_NOT_ALLOWED;
		case HOST_OUT_OF_RANGE:
			return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
		case HOST_BAD_DATE:
			return ERRCODE_DATETIME_VALUE_OUT_OF_RANGE;
		case HOST_BAD_BYTES:
			return ERRCODE_INVALID_BINARY_REPRESENTATION;
		case HOST_BAD_TEXT:
			return ERRCODE_INVALID_TEXT_REPRESENTATION;
		case HOST_TOO_LARGE:
			return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
	}
	return ERRCODE_INTERNAL_ERROR;
}

void
host_fail(HostError code, const char *hint, const char *message, ...)
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
