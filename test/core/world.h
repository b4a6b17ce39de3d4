/*
 * world.h
 *		What random worlds are drawn from, the same in every run, and the keys
 *		of their customers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_TEST_WORLD_H
#define CVM_TEST_WORLD_H

#include "runtime.h"

#include <stdio.h>
#include <string.h>

#include "core/util/key.h"

/* A line of TAP */
static inline void
ok(int number, const char *what, bool truth)
{
	printf("%sok %d - %s\n", truth ? "" : "not ", number, what);
}

/* A number below a bound; random is not 0 */
static inline uint32_t
draw_below(uint64_t *random, uint32_t below)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t) (*random >> 32) % below;
}

/* The key of a customer; text has room for 64 bytes, which a key may point to */
static inline Key
customer_key(KeyKind kind, uint32_t customer, char *text)
{
	Key key = {.words = {0, 0}};

	if (kind == KEY_NUMBER)
		key.number = customer;
	else if (kind == KEY_UUID)
		key.words[1] = customer * UINT64_C(0x9e3779b97f4a7c15);
	else
	{
		/* some are longer than a key */
		snprintf(text, 64, "%u %.*s", customer, (int) (customer % 30),
				 "------------------------------");
		key_set_text(&key, text, (uint32_t) strlen(text));
	}
	return key;
}

#endif /* CVM_TEST_WORLD_H */
