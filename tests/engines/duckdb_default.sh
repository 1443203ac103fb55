#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB by default: queries with their phases, and nothing that is hit for each vector. Queries of two million rows take few hits more than the
# same ones of two thousand.
. tests/lib/e2e.sh
. tests/lib/duckdb.sh

duckdb_needs_library
duckdb_start :memory: "set threads = 1; create table few as select i, i % 97 as a from range(2000) x(i);
	create table many as select i, i % 97 as a from range(2000000) x(i)"
for i in $(seq 20); do
	for table in few many; do
		echo "select a, count(*), max(i) from $table where i <> $i group by a order by 2 desc, 1 limit 5"
	done
done >"$T/statements.sql"
weir_start -p "$duckdb_pid"
duckdb_run "$T/statements.sql"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'PYTHON'
nodes = {node["id"]: node for node in snapshot["nodes"]}

def calls(table):
    """By function, of all that is below the queries of this table."""
    result = {}
    for node in snapshot["nodes"]:
        above = node
        while above["function"] != "query" and above["parent"] in nodes:
            above = nodes[above["parent"]]
        if above["function"] == "query" and f"from {table}" in above["label"]:
            result[node["function"]] = result.get(node["function"], 0) + node["calls"]
    return result

few, many = calls("few"), calls("many")
VECTORS = 20 * 2000000 // 2048
for function in ("query", "plan", "optimize", "physical plan", "initialize"):
    expect(f"calls of {function}", (20, 20), (few.get(function), many.get(function)))
expect_true("tasks", few["task"] >= 20 and many["task"] >= 20, (few, many))
expect("what there is of many rows, and not of few", set(few), set(many))
expect_true("calls that vectors make more", sum(many.values()) - sum(few.values()) < VECTORS / 20, (few, many))
expect_true("hits in all", snapshot["overhead"]["hits"] < VECTORS / 4, snapshot["overhead"])
expect_no_loss(snapshot)
PYTHON
