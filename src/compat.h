/*
 * compat.h
 *		What differs between PostgreSQL versions, and nothing else.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_COMPAT_H
#define CVM_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "cvm needs PostgreSQL 15 or later"
#endif

/* 16 moved the varlena macros out of postgres.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 18 put the word in front of the declaration */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

#endif /* CVM_COMPAT_H */
