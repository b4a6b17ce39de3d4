/*
 * module.c
 *		Initialization and version of the library.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/compat.h"
#include "pg/passing.h"
#include "pg/scan_explain.h"

PG_MODULE_MAGIC_EXT(.name = "cvm", .version = CVM_VERSION);

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	passing_init();
	scan_explain_init();
}

/* The version of the loaded library. */
PG_FUNCTION_INFO_V1(cvm_version);
Datum
cvm_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(CVM_VERSION));
}
