/*
 * driver_names.h
 *		The names of what is known of drivers of value: of groups of answers,
 *		metrics of behaviour, floors, moments and large amounts; and the series
 *		they make.
 *
 * All are names of the lines' dictionary, and so get to whoever the lines are
 * passed to.  Each begins with a byte that no text has.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_DRIVER_NAMES_H
#define CVM_CORE_CONTACTS_DRIVER_NAMES_H

#include "core/contacts/member_lines.h"
#include "core/util/money.h"

/* Without data: none */
#define GROUP_NAMES 4	 /* instrument, driver, kind, theme */
#define DRIVER_METRICS 2 /* that a row of what was done may have */

typedef enum DriverSource
{
	SOURCE_SURVEY,
	SOURCE_BEHAVIOUR,
	SOURCE_WORDS
} DriverSource;

/* What the answers to an instrument come to */
typedef enum DriverScore
{
	SCORE_AS_IT_IS,
	SCORE_NPS,
	SCORE_CSAT
} DriverScore;

/* What is known of a driver from one source, month by month */
typedef struct DriverSeries
{
	DriverSource source;
	Label name;	 /* instrument or metric; of words none */
	Label topic; /* the driver that was asked about, or the theme */
	DriverScore score;
	double content;		 /* a score below it complains */
	bool is_whole;		 /* the answers are about everything */
	int32_t first_floor; /* among floors */
	int32_t nfloors;
} DriverSeries;

/* A floor of a metric; what is on its wrong side is below */
typedef struct DriverFloor
{
	int32_t number; /* as it was given */
	int32_t sign;
	double floor;
	Label metric;
} DriverFloor;

/* A name of the dictionary; series -1: it has none, or does not count */
typedef struct DriverName
{
	int32_t series;
	int32_t second;	  /* of a second metric, or of the theme of answers to
					 * instruments of which a low score complains; or -1 */
	Label instrument; /* of a group */
	Label driver;
	Label kind;
	Label theme;
	bool is_group;
	Wide amount; /* if it is one */
} DriverName;

/* Compare names as SQL does */
typedef int (*LabelCollate)(void *arg, const Label *a, const Label *b);

typedef struct DriverNames
{
	DriverName *names; /* by number in the dictionary */
	DriverSeries *series;
	int nseries;
	DriverFloor *floors;
	int nfloors;
	int32_t *moments; /* months since January of the year 0 */
	int nmoments;
	LabelCollate collate;
	void *arg;
} DriverNames;

/* Put such names into the dictionary of lines. */
extern int32_t driver_group_intern(MemberLines *members, const Label *names);
extern int32_t driver_metrics_intern(MemberLines *members,
									 const Label *metrics);
extern void driver_floor_intern(MemberLines *members, const DriverFloor *floor);
extern void driver_moment_intern(MemberLines *members, int32_t month);
extern int32_t driver_amount_intern(MemberLines *members, Wide amount);

/* Read all names, and choose of kinds of surveys about one thing the one that counts. */
extern void driver_names_read(DriverNames *names, const MemberLines *members,
							  Context context, LabelCollate collate, void *arg);

#endif /* CVM_CORE_CONTACTS_DRIVER_NAMES_H */
