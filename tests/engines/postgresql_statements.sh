#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PostgreSQL's statements, counted by their fingerprints: as many as pg_stat_statements says, in each protocol, failed ones too.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh

pg_needs_known_version
pg_start pg_stat_statements.track_utility=on
sql -c 'create extension pg_stat_statements' || fail 'no pg_stat_statements' "$T/postgres.log"
pgbench -i -q -s 1 >"$T/init.out" 2>&1 || fail 'pgbench -i failed' "$T/init.out"
# Messages that nobody asked for cost nothing: errstart(level, ...) has a test for errors, and the site stands behind it.
"$WEIR" list -p "$pg_pid" --detail queries >"$T/list.out" || fail 'weir list fails'
grep -q 'errstart .*(+[0-9]* j.*emulated  begins span error' "$T/list.out" || fail 'the site of errors is hit by all messages' "$T/list.out"

# NAME: what pg_stat_statements has counted since the last time, in $T/NAME.truth
statements_take() {
	sql -c "select coalesce(json_object_agg(query, json_build_object('calls', calls, 'rows', rows, 'exec_ms', total_exec_time,
			'hits', shared_blks_hit, 'misses', shared_blks_read)), '{}')
		from pg_stat_statements" >"$T/$1.truth" &&
		sql -o /dev/null -c 'select pg_stat_statements_reset()'
}

# MODE: pgbench in that protocol under weir
measure() {
	sql -o /dev/null -c 'select pg_stat_statements_reset()'
	weir_start -p "$pg_pid"
	pgbench -n -M "$1" -c 3 -t 50 >"$T/pgbench.out" 2>&1 || fail "pgbench -M $1 failed" "$T/pgbench.out"
	weir_settle
	kill -INT "$weir_pid"
	weir_end
	statements_take statements
	MODE=$1 check <<'PYTHON'
MODE = os.environ["MODE"]
texts = {
    "update pgbench_accounts": "update pgbench_accounts set abalance = abalance + ? where aid = ?",
    "select abalance": "select abalance from pgbench_accounts where aid = ?",
    "update pgbench_tellers": "update pgbench_tellers set tbalance = tbalance + ? where tid = ?",
    "update pgbench_branches": "update pgbench_branches set bbalance = bbalance + ? where bid = ?",
    "insert into pgbench_history":
        "insert into pgbench_history(tid, bid, aid, delta, mtime) values(?, ?, ?, ?, current_timestamp)",
    "begin": "begin",
    "end": "end",
}
counted = truth("statements")
for text, label in texts.items():
    mine = [n for query, n in counted.items() if query.lower().startswith(text)]
    calls = sum(n["calls"] for n in mine)
    # pg_stat_statements 1.10 counts a prepared BEGIN or END at its first execution only.
    if not (MODE == "prepared" and text in ("begin", "end")):
        expect(f"what pgbench did: {label}", 150, calls)
    calls = 150
    # A statement that is prepared is worked on once more, by each of the three clients.
    expect(f"{MODE}: {label}", calls + (3 if MODE == "prepared" else 0), total(snapshot, "statement", "calls", label))
    expect(f"{MODE}: completed: {label}", total(snapshot, "statement", "calls", label),
           total(snapshot, "statement", "completed", label))
    expect(f"{MODE}: executions: {label}", 150, sum(n["counters"]["executions"] for n in nodes_of(snapshot, "statement", label)))
    expect(f"{MODE}: rows: {label}", sum(n["rows"] for n in mine), total(snapshot, "statement", "rows", label))
    expect(f"{MODE}: errors: {label}", 0, total(snapshot, "statement", "errors", label))
    runs = [n for n in nodes_of(snapshot, "execute", label) + nodes_of(snapshot, "executor finish")
            if any(n["parent"] == s["id"] for s in nodes_of(snapshot, "statement", label))]
    if text in ("begin", "end"):
        continue
    expect(f"{MODE}: runs of the executor: {label}", 150, sum(n["calls"] for n in runs if n["function"] == "execute"))
    # pg_stat_statements takes its time right inside of what weir times; the rest is the cost of probes.
    ratio = latency_sum(runs) / 1e6 / sum(n["exec_ms"] for n in mine)
    print(f"{MODE}: {label}: time by pg_stat_statements times {ratio:.3f}")
expect_no_loss(snapshot)
PYTHON
}

