/* SPDX-License-Identifier: PostgreSQL */
/*
 * Load the output of cvm.lookml() with a parser of LookML.
 *
 *	node look_model.js FILE VIEW,RATE,KEY...	the SQL of rates of views by one of their
 *						keys, put together as Looker does, a line each
 *	node look_model.js FILE			how many views and columns there are,
 *						and how many names are there twice
 */
const fs = require('fs');
const [file, ...rates] = process.argv.slice(2);
const model = require('lookml-parser').parse(fs.readFileSync(file, 'utf8'));
if (model.error) throw new Error(JSON.stringify(model.error));

// ${name} is another field of the view, ${TABLE} its table
function sql(fields, text) {
	return text.trim().replace(/\$\{(\w+)\}/g, (_, name) => {
		if (name === 'TABLE') return 't';
		const field = fields.measure[name] || fields.dimension[name];
		if (!field) throw new Error(`no field ${name}`);
		return expression(fields, field);
	});
}
function expression(fields, field) {
	const inner = sql(fields, field.sql);
	return field.type === 'sum' ? `SUM(${inner})` : `(${inner})`;
}

for (const [view, rate, key] of rates.map((r) => r.split(','))) {
	const fields = model.view[view];
	console.log(`SELECT ${sql(fields, fields.dimension[key].sql)}, ${expression(fields, fields.measure[`${rate}_of_sums`])} FROM ${fields.sql_table_name.trim()} AS t GROUP BY 1`.replace(/\s+/g, ' '));
}
if (!rates.length) {
	let columns = 0;
	let doubles = 0;
	for (const [name, fields] of Object.entries(model.view)) {
		if (!model.explore[name] || !model.explore[name].description) throw new Error(`no explore ${name}`);
		const keys = Object.values(fields.dimension).filter((d) => d.primary_key === true || d.primary_key === 'yes');
		if (keys.length !== 1) throw new Error(`${name} has ${keys.length} keys`);
		const names = Object.keys(fields.dimension).concat(Object.keys(fields.measure || {}));
		for (const [group, field] of Object.entries(fields.dimension_group || {})) names.push(...field.timeframes.map((t) => `${group}_${t}`));
		doubles += names.length - new Set(names).size;
		for (const field of [fields.dimension, fields.dimension_group || {}, fields.measure || {}].flatMap(Object.values)) {
			if (!field.description || !field.sql) throw new Error(`${name} has a field without words`);
		}
		columns += Object.keys(fields.dimension).length + Object.keys(fields.dimension_group || {}).length
			+ Object.keys(fields.measure || {}).filter((m) => !m.endsWith('_of_sums')).length;
	}
	console.log(Object.keys(model.view).length, columns, doubles);
}
