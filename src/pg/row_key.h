/*
 * row_key.h
 *		Keys made of names, for who makes many of them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_ROW_KEY_H
#define CVM_PG_ROW_KEY_H

#include "postgres.h"

#include "lib/stringinfo.h"

extern void row_key_part(StringInfo key, const char *data, size_t size);
extern text *row_key_text(StringInfo key);

#endif /* CVM_PG_ROW_KEY_H */
