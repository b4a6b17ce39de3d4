/*
 * contacts.c
 *		Contacts, tickets and answers of random worlds come to the same cells in
 *		memory, in files, in files of files, and in two processes whose names
 *		have other numbers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "members.h"

#include <string.h>

#include "core/contacts/contact_beyond.h"
#include "core/contacts/contact_fatigue.h"
#include "core/contacts/contact_pressure.h"
#include "core/contacts/contact_silence.h"
#include "core/contacts/customer_risk.h"
#include "core/contacts/driver_sums.h"
#include "core/contacts/survey_score.h"
#include "core/contacts/ticket_response.h"

typedef enum What
{
	CONTACTS,
	TICKETS,
	ANSWERS,
	FATIGUE,
	SILENCE,
	BEYOND,
	DRIVERS,
	RISKS,
	WHATS
} What;

static size_t
line_size(What what)
{
	return what == TICKETS	 ? sizeof(TicketLine)
		   : what == ANSWERS ? sizeof(SurveyLine)
		   : what == DRIVERS ? DRIVER_SHORT
		   : what == RISKS	 ? sizeof(RiskLine)
		   : what == FATIGUE ? sizeof(FatigueLine)
							 : sizeof(MemberLine);
}

static MemberLines *
make_lines(const World *world, size_t budget)
{
	MemberLines *members =
		member_lines_new(NULL, world->kind, line_size(world->what), budget);

	members->parameters[CONTACT_WINDOW] = 7;
	members->parameters[CONTACT_CAP] = 2;
	if (world->what == DRIVERS)
	{
		DriverFloor floors[] = {{1, 1, 6, {"csat", 4}}, {2, -1, 0, {"a", 1}}};

		members->parameters[DRIVER_MONTHS] = 2;
		members->parameters[DRIVER_AS_OF] = 9075;
		driver_floor_intern(members, &floors[0]);
		driver_floor_intern(members, &floors[1]);
		driver_moment_intern(members, 12 * 1994 + 9);
	}
	if (world->what == SILENCE)
	{
		members->parameters[SILENCE_DAY] = 9060;
		members->parameters[SILENCE_SINCE] = 9030;
	}
	if (world->what == RISKS)
		members->other_name = offsetof(RiskLine, product);
	return members;
}

/* A spell, or what is told of a customer */
static void
take_risk_row(World *world, MemberLines *members, Key key, Day day)
{
	static const char *const lines[] = {
		"", "1", "2", "a line whose name is longer than there is room for"};
	static const char *const reasons[] = {"late", "notice_given", "quiet"};
	bool is_signal = draw(world, 3) == 0;
	const char *name =
		is_signal ? reasons[draw(world, 3)] : lines[draw(world, 4)];
	Label label = {name, (uint32_t) strlen(name)};
	Label product = {&"AB"[draw(world, 2)], 1};
	RiskLine *line = customer_lines_next(&members->lines, key);

	memset(line, 0, sizeof(*line));
	line->member.day = day - (Day) draw(world, 200);
	line->member.to = draw(world, 3)
						  ? line->member.day + 30 * (1 + (Day) draw(world, 9))
						  : RISK_NEVER;
	line->product =
		draw(world, 4) ? dictionary_intern(&members->names, &product) : -1;
	line->until = draw(world, 2) ? day + (Day) draw(world, 99) : RISK_UNTOLD;
	line->noticed = draw(world, 4) ? RISK_NEVER : day;
	if (is_signal)
	{
		line->member.flags = RISK_SIGNAL;
		line->member.name = dictionary_intern(&members->names, &label);
		return;
	}
	line->member.flags = RISK_PRICED | (draw(world, 2) * RISK_OFFERED) |
						 (label.size == 0 && draw(world, 2) ? RISK_UNNAMED : 0);
	line->member.name = line_name_put(&line->line, &members->names, &label);
	line->scale = (uint8_t) draw(world, 4);
	line->mrr = (Wide) draw(world, 900) - 50;
}

