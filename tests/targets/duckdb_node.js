// SPDX-License-Identifier: GPL-2.0-or-later
// DuckDB in Node, by the functions that its packages are made of: node duckdb_node.js DUCKDB_NODE STATEMENTS
//
// STATEMENTS is a JSON list of statements. Three connections share them, each with one in work at a time; every part of the work is done by
// whatever thread of Node's pool is free. In turn they are run as they are, prepared, and fetched chunk by chunk. Each is
// answered by a line of JSON: {"sql": ..., "rows": ..., "error": null or its text}.
'use strict';
const fs = require('fs');
const duckdb = require(fs.realpathSync(process.argv[2]));

async function rowsOf(result) {
	let rows = 0;

	for (;;) {
		const chunk = await duckdb.fetch_chunk(result);
		const size = chunk ? duckdb.data_chunk_get_size(chunk) : 0;

		if (!size)
			return rows;
		rows += size;
	}
}

async function run(connection, sql, how) {
	let rows = 0, error = null;

	try {
		if (how === 0) {
			rows = await rowsOf(await duckdb.query(connection, sql));
		} else {
			const statement = await duckdb.prepare(connection, sql);

			rows = await rowsOf(await (how === 1 ? duckdb.execute_prepared(statement) : duckdb.execute_prepared_streaming(statement)));
			duckdb.destroy_prepare_sync(statement);
		}
	} catch (thrown) {
		error = thrown.message;
	}
	console.log(JSON.stringify({sql, rows, error}));
}

async function main() {
	const statements = JSON.parse(fs.readFileSync(process.argv[3], 'utf8')).entries();
	const database = await duckdb.open();
	const connections = [await duckdb.connect(database), await duckdb.connect(database), await duckdb.connect(database)];

	await duckdb.query(connections[0], "create table t as select i, 's' || i s from range(50000) x(i)");
	console.log(`ready ${process.pid}`);
	await new Promise((resolve) => process.stdin.once('data', resolve));
	await Promise.all(connections.map(async (connection) => {
		for (const [number, sql] of statements)
			await run(connection, sql, number % 3);
	}));
	process.exit(0);
}

main();
