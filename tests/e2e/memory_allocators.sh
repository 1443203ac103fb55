#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# jemalloc, tcmalloc and mimalloc in the C library's place: the same exact counts; and the C library's malloc is left alone.
. tests/lib/e2e.sh

for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	path=$(ldconfig -p | sed -n "s/.* => \(.*\/$library\)$/\1/p" | head -n 1)
	[ -n "$path" ] || fail "there is no $library"
	for mode in sizes live; do
		rm -f "$T"/allocs.*
		target_start allocs env LD_PRELOAD="$path" "$TARGETS/allocs"
		grep -q "$library" "/proc/$allocs_pid/maps" || fail "$library is not preloaded"
		weir_start -p "$allocs_pid" -f 'allocs:alloc_*' --memory "$mode"
		has_breakpoint "$allocs_pid" "$(readlink -f /lib/x86_64-linux-gnu/libc.so.6)" malloc &&
			fail "there is a breakpoint on the C library's malloc, which $library stands in front of"
		weir_settle
		target_go allocs
		target_end allocs
		weir_end
		check <<PYTHON
library, live = "$library", "$mode" == "live"
values = truth("allocs")["values"]
each, size = values["each"], values["malloc_bytes"]
expect_no_loss(snapshot)
for function, count, total_bytes in (
        ("alloc_malloc", each, size), ("alloc_calloc", each, 3 * size),
        ("alloc_realloc", 3 * each, values["realloc_bytes"]), ("alloc_posix_memalign", 2 * each, 2 * size),
        ("alloc_aligned_alloc", each, values["aligned_bytes"]), ("alloc_memalign", each, size), ("alloc_keep", each, size)):
    memory = nodes_of(snapshot, function)[0]["memory"]
    expect(f"{library}: allocations of {function}", count, memory["allocations"])
    expect(f"{library}: allocated_bytes of {function}", total_bytes, memory["allocated_bytes"])
    if live:
        held = function == "alloc_keep"
        expect(f"{library}: live of {function}", count if held else 0, memory["live"])
        expect(f"{library}: live_bytes of {function}", total_bytes if held else 0, memory["live_bytes"])
PYTHON
	done
done
