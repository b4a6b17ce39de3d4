/*
 * runtime.h
 *		What the plain-C cores ask of the program they run in.
 *
 * The files of src/core do not know PostgreSQL: they see numbers, arrays and
 * this header.  Inside the server src/host.c answers with palloc, ereport and
 * CHECK_FOR_INTERRUPTS; in the fuzzers and core tests test/core/host.c answers
 * with malloc, longjmp and nothing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RUNTIME_H
#define CVM_CORE_RUNTIME_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where memory comes from: a MemoryContext in the server, NULL = the current */
typedef void *HostArena;

extern void *host_alloc(HostArena arena, size_t size);
extern void *host_alloc_zero(HostArena arena, size_t size);
extern void *host_realloc(void *pointer, size_t size);
extern void host_free(void *pointer);

/*
 * The same as host_alloc, for much memory: where the machine has large pages
 * it is asked for them, and they fit best what is aligned to one.
 */
#define HOST_LARGE_PAGE ((size_t) 2 << 20)

extern void *host_alloc_block(HostArena arena, size_t size);

static inline void *
host_align(void *pointer, size_t to)
{
	return (void *) (((uintptr_t) pointer + to - 1) & ~(uintptr_t) (to - 1));
}

/* Memory that stays until the process ends, for tables that never change */
extern HostArena host_forever(void);
extern void host_sort(void *items, size_t count, size_t size,
					  int (*compare)(const void *, const void *));

/* Temporary files: written from the start, then read from the start, once */
typedef void *HostFile;

extern HostFile host_file_make(HostArena arena);
extern void host_file_write(HostFile file, const void *data, size_t size);
extern void host_file_rewind(HostFile file);
extern size_t host_file_read(HostFile file, void *data, size_t size);
extern void host_file_close(HostFile file);

/* Called in every loop over data: lets a cancel through. */
extern void host_poll(void);

typedef enum HostError
{
	HOST_INVALID_VALUE, /* 22023: an argument makes no sense */
	HOST_NULL_VALUE,	/* 22004: a NULL where none may be */
	HOST_OUT_OF_RANGE,	/* 22003: a sum or a number does not fit */
	HOST_BAD_DATE,		/* 22008: a day outside the calendar */
	HOST_BAD_BYTES,		/* 22P03: a state's bytes are damaged or hostile */
	HOST_BAD_TEXT,		/* 22P02: a state's text is damaged or hostile */
	HOST_TOO_LARGE		/* 54000: a state would pass a limit */
} HostError;

/*
 * Raise an error and do not come back.  message: lower case, no full stop,
 * values in "quotes".  hint: a sentence that names the next command, or NULL.
 */
extern void host_fail(HostError code, const char *hint, const char *message,
					  ...) __attribute__((noreturn, format(printf, 3, 4)));

#endif /* CVM_CORE_RUNTIME_H */
