#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A hash join and a sort of 50,000 rows: the memory is that of the Hash and Sort nodes, near what EXPLAIN (ANALYZE) says of the same execution.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh

pg_needs_known_version
command -v bpftrace >/dev/null || fail 'there is no bpftrace'
pg_start max_parallel_workers_per_gather=0 work_mem=256MB
sql -o /dev/null <<'SQL' || fail 'cannot fill the table' "$T/postgres.log"
create table t (id int primary key, a int, c text);
insert into t select i, i * 7919 % 50000, 'text ' || i from generate_series(1, 50000) i;
analyze;
SQL

# One backend, that is there before weir looks. ask SQL: its answer as one line in $answer
coproc PSQL { "$PG_BIN/psql" -XqAt -v ON_ERROR_STOP=1 2>&1; }
exec {psql_in}>&"${PSQL[1]}" {psql_out}<&"${PSQL[0]}"
ask() {
	local line

	printf '%s;\n\\echo end\n' "$1" >&"$psql_in"
	answer=
	while IFS= read -rt "$PATIENCE" line <&"$psql_out" && [ "$line" != end ]; do answer+=$line; done
	[ -n "$answer" ] || fail "no answer to $1" "$T/postgres.log"
}
explain() {
	ask "explain (analyze, timing off, format json) $1"
	printf '%s\n' "$answer"
}

ask 'select pg_backend_pid()'
backend_pid=$answer
explain 'select 1' >/dev/null
asks1=palloc,palloc0,palloc_extended
asks2=MemoryContextAlloc,MemoryContextAllocZero,MemoryContextAllocZeroAligned,MemoryContextAllocExtended,MemoryContextAllocHuge,repalloc,repalloc_extended
of() { # FUNCTIONS: as probes of bpftrace on the server
	sed "s|\([^,]*\)|uprobe:$PG_BIN/postgres:\1|g" <<<"$1"
}
bpftrace -B line -e "
	$(of $asks1) /pid == $backend_pid/ { @requests++; @requested_bytes += arg0; }
	$(of $asks2) /pid == $backend_pid/ { @requests++; @requested_bytes += arg1; }
	BEGIN { printf(\"attached\\n\"); }" >"$T/bpftrace.out" 2>"$T/bpftrace.err" </dev/null &
bpftrace_pid=$!
await 'bpftrace is attached' has_line "$T/bpftrace.out" attached
weir_start -p "$backend_pid" --detail rows --memory live
explain 'select count(*) from t x join t y on x.a = y.id' >"$T/join.plan"
explain 'select c from t order by c' >"$T/sort.plan"
weir_settle
kill -INT "$weir_pid"
weir_end
kill -INT "$bpftrace_pid"
wait "$bpftrace_pid"
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'PYTHON'
ROWS = 50000
CHUNK = 32 * 1024  # a hash table's tuples are packed into pieces of that size, each a block of its own from malloc

def plan_node(name, kind):
    with open(os.path.join(os.environ["TMPDIR"], name + ".plan"), encoding="utf-8") as file:
        nodes = [json.load(file)[0]["Plan"]]
    while nodes[0]["Node Type"] != kind:
        nodes = nodes[1:] + nodes[0].get("Plans", [])
    return nodes[0]

def memory(kind):
    node, = [n for n in nodes_of(snapshot, "node") if n["label"].split()[0] == kind]
    return node["memory"]

expect_no_loss(snapshot)
with open(os.environ["TMPDIR"] + "/bpftrace.out", encoding="utf-8") as file:
    sums = {name: int(value) for name, value in re.findall(r"@(\w+): (\d+)", file.read())}
whole = snapshot["memory"]
expect("requests, as bpftrace counts them", (sums["requests"], sums["requested_bytes"]), (whole["requests"], whole["requested_bytes"]))

# EXPLAIN tells tuples, unaligned, and buckets. What is held are the blocks: tuples aligned to 8, the rest of the last piece, headers; the
# buckets are the HashJoin node's, which makes the table, with the first blocks of its memory contexts.
told = plan_node("join", "Hash")
usage = told["Peak Memory Usage"] * 1024
held = memory("Hash")["live_bytes_peak"] + memory("HashJoin")["live_bytes_peak"]
pieces = memory("Hash")["allocations"]
print(f"hash join: EXPLAIN tells {usage}, held {held}")
expect("batches", 1, told["Hash Batches"])
expect_true(f"{held} held by the hash join: at least the {usage} that EXPLAIN tells, and no more than alignment and the rest of blocks",
            usage - 1024 <= held <= usage + 7 * ROWS + CHUNK + 128 * pieces + 32 * 1024, held)
expect_true("most of it is the Hash node's", memory("Hash")["live_bytes_peak"] > held // 2, memory("Hash"))

# EXPLAIN tells chunks and the array of tuples; blocks are as large as all before them together, so that up to half may be unused.
told = plan_node("sort", "Sort")
usage = told["Sort Space Used"] * 1024
held = memory("Sort")["live_bytes_peak"]
print(f"sort: EXPLAIN tells {usage}, held {held}")
expect("where the sort took place", "Memory", told["Sort Space Type"])
expect_true(f"{held} held by the sort: at least the {usage} that EXPLAIN tells, at most twice that", usage - 1024 <= held <= 2 * usage, held)
expect_true("it asked for each row", memory("Sort")["requests"] >= ROWS, memory("Sort"))
expect_true("in small pieces", memory("Sort")["request_size_bytes"]["p50"] < 128, memory("Sort")["request_size_bytes"])

# Contexts that are deleted free their blocks; PostgreSQL keeps the first ones of some for the next.
for kind in ("Hash", "HashJoin", "Sort"):
    expect_true(f"what {kind} holds when the statement is over", memory(kind)["live_bytes"] <= 32 * 1024, memory(kind)["live_bytes"])
widest = max(snapshot["nodes"], key=lambda node: node["memory"]["live_bytes_peak"])
expect("the node that held the most", "Sort", widest["label"].split()[0])
PYTHON
pg_stop
