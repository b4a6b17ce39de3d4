-- SPDX-License-Identifier: PostgreSQL
-- Events of customers, for measuring.
--
--     psql -X -v rows=1000000 -v customers=50000 -v months=24 \
--          -v order=time -v key=bigint -v table=event -f bench/generate.sql
--
-- order: time, customer or random.  key: bigint (1, 2, ... in the order of
-- sign-up), sparse (64 random bits), uuid or text (12 characters).
--
-- Customers sign up evenly over the months.  Each then leaves with a monthly
-- probability of its own, from 2 % to 42 % and mostly small, which makes its
-- stay geometric and all stays together heavy-tailed; it is there from its
-- first event and for so many whole months, as far as the months go.  The other
-- events fall evenly on all the time that customers are there.
--
-- Every draw is a hash of (customer, event, purpose), so that each run gives
-- the same rows and order and key change nothing else: the triangles of two
-- tables that differ only in these are equal.
\set ON_ERROR_STOP on
\set QUIET on
\if :{?rows} \else \set rows 1000000 \endif
\if :{?customers} \else \set customers 50000 \endif
\if :{?months} \else \set months 24 \endif
\if :{?order} \else \set order time \endif
\if :{?key} \else \set key bigint \endif
\if :{?table} \else \set table event \endif
\if :{?zone} \else \set zone Europe/Vilnius \endif
\if :{?opened} \else \set opened 2024-01-01 \endif

SET TimeZone = :'zone';
SET client_min_messages = warning;
SET work_mem = '512MB';

SELECT extract(epoch FROM timestamptz :'opened') AS opened_s,
	   extract(epoch FROM timestamptz :'opened' + interval '1 month' * :months)
		   - extract(epoch FROM timestamptz :'opened') AS span_s,
	   CASE :'key'
		   WHEN 'bigint' THEN 'customer'
		   WHEN 'sparse' THEN 'hashint8extended(customer, 5)'
		   WHEN 'uuid' THEN 'md5(customer::text)::uuid'
		   WHEN 'text' THEN 'format(''C%s'', lpad(customer::text, 11, ''0''))'
	   END AS key_expression,
	   CASE :'order'
		   WHEN 'time' THEN 'at, customer, event'
		   WHEN 'customer' THEN 'customer, at, event'
		   WHEN 'random' THEN
			   'hashint8extended(event, hashint8extended(customer, 6)), customer, event'
	   END AS order_expression \gset

-- A number from 0 up to 1
CREATE FUNCTION pg_temp.draw(thing bigint, purpose bigint) RETURNS float8
	LANGUAGE sql IMMUTABLE
	RETURN (hashint8extended(thing, purpose) & 9007199254740991) / 9007199254740992.0::float8;

DROP TABLE IF EXISTS pg_temp.stay;
CREATE TEMP TABLE stay AS
SELECT customer, joined_s,
	   least(months * 2629746, :span_s::bigint - joined_s) AS stay_s
FROM (
	SELECT customer,
		   floor(:span_s::float8 * (customer - 1 + pg_temp.draw(customer, 1)) / :customers)::bigint AS joined_s,
		   1 + floor(ln(1 - pg_temp.draw(customer, 2)) / ln(0.98 - 0.4 * pg_temp.draw(customer, 3) ^ 3))::bigint AS months
	FROM generate_series(1::bigint, :customers) AS customer
) AS drawn;
ANALYZE stay;

DROP TABLE IF EXISTS :table;
CREATE TABLE :table AS
SELECT :key_expression AS customer_id,
	   to_timestamp(:opened_s + joined_s +
					CASE event WHEN 0 THEN 0
					ELSE stay_s * pg_temp.draw(event, hashint8extended(customer, 4)) END) AS at,
	   (1 + (hashint8extended(event, customer) & 8191) / 100.0)::numeric(10, 2) AS amount
FROM (
	-- event 0 is the first; the others are shared out by the length of stays
	SELECT customer, joined_s, stay_s,
		   div(until * (:rows - :customers), total) -
		   div((until - stay_s) * (:rows - :customers), total) AS others
	FROM (
		SELECT customer, joined_s, stay_s,
			   sum(stay_s) OVER (ORDER BY customer) AS until,
			   sum(stay_s) OVER () AS total
		FROM stay
	) AS running
) AS shared, generate_series(0::bigint, others::bigint) AS event
ORDER BY :order_expression;
DROP TABLE stay;
DROP FUNCTION pg_temp.draw(bigint, bigint);
VACUUM (FREEZE, ANALYZE) :table;
