/*
 * numeric.c
 *		numeric to money of the cores, and back.
 *
 * A numeric on disk is a header and digits to the base 10000; the layout is
 * that of the server's src/backend/utils/adt/numeric.c, unchanged since 9.1
 * and bound to stay so by pg_upgrade.  It is read in place, because going
 * through numeric's functions would allocate for every row.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "pg/compat.h"
#include "pg/numeric.h"

#define SIGN_MASK 0xC000
#define IS_NEGATIVE 0x4000
#define IS_SHORT 0x8000
#define IS_SPECIAL 0xC000
#define SHORT_NEGATIVE 0x2000
#define SHORT_SCALE_MASK 0x1F80
#define SHORT_SCALE_SHIFT 7
#define SHORT_WEIGHT_SIGN 0x0040
#define SHORT_WEIGHT_MASK 0x003F
#define LONG_SCALE_MASK 0x3FFF
#define DIGIT_BASE 10000
#define DIGIT_DECIMALS 4

/* What is computed in 64 bits: values below ten to the 18, of 4 digits */
#define SHORT_EXPONENT 18
#define SHORT_SIZE (4 * sizeof(uint16))

static const int64 powers[SHORT_EXPONENT + 1] = {1,
												 10,
												 100,
												 1000,
												 10000,
												 100000,
												 1000000,
												 10000000,
												 100000000,
												 1000000000,
												 10000000000,
												 100000000000,
												 1000000000000,
												 10000000000000,
												 100000000000000,
												 1000000000000000,
												 10000000000000000,
												 100000000000000000,
												 1000000000000000000};

static uint16
half_at(const char *data, size_t at)
{
	uint16 half;

	memcpy(&half, data + at, sizeof(half));
	return half;
}

/* The scale of a numeric that is not toasted; -1: it is no number. */
int
decimal_scale(Datum numeric)
{
	const struct varlena *value =
		(const struct varlena *) DatumGetPointer(numeric);
	uint16 header;

	if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value))
		return -1;
	header = half_at(VARDATA_ANY(value), 0);
	if ((header & SIGN_MASK) == IS_SPECIAL)
		return -1;
	if ((header & SIGN_MASK) == IS_SHORT)
		return (header & SHORT_SCALE_MASK) >> SHORT_SCALE_SHIFT;
	return header & LONG_SCALE_MASK;
}

/* The scale of the numerics of a column: as numeric_typmod_scale() */
int
decimal_typmod_scale(int32 typmod)
{
	int scale = (((typmod - VARHDRSZ) & 0x7ff) ^ 1024) - 1024;

	return Max(scale, 0);
}

/*
 * The common case: a short value on disk of at most so many digits, whose
 * decimals all lie within its scale.  False: read it the long way.
 */
static inline bool
short_read(const struct varlena *value, Wide *mantissa, int *scale)
{
	const char *data = VARDATA_SHORT(value);
	size_t size;
	uint16 header;
	int exponent;
	int64 number = 0;

	if (!VARATT_IS_SHORT(value))
		return false;
	size = VARSIZE_SHORT(value) - VARHDRSZ_SHORT - sizeof(uint16);
	header = half_at(data, 0);
	*scale = (header & SHORT_SCALE_MASK) >> SHORT_SCALE_SHIFT;
	exponent = DIGIT_DECIMALS * ((header & SHORT_WEIGHT_MASK) + 1) + *scale;
	if ((header & (SIGN_MASK | SHORT_WEIGHT_SIGN)) != IS_SHORT ||
		exponent > SHORT_EXPONENT || size > SHORT_SIZE)
		return false;
	for (size_t at = sizeof(uint16); at <= size; at += sizeof(uint16))
		number = number * DIGIT_BASE + half_at(data, at);
	exponent -= DIGIT_DECIMALS * (int) (size / sizeof(uint16));
	number =
		exponent >= 0 ? number * powers[exponent] : number / powers[-exponent];
	*mantissa = header & SHORT_NEGATIVE ? -number : number;
	return true;
}

