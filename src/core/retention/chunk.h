/*
 * chunk.h
 *		Customers on their way from one fold to another, and what the files
 *		of the fold share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_CHUNK_H
#define CVM_CORE_RETENTION_CHUNK_H

#include "core/retention/fold.h"

/* fold.c */
extern void fold_number(Fold *fold, const Key *keys, int nkeys,
						uint32_t *slots);
extern void fold_add_sums(Fold *fold, const Key *pairs, const Wide *values,
						  int npairs);
extern Key fold_pair(uint32_t slot, int32_t bit);
extern void fold_rescale(Fold *fold, int scale);
extern void fold_consider_radix(Fold *fold, uint32_t before);
extern void fold_forget(Fold *fold);

/* chunk.c */
extern void chunk_write(Fold *fold, const uint8_t *parts, int part,
						ByteWriter *writer);
extern Fold *chunk_fold(Context context, const ByteReader *reader,
						size_t budget);
extern void chunk_absorb(Fold *into, ByteReader *reader);
extern void chunk_change_index(Fold *fold, bool is_radix);

/* spill.c */
extern void fold_consider_spill(Fold *fold);
extern Fold *fold_part(Fold *fold, int part);
extern void spill_copy(Fold *fold, ByteWriter *writer);

/* tally.c */
extern void tally_count(Fold *fold, Retention *retention);

#endif /* CVM_CORE_RETENTION_CHUNK_H */
