/*
 * customer_out.c
 *		Customers as values of the type that the caller has for them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"

#include "pg/customer_out.h"

void
customer_out_open(CustomerOut *out, KeyKind kind, Oid type)
{
	out->kind = kind;
	out->base = getBaseType(type);
	getTypeInputInfo(type, &out->input, &out->ioparam);
}

/* The customer as text, a number in room for one */
KeyText
customer_text(KeyKind kind, const Key *key, char *number)
{
	pg_uuid_t uuid;
	KeyText name;

	switch (kind)
	{
		case KEY_NUMBER:
			name.data = number;
			name.size = (uint32) pg_lltoa(key->number, number);
			return name;
		case KEY_UUID:
			memcpy(uuid.data, key->words, UUID_LEN);
			name.data = DatumGetCString(
				DirectFunctionCall1(uuid_out, UUIDPGetDatum(&uuid)));
			name.size = (uint32) strlen(name.data);
			return name;
		default:
			return key_text(key);
	}
}

/* The customer as a datum */
Datum
customer_datum(const CustomerOut *out, const Key *key)
{
	char number[NUMBER_ROOM];
	KeyText name;

	if (out->kind == KEY_NUMBER)
		switch (out->base)
		{
			case INT8OID:
				return Int64GetDatum(key->number);
			case INT4OID:
				return Int32GetDatum((int32) key->number);
			case INT2OID:
				return Int16GetDatum((int16) key->number);
		}
	if (out->kind == KEY_UUID && out->base == UUIDOID)
	{
		pg_uuid_t *uuid = palloc(sizeof(pg_uuid_t));

		memcpy(uuid->data, key->words, UUID_LEN);
		return UUIDPGetDatum(uuid);
	}
	name = customer_text(out->kind, key, number);
	if (out->kind == KEY_TEXT &&
		(out->base == TEXTOID || out->base == VARCHAROID))
		return PointerGetDatum(
			cstring_to_text_with_len(name.data, (int) name.size));
	return OidInputFunctionCall(out->input, pnstrdup(name.data, name.size),
								out->ioparam, -1);
}
