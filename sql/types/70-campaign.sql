-- SPDX-License-Identifier: PostgreSQL
-- What report views over campaigns read, from raw rows in one pass: assignments,
-- contacts and spells are gathered by customer.
CREATE TYPE cvm.campaign_sums AS (campaign text, first_contact_on date, last_contact_on date, watched_until date, n1 bigint, n0 bigint, pending bigint,
	h1 bigint, h0 bigint, contaminated bigint, contaminated_controls bigint, n bigint, controls bigint, elsewhere bigint, has_margin boolean, contact_cost numeric,
	y1 numeric, x1 numeric, yy1 numeric, xx1 numeric, xy1 numeric, m1 numeric, mm1 numeric,
	y0 numeric, x0 numeric, yy0 numeric, xx0 numeric, xy0 numeric, m0 numeric, mm0 numeric);
COMMENT ON TYPE cvm.campaign_sums IS
	'What customers of a campaign came to: of the target group (1) and of control (0) how many were watched for all days (n) and '
	'began a subscription (h), money times days after (y) and before (x), margin (m), and their squares and products';

@use rows_final campaign_sums | campaign_sums

@with member_aggregate campaign_sums | date, text, timestamptz, boolean, boolean, text, text, date, numeric, numeric, numeric, date, integer
	'What became of customers of campaigns, from raw rows in one pass: customer, day, campaign, moment, whether assigned to control (not NULL: the row is an '
	'assignment), whether reached, purpose ("service" is no marketing) and arm of a contact, last day, amount, margin of the product, its list price, as_of, '
	'days for which customers are watched. The amount is the price of a spell, the cost of a contact, or what a contact of the campaign costs. A row without a '
	'campaign is a spell, paused where it would be reached; one with a campaign and no word on control is a contact'
@end

CREATE TYPE cvm.universal_control AS (controls bigint, control_purchases bigint, control_squares bigint, targets bigint, target_purchases bigint,
	target_squares bigint, others bigint, other_purchases bigint, other_squares bigint, contaminated bigint, reached bigint);
COMMENT ON TYPE cvm.universal_control IS 'Customers of both arms of the universal control group, and others: on how many days they bought something, and the '
	'squares of that; controls who got marketing; customers whom any campaign was after';

CREATE FUNCTION cvm.universal_control_final(internal) RETURNS cvm.universal_control[]
	AS 'MODULE_PATHNAME', 'cvm_universal_control_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.universal_control_final(internal) IS 'End of _universal_control_agg: one row';

@with member_aggregate universal_control | date, integer, text, timestamptz, boolean, text, text, date, date, date, integer
	'What customers bought from whom all marketing was withheld, and the others, from raw rows in one pass: customer, day, kind (0 assigned to a campaign, 1 '
	'bought something, 2 assigned to the universal control, 3 is a customer, 4 contacted), campaign, moment, whether assigned to control, purpose ("service" is '
	'no marketing) and arm of a contact, first day of the time, first day after it, as_of, days for which customers are watched'
@end
