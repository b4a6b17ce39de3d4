/*
 * customer_out.h
 *		Customers as values of the type that the caller has for them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_CUSTOMER_OUT_H
#define CVM_PG_CUSTOMER_OUT_H

#include "postgres.h"

#include "core/util/key.h"

/* How a customer is told: by the type that the caller gives */
typedef struct CustomerOut
{
	KeyKind kind;
	Oid base;  /* but for domains over it */
	Oid input; /* of types that are none of the usual: by their text */
	Oid ioparam;
} CustomerOut;

/* Room for a number as text */
#define NUMBER_ROOM 24

extern void customer_out_open(CustomerOut *out, KeyKind kind, Oid type);
extern KeyText customer_text(KeyKind kind, const Key *key, char *number);
extern Datum customer_datum(const CustomerOut *out, const Key *key);

#endif /* CVM_PG_CUSTOMER_OUT_H */
