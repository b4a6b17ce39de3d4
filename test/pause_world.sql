-- SPDX-License-Identifier: PostgreSQL
-- 240 random portfolios of six customers each, with spells that are paused and
-- segments one after another: read by tests with \i.
CREATE FUNCTION draw(seed int, what text, below int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(seed || '/' || what), 1, 8))::bit(32)::bigint % below)::int;
$$;
CREATE TABLE seed AS
	SELECT seed, (ARRAY['day', 'week', 'week:7', 'month', 'month', 'quarter'])[1 + draw(seed, 'grain', 6)] AS grain,
		date '2023-11-17' + draw(seed, 'as_of', 330) AS as_of, 1 + draw(seed, 'days', 100) AS days
	FROM generate_series(1, 240) AS seed;
CREATE TABLE spell AS
	SELECT s.seed, c AS customer, (ARRAY['a', 'b', 'c'])[1 + draw(s.seed, 'product' || c || k, 3)] AS product,
		date '2023-10-01' + draw(s.seed, 'start' || c || k, 250) AS started_on,
		CASE WHEN draw(s.seed, 'open' || c || k, 4) > 0
			THEN date '2023-10-01' + draw(s.seed, 'start' || c || k, 250) + draw(s.seed, 'length' || c || k, 120) END AS ended_on,
		(ARRAY[0, 5, 9.99, 20, 30])[1 + draw(s.seed, 'price' || c || k, 5)] AS mrr,
		draw(s.seed, 'paused' || c || k, 3) = 0 AS is_paused
	FROM seed AS s, generate_series(1, 6) AS c, LATERAL generate_series(1, 1 + draw(s.seed, 'spells' || c, 6)) AS k;
CREATE TABLE stay AS
	SELECT seed, customer, (ARRAY['x', 'y'])[1 + draw(seed, 'segment' || customer || k, 2)] AS segment,
		daterange(date '2023-10-01' + (k - 1) * 90 + draw(seed, 'enter' || customer || k, 40),
			date '2023-10-01' + k * 90 + draw(seed, 'enter' || customer || (k + 1), 40)) AS days
	FROM seed, generate_series(1, 6) AS customer, generate_series(1, 4) AS k;