measure simple
measure extended
measure prepared

# Failed statements are left by longjmp; each is a statement, and the next ones are counted as ever.
weir_start -p "$pg_pid"
for i in $(seq 100); do
	echo "select $i / 0;"
	echo "select nothing_$((i % 2)) from nowhere;"
	echo "select $i, E'it\\'s secret', \$\$secret\$\$, array['secret'] /* secret /* secret */ secret */;"
done | "$PG_BIN/psql" -XqAt -o /dev/null 2>"$T/errors.out"
weir_settle
kill -INT "$weir_pid"
weir_end
expect 'errors that psql saw' 200 "$(grep -c ERROR "$T/errors.out")"
check <<'PYTHON'
for label, calls in {"select ? / ?": 100, "select nothing_0 from nowhere": 50, "select nothing_1 from nowhere": 50,
                     "select ?, ?, ?, array[?]": 100}.items():
    expect(f"errors of {label}", 0 if "array" in label else calls, total(snapshot, "statement", "errors", label))
    expect(label, (calls, calls), (total(snapshot, "statement", "calls", label), total(snapshot, "statement", "completed", label)))
expect_no_loss(snapshot)
PYTHON
check <<'PYTHON'
codes = {}
for error in snapshot["errors"]:
    codes[error["name"]] = codes.get(error["name"], 0) + error["count"]
expect("errors by SQLSTATE", {"ERROR": 200, "DIVISION_BY_ZERO (22012)": 100, "UNDEFINED_TABLE (42P01)": 100}, codes)
PYTHON
! grep -q secret "$T/weir.out" || fail 'a literal got through'

# Texts that differ in nothing but numbers are one statement only where these are values, however often they are seen.
weir_start -p "$pg_pid"
for i in 1 22 333; do
	echo "select $i as c1;"
	echo "select $i as c2;"
	echo "select $i as \"c 1\";"
	echo "select $i as \"c 2\";"
	echo "select ${i}e5 + .$i + 7.$i as e, 'text $i' as t; -- $i"
	echo "select $i in (7, $i, 9) as l1, array[$i, 2] as a1;"
done | "$PG_BIN/psql" -XqAt -o /dev/null || fail 'a query failed'
weir_settle
kill -INT "$weir_pid"
weir_end
check <<'PYTHON'
counts = {}
for node in nodes_of(snapshot, "statement"):
    counts[node["label"]] = counts.get(node["label"], 0) + node["calls"]
expect("statements", {"select ? as c1": 3, "select ? as c2": 3, 'select ? as "c 1"': 3, 'select ? as "c 2"': 3,
                      "select ? + ? + ? as e, ? as t": 3, "select ? in(?) as l1, array[?, ?] as a1": 3}, counts)
expect_no_loss(snapshot)
PYTHON

# Connections that open and close, each a process of its own.
weir_start -p "$pg_pid"
pgbench -n -C -c 5 -t 100 -f <(echo 'select 4711;') >"$T/pgbench.out" 2>&1 || fail 'pgbench -C failed' "$T/pgbench.out"
weir_settle
kill -INT "$weir_pid"
weir_end
check <<'PYTHON'
expect("statements of 500 connections", 500, total(snapshot, "statement", "completed", "select ?"))
expect_true("processes", len(snapshot["target"]["processes"]) >= 500, len(snapshot["target"]["processes"]))
expect_no_loss(snapshot)
PYTHON
pg_stop
