/*
 * key_table.h
 *		Customers by number: every key gets a slot, 0, 1, 2, …
 *
 * A fold keeps what it knows of a customer in arrays indexed by slot (array.h)
 * and never meets a key again.  Slots follow first appearance, and customers
 * who came together tend to stay together, so that those arrays are read
 * almost in order even where keys are random.
 *
 * A key table starts as a hash table of buckets, small unless many are
 * expected: eight slots and 32 bits of each one's hash, one line of the cache.
 * Keys come in batches: the buckets for a whole batch are asked for before the
 * first of them is needed.  Where whole numbers turn out to be dense, the fold
 * moves to a radix directory, number >> 10 to pages of 1024 slots, without any
 * hash; and back, should they thin out (fold.c).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_ROWS_KEY_TABLE_H
#define CVM_CORE_ROWS_KEY_TABLE_H

#include "core/rows/chunked_array.h"
#include "core/util/key.h"

#define KEY_TABLE_BATCH 256
#define MAX_KEY_TABLE 0xfffff000u /* slots */

#define BUCKET_SLOTS 8

typedef struct Bucket
{
	uint32_t tags[BUCKET_SLOTS];  /* high halves of hashes */
	uint32_t slots[BUCKET_SLOTS]; /* slot + 1; 0: free, and so are the rest */
} Bucket;

typedef struct KeyTable
{
	Context context;
	KeyKind kind;
	uint32_t nslots; /* slots given out; under a radix directory, whole pages */

	/* the hash table */
	int bits; /* it has 1 << bits buckets */
	Bucket *table;
	void *table_memory; /* what to free; the table is aligned in it */
	ChunkedArray keys;	/* by slot */
	char *text;			/* where the next long text goes */
	char *block; /* the block it is in; its first bytes name the one before */
	size_t text_room;
	size_t text_size; /* of all blocks */
	int64_t least;	  /* of numbers seen */
	int64_t most;

	/* the directory, in place of all that */
	bool is_radix;
	int64_t first;		 /* number >> 10 of its first entry */
	uint32_t room;		 /* entries */
	uint32_t *directory; /* page of slots + 1, or 0 */
	ChunkedArray homes;	 /* by page of slots: its number >> 10, an int64_t */
} KeyTable;

extern void key_table_open(KeyTable *key_table, Context context, KeyKind kind,
						   bool is_radix);
extern void key_table_close(KeyTable *key_table);
extern bool key_table_number(KeyTable *key_table, const Key *keys, int nkeys,
							 uint32_t *slots);
extern void key_table_expect(KeyTable *key_table, uint32_t nkeys);
extern void key_table_reach(KeyTable *key_table, const KeyTable *seen);
extern bool key_table_stretch(KeyTable *key_table, const Key *keys, int nkeys);
extern bool key_table_is_clustered(const KeyTable *key_table,
								   uint32_t slots_each);
extern bool key_table_is_dense(const KeyTable *key_table, uint32_t slots_each);
extern uint64_t key_table_hash(const KeyTable *key_table, uint32_t slot);
extern Key key_table_key(const KeyTable *key_table, uint32_t slot);
extern size_t key_table_size(const KeyTable *key_table);

#endif /* CVM_CORE_ROWS_KEY_TABLE_H */
