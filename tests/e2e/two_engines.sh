#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two engines in one process, one of them called from within the other: both profiles are used, both count exactly, and either can be had alone.
. tests/lib/e2e.sh

mkdir "$T/profiles"
sed -n '/^```yaml example$/,/^```$/p' docs/profiles.md | sed '1d;$d' >"$T/profiles/gdbm.yaml"
cat >"$T/load.py" <<'E'
import ctypes, os, sqlite3, sys
class Datum(ctypes.Structure):
    _fields_ = [("dptr", ctypes.c_char_p), ("dsize", ctypes.c_int)]
gdbm = ctypes.CDLL("libgdbm.so.6")
gdbm.gdbm_open.restype = ctypes.c_void_p
gdbm.gdbm_store.argtypes = [ctypes.c_void_p, Datum, Datum, ctypes.c_int]
gdbm.gdbm_fetch.argtypes = [ctypes.c_void_p, Datum]
gdbm.gdbm_fetch.restype = Datum
file = gdbm.gdbm_open((os.environ["TMPDIR"] + "/load.db").encode(), 0, 3, 0o600, None)
key = lambda i: Datum(b"key%05d" % i, 8)
db = sqlite3.connect(":memory:", isolation_level=None)
db.execute("create table t(a integer primary key, b)")
db.create_function("price", 1, lambda i: 1 if gdbm.gdbm_fetch(file, key(i)).dptr else 0)
print("ready", flush=True)
sys.stdin.readline()
for i in range(400):
    db.execute("insert into t values(?, ?)", (i, i))
    if i % 2:
        gdbm.gdbm_store(file, key(i), Datum(b"12", 2), 1)
assert db.execute("select sum(price(a)) from t where b >= 100").fetchall() == [(150,)]
E

# ARGS...: one run
measure() {
	rm -f "$T/load.in" "$T/load.out" "$T/load.db"
	target_start load "$PYTHON" "$T/load.py"
	WEIR_PROFILES=$PWD/profiles:$T/profiles weir_start -p "$load_pid" "$@"
	target_go load
	target_end load
	weir_end
}

measure
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'E'
expect("profiles", ["gdbm", "sqlite"], sorted(snapshot["target"]["profiles"]))
expect_counts(snapshot, {"gdbm_store": 200, "gdbm_fetch": 300})
expect("keys that were there", 150, total(snapshot, "gdbm_fetch", "rows"))
expect("steps of the insert", 400, total(snapshot, "sqlite3_step", "calls", "insert into t values(?, ?)"))
select, = nodes_of(snapshot, "sqlite3_step", "select sum(price(a)) from t where b >= ?")
expect("the select", (2, 1), (select["calls"], select["rows"]))
expect("what was fetched inside of it", [(300, select["id"])], [(n["calls"], n["parent"]) for n in nodes_of(snapshot, "gdbm_fetch")])
expect_no_loss(snapshot)
E

# A slow query of the one, with the other's calls in it: queries within a query are parts of it.
measure --profile sqlite
check <<'E'
expect("profiles", ["sqlite"], snapshot["target"]["profiles"])
expect("the other engine's calls", 0, total(snapshot, "gdbm_fetch", "calls"))
expect("steps of the insert", 400, total(snapshot, "sqlite3_step", "calls", "insert into t values(?, ?)"))
E

# One of them cannot be had: a sentence says so, the other goes on.
sed -i 's/function: gdbm_fetch/function: gdbm_fetch_of_another_version/' "$T/profiles/gdbm.yaml"
measure
expect_match 'what weir says' 'libgdbm.so.* has no function gdbm_fetch_of_another_version: what profile gdbm reads of it is not shown' "$(cat "$T/weir.err")"
expect 'lines on stderr' 1 "$(wc -l <"$T/weir.err")" "$T/weir.err"
check <<'E'
expect_counts(snapshot, {"gdbm_store": 200})
expect("steps of the insert", 400, total(snapshot, "sqlite3_step", "calls", "insert into t values(?, ?)"))
E
