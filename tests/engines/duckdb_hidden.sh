#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB whose C++ names are hidden and stripped, as builds are that export their C API alone: queries are seen by that, and operators by their virtual
# functions, which the type information leads to; rows of operators are those of DuckDB's own profile, once the places that call them are known.
. tests/lib/e2e.sh
. tests/lib/duckdb.sh

duckdb_needs_library
mkdir "$T/spill"
"$PYTHON" tests/lib/hide_names.py "$DUCKDB" "$T/libduckdb.so" >"$T/hide.out" 2>&1 || fail 'the names cannot be hidden' "$T/hide.out"
expect 'C++ names that are left' 0 "$(nm -D --defined-only "$T/libduckdb.so" 2>/dev/null | grep -c ' _Z')"
DUCKDB=$T/libduckdb.so
"$TARGETS/duckdb_sql" "$DUCKDB" "$T/plans.db" "$DUCKDB_PLAN_TABLES" </dev/null >"$T/fill.out" 2>&1 || fail 'cannot fill the tables' "$T/fill.out"
duckdb_plan_queries
duckdb_plan_statements hidden
duckdb_start "$T/plans.db" "set threads = 1; pragma enable_profiling = 'json'; set profiling_mode = 'standard'; set profiling_output = '$T/profiles/none.json'"
weir_start -p "$duckdb_pid" --detail rows
# Each place that calls an operator is learned as it does, and settled when none has come for a second.
target_go duckdb
grep -vE '^(create or replace|insert|update|delete)' "$T/queries" | sed -E 's/\bq([0-9]+)\b/learned\1/' >&"$duckdb_fd"
sed -nE 's/^create or replace table q23/create table learned23/p' "$T/queries" >&"$duckdb_fd"
printf '%s\n' "insert into learned23 select t_id, 'new' from u where v = 1" "update learned23 set c = 'changed' where id < 10" 'delete from learned23 where id < 500' >&"$duckdb_fd"
await 'the first statements have run' has_line "$T/duckdb.out" 'delete from learned23'
sleep 3
{ cat "$T/statements.sql" && printf '%s\n' 'select meant_to_fail from t' '\prepared select count(*) from u' 'select cast(c as integer) as meant_to_fail from t' '\end'; } >&"$duckdb_fd"
target_end duckdb
{ echo '['; grep -v ^ready "$T/duckdb.out" | sed '$!s/$/,/'; echo ']'; } >"$T/statements.truth"
weir_end
one_sentence 'what is missing' 'libduckdb.so has no symbol of duckdb::ClientContext::EndQueryInternal\(.*\): other functions are probed in its place'
duckdb_check_plans hidden <<'PYTHON'
expect("profiles", ["duckdb"], snapshot["target"]["profiles"])
queries = {node.get("label"): (node["calls"], node["errors"]) for node in nodes_of(snapshot, "query")}
expect("a name that is not known", (1, 1), queries["select meant_to_fail from t"])
expect("a text that is no number", (1, 1), queries["select cast(c as integer) as meant_to_fail from t"])
expect("a prepared statement", (1, 0), queries[None])
PYTHON
