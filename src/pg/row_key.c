/*
 * row_key.c
 *		Keys made of names: the row_key of report views.
 *
 * Parts are joined by '|', and a '|' or '\' in a part has a '\' before it, so
 * that different parts never make the same key.  A key that an index could not
 * hold is '\#' and a digest of what it would be: no part begins like that.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/row_key.h"

#define ROW_KEY_MAX 1000 /* bytes; a btree takes 2704, for all its columns */

/* Add a part to a key; the '|' before it is the caller's. */
void
row_key_part(StringInfo key, const char *data, size_t size)
{
	size_t from = 0;

	/* in the encodings of a server these bytes are parts of nothing else */
	for (size_t i = 0; i < size; i++)
	{
		if (likely(data[i] != '|' && data[i] != '\\'))
			continue;
		appendBinaryStringInfo(key, data + from, (int) (i - from));
		appendStringInfoChar(key, '\\');
		from = i;
	}
	appendBinaryStringInfo(key, data + from, (int) (size - from));
}

/* The key of all parts as it is shown; what it was made in can be used again. */
text *
row_key_text(StringInfo key)
{
	if (key->len > ROW_KEY_MAX)
	{
		uint8 digest[PG_SHA256_DIGEST_LENGTH];
		pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

		if (hash == NULL || pg_cryptohash_init(hash) < 0 ||
			pg_cryptohash_update(hash, (uint8 *) key->data, key->len) < 0 ||
			pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
							errmsg("could not compute a digest of a row key")));
		pg_cryptohash_free(hash);
		resetStringInfo(key);
		appendStringInfoString(key, "\\#");
		for (size_t i = 0; i < sizeof(digest); i++)
			appendStringInfo(key, "%02x", digest[i]);
	}
	return cstring_to_text_with_len(key->data, key->len);
}

/* row_key(VARIADIC parts) */
PG_FUNCTION_INFO_V1(cvm_row_key);
Datum
cvm_row_key(PG_FUNCTION_ARGS)
{
	Datum *parts;
	bool *nulls;
	int nparts;
	StringInfoData key;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false,
					  TYPALIGN_INT, &parts, &nulls, &nparts);
	initStringInfo(&key);
	for (int i = 0; i < nparts; i++)
	{
		text *part;

		if (i > 0)
			appendStringInfoChar(&key, '|');
		if (nulls[i])
		{
			appendStringInfoString(&key, "\\N");
			continue;
		}
		part = DatumGetTextPP(parts[i]);
		row_key_part(&key, VARDATA_ANY(part), VARSIZE_ANY_EXHDR(part));
	}
	PG_RETURN_TEXT_P(row_key_text(&key));
}
