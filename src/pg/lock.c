/*
 * lock.c
 *		Exclusive locks on relations that others read in an order of their own.
 *
 * A transaction that reads two views and a job that replaces both can wait for
 * each other.  The server looks for that once per wait, after deadlock_timeout,
 * and ends whoever looks first, often the reader.  Here the job looks several
 * times in that span, so that it is the one that is told: it has changed
 * nothing yet, so it lets go of what the readers in its way wait for, keeps the
 * rest, and takes its place in the queue again.  No reader sees an error.
 *
 * Letting go of everything instead would let all other readers in too, and
 * under many of them a job would never come to its end.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "pg/compat.h"
#include "pg/subtransaction.h"

#define CHECKS_PER_TIMEOUT 5

/* A relation to lock */
typedef struct Target
{
	Oid relation;
	bool is_held;
} Target;

typedef struct Targets
{
	int n;
	Target *targets;
	TimestampTz deadline; /* of all of them */
	int max_wait;		  /* for one, in milliseconds: others wait for ours */
	TimeoutId check;	  /* when the server looks for deadlocks */
} Targets;

static void
add_target(Targets *targets, Oid relation)
{
	Target *target = &targets->targets[targets->n++];

	target->relation = relation;
	target->is_held = false;
}

/* Those of the caller, in the order given */
static void
add_relations(Targets *targets, ArrayType *array)
{
	Datum *relations;
	bool *nulls;
	int n;

	deconstruct_array(array, OIDOID, sizeof(Oid), true, TYPALIGN_INT,
					  &relations, &nulls, &n);
	targets->targets = palloc(sizeof(Target) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		Oid relation = DatumGetObjectId(relations[i]);

		/* dropped meanwhile: nothing to lock */
		if (nulls[i] ||
			!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)))
			continue;
		if (!is_relation_owner(relation, GetUserId()))
			aclcheck_error(ACLCHECK_NOT_OWNER,
						   get_relkind_objtype(get_rel_relkind(relation)),
						   get_rel_name(relation));
		add_target(targets, relation);
	}
}

/*
 * Tables whose triggers will change, with their partitions.  Where the caller
 * may not do that, the change will say so.
 */
static void
add_sources(Targets *targets, ArrayType *array)
{
	Datum *sources;
	bool *nulls;
	int n;

	deconstruct_array(array, OIDOID, sizeof(Oid), true, TYPALIGN_INT, &sources,
					  &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		Oid source = DatumGetObjectId(sources[i]);
		List *tree;
		ListCell *cell;

		if (nulls[i] ||
			!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(source)) ||
			(pg_class_aclcheck(source, GetUserId(), ACL_TRIGGER) !=
				 ACLCHECK_OK &&
			 !is_relation_owner(source, GetUserId())))
			continue;
		tree = find_all_inheritors(source, NoLock, NULL);
		targets->targets =
			repalloc(targets->targets,
					 sizeof(Target) * (targets->n + list_length(tree)));
		foreach (cell, tree)
			add_target(targets, lfirst_oid(cell));
	}
}