/* A numeric as mantissa and scale; NaN, infinity and overlong are errors. */
Wide
decimal_read(Datum numeric, int *scale)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(numeric);
	const char *data;
	size_t size;
	uint16 header;
	bool negative;
	int weight;
	size_t at;
	int exponent;
	Wide mantissa = 0;

	if (short_read(value, &mantissa, scale))
		return mantissa;
	value = PG_DETOAST_DATUM_PACKED(numeric);
	data = VARDATA_ANY(value);
	size = VARSIZE_ANY_EXHDR(value);
	header = half_at(data, 0);
	if ((header & SIGN_MASK) == IS_SPECIAL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("value \"%s\" is not a number that can be added up",
						DatumGetCString(DirectFunctionCall1(
							numeric_out, PointerGetDatum(value)))),
				 errhint("Replace such values by NULL in a view and bind "
						 "that.")));
	if ((header & SIGN_MASK) == IS_SHORT)
	{
		negative = (header & SHORT_NEGATIVE) != 0;
		*scale = (header & SHORT_SCALE_MASK) >> SHORT_SCALE_SHIFT;
		weight = (header & SHORT_WEIGHT_SIGN ? ~SHORT_WEIGHT_MASK : 0) |
				 (header & SHORT_WEIGHT_MASK);
		at = sizeof(uint16);
	}
	else
	{
		negative = (header & SIGN_MASK) == IS_NEGATIVE;
		*scale = header & LONG_SCALE_MASK;
		weight = (int16) half_at(data, sizeof(uint16));
		at = 2 * sizeof(uint16);
	}
	if (*scale > MONEY_MAX_SCALE)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("value has %d decimals, more than %d", *scale,
						MONEY_MAX_SCALE),
				 errhint("Round the value, for example to 2 decimals.")));
	exponent = DIGIT_DECIMALS * (weight + 1) + *scale;
	for (; at < size; at += sizeof(uint16))
	{
		Wide digit = half_at(data, at);

		exponent -= DIGIT_DECIMALS;
		if (exponent < 0)
			/* the last digit reaches past the scale, with zeros */
			digit /= money_power(-exponent);
		if (__builtin_mul_overflow(mantissa,
								   exponent < 0
									   ? money_power(DIGIT_DECIMALS + exponent)
									   : DIGIT_BASE,
								   &mantissa) ||
			__builtin_add_overflow(mantissa, digit, &mantissa))
			money_overflow();
	}
	if (exponent > 0 && mantissa != 0)
		mantissa = money_rescale(mantissa, 0, exponent);
	return negative ? -mantissa : mantissa;
}

/* Mantissa and scale as a numeric. */
Datum
decimal_make(Wide mantissa, int scale)
{
	char text[64];
	char *at = text + sizeof(text);
	UWide rest = mantissa < 0 ? -(UWide) mantissa : (UWide) mantissa;
	int written = 0;

	if (mantissa == (int64) mantissa && scale <= SHORT_EXPONENT)
		return NumericGetDatum(
			int64_div_fast_to_numeric((int64) mantissa, scale));
	*--at = '\0';
	do
	{
		if (written == scale && scale > 0)
			*--at = '.';
		*--at = '0' + (char) (rest % 10);
		rest /= 10;
		written++;
	} while (rest != 0 || written <= scale);
	if (mantissa < 0)
		*--at = '-';
	return DirectFunctionCall3(numeric_in, CStringGetDatum(at),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/* A sum of squares or products, of so many decimals, as a numeric */
Datum
square_sum_make(const SquareSum *sum, int scale)
{
	char text[SQUARE_DIGITS];
	char *decimal = psprintf("%se-%d", square_sum_digits(sum, text), scale);

	return DirectFunctionCall3(numeric_in, CStringGetDatum(decimal),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}
