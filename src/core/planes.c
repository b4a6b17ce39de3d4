/*
 * planes.c
 *		Which customer was active in which period.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/planes.h"

#include <string.h>

void
planes_open(Planes *planes, HostArena arena)
{
	memset(planes, 0, sizeof(Planes));
	planes->arena = arena;
}

/* Give everything back. */
void
planes_close(Planes *planes)
{
	for (int i = 0; i < planes->nplanes; i++)
		pages_close(&planes->planes[i].words);
	if (planes->planes != NULL)
		host_free(planes->planes);
	planes_open(planes, planes->arena);
}

/* Find a plane, or make it. */
Plane *
planes_find(Planes *planes, int32_t number)
{
	int low = 0;
	int high = planes->nplanes;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (planes->planes[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	planes->hint = low;
	if (low < planes->nplanes && planes->planes[low].number == number)
		return &planes->planes[low];
	if (planes->nplanes == planes->room)
	{
		int room = planes->room ? planes->room * 2 : 1;

		planes->planes =
			planes->room
				? host_realloc(planes->planes, room * sizeof(Plane))
				: host_alloc(planes->arena, room * sizeof(Plane));
		planes->room = room;
	}
	memmove(&planes->planes[low + 1], &planes->planes[low],
			(planes->nplanes - low) * sizeof(Plane));
	planes->planes[low].number = number;
	pages_open(&planes->planes[low].words, planes->arena, sizeof(uint64_t));
	planes->nplanes++;
	return &planes->planes[low];
}

/* Bytes in use */
size_t
planes_size(const Planes *planes)
{
	size_t size = planes->room * sizeof(Plane);

	for (int i = 0; i < planes->nplanes; i++)
		size += pages_size(&planes->planes[i].words);
	return size;
}
