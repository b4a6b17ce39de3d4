/*
 * planes.c
 *		Which customer was active in which period.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/planes.h"
#include "core/util/sorted.h"

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
		chunked_array_close(&planes->planes[i].words);
	if (planes->planes != NULL)
		host_free(planes->planes);
	planes_open(planes, planes->arena);
}

/* Find a plane, or make it. */
Plane *
planes_find(Planes *planes, int32_t number)
{
	int at =
		sorted_place(planes->planes, planes->nplanes, sizeof(Plane), number);

	if (!sorted_has(planes->planes, planes->nplanes, sizeof(Plane), at, number))
	{
		planes->planes =
			sorted_open(planes->arena, planes->planes, &planes->nplanes,
						&planes->room, sizeof(Plane), at);
		planes->planes[at].number = number;
		chunked_array_open(&planes->planes[at].words, planes->arena,
						   sizeof(uint64_t));
	}
	planes->hint = at;
	return &planes->planes[at];
}

/* Bytes in use */
size_t
planes_size(const Planes *planes)
{
	size_t size = planes->room * sizeof(Plane);

	for (int i = 0; i < planes->nplanes; i++)
		size += chunked_array_size(&planes->planes[i].words);
	return size;
}
