#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An allocator that is linked into the program (the C library's, jemalloc, tcmalloc): found there, the same exact counts; and no other malloc is probed.
. tests/lib/e2e.sh

libc=$(readlink -f /lib/x86_64-linux-gnu/libc.so.6)
for target in allocs_static allocs_jemalloc allocs_tcmalloc; do
	for mode in sizes live; do
		rm -f "$T"/allocs.*
		target_start allocs "$TARGETS/$target"
		weir_start -p "$allocs_pid" -f "$target:alloc_*" --memory "$mode"
		grep -q "$libc" "/proc/$allocs_pid/maps" && has_breakpoint "$allocs_pid" "$libc" malloc &&
			fail "there is a breakpoint on the C library's malloc, which $target does not use"
		weir_settle
		target_go allocs
		target_end allocs
		weir_end
		check <<PYTHON
target, live = "$target", "$mode" == "live"
values = truth("allocs")["values"]
each, size = values["each"], values["malloc_bytes"]
expect_no_loss(snapshot)
for function, count, total_bytes in (
        ("alloc_malloc", each, size), ("alloc_calloc", each, 3 * size),
        ("alloc_realloc", 3 * each, values["realloc_bytes"]), ("alloc_posix_memalign", 2 * each, 2 * size),
        ("alloc_aligned_alloc", each, values["aligned_bytes"]), ("alloc_memalign", each, size), ("alloc_keep", each, size),
        ("alloc_handed", each, size)):
    memory = nodes_of(snapshot, function)[0]["memory"]
    expect(f"{target}: allocations of {function}", (count, total_bytes), (memory["allocations"], memory["allocated_bytes"]))
    if live:
        held = function == "alloc_keep"
        expect(f"{target}: live of {function}", (count, total_bytes) if held else (0, 0), (memory["live"], memory["live_bytes"]))
        expect(f"{target}: frees of {function}", 0 if held else count, memory["frees"])
expect_true("hits on the allocator are part of what weir costs", snapshot["overhead"]["hits"] > snapshot["memory"]["allocations"],
            snapshot["overhead"])
PYTHON
	done
done