/* An answer, what somebody did, or a spell */
static void
take_driver_row(World *world, MemberLines *members, Key key, MemberLine member)
{
	static const char *const names[][GROUP_NAMES] = {
		{"csat", "gold", NULL, "a"},		{"csat", NULL, NULL, "tin"},
		{"nps", "tin", "relational", NULL}, {"nps", "tin", "z", "a"},
		{"own", NULL, NULL, "a"},			{"ces", "gold", "y", "a"}};
	uint32_t what = draw(world, 6);
	Label labels[GROUP_NAMES];
	DriverLine line = {0};

	for (int i = 0; i < GROUP_NAMES; i++)
		labels[i] = (Label){
			names[what][i],
			names[what][i] == NULL ? 0 : (uint32_t) strlen(names[what][i])};
	switch (draw(world, 5))
	{
		case 0:
			member.flags = DRIVER_SPELL;
			member.name = -1;
			member.to = draw(world, 2) ? member.day + 40 : SPELL_OPEN;
			break;
		case 1:
			member.flags = DRIVER_BEHAVIOUR(0) |
						   (draw(world, 2) * DRIVER_IS_SO(0)) |
						   (draw(world, 2) * DRIVER_BEHAVIOUR(1));
			labels[1] = labels[3].data == NULL ? labels[0] : labels[3];
			member.name = driver_metrics_intern(members, labels);
			break;
		default:
			member.name = driver_group_intern(members, labels);
	}
	line.member = member;
	if (member.flags & DRIVER_SPELL)
	{
		Wide mrr = (Wide) draw(world, 1000) - 200;

		if (draw(world, 50) == 0)
			mrr *= (Wide) 1 << (draw(world, 2) ? 32 : 64);
		driver_line_pay(members, &line, mrr, (int) draw(world, 4));
	}
	else if (!(member.flags & DRIVER_BEHAVIOUR(0)))
	{
		if (!member_line_place(&line.member,
							   member.day * LINE_DAY + draw(world, 3)))
			abort();
		driver_line_answer(&line,
						   draw(world, 44) / (draw(world, 90) ? 4.0 : 3.0));
		if (world->number / WHATS % 2 == 0 && draw(world, 2))
		{
			line.member.flags |= DRIVER_WEIGHED;
			line.importance = draw(world, 9) / 8.0;
		}
	}
	driver_line_put(members, key, &line);
}

static void
take_row(World *world, MemberLines *members, uint32_t customers)
{
	static const char *const names[] = {"gold", "tin", "a"};
	char text[64];
	Key key = customer_key(world->kind, draw(world, customers), text);
	Day day = 9000 + (Day) draw(world, 90);
	uint32_t flags = draw(world, 64);
	uint32_t name = draw(world, 3);
	Label label = {names[name], (uint32_t) strlen(names[name])};

	if (world->what == RISKS)
	{
		take_risk_row(world, members, key, day);
		return;
	}
	if (draw(world, 5) == 0 && world->what != BEYOND)
	{
		member_lines_place(members, key, &label, day,
						   draw(world, 2) ? day + 40 : SPELL_OPEN);
		return;
	}
	member_lines_seen(members, day);
	if (world->what == CONTACTS || world->what == SILENCE ||
		world->what == BEYOND)
	{
		MemberLine *line = customer_lines_next(&members->lines, key);

		*line = (MemberLine){
			.flags = world->what == SILENCE ? flags % 8 == 0 : flags,
			.name = -1,
			.day = day};
	}
	else if (world->what == FATIGUE)
	{
		FatigueLine *line = customer_lines_next(&members->lines, key);

		*line = (FatigueLine){{.flags = flags, .name = -1, .day = day},
							  day * INT64_C(86400) + draw(world, 3)};
	}
	else if (world->what == DRIVERS)
		take_driver_row(world, members, key, (MemberLine){.day = day});
	else if (world->what == TICKETS)
	{
		TicketLine *line = customer_lines_next(&members->lines, key);

		*line = (TicketLine){{.flags = flags | (draw(world, 2) * TICKET_TAKES),
							  .name = -1,
							  .day = day},
							 (int32_t) draw(world, 3000),
							 (int32_t) draw(world, 9000)};
	}
	else
	{
		int32_t group = dictionary_intern(&members->names, &label);
		SurveyLine *line = customer_lines_next(&members->lines, key);

		flags &= flags & SURVEY_INVITED ? SURVEY_INVITED | SURVEY_ANSWERED
										: SURVEY_COMPARED;
		*line = (SurveyLine){{.flags = flags, .name = group, .day = day},
							 (double) draw(world, 11),
							 (double) draw(world, 3)};
		if (!member_line_place(&line->member, day * LINE_DAY + draw(world, 3)))
			abort();
	}
}

