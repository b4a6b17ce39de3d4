/*
 * billing_interval.c
 *		Words for how often somebody is billed.
 *
 * A year has twelve months and 365.25 days, so a month has 365.25 / 12 = 487/16
 * days and 487/112 weeks.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/billing_interval.h"

#include <string.h>

#define WORD_MAX 24
#define COUNT_MAX 10000

/* a month in days */
#define DAYS_NUMERATOR 487
#define DAYS_DENOMINATOR 16

typedef struct KnownWord
{
	const char *word;
	int numerator;
	int denominator;
} KnownWord;

static const KnownWord known_words[] = {
	{"d", DAYS_NUMERATOR, DAYS_DENOMINATOR},
	{"day", DAYS_NUMERATOR, DAYS_DENOMINATOR},
	{"days", DAYS_NUMERATOR, DAYS_DENOMINATOR},
	{"daily", DAYS_NUMERATOR, DAYS_DENOMINATOR},
	{"specificdays", DAYS_NUMERATOR, DAYS_DENOMINATOR},
	{"w", DAYS_NUMERATOR, 7 * DAYS_DENOMINATOR},
	{"wk", DAYS_NUMERATOR, 7 * DAYS_DENOMINATOR},
	{"week", DAYS_NUMERATOR, 7 * DAYS_DENOMINATOR},
	{"weeks", DAYS_NUMERATOR, 7 * DAYS_DENOMINATOR},
	{"weekly", DAYS_NUMERATOR, 7 * DAYS_DENOMINATOR},
	{"specificweeks", DAYS_NUMERATOR, 7 * DAYS_DENOMINATOR},
	{"fortnight", DAYS_NUMERATOR, 14 * DAYS_DENOMINATOR},
	{"fortnights", DAYS_NUMERATOR, 14 * DAYS_DENOMINATOR},
	{"fortnightly", DAYS_NUMERATOR, 14 * DAYS_DENOMINATOR},
	{"m", 1, 1},
	{"mo", 1, 1},
	{"mth", 1, 1},
	{"mon", 1, 1},
	{"mons", 1, 1},
	{"month", 1, 1},
	{"months", 1, 1},
	{"monthly", 1, 1},
	{"specificmonths", 1, 1},
	{"q", 1, 3},
	{"qtr", 1, 3},
	{"quarter", 1, 3},
	{"quarters", 1, 3},
	{"quarterly", 1, 3},
	{"semiannual", 1, 6},
	{"semiannually", 1, 6},
	{"semiyearly", 1, 6},
	{"halfyear", 1, 6},
	{"halfyears", 1, 6},
	{"halfyearly", 1, 6},
	{"sixmonths", 1, 6},
	{"y", 1, 12},
	{"yr", 1, 12},
	{"yrs", 1, 12},
	{"year", 1, 12},
	{"years", 1, 12},
	{"yearly", 1, 12},
	{"annual", 1, 12},
	{"annually", 1, 12},
	{"annum", 1, 12},
	{"eighteenmonths", 1, 18},
	{"biennial", 1, 24},
	{"biennially", 1, 24},
	{"twoyears", 1, 24},
	{"threeyears", 1, 36},
	{"fiveyears", 1, 60},
};

/* The interval that a word says, in any case of letters; false: none. */
bool
billing_interval_read(const char *word, size_t size, BillingInterval *interval)
{
	char letters[WORD_MAX];
	size_t length = 0;
	int64_t count = 0;
	bool has_count = false;

	for (size_t i = 0; i < size; i++)
	{
		char c = word[i];

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (c >= '0' && c <= '9')
		{
			/* one number, before the word or after the P of ISO 8601 */
			if (length > 1 || (length == 1 && letters[0] != 'p') ||
				(has_count && (word[i - 1] < '0' || word[i - 1] > '9')))
				return false;
			length = 0;
			has_count = true;
			count = count * 10 + (c - '0');
			if (count > COUNT_MAX)
				return false;
		}
		else if (c >= 'a' && c <= 'z')
		{
			if (length == WORD_MAX)
				return false;
			letters[length++] = c;
		}
		else if (c != ' ' && c != '_' && c != '-')
			return false;
	}
	if (has_count && count == 0)
		return false;
	for (size_t i = 0; i < sizeof(known_words) / sizeof(known_words[0]); i++)
	{
		const KnownWord *known = &known_words[i];

		if (strlen(known->word) == length &&
			memcmp(known->word, letters, length) == 0)
		{
			interval->numerator = known->numerator;
			interval->denominator =
				known->denominator * (has_count ? count : 1);
			return true;
		}
	}
	return false;
}

int64_t
billing_interval_months(const BillingInterval *interval)
{
	return interval->numerator == 1 ? interval->denominator : 0;
}

int64_t
billing_interval_days(const BillingInterval *interval)
{
	return interval->numerator == DAYS_NUMERATOR
			   ? interval->denominator / DAYS_DENOMINATOR
			   : 0;
}
