/*
 * host.h
 *		What tests of the plain-C cores need of their host beyond
 *		core/runtime.h.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_TEST_HOST_H
#define CVM_TEST_HOST_H

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
typedef enum HostEnd
{
	HOST_DONE,
	HOST_FAILED,
	HOST_CANCELED
} HostEnd;

/* Of the last run that failed */
extern HostError host_error;
extern char host_message[1024];

/* How often host_poll may be called in one run */
extern long host_patience;

/*
 * Call run(argument); an error in it ends the call.  What it allocated is
 * freed at the end, so results belong in argument itself.
 */
extern HostEnd host_run(void (*run)(void *argument), void *argument);

#endif /* CVM_TEST_HOST_H */
