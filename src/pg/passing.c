/*
 * passing.c
 *		What a parallel worker passes to its leader, however much it is.
 *
 * A worker's state is one value of at most a gigabyte, while a fold that spills
 * may be as large as the disk.  What is beyond a limit goes through a file, of
 * which the value says only the name: pieces, each with its size in front,
 * that can be absorbed one after the other.
 *
 * The worker is gone when the leader reads, so the file must outlive it.  All
 * files that workers leave for a leader are in one set, whose name is that of
 * the leader's process: the leader deletes a file when the query that has read
 * it ends, and the whole set when a transaction ends and it is there, which is
 * how files go that nobody has read (an error, a cancel, a LIMIT).  By then the
 * workers have ended: whoever ends a transaction waits for them.  After a crash
 * the server removes the set with all temporary files, when it starts again.
 * Files are in the temporary tablespaces, and count towards temp_file_limit
 * while they are written.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <unistd.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/pg_tablespace_d.h"
#include "common/file_utils.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/proc.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "pg/passing.h"
#include "pg/state_type.h"

#define PASSED_LIMIT ((size_t) 256 << 20) /* bytes that go in the value */
#define SET_NUMBER UINT32_MAX /* of the set, far from those of the server */

/* The limit, which tests make small: it changes no answer, so anybody may. */
static size_t
passed_limit(void)
{
	const char *setting = GetConfigOption("cvm.passed_limit", true, false);
	long bytes = setting != NULL ? strtol(setting, NULL, 10) : 0;

	return bytes > 0 && (size_t) bytes < PASSED_LIMIT ? (size_t) bytes
													  : PASSED_LIMIT;
}

static pid_t
leader_pid(void)
{
	return MyProc->lockGroupLeader != NULL ? MyProc->lockGroupLeader->pid
										   : MyProcPid;
}

/* The directory that says that there are files for a leader */
static void
mark_path(char *base, char *path, pid_t leader)
{
	TempTablespacePath(base, DEFAULTTABLESPACE_OID);
	snprintf(path, MAXPGPATH, "%s/%s%lu.%u.fileset", base, PG_TEMP_FILE_PREFIX,
			 (unsigned long) leader, SET_NUMBER);
}

static void
file_make(Sending *passing)
{
	static uint32 nfiles = 0;
	char base[MAXPGPATH];
	char path[MAXPGPATH];

	FileSetInit(&passing->place.files);
	passing->place.files.creator_pid = leader_pid();
	passing->place.files.number = SET_NUMBER;
	mark_path(base, path, leader_pid());
	PathNameCreateTemporaryDir(base, path);
	snprintf(passing->place.name, PASSING_NAME, "cvm.%d.%llx.%u", MyProcPid,
			 (unsigned long long) MyStartTimestamp, nfiles++);
	passing->file =
		BufFileCreateFileSet(&passing->place.files, passing->place.name);
}

/* Take a piece that is more than the limit. */
static void
piece_take(Outbox *outbox, const void *data, size_t size)
{
	Sending *passing = (Sending *) outbox;

	if (passing->file == NULL)
		file_make(passing);
	BufFileWrite(passing->file, (void *) &size, sizeof(size));
	BufFileWrite(passing->file, (void *) data, size);
}

/* From here on what is written may go through a file. */
void
passing_open(Sending *passing, ByteWriter *writer)
{
	memset(passing, 0, sizeof(Sending));
	write_byte(writer, 0); /* not in a file */
	passing->outbox.mark = writer->used;
	passing->outbox.limit = passed_limit();
	passing->outbox.take = piece_take;
	/* outside of a parallel plan the value may go anywhere */
	if (IsInParallelMode())
		writer->outbox = &passing->outbox;
}

/* The end: what is left follows into the file. */
void
passing_close(Sending *passing, ByteWriter *writer)
{
	size_t mark = passing->outbox.mark;

	writer->outbox = NULL;
	if (passing->file == NULL)
		return;
	piece_take(&passing->outbox, writer->data + mark, writer->used - mark);
	BufFileExportFileSet(passing->file);
	BufFileClose(passing->file);
	writer->used = mark;
	writer->data[mark - 1] = 1;
	write_raw(writer, &passing->place, sizeof(PassedFile));
}

/* The query ends that has read a file: delete it, if it is still there. */
static void
file_delete(void *argument)
{
	PassedFile *place = argument;
	char name[PASSING_NAME + 16];

	for (int segment = 0;; segment++)
	{
		snprintf(name, sizeof(name), "%s.%d", place->name, segment);
		if (!FileSetDelete(&place->files, name, false))
			break;
	}
}

/* Begin to read what a worker has passed. */
void
passed_open(Passed *passed, FunctionCallInfo fcinfo, const char *data,
			size_t size)
{
	MemoryContext query = fcinfo->flinfo->fn_mcxt;
	MemoryContextCallback *callback;
	PassedFile *place;

	memset(passed, 0, sizeof(Passed));
	passed->is_first = true;
	passed->data = data + 1;
	passed->size = size - 1;
	if (data[0] == 0)
		return;
	place = MemoryContextAlloc(query, sizeof(PassedFile));
	memcpy(place, data + 1, sizeof(PassedFile));
	/* a sort below may give the same value again: not before the query ends */
	callback = MemoryContextAlloc(query, sizeof(MemoryContextCallback));
	callback->func = file_delete;
	callback->arg = place;
	MemoryContextRegisterResetCallback(query, callback);
	passed->file =
		BufFileOpenFileSet(&place->files, place->name, O_RDONLY, false);
}

