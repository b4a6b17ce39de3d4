/*
 * runtime.h
 *		What tests of the plain-C cores need of their host beyond
 *		core/runtime.h.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_TEST_RUNTIME_H
#define CVM_TEST_RUNTIME_H

#include "core/runtime.h"

#include <stdio.h>
#include <stdlib.h>

/* End the program where something is not so, which no test survives */
#define CLAIM(truth)                                                       \
	do                                                                     \
	{                                                                      \
		if (!(truth))                                                      \
		{                                                                  \
			printf("# %s:%d: not true: %s\n", __FILE__, __LINE__, #truth); \
			fflush(stdout);                                                \
			abort();                                                       \
		}                                                                  \
	} while (0)

/* How a run ended: with no error, an error of the core, or out of patience */
typedef enum RuntimeEnd
{
	RUNTIME_DONE,
	RUNTIME_FAILED,
	RUNTIME_CANCELED
} RuntimeEnd;

/* Of the last run that failed */
extern RuntimeError runtime_error_code;
extern char runtime_message[1024];

/* How often check_interrupts may be called in one run */
extern long runtime_patience;

/*
 * Call run(argument); an error in it ends the call.  What it allocated is
 * freed at the end, so results belong in argument itself.
 */
extern RuntimeEnd runtime_run(void (*run)(void *argument), void *argument);

#endif /* CVM_TEST_RUNTIME_H */
