/*
 * segment_errors.c
 *		How customers and money flow between segments: how sure that is.
 *
 * Money differs from customer to customer, so a rate of money is less sure
 * than one of customers.  A rate is a ratio of two sums over customers, and
 * its error that of the mean of what each is away from the rate.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <math.h>

#include "core/segments/segment.h"

/* The root of a sum over n of squares of distances, per customer and whole */
static double
error_of(double squares, double n, double whole)
{
	if (!(n >= 2) || !(whole > 0))
		return NAN;
	return sqrt(fmax(squares, 0) * n / (n - 1)) / whole;
}

/* Of a mean */
static double
mean_error(double n, double sum, double squares)
{
	return error_of(squares - sum * sum / n, n, n);
}

/* Of what is kept, where each brought before and lost something of it */
static double
retained_money_error(double n, double before, double lost,
					 double before_squares, double before_lost,
					 double lost_squares)
{
	double rate = lost / before;

	return error_of(
		rate * rate * before_squares - 2 * rate * before_lost + lost_squares, n,
		before);
}

BridgeErrors
bridge_errors(const BridgeRow *row, int scale)
{
	double cents = 100 / pow(10, scale);
	const OutcomeCounters *outcomes = &row->outcomes;
	/* with what was in pauses: that is kept, too, until it is lost */
	double opening =
		((double) row->opening + (double) row->opening_rest.mrr) * cents;
	double openers =
		(double) row->opening_customers + row->opening_rest.customers;
	double gross = row->gross_retained * cents;
	double net = row->net_retained * cents;
	double expiring = outcomes->lines[OUTCOME_EXPIRING].mrr * cents;
	double renewed = outcomes->lines[OUTCOME_RENEWED].mrr * cents;
	double missed =
		outcomes->squares[SQUARE_DUE] - outcomes->squares[SQUARE_RENEWED];
	BridgeErrors errors;

	errors.arpu =
		mean_error(row->closing_customers, row->closing * cents, row->squares) /
		100;
	errors.products =
		mean_error(row->closing_customers, row->products, row->product_squares);
	errors.gross = retained_money_error(
		openers, opening, opening - gross, row->opening_squares,
		outcomes->squares[SQUARE_GROSS_BEFORE_LOST],
		outcomes->squares[SQUARE_GROSS_LOST]);
	errors.net = retained_money_error(openers, opening, opening - net,
									  row->opening_squares,
									  outcomes->squares[SQUARE_NET_BEFORE_LOST],
									  outcomes->squares[SQUARE_NET_LOST]);
	errors.renewal = error_of(
		(expiring - renewed) * (expiring - renewed) / (expiring * expiring) *
				(double) outcomes->squares[SQUARE_RENEWED] +
			renewed * renewed / (expiring * expiring) * missed,
		outcomes->lines[OUTCOME_EXPIRING].customers, expiring);
	return errors;
}
