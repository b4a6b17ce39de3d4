/*
 * spell_buffer_rows.c
 *		Rows into a spell buffer, a batch at a time.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_buffer_lines.h"

#include <string.h>

/* Write the batch down, and to the file what is too much. */
static void
make_room(SpellBuffer *spell_buffer)
{
	spell_buffer_flush(spell_buffer);
	spell_buffer_consider_overflow(spell_buffer);
}

/* Copy a long text to where it stays until its row is numbered. */
static const char *
text_keep(SpellBuffer *spell_buffer, const char *data, uint32_t size)
{
	char *copy;

	if (size > spell_buffer->text_room - spell_buffer->text_used)
	{
		size_t room = (size_t) spell_buffer->batch_room * 64;

		make_room(spell_buffer);
		if (room < size)
			room = size;
		if (room > spell_buffer->text_room)
		{
			if (spell_buffer->text != NULL)
				runtime_free(spell_buffer->text);
			spell_buffer->text = runtime_alloc(spell_buffer->context, room);
			spell_buffer->text_room = room;
		}
	}
	copy = spell_buffer->text + spell_buffer->text_used;
	memcpy(copy, data, size);
	spell_buffer->text_used += size;
	return copy;
}

/*
 * Make room in the batch for a row of this customer.  That may write all before
 * to the file, so the row's line must not be packed earlier.
 */
static inline void
batch_begin(SpellBuffer *spell_buffer, Key key)
{
	if (spell_buffer->used == spell_buffer->batch_room)
		make_room(spell_buffer);
	if (spell_buffer->kind == KEY_TEXT && key_is_outside(&key))
		key.outside.data =
			text_keep(spell_buffer, key.outside.data, key.outside.size);
	spell_buffer->keys[spell_buffer->used] = key;
}

/* Add a membership, with the version of the segments. */
void
spell_buffer_add_membership(SpellBuffer *spell_buffer, Key key, Day start,
							Day end, const Label *segment, int64_t version)
{
	if (start >= spell_buffer->terms.as_of)
		return;
	batch_begin(spell_buffer, key);
	spell_buffer->batch[spell_buffer->used++] = line_pack(
		spell_buffer, dictionary_intern(&spell_buffer->names, segment),
		PACKED_MEMBERSHIP, start, end, version);
}

/* Add a row. */
void
spell_buffer_add(SpellBuffer *spell_buffer, Key key, const SpellRow *row)
{
	if (row->scale > spell_buffer->scale)
		spell_buffer_scale(spell_buffer, row->scale);
	if (row->start >= spell_buffer->terms.as_of)
		return;
	batch_begin(spell_buffer, key);
	spell_buffer->has_pauses |= row->is_paused;
	spell_buffer->batch[spell_buffer->used++] = line_pack(
		spell_buffer, dictionary_intern(&spell_buffer->names, &row->product),
		row->is_paused ? PACKED_PAUSED : 0, row->start, row->end,
		money_rescale(row->mrr, row->scale, spell_buffer->scale));
}

/* Add a note: a row that is kept whatever its days are, and counts for nothing. */
void
spell_buffer_note(SpellBuffer *spell_buffer, Key key, const SpellRow *row)
{
	if (row->scale > spell_buffer->scale)
		spell_buffer_scale(spell_buffer, row->scale);
	batch_begin(spell_buffer, key);
	spell_buffer->batch[spell_buffer->used++] = line_pack(
		spell_buffer, dictionary_intern(&spell_buffer->names, &row->product),
		PACKED_MEMBERSHIP | PACKED_PAUSED, row->start, row->end,
		money_rescale(row->mrr, row->scale, spell_buffer->scale));
}
