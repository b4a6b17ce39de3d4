/*
 * runtime.h
 *		What the plain-C cores ask of the program they run in.
 *
 * The files of src/core do not know PostgreSQL: they see numbers, arrays and
 * this header.  Inside the server src/runtime.c answers with palloc, ereport
 * and CHECK_FOR_INTERRUPTS; in the fuzzers and core tests test/core/runtime.c
 * answers with malloc, longjmp and nothing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RUNTIME_H
#define CVM_CORE_RUNTIME_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Where memory comes from: a MemoryContext in the server, NULL = the current */
typedef void *Context;

extern void *runtime_alloc(Context context, size_t size);
extern void *runtime_alloc_zero(Context context, size_t size);
extern void *runtime_realloc(void *pointer, size_t size);
extern void runtime_free(void *pointer);

/* A structure, all zero but for where it keeps the memory that it lives in */
static inline void *
runtime_new(Context context, size_t size, size_t at)
{
	char *made = runtime_alloc_zero(context, size);

	memcpy(made + at, &context, sizeof(context));
	return made;
}

/* The same, of a type that has a member context */
#define RUNTIME_NEW(type, context_of) \
	((type *) runtime_new(context_of, sizeof(type), offsetof(type, context)))

/* What the size of a large page of memory may be: what is large is aligned to it */
#define LARGE_PAGE ((size_t) 2 << 20)

static inline void *
runtime_align(void *pointer, size_t to)
{
	return (void *) (((uintptr_t) pointer + to - 1) & ~(uintptr_t) (to - 1));
}

/* Memory that stays until the process ends, for tables that never change */
extern Context runtime_forever(void);
extern void runtime_sort(void *items, size_t count, size_t size,
						 int (*compare)(const void *, const void *));

/* Temporary files: written at their end, read anywhere */
typedef void *TempFile;

extern TempFile temp_file_make(Context context);
extern void temp_file_write(TempFile file, const void *data, size_t size);
extern void temp_file_seek(TempFile file, uint64_t offset);
extern size_t temp_file_read(TempFile file, void *data, size_t size);
extern void temp_file_close(TempFile file);

/* Called in every loop over data: lets a cancel through. */
extern void check_interrupts(void);

typedef enum RuntimeError
{
	RUNTIME_INVALID_VALUE, /* 22023: an argument makes no sense */
	RUNTIME_NULL_VALUE,	   /* 22004: a NULL where none may be */
	RUNTIME_OUT_OF_RANGE,  /* 22003: a sum or a number does not fit */
	RUNTIME_BAD_DATE,	   /* 22008: a day outside the calendar */
	RUNTIME_BAD_BYTES,	   /* 22P03: a state's bytes are damaged or hostile */
	RUNTIME_BAD_TEXT,	   /* 22P02: a state's text is damaged or hostile */
	RUNTIME_TOO_LARGE	   /* 54000: a state would pass a limit */
} RuntimeError;

/*
 * Raise an error and do not come back.  message: lower case, no full stop,
 * values in "quotes".  hint: a sentence that names the next command, or NULL.
 */
extern void runtime_error(RuntimeError code, const char *hint,
						  const char *message, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#endif /* CVM_CORE_RUNTIME_H */
