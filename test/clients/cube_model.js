/* SPDX-License-Identifier: PostgreSQL */
/*
 * Load the output of cvm.cube_yaml() with Cube's own compiler and print the SQL
 * that Cube makes of rates of views by one of their keys, a line for each.
 *
 *	node cube_model.js FILE VIEW,RATE,KEY...
 */
const fs = require('fs');
const { prepareCompiler, PostgresQuery } = require('@cubejs-backend/schema-compiler');

const [file, ...rates] = process.argv.slice(2);

// its template engine is a program that comes from elsewhere; no template here
require('@cubejs-backend/native').NativeInstance.prototype.newJinjaEngine = () => ({});

async function main() {
	const files = [{ fileName: 'model.yml', content: fs.readFileSync(file, 'utf8') }];
	const made = prepareCompiler({ localPath: () => '.', dataSchemaFiles: () => Promise.resolve(files) }, {});
	await made.compiler.compile();
	for (const [view, rate, key] of rates.map((r) => r.split(','))) {
		const query = new PostgresQuery(made, {
			measures: [`${view}.${rate}_of_sums`],
			dimensions: [`${view}.${key}`],
			order: [{ id: `${view}.${key}` }],
			timezone: 'UTC',
		});
		console.log(query.buildSqlAndParams()[0].replace(/\s+/g, ' '));
	}
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
