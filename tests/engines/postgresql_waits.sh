#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What PostgreSQL's statements wait for: heavyweight locks as long as the server's own log says (log_lock_waits), sleeps, the sync of WAL no longer
# than pg_stat_wal has it, a leader that waits for its workers; the names are those of pg_stat_activity. All of it together is the blocked time.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh

pg_needs_known_version
pg_start fsync=on track_wal_io_timing=on log_lock_waits=on deadlock_timeout=50 "log_line_prefix='%p '" max_parallel_workers_per_gather=2
sql -o /dev/null -c 'create table t as select g as a, g as b from generate_series(1, 1000) g' -c 'create table u as select 1 as x' \
	-c 'analyze' -c 'checkpoint' || fail 'no tables' "$T/postgres.log"
wal_sync() { sql -c "select wal_sync, wal_sync_time from pg_stat_wal"; }

"$PG_BIN/psql" -XqAt >"$T/holder.out" 2>&1 <<'E' &
begin;
lock table u;
update t set b = b + 1 where a = 7;
\! touch "$TMPDIR/held"; until test -e "$TMPDIR/release"; do sleep 0.05; done
commit;
E
holder=$!
await 'the locks are held' test -e "$T/held"
wal_sync >"$T/sync.before"
: >"$T/weir.out" >"$T/slow.json" >"$T/activity.out"
"$WEIR" snapshot -i 0.1 --slow 200ms --slow-log "$T/slow.json" -p "$pg_pid" >"$T/weir.out" 2>"$T/weir.err" </dev/null &
weir_pid=$!
await 'the first snapshot' weir_has_lines 1
sql -o /dev/null -c 'select count(*) from u' &
sql -o /dev/null -c 'update t set b = b + 2 where a = 7' &
"$PG_BIN/psql" -XqAt >"$T/activity.out" 2>&1 <<'E' &
select wait_event_type || ': ' || wait_event from pg_stat_activity where backend_type in ('client backend', 'parallel worker') and wait_event is not null
\watch 0.02
E
sampler=$!
for _ in 1 2 3 4 5; do sql -o /dev/null -c 'select pg_sleep(0.1)'; done
sql -o /dev/null <<'E' || fail 'no parallel plan' "$T/postgres.log"
set parallel_leader_participation = off;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
select count(*) from t where case when a = 1 then pg_sleep(0.5) end is not null;
E
await 'one waits for the table' has_line "$T/activity.out" '^Lock: relation$'
await 'one waits for the row' has_line "$T/activity.out" '^Lock: transactionid$'
sleep 0.3
: >"$T/release"
wait "$holder"
for i in $(seq 20); do sql -o /dev/null -c "insert into u values ($i)"; done
kill "$sampler" && wait "$sampler"
weir_settle
kill -INT "$weir_pid"
weir_end
wal_sync >"$T/sync.after"

check <<'PYTHON'
from slowcheck import slow_queries
def read(name):
    with open(os.path.join(os.environ["TMPDIR"], name), encoding="utf-8") as file:
        return file.read()
waits = snapshot["waits"]
def of(query, name=None):
    return [w for w in waits if w.get("query") == query and (name is None or w["name"] == name)]
def blocked(query, name):
    return sum(w["blocked_ns"] for w in of(query, name))
# "process 123 acquired AccessShareLock on relation 5 of database 6 after 912.345 ms"
logged = [(m[1], float(m[2])) for m in re.finditer(r"acquired \w+ on (relation|transaction) .* after ([0-9.]+) ms", read("postgres.log"))]
expect("locks that the server waited for", ["relation", "transaction"], sorted(kind for kind, _ in logged))
for kind, ms in logged:
    name = "Lock: relation" if kind == "relation" else "Lock: transactionid"
    query = "select count(*) from u" if kind == "relation" else "update t set b = b + ? where a = ?"
    ours = blocked(query, name) / 1e6
    print(f"{name}: {ours:.3f} ms, PostgreSQL says {ms}")
    # The server's figure begins before the wait and ends after it; in between it looks for deadlocks.
    expect_true(f"{name}, of {ms} ms by the server's log", ms * 0.95 - 1 <= ours <= ms + 0.1, ours)
    others = {w["name"]: w["blocked_ns"] for w in of(query) if w["name"] != name}
    expect_true("it waits for little else", sum(others.values()) < ours * 1e6, others)
sleeps = of("select pg_sleep(?)", "Timeout: PgSleep")
expect("sleeps", 5, sum(w["count"] for w in sleeps if w["blocked_ns"] > 0))
expect_true("how long", sum(w["blocked_ns"] for w in sleeps) >= 5 * 100e6 * 0.99, sleeps)
parallel = "select count(*) from t where case when a = ? then pg_sleep(?) end is not null"
gather = "IPC: ExecuteGather"
expect_true("the leader waits for its worker", blocked(parallel, gather) > 250e6, of(parallel))
worker = [w for w in waits if w["name"] == "Timeout: PgSleep" and "query" not in w]
expect_true("which sleeps", sum(w["blocked_ns"] for w in worker) >= 500e6 * 0.99, waits)
# All of the server's syncs, those of the statements among them. Blocked is what the thread was off the CPU for.
before, after = ([float(x) for x in read(name).strip().split("|")] for name in ("sync.before", "sync.after"))
sync = [w for w in waits if w["name"] in ("IO: WALSync", "IO: WalSync")]
print(f"WAL: {sum(w['count'] for w in sync)} waits, {sum(w['blocked_ns'] for w in sync) / 1e6:.3f} ms; PostgreSQL: {after[0] - before[0]} syncs, {after[1] - before[1]:.3f} ms")
expect_true("WAL is synced", sum(w["blocked_ns"] for w in sync) > 0, waits)
expect_true("no longer than the server says", sum(w["blocked_ns"] for w in sync) / 1e6 <= after[1] - before[1] + 0.1, (before, after))
# The names: what pg_stat_activity showed of what always blocks (I/O may be done without) is among what weir saw.
seen = {line for line in read("activity.out").splitlines() if ": " in line} - {"Client: ClientRead"}
expect_true("the activity showed the long ones", {"Lock: relation", "Lock: transactionid", "Timeout: PgSleep", gather} <= seen, seen)
expect("seen by pg_stat_activity and not by weir", set(), {name for name in seen if name.startswith(("Lock", "Timeout"))} - {w["name"] for w in waits})
# Together they are the blocked time, as far as calls are complete.
def expect_sums(node):
    below = {node["id"]}
    for other in snapshot["nodes"]:
        if other.get("parent") in below:
            below.add(other["id"])
    mine = sum(w["blocked_ns"] for w in waits if w["node"] in below)
    expect(f"blocked time of {node['function']} {node.get('label')}", node["blocked_ns"], mine)
expect("nothing unreadable", 0, snapshot["lost"]["read_fault"])
expect("nothing left out", 0, snapshot["lost"]["wait_table"])
if not snapshot["lost"]["switches"]:
    for node in snapshot["nodes"]:
        if node["function"] == "statement" and node["calls"] == node["completed"]:
            expect_sums(node)
# The slow-query log divides each statement's own.
slow = slow_queries("slow.json")
for label, name in (("select count(*) from u", "Lock: relation"), ("update t set b = b + ? where a = ?", "Lock: transactionid"), (parallel, gather)):
    query, = [q for q in slow if q["label"] == label]
    expect(f"what {label} was blocked for the longest", name, query["waits"][0]["name"])
    if not snapshot["lost"]["switches"]:
        expect(f"all of {label}", query["blocked_ns"], sum(w["blocked_ns"] for w in query["waits"]) + query["other_wait_ns"])
PYTHON
