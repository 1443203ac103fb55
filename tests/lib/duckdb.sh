# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB for the tests: its library from its package, and a program that runs the statements it is given.

duckdb_needs_library() {
	local status

	DUCKDB=$(packaging/fetch-duckdb "$BUILD/engines/duckdb")
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
