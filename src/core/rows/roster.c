/*
 * roster.c
 *		Customers by number.
 *
 * The table is indexed by the high bits of the hash, which its tags keep, so
 * that growing it reads and writes in order and touches no key.  A bucket is
 * filled from the left; what does not fit goes to the next one.  All eight
 * tags are compared at once: a loop that ends here or there would cost more
 * in mispredicted branches than the memory does.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/rows/roster.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define FIRST_BITS 1
#define TEXT_BLOCK 8192
#define CACHE_LINE 64

/* What a table may hold: 6 of 8 slots */
#define TABLE_MOST(bits) ((uint64_t) 6 << (bits))

/* Which entries of a bucket have this tag, one bit each */
static inline uint32_t
bucket_match(const Bucket *bucket, uint32_t tag)
{
#ifdef __SSE2__
	__m128i wanted = _mm_set1_epi32((int) tag);
	const __m128i *tags = (const __m128i *) bucket->tags;
	__m128i low = _mm_cmpeq_epi32(_mm_load_si128(tags), wanted);
	__m128i high = _mm_cmpeq_epi32(_mm_load_si128(tags + 1), wanted);
	__m128i both = _mm_packs_epi32(low, high);

	return (uint32_t) _mm_movemask_epi8(_mm_packs_epi16(both, both)) & 0xff;
#else
	uint32_t match = 0;

	for (int i = 0; i < BUCKET_SLOTS; i++)
		match |= (uint32_t) (bucket->tags[i] == tag) << i;
	return match;
#endif
}

static inline size_t
key_size(KeyKind kind)
{
	return kind == KEY_NUMBER ? sizeof(int64_t) : sizeof(Key);
}

void
roster_open(Roster *roster, HostArena arena, KeyKind kind, bool is_paged)
{
	memset(roster, 0, sizeof(Roster));
	roster->arena = arena;
	roster->kind = kind;
	roster->least = INT64_MAX;
	roster->most = INT64_MIN;
	roster->is_paged = is_paged;
	pages_open(&roster->keys, arena, key_size(kind));
	roster->keys.is_scattered = true;
	pages_open(&roster->homes, arena, sizeof(int64_t));
}

/* Give everything back. */
void
roster_close(Roster *roster)
{
	while (roster->block != NULL)
	{
		char *block = roster->block;

		memcpy(&roster->block, block, sizeof(char *));
		host_free(block);
	}
	if (roster->table_memory != NULL)
		host_free(roster->table_memory);
	if (roster->directory != NULL)
		host_free(roster->directory);
	pages_close(&roster->keys);
	pages_close(&roster->homes);
}

/* The key of a slot. */
Key
roster_key(const Roster *roster, uint32_t slot)
{
	Key key = {.words = {0, 0}};

	if (roster->is_paged)
	{
		const int64_t *home = pages_peek(&roster->homes, slot >> PAGE_SHIFT);

		key.number =
			(int64_t) ((uint64_t) *home << PAGE_SHIFT) + (slot & PAGE_MASK);
		return key;
	}
	memcpy(&key, pages_peek(&roster->keys, slot), key_size(roster->kind));
	return key;
}

/* The hash of a slot's key, the same in every roster. */
uint64_t
roster_hash(const Roster *roster, uint32_t slot)
{
	Key key = roster_key(roster, slot);

	return key_hash(roster->kind, &key);
}

/* Bytes in use */
size_t
roster_size(const Roster *roster)
{
	return (roster->table ? sizeof(Bucket) << roster->bits : 0) +
		   pages_size(&roster->keys) + roster->text_size +
		   roster->room * sizeof(uint32_t) + pages_size(&roster->homes);
}

/*
 * Would a directory need fewer than so many slots a customer?
 */
bool
roster_is_dense(const Roster *roster, uint32_t slots_each)
{
	uint64_t span;

	if (roster->kind != KEY_NUMBER || roster->nslots == 0)
		return false;
	span = (uint64_t) roster->most - (uint64_t) roster->least;
	return span < (uint64_t) roster->nslots * slots_each;
}

