-- SPDX-License-Identifier: PostgreSQL
-- Entries into a focal product: where a new product's customers came from.
CREATE FUNCTION cvm.entries(cvm.holdings, focal text[], donors text[], as_of date,
	look_back integer DEFAULT 30, look_ahead integer DEFAULT 60,
	gap integer DEFAULT 0)
	RETURNS TABLE (entered_on date, kind text, donor_before numeric,
		donor_after numeric, focal_mrr numeric, lost_mrr numeric,
		net_mrr numeric, donors_before text[], channel text, offer text, days_between integer)
	AS 'MODULE_PATHNAME', 'cvm_entries'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION cvm.entries(cvm.holdings, text[], text[], date, integer, integer, integer) IS
	'One customer''s entries into the focal products before as_of, each classified once: new, winback, add, switch, '
	'partial or pending. Donors NULL: every other product. What donors brought at best in look_back days before is '
	'compared with what they bring look_ahead days after. channel and offer: how the focal product was sold, where '
	'holdings know it. days_between: days from the last day on which donors brought that much to the entry';
