#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB that is linked into another file: a module of Node, whose name no profile knows, is recognised by the functions in it; queries, errors and the
# rows of operators are as exact as in the library.
. tests/lib/e2e.sh
. tests/lib/duckdb.sh

duckdb_needs_library built-in
command -v node >/dev/null || skip 'there is no Node'
package=${DUCKDB%/release/*} settings="pragma enable_profiling = 'json'; set profiling_mode = 'standard'; set profiling_output = '$T/none.json'"
node tests/targets/duckdb_node_package.js "$package" "$T/plans.db" "$DUCKDB_PLAN_TABLES" </dev/null >"$T/fill.out" 2>&1 ||
	fail 'cannot fill the tables' "$T/fill.out"
duckdb_plan_queries
duckdb_plan_statements built-in
target_start duckdb node tests/targets/duckdb_node_package.js "$package" "$T/plans.db" "set threads = 2; $settings"
weir_start -p "$duckdb_pid" --detail rows
duckdb_run "$T/statements.sql"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
duckdb_check_plans built-in <<'PYTHON'
expect("profiles", ["duckdb"], snapshot["target"]["profiles"])
expect("modules", {"duckdb.node"}, {node["module"].split("/")[-1] for node in nodes_of(snapshot, "query")})
PYTHON

# By default, with errors.
rm "$T/duckdb.in" "$T/duckdb.out"
target_start duckdb node tests/targets/duckdb_node_package.js "$package" ":memory:" "create table t as select i, 's' || i s from range(50000) x(i)"
printf '%s\n' 'select count(*) from t where i > 7' 'select cast(s as integer) from t' 'select count(*) from t where i > 8' 'select nothing from t' >"$T/statements.sql"
weir_start -p "$duckdb_pid"
duckdb_run "$T/statements.sql"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'PYTHON'
expect("what DuckDB answered", [True, False, True, False], [s["error"] is None for s in truth("statements")])
queries = {node["label"]: (node["calls"], node["errors"]) for node in nodes_of(snapshot, "query")}
expect("queries", {"select count(*) from t where i > ?": (2, 0), "select cast(s as integer) from t": (1, 1)}, queries)
expect("names of errors", {"Conversion Error"}, {error["name"] for error in snapshot["errors"] if "name" in error})
expect("a name that is not known is an exception through plan", 1, total(snapshot, "plan", "unwound"))
expect_no_loss(snapshot)
PYTHON
