/*
 * cvm.c
 *		The module.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;

/* The version of the loaded library. */
PG_FUNCTION_INFO_V1(cvm_version);
Datum
cvm_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(CVM_VERSION));
}
