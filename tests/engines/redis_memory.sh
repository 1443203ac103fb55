#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Redis, whose allocator is jemalloc: allocations, bytes and frees are those that bpftrace counts in the same run, what is live is what Redis says.
. tests/lib/e2e.sh

command -v redis-server >/dev/null || skip 'there is no Redis server'
command -v bpftrace >/dev/null || fail 'there is no bpftrace'
redis-server --bind 127.0.0.1 --port 0 --unixsocket "$T/redis.sock" --save '' --appendonly no --hz 1 --activerehashing no \
	--dir "$T" >"$T/redis.log" 2>&1 </dev/null &
redis_pid=$!
redis() { redis-cli -s "$T/redis.sock" "$@"; }
redis_answers() { [ "$(redis ping 2>/dev/null)" = PONG ]; }
await 'Redis takes connections' redis_answers
jemalloc=$(sed -n 's|.* \(/.*libjemalloc.*\)|\1|p' "/proc/$redis_pid/maps" | head -n 1)
[ -n "$jemalloc" ] || skip 'this Redis has another allocator, or one of its own'

used_memory() { redis info memory | tr -d '\r' | sed -n 's/^used_memory://p'; }

for i in $(seq 2000); do echo "set key:$i $(printf '%0*d' $((100 + i % 900)) 7)"; done >"$T/sets"
seq -f 'del key:%.0f' 1 2 2000 >"$T/dels"
seq -f 'append key:%.0f 0123456789012345678901234567890123456789' 2 2 2000 >"$T/appends"

# Both begin and end while the server is stopped: neither sees what the other does not.
kill -STOP "$redis_pid"
bpftrace -B line -e "
	uprobe:$jemalloc:malloc /pid == $redis_pid/ { @count++; @bytes += arg0; }
	uprobe:$jemalloc:calloc /pid == $redis_pid/ { @count++; @bytes += arg0 * arg1; }
	uprobe:$jemalloc:realloc /pid == $redis_pid/ { @count++; @bytes += arg1; @again += arg0 != 0; }
	uprobe:$jemalloc:free /pid == $redis_pid && arg0 != 0/ { @frees++; }
	BEGIN { printf(\"attached\\n\"); }" >"$T/bpftrace.out" 2>"$T/bpftrace.err" </dev/null &
bpftrace_pid=$!
await 'bpftrace is attached' has_line "$T/bpftrace.out" attached
weir_start -p "$redis_pid" -f "$(basename "$(readlink "/proc/$redis_pid/exe")"):*Command" --memory live
has_breakpoint "$redis_pid" "$(readlink -f /lib/x86_64-linux-gnu/libc.so.6)" malloc &&
	fail "there is a breakpoint on the C library's malloc, which Redis does not use"
kill -CONT "$redis_pid"
before=$(used_memory)
redis <"$T/sets" >"$T/replies"
redis <"$T/appends" >>"$T/replies"
redis <"$T/dels" >>"$T/replies"
after=$(used_memory)
expect 'replies of OK' 2000 "$(grep -c '^OK' "$T/replies")" "$T/redis.log"
kill -STOP "$redis_pid"
weir_settle
kill -INT "$bpftrace_pid"
wait "$bpftrace_pid"
kill -INT "$weir_pid"
weir_end
kill -CONT "$redis_pid"
GROWN=$((after - before)) check <<'PYTHON'
with open(os.environ["TMPDIR"] + "/bpftrace.out", encoding="utf-8") as file:
    sums = {name: int(value) for name, value in re.findall(r"@(\w+): (\d+)", file.read())}
memory = snapshot["memory"]
expect_no_loss(snapshot)
expect("allocations and bytes", (sums["count"], sums["bytes"]), (memory["allocations"], memory["allocated_bytes"]))
expect("frees, what realloc replaces among them", sums["frees"] + sums["again"], memory["frees"] + memory["unknown_frees"])
expect("allocations = frees + live", memory["allocations"], memory["frees"] + memory["live"])
# Redis counts what an allocation can hold (malloc_usable_size): jemalloc rounds up to a size class, by a quarter at the most. What the
# connections take and give back while weir looks is in neither.
grown = int(os.environ["GROWN"])
print(f"used_memory grew by {grown}, live {memory['live_bytes']}")
expect_true(f"used_memory grew by {grown}: what is live, rounded up", memory["live_bytes"] <= grown <= memory["live_bytes"] * 1.25 + 65536,
            memory["live_bytes"])
commands = {name: nodes_of(snapshot, name)[0]["memory"] for name in ("setCommand", "appendCommand", "delCommand")}
expect_true("setCommand makes what stays: an object for each key", commands["setCommand"]["total_allocations"] >= 2000, commands["setCommand"])
expect_true("half of which is deleted", 1000 <= commands["setCommand"]["total_live"] <= 3000, commands["setCommand"])
expect_true("delCommand makes nothing that stays", commands["delCommand"]["total_live"] <= 10, commands["delCommand"])
PYTHON
kill "$redis_pid"
