// SPDX-License-Identifier: PostgreSQL
// Measures other engines on their own native tables, between two runs of
// count(*) in PostgreSQL, and leaves the rounds where bench.measure() does.
//
//     node bench/engines.mjs ENGINE TABLE FILE.csv DIR LIBRARIES ROUNDS
//
// ENGINE is duckdb or chdb (ClickHouse in the process); FILE.csv has customer,
// local time without zone, and amount, in the order of the table; DIR is for
// the engine's files; LIBRARIES is where npm installed the engine.  psql
// connects as the environment says.  One thread is set beside the serial plan
// of PostgreSQL, two beside its two workers.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const [engine, table, file, dir, libraries, rounds] = process.argv.slice(2);
const library = createRequire(join(libraries, 'package.json'));
const threadsBeside = [[0, 1], [2, 2]];

// One backend for all floors: a new one would have to map the table first.
class Psql {
	constructor() {
		this.child = spawn('psql', ['-X', '-At', '-q', '-v', 'ON_ERROR_STOP=1'],
			{ stdio: ['pipe', 'pipe', 'inherit'] });
		this.child.on('exit', code => { if (code) process.exit(1); });
		this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
	}

	run(sql) {
		this.child.stdin.write(`${sql};\n`);
	}

	async ask(sql) {
		this.run(sql);
		return (await this.lines.next()).value;
	}

	end() {
		return new Promise(done => {
			this.child.on('close', done);
			this.child.stdin.end();
		});
	}
}

const quote = text => `'${text.replaceAll("'", "''")}'`;

const duckdbWays = (opened, months) => {
	const periods = `periods AS (
		SELECT (DATE '${opened}' + to_months(i::INT))::DATE AS start, 1::BIGINT << i::INT AS bit
		FROM range(${months}) AS r (i))`;
	const [year, month] = opened.split('-').map(Number);
	return {
		'DuckDB, textbook': `
			WITH active AS (
				SELECT DISTINCT customer_id, date_trunc('month', occurred_at) AS period FROM event
			), joined AS (
				SELECT customer_id, min(period) AS cohort FROM active GROUP BY customer_id
			)
			SELECT cohort::DATE::VARCHAR AS cohort, period::DATE::VARCHAR AS period, count(*) AS customers
			FROM active JOIN joined USING (customer_id)
			GROUP BY ALL ORDER BY ALL`,
		'DuckDB, bit mask': `
			WITH customers AS (
				SELECT bit_or(1::BIGINT << (year(occurred_at) * 12 + month(occurred_at)
					- ${year * 12 + month})) AS mask
				FROM event GROUP BY customer_id
			), masks AS (
				SELECT mask, mask & -mask AS first, count(*) AS customers FROM customers GROUP BY mask
			), ${periods}
			SELECT c.start::VARCHAR AS cohort, p.start::VARCHAR AS period, sum(m.customers)::BIGINT AS customers
			FROM masks AS m
			JOIN periods AS c ON c.bit = m.first
			JOIN periods AS p ON (p.bit & m.mask) <> 0
			GROUP BY ALL ORDER BY ALL`,
	};
};

async function openDuckdb() {
	const { DuckDBInstance } = library('@duckdb/node-api');
	const instance = await DuckDBInstance.create(join(dir, 'event.duckdb'));
	const connection = await instance.connect();
	await connection.run(`CREATE TABLE event AS
		SELECT * FROM read_csv(${quote(file)}, header = false, columns = {
			'customer_id': 'BIGINT', 'occurred_at': 'TIMESTAMP', 'amount': 'DECIMAL(10, 2)'})`);
	await connection.run('CHECKPOINT');
	return {
		ways: duckdbWays,
		threads: n => connection.run(`SET threads = ${n}`),
		rows: async query => (await connection.runAndReadAll(query)).getRows(),
		close: () => { connection.closeSync(); instance.closeSync(); },
	};
}

