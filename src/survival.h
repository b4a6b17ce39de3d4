/*
 * survival.h
 *		Datums of survival.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_SURVIVAL_DATUM_H
#define CVM_SURVIVAL_DATUM_H

#include "core/survival.h"
#include "expanded.h"

extern const ExpandedType survival_state;

#endif /* CVM_SURVIVAL_DATUM_H */