/* In the subtransaction: for how long the server may wait for a lock */
static void
set_lock_timeout(const Targets *targets)
{
	long left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
												targets->deadline);
	char text[32];

	snprintf(text, sizeof(text), "%ld",
			 Min(Max(left, 1L), (long) targets->max_wait));
	(void) set_config_option("lock_timeout", text, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* Have the server look for deadlocks at once, and every so often. */
static void
look_for_deadlocks(const Targets *targets)
{
	int every = Max(DeadlockTimeout / CHECKS_PER_TIMEOUT, 1);

	disable_timeout(targets->check, false);
	enable_timeout_every(targets->check,
						 TimestampTzPlusMilliseconds(GetCurrentTimestamp(), 1),
						 every);
}

/* A lock that is waited for */
typedef struct Waiting
{
	Oid relation;
	const Targets *targets;
} Waiting;

static void
waiting_run(void *arg)
{
	const Waiting *waiting = arg;

	set_lock_timeout(waiting->targets);
	look_for_deadlocks(waiting->targets);
	LockRelationOid(waiting->relation, AccessExclusiveLock);
}

/*
 * Wait for a lock.  False where somebody who holds it waits for us; that is
 * found out by an error, which ends a subtransaction here.
 */
static bool
wait_for(Oid relation, const Targets *targets, ErrorData **error)
{
	Waiting waiting = {relation, targets};

	*error = subtransaction_run(waiting_run, &waiting);
	if (*error != NULL && (*error)->sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED)
		ReThrowError(*error);
	return *error == NULL;
}

/* The target that an entry of the lock table is about, or NULL */
static Target *
target_of(Targets *targets, const LockInstanceData *lock)
{
	if (lock->locktag.locktag_type != LOCKTAG_RELATION ||
		lock->locktag.locktag_field1 != MyDatabaseId)
		return NULL;
	for (int i = 0; i < targets->n; i++)
		if (targets->targets[i].relation == lock->locktag.locktag_field2)
			return &targets->targets[i];
	return NULL;
}

/* Has a process a lock on a relation that is still to be locked? */
static bool
is_in_the_way(Targets *targets, LockData *locks, int pid)
{
	for (int i = 0; i < locks->nelements; i++)
	{
		const LockInstanceData *lock = &locks->locks[i];
		Target *target = target_of(targets, lock);

		if (lock->leaderPid == pid && lock->holdMask != 0 && target != NULL &&
			!target->is_held)
			return true;
	}
	return false;
}

/* Let go of what those wait for who are in the way; how much that is. */
static int
let_through(Targets *targets)
{
	LockData *locks = GetLockStatusData();
	int n = 0;

	for (int i = 0; i < locks->nelements; i++)
	{
		const LockInstanceData *lock = &locks->locks[i];
		Target *target = target_of(targets, lock);

		if (lock->waitLockMode == NoLock || target == NULL ||
			!target->is_held || !is_in_the_way(targets, locks, lock->leaderPid))
			continue;
		UnlockRelationOid(target->relation, AccessExclusiveLock);
		target->is_held = false;
		n++;
	}
	return n;
}

/* Lock all of them. */
static void
lock_targets(Targets *targets)
{
	int i = 0;

	while (i < targets->n)
	{
		Target *target = &targets->targets[i];
		ErrorData *error = NULL;

		if (!target->is_held)
			target->is_held = ConditionalLockRelationOid(target->relation,
														 AccessExclusiveLock);
		if (target->is_held)
		{
			i++;
			continue;
		}
		if (let_through(targets) == 0)
		{
			target->is_held = wait_for(target->relation, targets, &error);
			if (target->is_held)
				continue;
			if (let_through(targets) == 0)
				ReThrowError(error);
		}
		i = 0;
	}
}

/*
 * cvm._lock_relations(relations oid[], sources oid[], within int)
 *
 * Lock relations in the order given, each alone and not what it reads, then the
 * sources with their partitions, within so many milliseconds, and each of them
 * within half of that.
 */
PG_FUNCTION_INFO_V1(cvm_lock_relations);
Datum
cvm_lock_relations(PG_FUNCTION_ARGS)
{
	static bool is_registered = false;
	static TimeoutId check;
	int within = PG_GETARG_INT32(2);
	ResourceOwner owner = CurrentResourceOwner;
	TimestampTz now = GetCurrentTimestamp();
	Targets targets = {0};

	add_relations(&targets, PG_GETARG_ARRAYTYPE_P(0));
	add_sources(&targets, PG_GETARG_ARRAYTYPE_P(1));
	targets.deadline = TimestampTzPlusMilliseconds(now, within);
	targets.max_wait = Max(within / 2, 1);
	if (!is_registered)
	{
		check = RegisterTimeout(USER_TIMEOUT, CheckDeadLockAlert);
		is_registered = true;
	}
	targets.check = check;
	PG_TRY();
	{
		/* that of locks which a subtransaction leaves, so all can be let go */
		CurrentResourceOwner = CurTransactionResourceOwner;
		lock_targets(&targets);
	}
	PG_FINALLY();
	{
		disable_timeout(check, false);
		CurrentResourceOwner = owner;
	}
	PG_END_TRY();
	PG_RETURN_VOID();
}