const chdbWays = (opened, months) => ({
	'ClickHouse, arrays of periods': `
		SELECT pair.1 AS cohort, pair.2 AS period, count() AS customers
		FROM (
			SELECT arrayJoin(arrayMap(p -> (arrayMin(periods), p), periods)) AS pair
			FROM (
				SELECT groupUniqArray(toStartOfMonth(occurred_at)) AS periods
				FROM event GROUP BY customer_id
			)
		)
		GROUP BY cohort, period ORDER BY cohort, period`,
	'ClickHouse, bit mask': `
		SELECT addMonths(toDate('${opened}'), pair.1) AS cohort,
			   addMonths(toDate('${opened}'), pair.2) AS period, sum(n) AS customers
		FROM (
			SELECT arrayJoin(arrayMap(p -> (bitPositionsToArray(mask)[1], p), bitPositionsToArray(mask))) AS pair, n
			FROM (
				SELECT mask, count() AS n
				FROM (
					SELECT groupBitOr(bitShiftLeft(toUInt64(1), toRelativeMonthNum(occurred_at)
						- toRelativeMonthNum(toDate('${opened}')))) AS mask
					FROM event GROUP BY customer_id
				)
				GROUP BY mask
			)
		)
		GROUP BY cohort, period ORDER BY cohort, period`,
});

async function openChdb() {
	const { Session } = library('chdb');
	const session = new Session(join(dir, 'chdb'));
	let settings = '';
	session.query('CREATE DATABASE bench');
	session.query(`CREATE TABLE bench.event
		(customer_id Int64, occurred_at DateTime64(6, 'UTC'), amount Decimal(10, 2))
		ENGINE = MergeTree ORDER BY tuple()`);
	session.query(`INSERT INTO bench.event SELECT * FROM file(${quote(file)}, 'CSV',
		'customer_id Int64, occurred_at DateTime64(6, \\'UTC\\'), amount Decimal(10, 2)')
		SETTINGS max_threads = 1, max_insert_threads = 1`);
	session.query('OPTIMIZE TABLE bench.event FINAL');
	return {
		ways: chdbWays,
		threads: n => { settings = ` SETTINGS max_threads = ${n}`; },
		rows: async query =>
			session.query(query.replaceAll('FROM event', 'FROM bench.event') + settings, 'TabSeparated')
				.trim().split('\n').map(line => line.split('\t')),
		close: () => session.cleanup(),
	};
}

const psql = new Psql();
const [opened, months] = (await psql.ask(
	`SELECT opened, months FROM bench.dataset WHERE "table" = ${quote(table)}`)).split('|');
const under = await { duckdb: openDuckdb, chdb: openChdb }[engine]();

for (const [workers, threads] of threadsBeside) {
	await under.threads(threads);
	for (const [way, query] of Object.entries(under.ways(opened, months))) {
		const rows = await under.rows(query);
		const digest = createHash('md5').update(rows.map(row => row.join(',')).join('\n')).digest('hex');
		psql.run(`CALL bench.compare(${quote(table)}, 'month', ${quote(way)}, '${digest}', ${rows.length})`);

		const floor = async () => Number(await psql.ask(
			`SELECT bench.floor_took(${quote(table)}, ${workers})`));
		await floor();
		let before = await floor();
		for (let steady = 0, tried = 0; steady < rounds && tried < rounds * 2; tried++) {
			const began = performance.now();
			await under.rows(query);
			const took = performance.now() - began;
			const after = await floor();
			const moved = Math.max(before, after) / Math.min(before, after) - 1;
			steady += await psql.ask(`SELECT bench.is_steady(${moved})::int`) === '1';
			psql.run(`INSERT INTO bench.round ("table", grain, way, workers, planned, mem, floor_ms, took_ms, moved)
				VALUES (${quote(table)}, 'month', ${quote(way)}, ${workers}, ${workers}, '',
					${(before + after) / 2}, ${took}, ${moved})`);
			before = after;
		}
	}
}
under.close();
await psql.end();