/* Put an entry where there is room. */
static inline void
table_put(Roster *roster, uint32_t tag, uint32_t entry)
{
	uint64_t mask = (UINT64_C(1) << roster->bits) - 1;
	uint64_t at = (uint64_t) tag >> (32 - roster->bits);

	for (;; at = (at + 1) & mask)
	{
		Bucket *bucket = &roster->table[at];

		if (bucket->slots[BUCKET_SLOTS - 1] != 0)
			continue;
		for (int i = 0; i < BUCKET_SLOTS; i++)
			if (bucket->slots[i] == 0)
			{
				bucket->tags[i] = tag;
				bucket->slots[i] = entry;
				return;
			}
	}
}

/* Make the table larger: entries move in order. */
static void
table_grow(Roster *roster, int bits)
{
	Bucket *old = roster->table;
	void *old_memory = roster->table_memory;
	uint64_t old_size = old ? UINT64_C(1) << roster->bits : 0;
	size_t size;
	size_t align;

	roster->bits = bits;
	size = sizeof(Bucket) << roster->bits;
	/* large tables lie in large pages */
	align = size < HOST_LARGE_PAGE ? CACHE_LINE : HOST_LARGE_PAGE;
	roster->table_memory = host_alloc_block(roster->arena, size + align);
	roster->table = host_align(roster->table_memory, align);
	memset(roster->table, 0, size);
	for (uint64_t i = 0; i < old_size; i++)
		for (int j = 0; j < BUCKET_SLOTS && old[i].slots[j] != 0; j++)
			table_put(roster, old[i].tags[j], old[i].slots[j]);
	if (old_memory != NULL)
		host_free(old_memory);
}

/* Make room for so many keys at once, where there are none yet. */
void
roster_expect(Roster *roster, uint32_t nkeys)
{
	int bits = FIRST_BITS;

	if (roster->is_paged || roster->table != NULL || nkeys == 0)
		return;
	while (TABLE_MOST(bits) < nkeys)
		bits++;
	table_grow(roster, bits);
}

/* Keep a copy of a long text. */
static const char *
text_keep(Roster *roster, const char *data, uint32_t size)
{
	char *kept;

	if (size > roster->text_room)
	{
		size_t block = roster->text_size < TEXT_BLOCK ? roster->text_size + 128
													  : TEXT_BLOCK;

		char *fresh;

		if (size > block)
			block = size;
		fresh = host_alloc(roster->arena, sizeof(char *) + block);
		memcpy(fresh, &roster->block, sizeof(char *));
		roster->block = fresh;
		roster->text = fresh + sizeof(char *);
		roster->text_room = block;
		roster->text_size += block;
	}
	kept = roster->text;
	memcpy(kept, data, size);
	roster->text += size;
	roster->text_room -= size;
	return kept;
}

/* The key of a slot of the table, where it is kept */
static inline const Key *
slot_key(const Roster *roster, KeyKind kind, uint32_t slot)
{
	return pages_item(&roster->keys, slot, key_size(kind));
}

/* Is this the key of a slot? */
static inline bool
slot_has(const Roster *roster, KeyKind kind, uint32_t slot, const Key *key)
{
	return key_equal(kind, slot_key(roster, kind, slot), key);
}

/* Give a new key the next slot. */
static uint32_t
slot_give(Roster *roster, const Key *key)
{
	uint32_t slot = roster->nslots;
	void *kept;

	if (slot >= ROSTER_MOST)
		host_fail(HOST_TOO_LARGE, "Fold the customers in several groups.",
				  "too many customers in one state");
	kept = pages_reach(&roster->keys, slot);
	switch (roster->kind)
	{
		case KEY_NUMBER:
			*(int64_t *) kept = key->number;
			if (key->number < roster->least)
				roster->least = key->number;
			if (key->number > roster->most)
				roster->most = key->number;
			break;
		case KEY_TEXT:
			*(Key *) kept = *key;
			if (key_is_outside(key))
				((Key *) kept)->outside.data =
					text_keep(roster, key->outside.data, key->outside.size);
			break;
		default:
			*(Key *) kept = *key;
	}
	roster->nslots++;
	return slot;
}

