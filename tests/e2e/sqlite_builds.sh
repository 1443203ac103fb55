#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SQLite in other builds: linked into a program, or into a library of another name beside the shared one (recognised by its functions, and exact), stripped
# of it all (a sentence), of a version that is not known (a sentence, and statements are counted without their text).
. tests/lib/e2e.sh

cat >"$T/load.c" <<'C'
#include <sqlite3.h>
#include <stdio.h>
int main(void)
{
	sqlite3_stmt *insert = 0, *nothing;
	sqlite3 *db;

	sqlite3_open(":memory:", &db);
	sqlite3_exec(db, "create table t(a)", 0, 0, 0);
	puts("ready");
	fflush(stdout);
	getchar();
	sqlite3_prepare_v2(db, "insert into t values(4711)", -1, &insert, 0);
	for (int i = 0; i < 250; i++) {
		if (sqlite3_step(insert) != SQLITE_DONE)
			return 1;
		sqlite3_reset(insert);
	}
	return sqlite3_prepare_v2(db, "select nothing", -1, &nothing, 0) != SQLITE_ERROR;
}
C
gcc -O1 -o "$T/built_in" "$T/load.c" -static -lsqlite3 -lm 2>"$T/gcc.out" || fail 'SQLite cannot be linked statically' "$T/gcc.out"
strip -o "$T/stripped" "$T/built_in"

target_start load "$T/built_in"
weir_start -p "$load_pid"
target_go load
target_end load
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'E'
expect("profiles", ["sqlite"], snapshot["target"]["profiles"])
expect("steps of the insert", 250, total(snapshot, "sqlite3_step", "calls", "insert into t values(?)"))
expect("errors of the parser", 1, total(snapshot, "sqlite3RunParser", "errors"))
E

# One engine in two modules of a process: each is a copy of its own, and what either does counts.
cat >"$T/inner.c" <<'C'
#include <sqlite3.h>
int inner(int inserts)
{
	sqlite3_stmt *insert = 0;
	sqlite3 *db;

	sqlite3_open(":memory:", &db);
	sqlite3_exec(db, "create table inside(a)", 0, 0, 0);
	sqlite3_prepare_v2(db, "insert into inside values(1)", -1, &insert, 0);
	for (int i = 0; i < inserts; i++) {
		sqlite3_step(insert);
		sqlite3_reset(insert);
	}
	return sqlite3_libversion_number();
}
C
# The names of the archive stay inside, and .symtab has them.
gcc -O1 -shared -fPIC -o "$T/libreports.so" "$T/inner.c" -Wl,-Bsymbolic -Wl,--exclude-libs,ALL -l:libsqlite3.a -lm 2>"$T/gcc.out" ||
	fail 'SQLite cannot be linked into a library' "$T/gcc.out"
sed 's/getchar();/getchar(); int inner(int); inner(40);/' "$T/load.c" >"$T/two.c"
gcc -O1 -o "$T/two" "$T/two.c" "$T/libreports.so" -lsqlite3 -Wl,-rpath,"$T" || fail 'the program cannot be linked'
rm "$T/load.in" "$T/load.out"
target_start load "$T/two"
weir_start -p "$load_pid"
target_go load
target_end load
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'E'
expect("profiles", ["sqlite"], snapshot["target"]["profiles"])
expect("steps of the insert", 250, total(snapshot, "sqlite3_step", "calls", "insert into t values(?)"))
expect("steps inside", 40, total(snapshot, "sqlite3_step", "calls", "insert into inside values(?)"))
modules = {n["module"].split("/")[-1] for n in nodes_of(snapshot, "sqlite3_step")}
expect("modules", ["libreports.so", "libsqlite3.so"], sorted(name[:13] for name in modules))
E

# A profile that goes by the name of a program alone is used for it as before.
sed -e 's/module: \["libsqlite3.so\*"\]/module: [built_in]/' -e '/^  function: \[sqlite3_step/d' profiles/sqlite.yaml >"$T/sqlite.yaml"
rm "$T/load.in" "$T/load.out"
target_start load "$T/built_in"
weir_start -p "$load_pid" --profile "$T/sqlite.yaml"
target_go load
target_end load
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'E'
expect("steps", 250, total(snapshot, "sqlite3_step", "calls", "insert into t values(?)"))
E

rm "$T/load.in" "$T/load.out"
target_start load "$T/stripped"
weir_start -p "$load_pid"
target_go load
target_end load
weir_end
one_sentence 'a stripped build' 'stripped is linked statically, so that no library in it can be told; stripped is stripped: its functions have no names'
check <<'E'
expect("nodes", [], snapshot["nodes"])
expect_true("the reason", "stripped" in snapshot["target"]["unmatched"]["reason"])
E

sed "/^  - version:/s/\"3\./\"2./g" profiles/sqlite.yaml >"$T/old.yaml"
gcc -O1 -o "$T/shared" "$T/load.c" -lsqlite3 || fail 'SQLite cannot be linked'
rm "$T/load.in" "$T/load.out"
target_start load "$T/shared"
weir_start -p "$load_pid" --profile "$T/old.yaml"
target_go load
target_end load
weir_end
one_sentence 'an unknown version' 'is version 3\.[0-9.]+, whose structures profile sqlite does not know \(it knows 2\.37\.\*, .*\): what is read of them is not shown'
check <<'E'
expect("steps", 250, total(snapshot, "sqlite3_step", "calls"))
expect("texts", [], [n["label"] for n in nodes_of(snapshot, "sqlite3_step") if "label" in n])
E
