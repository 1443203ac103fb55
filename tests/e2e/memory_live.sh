#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory that functions hold, by 8 threads: allocated, freed wherever, live and its peak are exact; and as mallinfo2 has it.
. tests/lib/e2e.sh

target_start allocs "$TARGETS/allocs"
weir_start -p "$allocs_pid" -f 'allocs:alloc_*' --memory live
weir_settle
target_go allocs
target_end allocs
weir_end
check <<'PYTHON'
values = truth("allocs")["values"]
each, size = values["each"], values["malloc_bytes"]
expect_no_loss(snapshot)
wanted = {
    "alloc_malloc": (each, size), "alloc_calloc": (each, 3 * size), "alloc_realloc": (3 * each, values["realloc_bytes"]),
    "alloc_posix_memalign": (2 * each, 2 * size), "alloc_aligned_alloc": (each, values["aligned_bytes"]),
    "alloc_memalign": (each, size), "alloc_keep": (each, size), "alloc_handed": (each, size), "alloc_free": (0, 0),
}
for function, (count, total_bytes) in wanted.items():
    memory = nodes_of(snapshot, function)[0]["memory"]
    held = function == "alloc_keep"
    expect(f"allocations of {function}", count, memory["allocations"])
    expect(f"allocated_bytes of {function}", total_bytes, memory["allocated_bytes"])
    expect(f"frees of {function}", 0 if held else count, memory["frees"])
    expect(f"freed_bytes of {function}", 0 if held else total_bytes, memory["freed_bytes"])
    expect(f"live of {function}", count if held else 0, memory["live"])
    expect(f"live_bytes of {function}", total_bytes if held else 0, memory["live_bytes"])
    expect(f"ages of what {function} holds", count if held else 0, memory["age_ns"]["count"])
# All that was handed over was held at once; of the others each thread holds one at a time.
for function, peak in (("alloc_keep", size), ("alloc_handed", size)):
    expect(f"live_bytes_peak of {function}", peak, nodes_of(snapshot, function)[0]["memory"]["live_bytes_peak"])
for function, largest in (("alloc_malloc", values["largest"]), ("alloc_realloc", 41 * values["largest"])):
    peak = nodes_of(snapshot, function)[0]["memory"]["live_bytes_peak"]
    expect_true(f"live_bytes_peak of {function} is at least {largest // 2} and at most 8 times {largest}",
                largest // 2 <= peak <= 8 * largest, peak)
whole = snapshot["memory"]
expect_true("the peak of the whole", whole["live_bytes"] <= whole["live_bytes_peak"] <= whole["allocated_bytes"], whole)
expect_true("what was allocated before is a free that is not known", whole["unknown_frees"] >= 1, whole["unknown_frees"])
# glibc rounds up to 16 bytes and adds 8; 1,234 bytes of before were freed, and a thread's stack and control block are kept for the next.
overhead = values["mallinfo_bytes"] - (whole["live_bytes"] - 1248)
expect_true("mallinfo2 has the same, and up to 24 bytes for each", 0 <= overhead <= 24 * whole["live"] + 4096, overhead)
PYTHON