/* Make room in the directory around a page number. */
static void
directory_reach(Roster *roster, int64_t home)
{
	int64_t first = roster->first;
	uint64_t room = roster->room;
	uint32_t *directory;

	if (room == 0)
	{
		first = home;
		room = 64;
	}
	if (home < first)
	{
		uint64_t more = (uint64_t) (first - home);

		more = more < room ? room : more;
		first -= (int64_t) more;
		room += more;
	}
	else if ((uint64_t) (home - first) >= room)
	{
		uint64_t need = (uint64_t) (home - first) + 1;

		room = need < 2 * room ? 2 * room : need;
	}
	if (room > ROSTER_MOST >> PAGE_SHIFT)
		host_fail(HOST_TOO_LARGE, "Fold the customers in several groups.",
				  "too many customers in one state");
	directory = host_alloc_zero(roster->arena, room * sizeof(uint32_t));
	if (roster->directory != NULL)
	{
		memcpy(directory + (roster->first - first), roster->directory,
			   roster->room * sizeof(uint32_t));
		host_free(roster->directory);
	}
	roster->directory = directory;
	roster->first = first;
	roster->room = (uint32_t) room;
}

/*
 * Make room in a new directory for the numbers that another roster has seen:
 * in whatever order they come now, none is too far from those before.
 */
void
roster_reach(Roster *roster, const Roster *seen)
{
	directory_reach(roster, seen->least >> PAGE_SHIFT);
	if ((uint64_t) ((seen->most >> PAGE_SHIFT) - roster->first) >= roster->room)
		directory_reach(roster, seen->most >> PAGE_SHIFT);
}

/* Can the directory take this number, or would it have to stretch too far? */
static inline bool
directory_near(const Roster *roster, int64_t home)
{
	int64_t slack = (int64_t) (roster->nslots >> PAGE_SHIFT) * 4 + 64;

	return roster->room == 0 ||
		   (home >= roster->first - slack &&
			home < roster->first + (int64_t) roster->room + slack);
}

/* The slot + 1 of a number that has one, or 0. */
static inline uint32_t
directory_find(const Roster *roster, int64_t number)
{
	uint64_t at = (uint64_t) ((number >> PAGE_SHIFT) - roster->first);
	uint32_t page = at < roster->room ? roster->directory[at] : 0;

	return page == 0 ? 0
					 : (((page - 1) << PAGE_SHIFT) |
						(uint32_t) (number & PAGE_MASK)) +
						   1;
}

static uint32_t
directory_slot(Roster *roster, int64_t number)
{
	int64_t home = number >> PAGE_SHIFT;
	uint64_t at = (uint64_t) (home - roster->first);
	uint32_t page;

	if (at >= roster->room)
	{
		directory_reach(roster, home);
		at = (uint64_t) (home - roster->first);
	}
	page = roster->directory[at];
	if (page == 0)
	{
		page = (roster->nslots >> PAGE_SHIFT) + 1;
		if (roster->nslots >= ROSTER_MOST)
			host_fail(HOST_TOO_LARGE, "Fold the customers in several groups.",
					  "too many customers in one state");
		*(int64_t *) pages_reach(&roster->homes, page - 1) = home;
		roster->directory[at] = page;
		roster->nslots += PAGE_ITEMS;
	}
	return ((page - 1) << PAGE_SHIFT) | (uint32_t) (number & PAGE_MASK);
}

/* The slot + 1 that is likely a key's, by its tag alone, or 0 */
static inline uint32_t
table_look(const Roster *roster, uint32_t tag)
{
	const Bucket *bucket = &roster->table[tag >> (32 - roster->bits)];
	uint32_t match = bucket_match(bucket, tag);

	while (match == 0 && bucket->slots[BUCKET_SLOTS - 1] != 0)
	{
		if (++bucket == roster->table + (UINT64_C(1) << roster->bits))
			bucket = roster->table;
		match = bucket_match(bucket, tag);
	}
	return match ? bucket->slots[__builtin_ctz(match)] : 0;
}

