#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SQLite of other versions, built from the amalgamation and stripped, so that nothing but sqlite3_* has a name: offsets are what the library says of itself, and
# statements, rows, cache, steps and errors are as exact as with the machine's own.
. tests/lib/e2e.sh

# VERSION PACKAGE CHECKSUM: build/engines/sqlite/VERSION/libsqlite3.so.0, by the package of npm that brings this amalgamation along
library_make() {
	local directory=$BUILD/engines/sqlite/$1

	packaging/fetch-npm "$directory" "$2" "$3" deps/sqlite3/sqlite3.c || return
	[ "$directory/libsqlite3.so.0" -nt "$directory/sqlite3.c" ] && return
	gcc -w -O0 -s -fPIC -shared -Wl,-soname,libsqlite3.so.0 -o "$directory/libsqlite3.so.0.made" "$directory/sqlite3.c" -lm || return 1
	mv "$directory/libsqlite3.so.0.made" "$directory/libsqlite3.so.0"
}

versions=(3.37.2 3.38.5 3.46.1 3.53.3)
library_make 3.37.2 better-sqlite3@7.5.0 \
	e85746f43a32b5818384b5bb5565b5bf18c4cfbc4792a2ba2e769441803c77a187360661bbd3c55f6c702841274814684f52783e34d43de836d7b4a1c4d9ae3e >"$T/3.37.2" 2>&1 & pids=($!)
library_make 3.38.5 better-sqlite3@7.5.3 \
	b4d22b0ec4e1a564fc8f59a0facbc8d69a826113aa34e58c6c1daa5d583e4c9a87f544795e76c01f246c2d9a096a095d1934ea24f8ffb143d53a45b4191a58ab >"$T/3.38.5" 2>&1 & pids+=($!)
library_make 3.46.1 better-sqlite3@11.3.0 \
	887b7d8fc34f605de828234e3b9648e09c13863b7767a27a5eb7301bce5534c573bf5072aab1d6bf95482c46c2305583b281e15ef43ba02f2f8115c500a825f7 >"$T/3.46.1" 2>&1 & pids+=($!)
library_make 3.53.3 better-sqlite3@13.0.0 \
	115d73a0526427267a5f388ecab2feca3b3a5acbc56e41b553d499eb8f3d58167e23bdd87b0bd95301daefffea0ee792f1a6352c3a7b8b68f549e647debd1ba0 >"$T/3.53.3" 2>&1 & pids+=($!)
for i in "${!versions[@]}"; do
	wait "${pids[i]}"
	status=$?
	[ "$status" -ne 77 ] || skip "$(tail -n 1 "$T/${versions[i]}")"
	expect "exit code of making SQLite ${versions[i]}" 0 "$status" "$T/${versions[i]}"
done
for version in "${versions[@]}"; do
	export LD_LIBRARY_PATH=$BUILD/engines/sqlite/$version
	"$BUILD/tests/unit/profile/test_sqlite_offsets" >"$T/offsets.out" 2>&1 || fail "offsets of SQLite $version" "$T/offsets.out"
	grep -q "skipped: the profile does not know" "$T/offsets.out" && fail "the profile does not know SQLite $version"
	rm -f "$T"/pipeline.{in,out,err} "$T/snapshot.json"
	target_start pipeline "$DEMO/pipeline" --wait --rounds 4 --pace 0 --truth "$T/pipeline.truth"
	weir_start -p "$pipeline_pid"
	target_go pipeline
	target_end pipeline
	weir_end
	expect "what weir says of SQLite $version" '' "$(grep -v '^weir: ready' "$T/weir.err")"
	check <<'PYTHON'
import sqlitecheck
sqlitecheck.compare(snapshot, truth("pipeline"), ("calls", "rows", "errors", "vm_steps", "hits", "misses"), expect, expect_true)
expect_true("the pipeline had misses", truth("pipeline")["cache_misses"] > 100, truth("pipeline")["cache_misses"])
prepared = sum(statement["prepare_errors"] for statement in truth("pipeline")["statements"])
expect_true("some texts were wrong", prepared > 0, prepared)
expect("errors of the texts", prepared, total(snapshot, "sqlite3_prepare_v2", "errors"))
PYTHON
done
