/*
 * members.h
 *		Rows of customers of random worlds come to the same in memory, in files, in
 *		files of files, and in two processes whose names have other numbers.
 *
 * Whoever includes this makes lines, takes rows and says what they come to.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_TEST_MEMBERS_H
#define CVM_TEST_MEMBERS_H

#include "world.h"

#include "core/contacts/member_lines.h"

#define WAYS 4 /* in memory, in files, in files of files, in two processes */

typedef struct World
{
	int number;
	uint64_t random;
	int what; /* kind of rows */
	int whats;
	KeyKind kind;
	bool same;
	bool has_spilled;
	uint32_t cells; /* that they come to */
} World;

static MemberLines *make_lines(const World *world, size_t budget);
/* One row, the same whatever lines it is for */
static void take_row(World *world, MemberLines *members, uint32_t customers);
/* What the lines come to, in whatever order it is; they are gone then */
static uint64_t lines_sum(World *world, MemberLines *members);

static uint32_t
draw(World *world, uint32_t below)
{
	return draw_below(&world->random, below);
}

static void
run_world(void *argument)
{
	World *world = argument;
	static const size_t budgets[WAYS] = {0, 20000, 900, 0};
	uint64_t sums[WAYS];
	int nrows;
	uint32_t customers;

	world->random = 88172645463325252u + (uint64_t) world->number;
	world->what = world->number % world->whats;
	world->kind = (KeyKind) (world->number / world->whats % 3);
	nrows = 1 + (int) draw(world, 3000);
	/* some have many rows each */
	customers = 1 + draw(world, world->number % 5 == 0 ? 3 : 300);
	for (int way = 0; way < WAYS; way++)
	{
		uint64_t random = world->random;
		MemberLines *members = make_lines(world, budgets[way]);
		MemberLines *other = way == 3 ? make_lines(world, 900) : NULL;
		ByteWriter writer;

		for (int i = 0; i < nrows; i++)
			take_row(world, other != NULL && i > nrows / 3 ? other : members,
					 customers);
		customer_lines_flush(&members->lines);
		world->has_spilled |= overflow_is_written(&members->lines.overflow);
		if (other != NULL)
		{
			writer_open(&writer, NULL, 0);
			member_lines_encode(other, &writer);
			members =
				member_lines_absorb(members, NULL, 0, writer.data, writer.used);
		}
		world->cells = 0;
		sums[way] = lines_sum(world, members);
		world->random = random;
	}
	world->same =
		sums[0] == sums[1] && sums[0] == sums[2] && sums[0] == sums[3];
}

/* Run worlds, of so many kinds of rows, most of which come to more than few cells. */
static int
run_worlds(int worlds, int whats, uint32_t few)
{
	int good = 0;
	int spilled = 0;
	int large = 0;

	runtime_patience = 1L << 40;
	for (int i = 0; i < worlds; i++)
	{
		World world = {.number = i, .whats = whats};

		if (runtime_run(run_world, &world) != RUNTIME_DONE)
			printf("# world %d: %s\n", i, runtime_message);
		else if (!world.same)
			printf("# world %d differs\n", i);
		else
			good++;
		spilled += world.has_spilled;
		large += world.cells > few;
	}
	ok(1, "rows come to the same in memory, files and other processes",
	   good == worlds);
	ok(2, "some had spilled", spilled > 0);
	ok(3, "most come to many cells", large > worlds / 2);
	printf("1..3\n");
	return 0;
}

#endif /* CVM_TEST_MEMBERS_H */
