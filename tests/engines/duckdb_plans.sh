#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB's operators: each class under its query with the rows that DuckDB's own JSON profile tells of the same execution, on one thread and
# on several, with spills; and rows taken by what collects them.
. tests/lib/e2e.sh
. tests/lib/duckdb.sh

duckdb_needs_library
mkdir "$T/spill" "$T/profiles"
"$TARGETS/duckdb_sql" "$DUCKDB" "$T/plans.db" "$DUCKDB_PLAN_TABLES" </dev/null >"$T/fill.out" 2>&1 || fail 'cannot fill the tables' "$T/fill.out"

duckdb_plan_queries

# NAME THREADS MEMORY: each query once, with a profile of its own, and what weir says of its operators compared with it
measure() {
	duckdb_start "$T/plans.db" "set threads = $2; set memory_limit = '$3'; set temp_directory = '$T/spill';
		pragma enable_profiling = 'json'; set profiling_mode = 'standard'; set profiling_output = '$T/profiles/none.json'"
	duckdb_plan_statements "$1"
	weir_start -p "$duckdb_pid" --detail rows
	duckdb_run "$T/statements.sql"
	weir_end
	expect 'warnings of weir' '' "$(cat "$T/weir.err")"
	rm "$T/duckdb.in"
	duckdb_check_plans "$1" </dev/null
}
measure one 1 4GB
measure four 4 4GB
measure tight 2 40MB
