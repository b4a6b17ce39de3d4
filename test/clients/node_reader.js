/* SPDX-License-Identifier: PostgreSQL */
/*
 * What tools of the Node world do: node-postgres itself, and the drivers of
 * Cube and Evidence, each with its own way to list or to read.
 *
 *	node node_reader.js pg|cube|evidence PORT DATABASE SCHEMA...
 */
const [driver, port, database, ...schemas] = process.argv.slice(2);
const config = { host: '127.0.0.1', port: Number(port), database, user: 'postgres', password: 'x', ssl: false };
const word = (value) => String(value).replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\t/g, '\\t');
const day = (d) => [d.getFullYear(), d.getMonth() + 1, d.getDate()].map((n) => String(n).padStart(2, '0')).join('-');
const text = (value, isDay) => value === null || value === undefined ? '\\N'
	: typeof value === 'boolean' ? (value ? 't' : 'f')
	: value instanceof Date ? (isDay ? day(value) : value.toISOString())
	: isDay ? String(value).slice(0, 10) : word(value);
const say = (...words) => console.log(words.join('\t'));

async function main() {
	const { Client } = require('pg');
	const client = new Client(config);
	await client.connect();
	const listed = await client.query(
		`SELECT c.oid, n.nspname, c.relname, obj_description(c.oid, 'pg_class') AS comment FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'v' AND n.nspname = ANY ($1) ORDER BY 2, 3`, [schemas]);
	let types = null;
	let cube = null;
	if (driver === 'cube') {
		const { PostgresDriver } = require('@cubejs-backend/postgres-driver');
		cube = new PostgresDriver(config);
		types = await cube.tablesSchema();
	}
	const evidence = driver === 'evidence' ? require('@evidence-dev/postgres') : null;
	for (const view of listed.rows) {
		const name = `${view.nspname}.${view.relname}`;
		const sql = `SELECT * FROM "${view.nspname}"."${view.relname}" ORDER BY 1, 2 LIMIT 200`;
		let columns;
		let rows;
		if (driver === 'cube') {
			// what its schema browser shows, by name
			if (!types[view.nspname] || !types[view.nspname][view.relname]) continue;
			const result = await cube.downloadQueryResults(sql, [], { highWaterMark: 100 });
			columns = result.types.map((c) => [c.name, c.type]);
			rows = result.rows;
			const browsed = types[view.nspname][view.relname].map((c) => c.name).sort().join();
			if (browsed !== columns.map((c) => c[0]).sort().join()) throw new Error(`${name}: ${browsed}`);
		} else if (driver === 'evidence') {
			const result = await evidence(sql, config, 100);
			rows = [];
			for await (const batch of result.rows()) rows.push(...batch);
			columns = result.columnTypes.map((c) => [c.name, c.evidenceType]);
		} else {
			const result = await client.query(sql);
			rows = result.rows;
			const names = await client.query('SELECT oid::int, typname FROM pg_type WHERE oid = ANY ($1)', [result.fields.map((f) => f.dataTypeID)]);
			columns = result.fields.map((f) => [f.name, (names.rows.find((t) => t.oid === f.dataTypeID) || {}).typname || 'unknown']);
		}
		const days = new Set((await client.query('SELECT attname FROM pg_attribute WHERE attrelid = $1 AND atttypid = \'date\'::regtype', [view.oid])).rows.map((r) => r.attname));
		say('view', name, view.comment);
		for (const [column, type] of columns) say('column', name, column, type || 'unknown', '-');
		for (const row of rows) say('row', name, ...columns.map(([column]) => text(row[column], days.has(column))));
	}
	await client.end();
	if (cube) await cube.release();
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
