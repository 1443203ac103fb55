#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Allocations and bytes of a process as a whole are those that bpftrace counts at the same time.
. tests/lib/e2e.sh

command -v bpftrace >/dev/null || fail 'there is no bpftrace'
libc=$(readlink -f /lib/x86_64-linux-gnu/libc.so.6)
target_start allocs "$TARGETS/allocs" many 20000
bpftrace -B line -e "
	uprobe:$libc:malloc /pid == $allocs_pid/ { @count = count(); @bytes = sum(arg0); }
	uprobe:$libc:calloc /pid == $allocs_pid/ { @calloc_count = count(); @calloc_bytes = sum(arg0 * arg1); }
	uprobe:$libc:free /pid == $allocs_pid && arg0 != 0/ { @frees = count(); }
	BEGIN { printf(\"attached\\n\"); }" >"$T/bpftrace.out" 2>"$T/bpftrace.err" </dev/null &
bpftrace_pid=$!
await 'bpftrace is attached' has_line "$T/bpftrace.out" attached
weir_start -p "$allocs_pid" -f 'allocs:alloc_*' --memory live
weir_settle
target_go allocs
target_end allocs
weir_end
kill -INT "$bpftrace_pid"
wait "$bpftrace_pid"
check <<'PYTHON'
with open(os.environ["TMPDIR"] + "/bpftrace.out", encoding="utf-8") as file:
    sums = {name: int(value) for name, value in re.findall(r"@(\w+): (\d+)", file.read())}
memory = snapshot["memory"]
expect_no_loss(snapshot)
expect("allocations", sums["count"] + sums.get("calloc_count", 0), memory["allocations"])
expect("allocated_bytes", sums["bytes"] + sums.get("calloc_bytes", 0), memory["allocated_bytes"])
expect("frees", sums["frees"], memory["frees"] + memory["unknown_frees"])
PYTHON