static void
key_add(void *arg, const Key *key)
{
	/* those outside of the key lie elsewhere each time */
	*(uint64_t *) arg +=
		key_mix(key_is_outside(key) ? key_text(key).size : key->words[0]) | 1;
}

static int
collate(void *arg, const Label *a, const Label *b)
{
	if (a->data == NULL || b->data == NULL)
		return (a->data == NULL) - (b->data == NULL);
	return label_compare(a, b);
}

static uint64_t
label_sum(uint64_t hash, const Label *label)
{
	for (uint32_t i = 0; label->data != NULL && i < label->size; i++)
		hash = key_mix(hash + (uint8_t) label->data[i]);
	return key_mix(hash + 1);
}

/* The same of a cell of a driver */
static uint64_t
driver_cell_sum(const DriverNames *names, const DriverCell *cell, uint64_t hash)
{
	const DriverSeries *series = &names->series[cell->series];

	hash = label_sum(label_sum(hash + series->source, &series->name),
					 &series->topic);
	hash = key_mix(hash + cell->what * 2 + cell->is_odd);
	if (cell->what == DRIVER_OVERALL)
		hash = label_sum(hash, &names->series[cell->other].name);
	else
		hash = key_mix(hash + (uint64_t) cell->other);
	hash = key_mix(hash + (uint64_t) (cell->odd[0] * 7) +
				   (uint64_t) (cell->odd[1] * 7001) + (uint64_t) cell->odd_n);
	for (int i = 0; i < DRIVER_SUMS; i++)
		hash =
			key_mix(hash * 31 + (uint64_t) cell->sums[i] + cell->decimals[i]);
	return key_mix(hash * 31 + (uint64_t) cell->customers);
}

typedef struct RiskSum
{
	const MemberLines *members;
	uint32_t customers;
	uint64_t sum;
} RiskSum;

/* A RiskEmit: products may come in another order each time */
static void
risk_add(void *arg, const RiskCustomer *customer)
{
	RiskSum *risks = arg;
	const Label *labels = risks->members->names.labels;
	uint64_t hash = 0;
	uint64_t products = 0;

	key_add(&hash, customer->key);
	for (int i = 0; i < customer->nreasons; i++)
		hash = label_sum(hash, &labels[customer->reasons[i]]);
	for (int i = 0; i < customer->nproducts; i++)
		products += customer->products[i] < 0
						? 1
						: label_sum(7, &labels[customer->products[i]]);
	hash = key_mix(hash + products);
	hash =
		key_mix(hash + customer->is_leaving * 2 + (uint64_t) customer->scale);
	hash = key_mix(hash + (uint64_t) customer->notice_mrr);
	hash = key_mix(hash + (uint64_t) customer->risk_mrr);
	hash = key_mix(hash + (uint64_t) customer->mrr);
	risks->sum += key_mix(hash + (uint64_t) customer->next);
	risks->customers++;
}

