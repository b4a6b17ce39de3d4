/*
 * heatmap.h
 *		The triangle as lines of text.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_HEATMAP_H
#define CVM_CORE_RETENTION_HEATMAP_H

#include "core/retention/grid.h"

typedef void (*LineEmit)(void *arg, const char *line, size_t size);

extern void heatmap_lines(const Retention *retention, bool utf8, LineEmit take,
						  void *arg);

#endif /* CVM_CORE_RETENTION_HEATMAP_H */
