# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB for the tests: its library from its package, and a program that runs the statements it is given.

# [built-in]: the library, or a module of Node that DuckDB is linked into; its path is $DUCKDB
duckdb_needs_library() {
	local status

	DUCKDB=$(packaging/fetch-duckdb "$BUILD/engines/duckdb" "${1-library}")
	status=$?
	[ "$status" -ne 77 ] || skip "$DUCKDB"
	expect 'exit code of packaging/fetch-duckdb' 0 "$status"
}

# DATABASE [SQL]: the program, with weir still to come; its process is $duckdb_pid
duckdb_start() { target_start duckdb "$TARGETS/duckdb_sql" "$DUCKDB" "$@" --truth "$T/duckdb.truth"; }

# FILE: run its statements, to the end of the program. What it answered is a list in $T/statements.truth
duckdb_run() {
	target_go duckdb
	{ cat "$1" && echo '\end'; } >&"$duckdb_fd"
	target_end duckdb
	{ echo '['; grep -v ^ready "$T/duckdb.out" | sed '$!s/$/,/'; echo ']'; } >"$T/statements.truth"
}

# Queries with the operators that there are, one a line of $T/queries, and the tables that they need.
DUCKDB_PLAN_TABLES="
create table t as select i as id, i % 97 as a, i % 7 as b, 'text ' || i as c from range(200000) x(i);
create table u as select 1 + i * 7 % 200000 as t_id, i % 50 as v from range(20000) x(i);
create table w as select i as k, i * 3 as n, (i * 7919) % 1000003 as r, md5(i::varchar) as h from range(400000) x(i);
create table q24 as select id, c from t where id < 40000; create table q25 as from q24; create table q26 as from q24;
checkpoint"
duckdb_plan_queries() { mkdir -p "$T/profiles" && cp tests/lib/duckdb_plans.sql "$T/queries"; }

# NAME: $T/statements.sql is each of them once, with a profile of its own by DuckDB itself, $T/profiles/NAME.N.json
duckdb_plan_statements() {
	local i=0 query

	while IFS= read -r query; do
		i=$((i + 1))
		printf '%s\n' "set profiling_output = '$T/profiles/$1.$i.json'" "$query" "set profiling_output = '$T/profiles/none.json'"
	done <"$T/queries" >"$T/statements.sql"
}

# NAME: what weir says of their operators compared with that; and what else the program on stdin checks
duckdb_check_plans() { NAME=$1 check < <(cat tests/lib/duckdb_plans.py -); }
