// SPDX-License-Identifier: GPL-2.0-or-later
// DuckDB in Node by a package that DuckDB is linked into: node duckdb_node_package.js PACKAGE DATABASE [SETTINGS] <STATEMENTS
//
// Each line of the input behind the first is a statement, up to a line \end. They are run in order on one connection, by whatever thread of Node's
// pool is free, and each is answered by a line of JSON: {"sql": ..., "rows": ..., "error": null or its text}.
'use strict';
const path = require('path');
const readline = require('readline');
const duckdb = require(path.resolve(process.argv[2], 'lib/duckdb.js'));

const run = (connection, sql) => new Promise((resolve) => connection.all(sql, (error, rows) => {
	resolve({sql, rows: error ? 0 : rows.length, error: error ? error.message : null});
}));

async function main() {
	const connection = new duckdb.Database(process.argv[3]).connect();
	const lines = readline.createInterface({input: process.stdin})[Symbol.asyncIterator]();

	for (const sql of (process.argv[4] || '').split(';').filter((text) => text.trim()))
		await run(connection, sql).then((answer) => answer.error && process.exit(1));
	console.log(`ready ${process.pid}`);
	await lines.next();
	for (let line = await lines.next(); !line.done && line.value !== '\\end'; line = await lines.next())
		console.log(JSON.stringify(await run(connection, line.value)));
	process.exit(0);
}

main();
