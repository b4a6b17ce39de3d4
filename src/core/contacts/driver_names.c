/*
 * driver_names.c
 *		The names of what is known of drivers of value, and the series they make.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/driver_names.h"

#include <string.h>

#define NO_NAME UINT32_MAX /* the size of a name that is not told */

/* What a name is: its first byte is zero, and this the second one */
#define NAME_GROUP 'G'
#define NAME_METRICS 'M'
#define NAME_FLOOR 'F'
#define NAME_MOMENT 'T'
#define NAME_AMOUNT 'A'

static const Label no_driver = {NO_SEGMENT_NAME, sizeof(NO_SEGMENT_NAME) - 1};

static bool
label_is(const Label *label, const char *text)
{
	return label->data != NULL && label->size == strlen(text) &&
		   memcmp(label->data, text, label->size) == 0;
}

static bool
labels_are_same(const Label *a, const Label *b)
{
	if (a->data == NULL || b->data == NULL)
		return a->data == b->data;
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Put together what a name is and its parts, each with its size ahead. */
static int32_t
parts_intern(Dictionary *dictionary, char what, const Label *parts, int nparts)
{
	char few[256];
	char *data = few;
	size_t size = 2;
	Label label;
	int32_t number;

	for (int i = 0; i < nparts; i++)
		size += sizeof(uint32_t) + (parts[i].data == NULL ? 0 : parts[i].size);
	if (size > sizeof(few))
		data = runtime_alloc(NULL, size);
	label = (Label){data, (uint32_t) size};
	*data++ = '\0';
	*data++ = what;
	for (int i = 0; i < nparts; i++)
	{
		uint32_t length = parts[i].data == NULL ? NO_NAME : parts[i].size;

		memcpy(data, &length, sizeof(length));
		data += sizeof(length);
		if (length == NO_NAME)
			continue;
		memcpy(data, parts[i].data, length);
		data += length;
	}
	number = dictionary_intern(dictionary, &label);
	if (label.data != few)
		runtime_free((char *) label.data);
	return number;
}

/* The part of a name at a place, and where the next one is */
static Label
part_next(const char **at)
{
	Label part = {NULL, 0};

	memcpy(&part.size, *at, sizeof(part.size));
	*at += sizeof(part.size);
	if (part.size == NO_NAME)
		return (Label){NULL, 0};
	part.data = *at;
	*at += part.size;
	return part;
}

int32_t
driver_group_intern(MemberLines *members, const Label *names)
{
	return parts_intern(&members->names, NAME_GROUP, names, GROUP_NAMES);
}

int32_t
driver_metrics_intern(MemberLines *members, const Label *metrics)
{
	return parts_intern(&members->names, NAME_METRICS, metrics, DRIVER_METRICS);
}

void
driver_floor_intern(MemberLines *members, const DriverFloor *floor)
{
	Label parts[4] = {{(const char *) &floor->number, sizeof(floor->number)},
					  {(const char *) &floor->sign, sizeof(floor->sign)},
					  {(const char *) &floor->floor, sizeof(floor->floor)},
					  floor->metric};

	parts_intern(&members->names, NAME_FLOOR, parts, 4);
}

void
driver_moment_intern(MemberLines *members, int32_t month)
{
	Label part = {(const char *) &month, sizeof(month)};

	parts_intern(&members->names, NAME_MOMENT, &part, 1);
}

int32_t
driver_amount_intern(MemberLines *members, Wide amount)
{
	Label part = {(const char *) &amount, sizeof(amount)};

	return parts_intern(&members->names, NAME_AMOUNT, &part, 1);
}

/* The number of a series, which is made if it is new */
static int32_t
series_find(DriverNames *names, Dictionary *known, DriverSource source,
			const Label *name, const Label *topic)
{
	Label parts[2] = {*name, *topic};
	int32_t number = parts_intern(known, (char) source, parts, 2);
	DriverSeries *series = &names->series[number];

	if (number < names->nseries)
		return number;
	names->nseries = number + 1;
	*series = (DriverSeries){.source = source, .name = *name, .topic = *topic};
	series->is_whole =
		source == SOURCE_SURVEY && labels_are_same(topic, &no_driver);
	series->content = 5;
	if (label_is(name, "nps"))
	{
		series->score = SCORE_NPS;
		series->content = 7;
	}
	else if (label_is(name, "csat"))
	{
		series->score = SCORE_CSAT;
		series->content = 4;
	}
	return number;
}

/*
 * Does a kind of surveys come before another: that about the whole, then none,
 * then the first by name?
 */
static bool
kind_is_before(const Label *kind, const Label *other, LabelCollate collate,
			   void *arg)
{
	bool is_whole = label_is(kind, "relational");

	if (is_whole != label_is(other, "relational"))
		return is_whole;
	if (kind->data == NULL || other->data == NULL)
		return kind->data == NULL && other->data != NULL;
	return collate(arg, kind, other) < 0;
}

/* Of groups about one thing those of one kind count, which are given series. */
static void
groups_choose(DriverNames *names, const MemberLines *members, Dictionary *known,
			  LabelCollate collate, void *arg)
{
	int count = members->names.count;
	Dictionary things;
	int32_t *best = runtime_alloc(NULL, ((size_t) count + 1) * sizeof(int32_t));
	int32_t *thing =
		runtime_alloc(NULL, ((size_t) count + 1) * sizeof(int32_t));

	dictionary_open(&things, known->context);
	for (int i = 0; i < count; i++)
	{
		const DriverName *name = &names->names[i];
		Label parts[2] = {name->instrument, name->driver};
		int known_things = things.count;

		if (!name->is_group)
			continue;
		check_interrupts();
		thing[i] = parts_intern(&things, NAME_GROUP, parts, 2);
		if (thing[i] >= known_things ||
			kind_is_before(&name->kind, &names->names[best[thing[i]]].kind,
						   collate, arg))
			best[thing[i]] = i;
	}
	for (int i = 0; i < count; i++)
	{
		DriverName *name = &names->names[i];
		const Label none = {NULL, 0};

		if (!name->is_group ||
			!labels_are_same(&name->kind, &names->names[best[thing[i]]].kind))
			continue;
		name->series =
			series_find(names, known, SOURCE_SURVEY, &name->instrument,
						name->driver.data == NULL ? &no_driver : &name->driver);
		if (name->theme.data != NULL && (label_is(&name->instrument, "nps") ||
										 label_is(&name->instrument, "csat") ||
										 label_is(&name->instrument, "ces")))
			name->second =
				series_find(names, known, SOURCE_WORDS, &none, &name->theme);
	}
	runtime_free(best);
	runtime_free(thing);
}

static int
compare_floors(const void *a, const void *b)
{
	const DriverFloor *one = a;
	const DriverFloor *other = b;
	int order = label_compare(&one->metric, &other->metric);

	return order != 0 ? order : one->number - other->number;
}

/* Find the floors of each series. */
static void
floors_place(DriverNames *names)
{
	runtime_sort(names->floors, (size_t) names->nfloors, sizeof(DriverFloor),
				 compare_floors);
	for (int i = 0; i < names->nseries; i++)
	{
		DriverSeries *series = &names->series[i];
		int at = 0;

		if (series->source == SOURCE_WORDS)
			continue;
		while (at < names->nfloors &&
			   !labels_are_same(&names->floors[at].metric, &series->name))
			at++;
		series->first_floor = at;
		while (at < names->nfloors &&
			   labels_are_same(&names->floors[at].metric, &series->name))
			at++;
		series->nfloors = at - series->first_floor;
	}
}

/* Read a name that is not that of a segment. */
static void
name_read(DriverNames *names, Dictionary *known, int number, const char *at)
{
	DriverName *name = &names->names[number];
	const Label none = {NULL, 0};
	Label part;

	switch (at[-1])
	{
		case NAME_GROUP:
			name->is_group = true;
			name->instrument = part_next(&at);
			name->driver = part_next(&at);
			name->kind = part_next(&at);
			name->theme = part_next(&at);
			break;
		case NAME_METRICS:
			part = part_next(&at);
			if (part.data != NULL)
				name->series =
					series_find(names, known, SOURCE_BEHAVIOUR, &part, &none);
			part = part_next(&at);
			if (part.data != NULL)
				name->second =
					series_find(names, known, SOURCE_BEHAVIOUR, &part, &none);
			break;
		case NAME_FLOOR:
		{
			DriverFloor *floor = &names->floors[names->nfloors++];

			part = part_next(&at);
			memcpy(&floor->number, part.data, sizeof(floor->number));
			part = part_next(&at);
			memcpy(&floor->sign, part.data, sizeof(floor->sign));
			part = part_next(&at);
			memcpy(&floor->floor, part.data, sizeof(floor->floor));
			floor->metric = part_next(&at);
			break;
		}
		case NAME_AMOUNT:
			part = part_next(&at);
			memcpy(&name->amount, part.data, sizeof(name->amount));
			break;
		default:
			part = part_next(&at);
			memcpy(&names->moments[names->nmoments++], part.data,
				   sizeof(int32_t));
	}
}

void
driver_names_read(DriverNames *names, const MemberLines *members,
				  Context context, LabelCollate collate, void *arg)
{
	int count = members->names.count;
	Dictionary known;

	memset(names, 0, sizeof(DriverNames));
	names->collate = collate;
	names->arg = arg;
	names->names = runtime_alloc_zero(context, count * sizeof(DriverName));
	/* a group makes two at most */
	names->series =
		runtime_alloc(context, 2 * (size_t) count * sizeof(DriverSeries));
	names->floors = runtime_alloc(context, count * sizeof(DriverFloor));
	names->moments = runtime_alloc(context, count * sizeof(int32_t));
	dictionary_open(&known, context);
	for (int i = 0; i < count; i++)
	{
		const Label *label = &members->names.labels[i];

		names->names[i].series = -1;
		names->names[i].second = -1;
		if (label->size >= 2 && label->data[0] == '\0')
			name_read(names, &known, i, label->data + 2);
	}
	groups_choose(names, members, &known, collate, arg);
	floors_place(names);
}
