#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --slow: a line for each query that took as long, and for no other, with its own rows, waits, operators and error; what is not told is counted.
. tests/lib/e2e.sh

cat >"$T/load.py" <<'E'
import json, os, sqlite3, sys, time
db = sqlite3.connect(":memory:", isolation_level=None)
db.create_function("nap", 1, lambda seconds: time.sleep(seconds) or 1)
db.execute("create table t(a unique, b)")
db.execute("insert into t values(7, 0)")
db.executemany("insert into t values(?, 1)", [(i,) for i in range(1000, 3000)])
print("ready", flush=True)
truth = []
def run(text):
    start, error, rows = time.monotonic_ns(), 0, 0
    try:
        rows = len(db.execute(text).fetchall())
    except sqlite3.IntegrityError:
        error = 1
    truth.append({"text": text, "ns": time.monotonic_ns() - start, "rows": rows, "error": error})
for line in sys.stdin:
    for i in range(50):
        run(f"select count(*) from t where b = {i}")
    for i in range(3):
        run(f"select nap(0.25), 'secret' where {i} = {i}")
    run("insert into t values(7, nap(0.25))")
    run("select b, count(*) from (select b + nap(0.25) as b from t where a = 7 union all select b from t) group by b order by 2")
    with open(os.environ["TMPDIR"] + "/load.truth", "w") as file:
        json.dump(truth, file)
    print("done", flush=True)
E

: >"$T/weir.out" >"$T/slow.json"
target_start load "$PYTHON" "$T/load.py"
"$WEIR" snapshot -i 0.1 --slow 200ms --slow-log "$T/slow.json" --detail rows -p "$load_pid" >"$T/weir.out" 2>"$T/weir.err" </dev/null &
weir_pid=$!
await 'the first snapshot' weir_has_lines 1
target_go load
await 'the queries are done' has_line "$T/load.out" '^done'
await 'five lines, while it runs' has_lines "$T/slow.json" 5
kill -INT "$weir_pid"
weir_end
check <<'E'
from slowcheck import slow_queries
SLOW = 200_000_000
queries, told = truth("load"), slow_queries("slow.json")
expect("not told", 0, snapshot["lost"]["slow_queries"])
# A nap cannot be shorter than it is; and what took SQLite so long took its caller at least as long.
expect_true("those that napped are told", len(told) >= 5, told)
expect_true("no others are", len(told) <= sum(q["ns"] >= SLOW for q in queries), told)
expect_true("durations", all(SLOW <= q["duration_ns"] <= max(t["ns"] for t in queries) for q in told), told)
naps = [q for q in told if q["label"].startswith("select nap(?)")]
expect("naps of one fingerprint", (3, 1), (len(naps), len({q["fingerprint"] for q in naps})))
for q in naps:
    expect("rows of a nap", 1, q["rows"])
    expect_true("a nap is blocked, by far the most of it", q["blocked_ns"] > q["duration_ns"] / 2 and "error" not in q, q)
    expect("its byte code", [("sqlite3VdbeExec", 1)], [(o["function"], o["calls"]) for o in q["operators"] if o["function"] == "sqlite3VdbeExec"])
failed = [q for q in told if q["label"].startswith("insert into t")]
expect("the one that failed", 1, len(failed))
for q in failed:
    expect("its error", (1, "SQLITE_CONSTRAINT"), (q["errors"], q.get("error", {}).get("name")))
sorts = {o["function"]: o for q in told if q["label"].startswith("select b, count(*)") for o in q["operators"]}
expect("the sort of the last one", 1, sorts.get("sqlite3VdbeSorterRewind", {}).get("calls", 0) and 1)
rows = [o["rows"] for q in told if q["label"].startswith("select b, count(*)") for o in q["operators"] if o["function"] == "sqlite3BtreeNext"]
expect("rows of its scan: all that are followed by another one", True, 2000 in rows or sum(rows) >= 2000)
E
grep -q "secret\|0\.25" "$T/slow.json" && fail 'a literal is told' "$T/slow.json"

# As text, and as it was written. A query of this process alone: what its node counted before is not in it.
weir_start --slow 0.2 --query-text raw -p "$load_pid"
target_go load
await 'five lines on stderr' has_lines "$T/weir.err" 5
kill -INT "$weir_pid"
weir_end
expect_match 'a line' "^weir: [0-9-]+T[0-9:.]+Z slow query, [0-9.]+ m?s, [^ ]+ \($load_pid\): select nap\(0\.25\), 'secret' where 2 = 2; 1 row; [0-9.]+ .s on the CPU, [0-9.]+ ms blocked, .* waiting for it" "$(cat "$T/weir.err")"
expect_match 'the error' 'insert into t values\(7, nap\(0\.25\)\); 0 rows; .*; error SQLITE_CONSTRAINT ' "$(cat "$T/weir.err")"

# Every query is slow: each is told or counted.
weir snapshot --slow 1ns --slow-log "$T/all.json" -o "$T/snapshot.json" -- "$DEMO/pipeline" --rounds 4 --pace 0
expect 'exit code' 0 "$status" "$T/weir.err"
check <<'E'
from slowcheck import slow_queries
told = slow_queries("all.json")
calls = total(snapshot, "sqlite3_step", "completed")
expect("told + lost", calls, len(told) + snapshot["lost"]["slow_queries"])
expect_true("told", len(told) > 0, len(told))
if not snapshot["lost"]["slow_queries"]:
    expect("rows, one by one", total(snapshot, "sqlite3_step", "rows"), sum(q["rows"] for q in told))
    expect("errors, one by one", total(snapshot, "sqlite3_step", "errors"), sum(q["errors"] for q in told))
    expect("hits, one by one", total(snapshot, "sqlite3_step", "hits"), sum(q["hits"] for q in told))
    expect("their time", sum(n["latency_ns"]["sum"] for n in nodes_of(snapshot, "sqlite3_step")), sum(q["duration_ns"] for q in told))
E

# No log.
weir_refuses 2 'slow-log.*without --slow' stat -p $$ --slow-log "$T/x"
weir_refuses 2 'slow-format.*text or json' stat -p $$ --slow 1 --slow-format yaml
weir_refuses 1 'cannot open .*/no/such' stat -p $$ --slow 1 --slow-log /no/such/file
target_start calls "$TARGETS/calls" nested hold
weir stat -p "$calls_pid" -f 'calls:nested_*' --slow 1 -d 0.1
one_sentence 'functions are no queries' 'nothing that is measured is a query'
