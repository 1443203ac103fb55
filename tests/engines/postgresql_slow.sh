#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PostgreSQL's slow statements: weir tells of those that its own log (log_min_duration_statement) tells of, and of those that failed; with
# the plan nodes of this statement alone.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh

pg_needs_known_version
pg_start log_min_duration_statement=200 log_statement=none max_parallel_workers_per_gather=0 "log_line_prefix='%p '"
sql -o /dev/null -c 'create table t as select g % 10 as a, g as b from generate_series(1, 20000) g' || fail 'no table' "$T/postgres.log"

: >"$T/weir.out" >"$T/slow.json"
"$WEIR" snapshot -i 0.1 --slow 200ms --slow-log "$T/slow.json" --detail rows -p "$pg_pid" >"$T/weir.out" 2>"$T/weir.err" </dev/null &
weir_pid=$!
await 'the first snapshot' weir_has_lines 1
log_lines=$(wc -l <"$T/postgres.log")

"$PG_BIN/psql" -XqAt -o /dev/null 2>"$T/errors.out" <<'E'
select 1, 'fast';
select count(*) from t where a = 3;
select pg_sleep(0.3);
select a, count(*), pg_sleep(0.06) from (select a, b from t order by b limit 20000) s where a < 5 group by a order by 2, 1;
select pg_sleep(0.3), 1 / (0 * length(pg_sleep(0.01)::text));
do $$ begin perform pg_sleep(0.3), 'secret'; end $$;
begin;
select pg_sleep(0.3) /* again */;
select nothing;
select 'not any more';
rollback;
select pg_sleep(0.3), 'last';
E
await 'the last of them' has_lines "$T/slow.json" 6
weir_settle
kill -INT "$weir_pid"
weir_end

tail -n "+$((log_lines + 1))" "$T/postgres.log" >"$T/statements.log"
check <<'E'
from slowcheck import slow_queries
lines = open(os.path.join(os.environ["TMPDIR"], "statements.log"), encoding="utf-8").read().splitlines()
logged = [re.match(r"(\d+) LOG:  duration: ([0-9.]+) ms  statement: (.*)", line) for line in lines]
logged = [(int(m[1]), float(m[2]), sql_words(re.sub(r"/\*.*?\*/|\$\$.*?\$\$", "", m[3]))) for m in logged if m]
told = slow_queries("slow.json")
expect("not told", 0, snapshot["lost"]["slow_queries"])
went_well, failed = [q for q in told if not q.get("errors")], [q for q in told if q.get("errors")]
# What weir times lies around what PostgreSQL times: it tells of no fewer, and of more only where one lasted just as long as the limit.
surely = [entry for entry in logged if entry[1] > 200]
expect_true("PostgreSQL told of some", len(surely) >= 5, lines)
expect("statements, in order", [words for _, _, words in logged], [sql_words(q["label"]) for q in went_well])
expect("processes", [pid for pid, _, _ in logged], [q["pid"] for q in went_well])
for (pid, ms, words), query in zip(logged, went_well):
    expect_true(f"{words}: weir's duration is no less", query["duration_ns"] / 1e6 >= ms - 0.1, (ms, query["duration_ns"]))
    print(f"{' '.join(words)[:40]}: {query['duration_ns'] / 1e6:.3f} ms, PostgreSQL says {ms}")
expect("what failed, and how", [("select pg_sleep(?), ? / (? * length(pg_sleep(?) :: text))", "DIVISION_BY_ZERO (22012)")], [(q["label"], q["error"].get("name")) for q in failed])
for query in told:
    del query["ended_at"] # whose digits may look like one
expect_true("no literal", not any(word in json.dumps(told) for word in ("secret", "last", "0.3")), told)
sleep = [q for q in went_well if q["label"] == "select pg_sleep(?)"]
expect("pg_sleep", True, len(sleep) >= 1)
for query in sleep:
    expect("rows", 1, query["rows"])
    expect_true("it is blocked, by far the most of it", query["blocked_ns"] > query["duration_ns"] / 2, query)
    expect_true("its phases", {"execute"} <= {s["function"] for s in query["stages"]}, query["stages"])
    expect("its plan", [("Result #0", 2, 1)], [(o["label"], o["calls"], o["rows"]) for o in query["operators"] if o["level"] == "operator"])
groups = [q for q in went_well if q["label"].startswith("select a, count(*)")]
expect("the join", 1, len(groups))
for query in groups:
    scan = [o for o in query["operators"] if o.get("label", "").startswith("SeqScan")]
    expect("rows of the scan, of this statement alone", [20000], [o["rows"] for o in scan])
    expect("rows", 5, query["rows"])
E
