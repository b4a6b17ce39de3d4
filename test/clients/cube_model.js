/*
 * Load the output of cvm.cube_yaml() with Cube's own compiler and print the SQL
 * that Cube makes of a rate by month.
 *
 *	node cube_model.js FILE
 */
const fs = require('fs');
const { prepareCompiler, PostgresQuery } = require('@cubejs-backend/schema-compiler');

// its template engine is a program that comes from elsewhere; no template here
require('@cubejs-backend/native').NativeInstance.prototype.newJinjaEngine = () => ({});

async function main() {
	const files = [{ fileName: 'model.yml', content: fs.readFileSync(process.argv[2], 'utf8') }];
	const made = prepareCompiler({ localPath: () => '.', dataSchemaFiles: () => Promise.resolve(files) }, {});
	await made.compiler.compile();
	const query = new PostgresQuery(made, {
		measures: ['retention_month.retention_rate_of_sums'],
		dimensions: ['retention_month.period_no'],
		order: [{ id: 'retention_month.period_no' }],
		timezone: 'UTC',
	});
	console.log(query.buildSqlAndParams()[0]);
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
