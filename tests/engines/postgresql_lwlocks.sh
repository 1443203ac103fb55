#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PostgreSQL's LWLock waits by tranche: as many as bpftrace counts at the same USDT sites at the same time, of either mode.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh

# Nobody but clients works: else a wait could fall between where one of the two attaches and the other does.
pg_start max_connections=100 shared_buffers=4MB wal_writer_delay=10s bgwriter_lru_maxpages=0 checkpoint_timeout=1d max_wal_size=10GB
pgbench -i -q -s 1 >"$T/init.out" 2>&1 || fail 'pgbench -i failed' "$T/init.out"
sql -c 'create table waits(n bigserial primary key, t text)' -c checkpoint
# Many who insert at the end of one index and wait for one log.
echo "insert into waits(t) select repeat('x', 50) from generate_series(1, 20);" >"$T/insert.sql"

# Of this server's backends: others may run on the machine.
server=$PG_TREE${PG_SERVER_BIN:-$PG_BIN}/postgres
program='BEGIN { printf("attached\n"); }'
for place in start done; do
	program+=" usdt:$server:postgresql:lwlock__wait__$place /curtask->real_parent->tgid == $pg_pid/ { @[\"$place\", str(arg0), arg1] = count(); }"
done
bpftrace -B line -e "$program" >"$T/bpftrace.out" 2>"$T/bpftrace.err" </dev/null &
bpftrace_pid=$!
await 'bpftrace is attached' has_line "$T/bpftrace.out" '^attached'
weir_start -p "$pg_pid"
pgbench -n -c 32 -j 2 -T 3 -f "$T/insert.sql" -f "$T/insert.sql" >"$T/pgbench.out" 2>&1 || fail 'pgbench failed' "$T/pgbench.out"
pgbench -n -c 32 -j 2 -T 3 -S -M prepared >"$T/pgbench.out" 2>&1 || fail 'pgbench failed' "$T/pgbench.out"
weir_settle
kill -INT "$weir_pid"
weir_end
kill -INT "$bpftrace_pid"
wait "$bpftrace_pid"
[ -s "$T/weir.err" ] && fail 'weir complains' "$T/weir.err"
check <<'PYTHON'
counted = {"start": {}, "done": {}}
unnamed = {"start": 0, "done": 0}  # a name on a page that the backend has not touched yet cannot be read there, and bpftrace has no other way
with open(os.environ["TMPDIR"] + "/bpftrace.out", encoding="utf-8") as file:
    for place, tranche, mode, count in re.findall(r"@\[(\w+), ([^,\]]*), (\d+)\]: (\d+)", file.read()):
        if not tranche:
            unnamed[place] += int(count)
            continue
        calls, exclusive = counted[place].get(tranche, (0, 0))
        counted[place][tranche] = (calls + int(count), exclusive + (int(count) if mode == "0" else 0))
waits = [n for n in snapshot["nodes"] if n["function"] == "LWLock wait"]
mine = {}
for n in waits:
    calls, exclusive = mine.get(n["label"], (0, 0))
    mine[n["label"]] = (calls + n["calls"], exclusive + n["counters"]["exclusive"])
expect_true("there was something to wait for", sum(calls for calls, _ in mine.values()) > 50, mine)
for place, truths in counted.items():
    more = {tranche: mine[tranche][0] - truths.get(tranche, (0, 0))[0] for tranche in mine}
    expect(f"{place}: waits in all", unnamed[place], sum(more.values()))
    if unnamed[place]:
        expect_true(f"{place}: waits by tranche, at least what has a name", min(more.values()) >= 0 and truths.keys() <= mine.keys(), (truths, mine))
    else:
        expect(f"{place}: waits by tranche, and those for an exclusive lock", truths, mine)
expect("all completed", sum(n["calls"] for n in waits), sum(n["completed"] for n in waits))
for n in waits:
    expect("level of a wait", "wait", n["level"])
by_id = {n["id"]: n for n in snapshot["nodes"]}


def is_in_statement(node):
    while node and node["function"] != "statement":
        node = by_id.get(node["parent"])
    return node is not None


expect_true("most waits are in statements", sum(n["calls"] for n in waits if is_in_statement(n)) > sum(n["calls"] for n in waits) / 2, mine)
expect_true("who waits is blocked", sum(n["blocked_ns"] for n in waits) > sum(n["total_ns"] for n in waits) / 4, mine)
expect_no_loss(snapshot)
PYTHON
