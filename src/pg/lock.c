/*
 * lock.c
 *		Exclusive locks on relations that others read in an order of their own.
 *
 * A transaction that reads two views and a job that replaces both can wait for
 * each other.  The server looks for that once per wait, after deadlock_timeout,
 * and ends whoever looks first, often the reader.  Here the job looks several
 * times in that span, so that it is the one to fail: it has changed nothing
 * yet, gives up its locks and tries again, and no reader sees an error.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "pg/compat.h"

#define CHECKS_PER_TIMEOUT 5

PG_FUNCTION_INFO_V1(cvm_lock_relations);

static void
lock_relation(Oid relation)
{
	/* dropped meanwhile: nothing to lock */
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)))
		return;
	if (!is_relation_owner(relation, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER,
					   get_relkind_objtype(get_rel_relkind(relation)),
					   get_rel_name(relation));
	LockRelationOid(relation, AccessExclusiveLock);
}

/* Lock relations in the order given, each alone and not what it reads. */
Datum
cvm_lock_relations(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	static bool is_registered = false;
	static TimeoutId check;
	int every = Max(DeadlockTimeout / CHECKS_PER_TIMEOUT, 1);
	Datum *relations;
	bool *nulls;
	int n;

	deconstruct_array(array, OIDOID, sizeof(Oid), true, TYPALIGN_INT,
					  &relations, &nulls, &n);
	if (!is_registered)
	{
		check = RegisterTimeout(USER_TIMEOUT, CheckDeadLockAlert);
		is_registered = true;
	}
	PG_TRY();
	{
		enable_timeout_every(
			check, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), every),
			every);
		for (int i = 0; i < n; i++)
		{
			if (!nulls[i])
				lock_relation(DatumGetObjectId(relations[i]));
		}
	}
	PG_FINALLY();
	{
		disable_timeout(check, false);
	}
	PG_END_TRY();
	PG_RETURN_VOID();
}