static uint64_t
risks_sum(World *world, MemberLines *members)
{
	RiskTerms terms = {9090, 90, 90, 90};
	RiskSum risks = {members, 0, 0};
	RiskLoss *losses = customer_risk_each(members, &terms, risk_add, &risks);

	for (int i = 0; i < members->names.count; i++)
		if (losses[i].customers > 0)
			risks.sum += key_mix(label_sum((uint64_t) losses[i].customers,
										   &members->names.labels[i]) +
								 (uint64_t) losses[i].lost);
	runtime_free(losses);
	world->cells = risks.customers;
	return risks.sum;
}

static uint64_t
lines_sum(World *world, MemberLines *members)
{
	CellTable cells;
	DriverNames names;
	uint64_t sum = 0;

	if (world->what == BEYOND)
	{
		contact_beyond(members, key_add, &sum);
		world->cells = sum > 0 ? 6 : 0;
		return sum;
	}
	if (world->what == RISKS)
		return risks_sum(world, members);
	if (world->what == CONTACTS)
		contact_cells(members, NULL, &cells);
	else if (world->what == FATIGUE)
		fatigue_cells(members, NULL, &cells);
	else if (world->what == SILENCE)
		silence_cells(members, NULL, &cells);
	else if (world->what == TICKETS)
		ticket_cells(members, NULL, &cells);
	else if (world->what == DRIVERS)
	{
		driver_names_read(&names, members, NULL, collate, NULL);
		driver_sums(members, &names, NULL, &cells);
	}
	else
		survey_cells(members, NULL, &cells);
	world->cells = cells.count;
	for (uint32_t i = 0; i < cells.count; i++)
	{
		const CellKey *key = cell_table_at(&cells, i);
		uint64_t hash = 1;
		const int64_t *counts;
		size_t ncounts;

		if (key->segment >= 0)
			for (uint32_t j = 0; j < members->names.labels[key->segment].size;
				 j++)
				hash = key_mix(
					hash +
					(uint8_t) members->names.labels[key->segment].data[j]);
		hash = key_mix(hash + (uint64_t) key->month);
		if (world->what == DRIVERS)
		{
			hash = driver_cell_sum(&names, (const DriverCell *) key, hash);
			counts = &((const DriverCell *) key)->importances;
			ncounts = 1;
		}
		else if (world->what == ANSWERS)
		{
			const SurveyCell *cell = (const SurveyCell *) key;

			hash = key_mix(hash + cell->flags);
			hash = key_mix(
				hash + (uint8_t) members->names.labels[cell->group].data[0]);
			if (!(cell->flags & SURVEY_INVITED))
				hash = key_mix(hash + (uint64_t) (cell->score * 7));
			if (cell->flags == SURVEY_COMPARED)
				hash = key_mix(hash + (uint64_t) (cell->competitor * 7));
			counts = &cell->customers;
			ncounts = 1;
		}
		else if (world->what == TICKETS)
		{
			const TicketCell *cell = (const TicketCell *) key;
			ByteWriter writer;

			writer_open(&writer, NULL, 0);
			if (cell->replies.times != NULL)
				survival_encode(cell->replies.times, &writer);
			if (cell->solutions.times != NULL)
				survival_encode(cell->solutions.times, &writer);
			for (size_t j = 0; j < writer.used; j++)
				hash = key_mix(hash + writer.data[j]);
			counts = &cell->tickets;
			ncounts = 8;
		}
		else
		{
			for (int j = 0; j < CELL_NUMBERS; j++)
				hash = key_mix(hash + (uint64_t) key->numbers[j]);
			counts = &((const ContactCell *) key)->customers;
			ncounts = world->what == CONTACTS  ? 10
					  : world->what == FATIGUE ? 3
											   : 1;
		}
		for (size_t j = 0; j < ncounts; j++)
			hash = key_mix(hash * 31 + (uint64_t) counts[j]);
		sum += hash;
	}
	return sum;
}

int
main(void)
{
	return run_worlds(240, WHATS, 5);
}
