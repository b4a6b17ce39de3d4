/*
 * key_table.c
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
#include "core/rows/key_table.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define FIRST_BITS 1
#define TEXT_BLOCK 8192
#define CACHE_LINE 64
#define MAX_STRETCH (1 << 20) /* entries of a directory, mostly of nobody */

/* What a table may hold: 6 of 8 slots */
#define MAX_TABLE(bits) ((uint64_t) 6 << (bits))

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
key_table_open(KeyTable *key_table, Context context, KeyKind kind,
			   bool is_radix)
{
	memset(key_table, 0, sizeof(KeyTable));
	key_table->context = context;
	key_table->kind = kind;
	key_table->least = INT64_MAX;
	key_table->most = INT64_MIN;
	key_table->is_radix = is_radix;
	chunked_array_open(&key_table->keys, context, key_size(kind));
	key_table->keys.is_scattered = true;
	chunked_array_open(&key_table->homes, context, sizeof(int64_t));
}

/* Give everything back. */
void
key_table_close(KeyTable *key_table)
{
	while (key_table->block != NULL)
	{
		char *block = key_table->block;

		memcpy(&key_table->block, block, sizeof(char *));
		runtime_free(block);
	}
	if (key_table->table_memory != NULL)
		runtime_free(key_table->table_memory);
	if (key_table->directory != NULL)
		runtime_free(key_table->directory);
	chunked_array_close(&key_table->keys);
	chunked_array_close(&key_table->homes);
}

/* The key of a slot. */
Key
key_table_key(const KeyTable *key_table, uint32_t slot)
{
	Key key = {.words = {0, 0}};

	if (key_table->is_radix)
	{
		const int64_t *home =
			chunked_array_peek(&key_table->homes, slot >> PAGE_SHIFT);

		key.number =
			(int64_t) ((uint64_t) *home << PAGE_SHIFT) + (slot & PAGE_MASK);
		return key;
	}
	memcpy(&key, chunked_array_peek(&key_table->keys, slot),
		   key_size(key_table->kind));
	return key;
}

/* The hash of a slot's key, the same in every key table. */
uint64_t
key_table_hash(const KeyTable *key_table, uint32_t slot)
{
	Key key = key_table_key(key_table, slot);

	return key_hash(key_table->kind, &key);
}

/* Bytes in use */
size_t
key_table_size(const KeyTable *key_table)
{
	return (key_table->table ? sizeof(Bucket) << key_table->bits : 0) +
		   chunked_array_size(&key_table->keys) + key_table->text_size +
		   key_table->room * sizeof(uint32_t) +
		   chunked_array_size(&key_table->homes);
}

/*
 * Would a radix directory need fewer than so many slots a customer?
 */
bool
key_table_is_dense(const KeyTable *key_table, uint32_t slots_each)
{
	uint64_t span;

	if (key_table->kind != KEY_NUMBER || key_table->nslots == 0)
		return false;
	span = (uint64_t) key_table->most - (uint64_t) key_table->least;
	return span < (uint64_t) key_table->nslots * slots_each;
}

/*
 * The same where numbers lie in clusters far from each other, so that pages have
 * to be counted.  The directory needs an entry for those between them too: not
 * more than there are customers.
 */
bool
key_table_is_clustered(const KeyTable *key_table, uint32_t slots_each)
{
	int64_t first = key_table->least >> PAGE_SHIFT;
	uint64_t npages = 0;
	uint64_t room;
	uint8_t *seen;

	if (key_table->kind != KEY_NUMBER || key_table->nslots == 0)
		return false;
	room = (uint64_t) ((key_table->most >> PAGE_SHIFT) - first) + 1;
	if (room > key_table->nslots || room > MAX_STRETCH)
		return false;
	seen = runtime_alloc_zero(NULL, room);
	for (uint32_t slot = 0; slot < key_table->nslots; slot++)
	{
		const int64_t *number = chunked_array_peek(&key_table->keys, slot);
		uint8_t *page = &seen[(*number >> PAGE_SHIFT) - first];

		if ((slot & PAGE_MASK) == 0)
			check_interrupts();
		npages += !*page;
		*page = 1;
	}
	runtime_free(seen);
	return npages << PAGE_SHIFT < (uint64_t) key_table->nslots * slots_each;
}

