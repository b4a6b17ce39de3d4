/*
 * state_text.h
 *		The text of a state.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_STATE_TEXT_H
#define CVM_PG_STATE_TEXT_H

#include "postgres.h"

extern char *state_text(const uint8 *data, size_t size);
extern uint8 *state_text_read(const char *text, size_t *size);

#endif /* CVM_PG_STATE_TEXT_H */
