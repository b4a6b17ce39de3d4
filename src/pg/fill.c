/*
 * fill.c
 *		Bodies of views become SQL: {words} in braces are replaced.
 *
 * A body is read once, from left to right.  A word stands for a text, which is
 * never looked at again, as a setting may hold braces; or, as an array of one
 * text, for a part of bodies, whose own words are replaced likewise where it
 * stands.  A word that nothing is known of stays.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

/* The length of the word after a brace that closes again, 0 where none does */
static int
word_length(const char *word, const char *end)
{
	const char *p = word;

	while (p < end && ((*p >= 'a' && *p <= 'z') || *p == '_'))
		p++;
	return p < end && *p == '}' ? (int) (p - word) : 0;
}

static void append_filled(StringInfo out, const char *p, const char *end,
						  Jsonb *literals);

/* Append what the word stands for, if anything */
static bool
append_literal(StringInfo out, Jsonb *literals, const char *word, int length)
{
	JsonbValue value;

	if (getKeyJsonValueFromContainer(&literals->root, word, length, &value) ==
		NULL)
		return false;
	switch (value.type)
	{
		case jbvString:
			appendBinaryStringInfo(out, value.val.string.val,
								   value.val.string.len);
			return true;
		case jbvNumeric:
			appendStringInfoString(
				out, DatumGetCString(DirectFunctionCall1(
						 numeric_out, NumericGetDatum(value.val.numeric))));
			return true;
		case jbvNull:
			return false;
		case jbvBinary:
		{
			JsonbValue *part =
				getIthJsonbValueFromContainer(value.val.binary.data, 0);

			if (part == NULL || part->type != jbvString)
				break;
			append_filled(out, part->val.string.val,
						  part->val.string.val + part->val.string.len,
						  literals);
			return true;
		}
		default:
			break;
	}
	elog(ERROR, "\"%.*s\" does not stand for a text", length, word);
	return false;
}

static void
append_filled(StringInfo out, const char *p, const char *end, Jsonb *literals)
{
	/* a part could be in itself */
	check_stack_depth();
	while (p < end)
	{
		/* in the encodings of a server a brace is part of nothing else */
		const char *brace = memchr(p, '{', end - p);
		int length;

		CHECK_FOR_INTERRUPTS();
		if (brace == NULL)
			brace = end;
		appendBinaryStringInfo(out, p, brace - p);
		if (brace == end)
			break;
		length = word_length(brace + 1, end);
		p = brace + (length > 0 ? length + 2 : 1);
		if (length == 0 || !append_literal(out, literals, brace + 1, length))
			appendBinaryStringInfo(out, brace, p - brace);
	}
}

/* _fill(body, literals) */
PG_FUNCTION_INFO_V1(cvm_fill);
Datum
cvm_fill(PG_FUNCTION_ARGS)
{
	text *body = PG_GETARG_TEXT_PP(0);
	Jsonb *literals = PG_GETARG_JSONB_P(1);
	StringInfoData out;

	if (!JB_ROOT_IS_OBJECT(literals))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("literals must be a JSON object")));
	initStringInfo(&out);
	append_filled(&out, VARDATA_ANY(body),
				  VARDATA_ANY(body) + VARSIZE_ANY_EXHDR(body), literals);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