/* Find a key's slot + 1, or 0. */
static uint32_t
table_find(const Roster *roster, KeyKind kind, uint32_t tag, const Key *key)
{
	uint64_t mask = (UINT64_C(1) << roster->bits) - 1;
	uint64_t at = (uint64_t) tag >> (32 - roster->bits);

	for (;; at = (at + 1) & mask)
	{
		const Bucket *bucket = &roster->table[at];
		uint32_t match = bucket_match(bucket, tag);

		for (; match != 0; match &= match - 1)
		{
			uint32_t entry = bucket->slots[__builtin_ctz(match)];

			if (entry != 0 && slot_has(roster, kind, entry - 1, key))
				return entry;
		}
		if (bucket->slots[BUCKET_SLOTS - 1] == 0)
			return 0;
	}
}

/* Number the keys of a batch by the table; inlined for each kind of key. */
static inline __attribute__((always_inline)) void
table_number(Roster *roster, KeyKind kind, const Key *keys, int nkeys,
			 uint32_t *slots)
{
	uint32_t tags[ROSTER_BATCH];
	const Bucket *table;
	int shift;

	while (roster->table == NULL ||
		   (uint64_t) roster->nslots + nkeys > TABLE_MOST(roster->bits))
		table_grow(roster, roster->table ? roster->bits + 1 : FIRST_BITS);
	table = roster->table;
	shift = 32 - roster->bits;
	for (int i = 0; i < nkeys; i++)
	{
		tags[i] = (uint32_t) (key_hash(kind, &keys[i]) >> 32);
		__builtin_prefetch(&table[tags[i] >> shift]);
	}
	/* a first look without comparing keys: ask for the likely ones */
	for (int i = 0; i < nkeys; i++)
	{
		slots[i] = table_look(roster, tags[i]);
		if (slots[i] != 0)
			__builtin_prefetch(slot_key(roster, kind, slots[i] - 1));
	}
	if (kind == KEY_TEXT && roster->text_size > 0)
		for (int i = 0; i < nkeys; i++)
			if (slots[i] != 0 && key_is_outside(&keys[i]))
			{
				const Key *kept = slot_key(roster, kind, slots[i] - 1);

				__builtin_prefetch(kept->outside.data);
			}
	for (int i = 0; i < nkeys; i++)
	{
		uint32_t entry = slots[i];

		if (entry == 0 || !slot_has(roster, kind, entry - 1, &keys[i]))
			entry = table_find(roster, kind, tags[i], &keys[i]);
		if (entry == 0)
		{
			entry = slot_give(roster, &keys[i]) + 1;
			table_put(roster, tags[i], entry);
		}
		slots[i] = entry - 1;
	}
}

/*
 * Number the keys of a batch: the slot each has, or a new one.  A directory
 * answers false, having done nothing, when a number lies too far off.
 */
bool
roster_number(Roster *roster, const Key *keys, int nkeys, uint32_t *slots)
{
	if (!roster->is_paged)
	{
		switch (roster->kind)
		{
			case KEY_NUMBER:
				table_number(roster, KEY_NUMBER, keys, nkeys, slots);
				break;
			case KEY_UUID:
				table_number(roster, KEY_UUID, keys, nkeys, slots);
				break;
			default:
				table_number(roster, KEY_TEXT, keys, nkeys, slots);
		}
		return true;
	}
	for (int i = 0; i < nkeys; i++)
	{
		int64_t number = keys[i].number;
		uint32_t entry = directory_find(roster, number);

		if (entry != 0)
			slots[i] = entry - 1;
		else if (directory_near(roster, number >> PAGE_SHIFT))
			slots[i] = directory_slot(roster, number);
		else
			return false;
	}
	return true;
}