/* Put an entry where there is room. */
static inline void
table_put(KeyTable *key_table, uint32_t tag, uint32_t entry)
{
	uint64_t mask = (UINT64_C(1) << key_table->bits) - 1;
	uint64_t at = (uint64_t) tag >> (32 - key_table->bits);

	for (;; at = (at + 1) & mask)
	{
		Bucket *bucket = &key_table->table[at];

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
table_grow(KeyTable *key_table, int bits)
{
	Bucket *old = key_table->table;
	void *old_memory = key_table->table_memory;
	uint64_t old_size = old ? UINT64_C(1) << key_table->bits : 0;
	size_t size;
	size_t align;

	key_table->bits = bits;
	size = sizeof(Bucket) << key_table->bits;
	/* large tables lie in large pages */
	align = size < LARGE_PAGE ? CACHE_LINE : LARGE_PAGE;
	key_table->table_memory = runtime_alloc(key_table->context, size + align);
	key_table->table = runtime_align(key_table->table_memory, align);
	memset(key_table->table, 0, size);
	for (uint64_t i = 0; i < old_size; i++)
		for (int j = 0; j < BUCKET_SLOTS && old[i].slots[j] != 0; j++)
			table_put(key_table, old[i].tags[j], old[i].slots[j]);
	if (old_memory != NULL)
		runtime_free(old_memory);
}

/* Make room for so many keys at once, where there are none yet. */
void
key_table_expect(KeyTable *key_table, uint32_t nkeys)
{
	int bits = FIRST_BITS;

	if (key_table->is_radix || key_table->table != NULL || nkeys == 0)
		return;
	while (MAX_TABLE(bits) < nkeys)
		bits++;
	table_grow(key_table, bits);
}

/* Keep a copy of a long text. */
static const char *
text_keep(KeyTable *key_table, const char *data, uint32_t size)
{
	char *kept;

	if (size > key_table->text_room)
	{
		size_t block = key_table->text_size < TEXT_BLOCK
						   ? key_table->text_size + 128
						   : TEXT_BLOCK;

		char *fresh;

		if (size > block)
			block = size;
		fresh = runtime_alloc(key_table->context, sizeof(char *) + block);
		memcpy(fresh, &key_table->block, sizeof(char *));
		key_table->block = fresh;
		key_table->text = fresh + sizeof(char *);
		key_table->text_room = block;
		key_table->text_size += block;
	}
	kept = key_table->text;
	memcpy(kept, data, size);
	key_table->text += size;
	key_table->text_room -= size;
	return kept;
}

/* The key of a slot of the table, where it is kept */
static inline const Key *
slot_key(const KeyTable *key_table, KeyKind kind, uint32_t slot)
{
	return chunked_array_item(&key_table->keys, slot, key_size(kind));
}

/* Is this the key of a slot? */
static inline bool
slot_has(const KeyTable *key_table, KeyKind kind, uint32_t slot, const Key *key)
{
	return key_equal(kind, slot_key(key_table, kind, slot), key);
}

/* Give a new key the next slot. */
static uint32_t
slot_give(KeyTable *key_table, const Key *key)
{
	uint32_t slot = key_table->nslots;
	void *kept;

	if (slot >= MAX_KEY_TABLE)
		runtime_error(RUNTIME_TOO_LARGE,
					  "Fold the customers in several groups.",
					  "too many customers in one state");
	kept = chunked_array_reach(&key_table->keys, slot);
	switch (key_table->kind)
	{
		case KEY_NUMBER:
			*(int64_t *) kept = key->number;
			if (key->number < key_table->least)
				key_table->least = key->number;
			if (key->number > key_table->most)
				key_table->most = key->number;
			break;
		case KEY_TEXT:
			*(Key *) kept = *key;
			if (key_is_outside(key))
				((Key *) kept)->outside.data =
					text_keep(key_table, key->outside.data, key->outside.size);
			break;
		default:
			*(Key *) kept = *key;
	}
	key_table->nslots++;
	return slot;
}

/* Make room in the directory around a page number. */
static void
directory_reach(KeyTable *key_table, int64_t home)
{
	int64_t first = key_table->first;
	uint64_t room = key_table->room;
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
	if (room > MAX_KEY_TABLE >> PAGE_SHIFT)
		runtime_error(RUNTIME_TOO_LARGE,
					  "Fold the customers in several groups.",
					  "too many customers in one state");
	directory = runtime_alloc_zero(key_table->context, room * sizeof(uint32_t));
	if (key_table->directory != NULL)
	{
		memcpy(directory + (key_table->first - first), key_table->directory,
			   key_table->room * sizeof(uint32_t));
		runtime_free(key_table->directory);
	}
	key_table->directory = directory;
	key_table->first = first;
	key_table->room = (uint32_t) room;
}

/*
 * Make room in a new directory for the numbers that another key table has seen:
 * in whatever order they come now, none is too far from those before.
 */
void
key_table_reach(KeyTable *key_table, const KeyTable *seen)
{
	directory_reach(key_table, seen->least >> PAGE_SHIFT);
	if ((uint64_t) ((seen->most >> PAGE_SHIFT) - key_table->first) >=
		key_table->room)
		directory_reach(key_table, seen->most >> PAGE_SHIFT);
}

/*
 * Make room in the directory for numbers that lie too far off, where those before
 * fill their pages.  False: it would have many more entries than slots.
 */
bool
key_table_stretch(KeyTable *key_table, const Key *keys, int nkeys)
{
	int64_t least = key_table->first;
	int64_t most = key_table->first + (int64_t) key_table->room - 1;

	for (int i = 0; i < nkeys; i++)
	{
		int64_t home = keys[i].number >> PAGE_SHIFT;

		if (home < least)
			least = home;
		if (home > most)
			most = home;
	}
	if (most - least >= key_table->nslots || most - least >= MAX_STRETCH)
		return false;
	directory_reach(key_table, least);
	if (most - key_table->first >= (int64_t) key_table->room)
		directory_reach(key_table, most);
	return true;
}

/* Can the directory take this number, or would it have to stretch too far? */
static inline bool
directory_near(const KeyTable *key_table, int64_t home)
{
	int64_t slack = (int64_t) (key_table->nslots >> PAGE_SHIFT) * 4 + 64;

	return key_table->room == 0 ||
		   (home >= key_table->first - slack &&
			home < key_table->first + (int64_t) key_table->room + slack);
}

/* The slot + 1 of a number that has one, or 0. */
static inline uint32_t
directory_find(const KeyTable *key_table, int64_t number)
{
	uint64_t at = (uint64_t) ((number >> PAGE_SHIFT) - key_table->first);
	uint32_t page = at < key_table->room ? key_table->directory[at] : 0;

	return page == 0 ? 0
					 : (((page - 1) << PAGE_SHIFT) |
						(uint32_t) (number & PAGE_MASK)) +
						   1;
}

static uint32_t
directory_slot(KeyTable *key_table, int64_t number)
{
	int64_t home = number >> PAGE_SHIFT;
	uint64_t at = (uint64_t) (home - key_table->first);
	uint32_t page;

	if (at >= key_table->room)
	{
		directory_reach(key_table, home);
		at = (uint64_t) (home - key_table->first);
	}
	page = key_table->directory[at];
	if (page == 0)
	{
		page = (key_table->nslots >> PAGE_SHIFT) + 1;
		if (key_table->nslots >= MAX_KEY_TABLE)
			runtime_error(RUNTIME_TOO_LARGE,
						  "Fold the customers in several groups.",
						  "too many customers in one state");
		*(int64_t *) chunked_array_reach(&key_table->homes, page - 1) = home;
		key_table->directory[at] = page;
		key_table->nslots += PAGE_ITEMS;
	}
	return ((page - 1) << PAGE_SHIFT) | (uint32_t) (number & PAGE_MASK);
}

/* The slot + 1 that is likely a key's, by its tag alone, or 0 */
static inline uint32_t
table_look(const KeyTable *key_table, uint32_t tag)
{
	const Bucket *bucket = &key_table->table[tag >> (32 - key_table->bits)];
	uint32_t match = bucket_match(bucket, tag);

	while (match == 0 && bucket->slots[BUCKET_SLOTS - 1] != 0)
	{
		if (++bucket == key_table->table + (UINT64_C(1) << key_table->bits))
			bucket = key_table->table;
		match = bucket_match(bucket, tag);
	}
	return match ? bucket->slots[__builtin_ctz(match)] : 0;
}

/* Find a key's slot + 1, or 0. */
static uint32_t
table_find(const KeyTable *key_table, KeyKind kind, uint32_t tag,
		   const Key *key)
{
	uint64_t mask = (UINT64_C(1) << key_table->bits) - 1;
	uint64_t at = (uint64_t) tag >> (32 - key_table->bits);

	for (;; at = (at + 1) & mask)
	{
		const Bucket *bucket = &key_table->table[at];
		uint32_t match = bucket_match(bucket, tag);

		for (; match != 0; match &= match - 1)
		{
			uint32_t entry = bucket->slots[__builtin_ctz(match)];

			if (entry != 0 && slot_has(key_table, kind, entry - 1, key))
				return entry;
		}
		if (bucket->slots[BUCKET_SLOTS - 1] == 0)
			return 0;
	}
}

/* Number the keys of a batch by the table; inlined for each kind of key. */
static inline __attribute__((always_inline)) void
table_number(KeyTable *key_table, KeyKind kind, const Key *keys, int nkeys,
			 uint32_t *slots)
{
	uint32_t tags[KEY_TABLE_BATCH];
	const Bucket *table;
	int shift;

	while (key_table->table == NULL ||
		   (uint64_t) key_table->nslots + nkeys > MAX_TABLE(key_table->bits))
		table_grow(key_table,
				   key_table->table ? key_table->bits + 1 : FIRST_BITS);
	table = key_table->table;
	shift = 32 - key_table->bits;
	for (int i = 0; i < nkeys; i++)
	{
		tags[i] = (uint32_t) (key_hash(kind, &keys[i]) >> 32);
		__builtin_prefetch(&table[tags[i] >> shift]);
	}
	/* a first look without comparing keys: ask for the likely ones */
	for (int i = 0; i < nkeys; i++)
	{
		slots[i] = table_look(key_table, tags[i]);
		if (slots[i] != 0)
			__builtin_prefetch(slot_key(key_table, kind, slots[i] - 1));
	}
	if (kind == KEY_TEXT && key_table->text_size > 0)
		for (int i = 0; i < nkeys; i++)
			if (slots[i] != 0 && key_is_outside(&keys[i]))
			{
				const Key *kept = slot_key(key_table, kind, slots[i] - 1);

				__builtin_prefetch(kept->outside.data);
			}
	for (int i = 0; i < nkeys; i++)
	{
		uint32_t entry = slots[i];

		if (entry == 0 || !slot_has(key_table, kind, entry - 1, &keys[i]))
			entry = table_find(key_table, kind, tags[i], &keys[i]);
		if (entry == 0)
		{
			entry = slot_give(key_table, &keys[i]) + 1;
			table_put(key_table, tags[i], entry);
		}
		slots[i] = entry - 1;
	}
}

/*
 * Number the keys of a batch: the slot each has, or a new one.  A directory
 * answers false, having done nothing, when a number lies too far off.
 */
bool
key_table_number(KeyTable *key_table, const Key *keys, int nkeys,
				 uint32_t *slots)
{
	if (!key_table->is_radix)
	{
		switch (key_table->kind)
		{
			case KEY_NUMBER:
				table_number(key_table, KEY_NUMBER, keys, nkeys, slots);
				break;
			case KEY_UUID:
				table_number(key_table, KEY_UUID, keys, nkeys, slots);
				break;
			default:
				table_number(key_table, KEY_TEXT, keys, nkeys, slots);
		}
		return true;
	}
	for (int i = 0; i < nkeys; i++)
	{
		int64_t number = keys[i].number;
		uint32_t entry = directory_find(key_table, number);

		if (entry != 0)
			slots[i] = entry - 1;
		else if (directory_near(key_table, number >> PAGE_SHIFT))
			slots[i] = directory_slot(key_table, number);
		else
			return false;
	}
	return true;
}
