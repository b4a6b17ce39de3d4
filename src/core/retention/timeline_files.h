/*
 * timeline_files.h
 *		Timelines of many customers in files, when memory does not hold them.
 *
 * What is known of a customer is written to the part of the customer
 * (overflow.h): the key and the canonical bytes.  At the end each part is read
 * back as a whole, and what is known of a customer is merged; a part that is
 * still too large is divided again, which decodes nothing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_TIMELINE_FILES_H
#define CVM_CORE_RETENTION_TIMELINE_FILES_H

#include "core/retention/activity.h"
#include "core/rows/overflow.h"

typedef struct TimelineFiles
{
	KeyKind kind;
	Overflow overflow;
	size_t sizes[OVERFLOW_PARTS];		/* bytes in each */
	ByteWriter writers[OVERFLOW_PARTS]; /* the piece of each that is begun */
} TimelineFiles;

/* What is known of a customer, as it stands in a piece */
extern void timeline_write(KeyKind kind, const Key *key, const void *data,
						   size_t size, ByteWriter *writer);

/* Take a customer's timeline, good until the call returns. */
typedef void (*TimelineEmit)(void *arg, Key key, const Activity *activity);

extern void timeline_files_open(TimelineFiles *files, Context context,
								KeyKind kind, Budget *budget, int level,
								OverflowWrite write, void *state);
extern void timeline_files_begin(TimelineFiles *files);
extern void timeline_files_write(TimelineFiles *files, const Key *key,
								 const void *data, size_t size);
extern void timeline_files_copy(TimelineFiles *files, ByteReader *reader);
extern void timeline_files_end(TimelineFiles *files);
extern void timeline_files_each(TimelineFiles *files, TimelineEmit take,
								void *arg);

#endif /* CVM_CORE_RETENTION_TIMELINE_FILES_H */