/*
 * Deserialize: a state of that size which has nothing but its bytes.  They are
 * not copied, combine reads them where they are.
 */
Datum
passed_deserialize(FunctionCallInfo fcinfo, const char *name, size_t size)
{
	PassedState *state;

	state_context(fcinfo, name);
	state = palloc0(size);
	state->bytes = PG_GETARG_BYTEA_P(0);
	PG_RETURN_POINTER(state);
}

/*
 * Combine, its beginning: the state that is added to, made of zeroes where
 * there is none, and the bytes that are added.  Where a worker sent none, these
 * are NULL, and the state is what there was.
 */
void *
passed_states(FunctionCallInfo fcinfo, MemoryContext context, size_t size,
			  const bytea **more)
{
	void *into = PG_ARGISNULL(0) ? NULL : PG_GETARG_POINTER(0);

	*more = NULL;
	if (PG_ARGISNULL(1))
		return into;
	*more = ((PassedState *) PG_GETARG_POINTER(1))->bytes;
	if (*more == NULL)
		elog(ERROR, "state of a parallel worker is not serialized");
	return into != NULL ? into : MemoryContextAllocZero(context, size);
}

/* A state or none as what combine returns */
Datum
passed_return(FunctionCallInfo fcinfo, void *state)
{
	fcinfo->isnull = state == NULL;
	return PointerGetDatum(state);
}

/* The next piece; false at the end. */
bool
passed_next(Passed *passed)
{
	size_t size;
	size_t got;

	if (passed->file == NULL)
	{
		bool is_first = passed->is_first;

		passed->is_first = false;
		return is_first;
	}
	CHECK_FOR_INTERRUPTS();
	if (passed->piece != NULL)
		pfree(passed->piece);
	passed->piece = NULL;
	got = BufFileRead(passed->file, &size, sizeof(size));
	if (got == 0)
	{
		BufFileClose(passed->file);
		return false;
	}
	if (got == sizeof(size))
	{
		passed->piece = MemoryContextAllocHuge(CurrentMemoryContext, size);
		passed->data = passed->piece;
		passed->size = size;
		if (BufFileRead(passed->file, passed->piece, size) == size)
			return true;
	}
	ereport(ERROR, (errcode_for_file_access(),
					errmsg("temporary file of a parallel worker is cut "
						   "short")));
}

Datum
passed_combine(FunctionCallInfo fcinfo, const char *name, size_t size,
			   PassedAdd add)
{
	MemoryContext context = state_context(fcinfo, name);
	const bytea *more;
	void *into = passed_states(fcinfo, context, size, &more);
	Passed passed;

	if (more == NULL)
		return passed_return(fcinfo, into);
	passed_open(&passed, fcinfo, VARDATA(more), VARSIZE(more) - VARHDRSZ);
	while (passed_next(&passed))
		add(fcinfo, context, into, &passed);
	PG_RETURN_POINTER(into);
}

Datum
passed_serialize(FunctionCallInfo fcinfo, const char *name, PassedEncode encode)
{
	ByteWriter writer;
	Sending passing;

	state_context(fcinfo, name);
	state_open(&writer);
	passing_open(&passing, &writer);
	encode(PG_GETARG_POINTER(0), &writer);
	passing_close(&passing, &writer);
	return state_close(&writer);
}

/* Delete the set in one tablespace, if it is there. */
static void
set_delete(FileSet *files, Oid tablespace)
{
	files->tablespaces[0] = tablespace;
	files->ntablespaces = 1;
	FileSetDeleteAll(files);
}

/* A transaction has ended: nobody reads what is left. */
static void
transaction_end(XactEvent event, void *argument)
{
	FileSet files;
	char base[MAXPGPATH];
	char path[MAXPGPATH];
	DIR *dir;
	struct dirent *entry;

	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT &&
		event != XACT_EVENT_PREPARE)
		return;
	mark_path(base, path, MyProcPid);
	if (access(path, F_OK) != 0)
		return;
	memset(&files, 0, sizeof(files));
	files.creator_pid = MyProcPid;
	files.number = SET_NUMBER;
	dir = AllocateDir("pg_tblspc");
	while (dir != NULL &&
		   (entry = ReadDirExtended(dir, "pg_tblspc", LOG)) != NULL)
	{
		Oid tablespace = (Oid) strtoul(entry->d_name, NULL, 10);

		if (tablespace != InvalidOid)
			set_delete(&files, tablespace);
	}
	if (dir != NULL)
		FreeDir(dir);
	/* the mark goes last */
	set_delete(&files, DEFAULTTABLESPACE_OID);
}

void
passing_init(void)
{
	RegisterXactCallback(transaction_end, NULL);
}
