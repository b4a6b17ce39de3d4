/*
 * old_names.c
 *		C functions by the names that cvm 0.1.0 calls them by, until it is updated.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"

#define OLD_NAME(old, now)              \
	extern Datum now(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(old);           \
	Datum old(PG_FUNCTION_ARGS)         \
	{                                   \
		return now(fcinfo);             \
	}                                   \
	extern Datum now(PG_FUNCTION_ARGS)

OLD_NAME(cvm_cannibalization_ledger_add, cvm_cannibalization_spell_buffer_add);
OLD_NAME(cvm_cannibalization_ledger_add_grid,
		 cvm_cannibalization_spell_buffer_add_grid);
OLD_NAME(cvm_cannibalization_ledger_final,
		 cvm_cannibalization_spell_buffer_final);
OLD_NAME(cvm_cannibalization_ledger_final_grid,
		 cvm_cannibalization_spell_buffer_final_grid);
OLD_NAME(cvm_ledger_add, cvm_spell_buffer_add);
OLD_NAME(cvm_ledger_combine, cvm_spell_buffer_combine);
OLD_NAME(cvm_ledger_deserialize, cvm_spell_buffer_deserialize);
OLD_NAME(cvm_ledger_serialize, cvm_spell_buffer_serialize);
OLD_NAME(cvm_matrix_ledger_add, cvm_matrix_spell_buffer_add);
OLD_NAME(cvm_matrix_ledger_final, cvm_matrix_spell_buffer_final);
OLD_NAME(cvm_movement_ledger_final, cvm_movement_spell_buffer_final);
OLD_NAME(cvm_question_combine, cvm_parameters_combine);
OLD_NAME(cvm_question_deserialize, cvm_parameters_deserialize);
OLD_NAME(cvm_question_serialize, cvm_parameters_serialize);
OLD_NAME(cvm_revenue_ledger_final, cvm_revenue_spell_buffer_final);
OLD_NAME(cvm_segment_ledger_add, cvm_segment_spell_buffer_add);
OLD_NAME(cvm_segment_ledger_add_paused, cvm_segment_spell_buffer_add_paused);
OLD_NAME(cvm_segment_ledger_final, cvm_segment_spell_buffer_final);
