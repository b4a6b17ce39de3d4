/*
 * zone.h
 *		Instants to local days, by a zone that is always named.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_ZONE_H
#define CVM_ZONE_H

#include "core/calendar.h"
#include "datatype/timestamp.h"

typedef struct Zone Zone;

extern Zone *zone_named(const char *name, size_t size);
extern Day zone_day(Zone *zone, TimestampTz at);
extern Day local_day(Timestamp at);
extern Day checked_day(int32 date);

#endif /* CVM_ZONE_H */
