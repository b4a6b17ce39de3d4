/*
 * spell_runs.c
 *		Times of paying, as a window function
 *		(core/subscriptions/spell_runs.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "core/subscriptions/spell_runs.h"

/* What is kept of a partition */
typedef struct RunPartition
{
	RunSpell *spells; /* NULL before the first row */
	int64 nspells;
} RunPartition;

static Day
partition_day(WindowObject window, int argument, int64 row, Day unknown)
{
	bool isnull;
	bool isout;
	Datum day = WinGetFuncArgInPartition(
		window, argument, (int) row, WINDOW_SEEK_HEAD, false, &isnull, &isout);

	return isnull || isout ? unknown : DatumGetDateADT(day);
}

static void
partition_read(WindowObject window, RunPartition *partition)
{
	bool isnull;
	int32 gap = DatumGetInt32(WinGetFuncArgCurrent(window, 2, &isnull));

	if (isnull || gap < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("gap must be 0 or more"),
						errhint("Give a number of days.")));
	partition->nspells = WinGetPartitionRowCount(window);
	if (partition->nspells > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a customer has more than %d spells", PG_INT32_MAX),
				 errhint("PARTITION BY the customer.")));
	/* as long as the partition is read */
	partition->spells =
		MemoryContextAllocHuge(GetMemoryChunkContext(partition),
							   (Size) partition->nspells * sizeof(RunSpell));
	for (int64 i = 0; i < partition->nspells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		partition->spells[i].start = partition_day(window, 0, i, PG_INT32_MIN);
		partition->spells[i].end = partition_day(window, 1, i, SPELL_OPEN);
	}
	spell_runs(partition->spells, partition->nspells, gap);
}

/* _spell_runs(started_on, ended_on, gap) OVER (PARTITION BY customer ORDER BY started_on) */
PG_FUNCTION_INFO_V1(cvm_spell_runs);
Datum
cvm_spell_runs(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	RunPartition *partition =
		WinGetPartitionLocalMemory(window, sizeof(RunPartition));
	RunSpell *spell;
	Datum days[3];

	if (partition->spells == NULL)
		partition_read(window, partition);
	spell = &partition->spells[WinGetCurrentPosition(window)];
	days[0] = DateADTGetDatum(spell->start_of_run);
	days[1] = DateADTGetDatum(spell->end_of_run);
	days[2] = DateADTGetDatum(spell->start);
	PG_RETURN_ARRAYTYPE_P(construct_array(days, spell->is_alone ? 3 : 2,
										  DATEOID, sizeof(DateADT), true,
										  TYPALIGN_INT));
}
