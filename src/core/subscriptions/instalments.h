/*
 * instalments.h
 *		Which instalment of a subscription a day is in.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_INSTALMENTS_H
#define CVM_CORE_SUBSCRIPTIONS_INSTALMENTS_H

#include "core/util/calendar.h"

/*
 * How many instalments have begun after the first by the end of a day; -1
 * before the start.  An instalment lasts so many days, or so many months where
 * days are 0 or less.
 */
extern int32_t instalments_by(Day start, Day day, int64_t months, int64_t days);

#endif /* CVM_CORE_SUBSCRIPTIONS_INSTALMENTS_H */
