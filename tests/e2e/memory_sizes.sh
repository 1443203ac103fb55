#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Allocations through each entry point of the C library, by 8 threads: counts, bytes and sizes by function are those that the program made.
. tests/lib/e2e.sh

target_start allocs "$TARGETS/allocs"
weir_start -p "$allocs_pid" -f 'allocs:alloc_*' --memory sizes
weir_settle
target_go allocs
target_end allocs
weir_end
check <<'PYTHON'
values = truth("allocs")["values"]
each, size = values["each"], values["malloc_bytes"]
expect_no_loss(snapshot)
expect("mode", "sizes", snapshot["memory"]["mode"])
wanted = {
    "alloc_malloc": (each, size), "alloc_calloc": (each, 3 * size), "alloc_realloc": (3 * each, values["realloc_bytes"]),
    "alloc_posix_memalign": (2 * each, 2 * size), "alloc_aligned_alloc": (each, values["aligned_bytes"]),
    "alloc_memalign": (each, size), "alloc_keep": (each, size), "alloc_handed": (each, size), "alloc_free": (0, 0),
}
for function, (count, total_bytes) in wanted.items():
    memory = nodes_of(snapshot, function)[0]["memory"]
    expect(f"allocations of {function}", count, memory["allocations"])
    expect(f"allocated_bytes of {function}", total_bytes, memory["allocated_bytes"])
    expect(f"total_allocated_bytes of {function}", total_bytes, memory["total_allocated_bytes"])
    sizes = memory["size_bytes"]
    expect(f"samples of size_bytes of {function}", count, sizes["count"])
    expect(f"samples in the histogram of {function}", count, sum(sizes["histogram"]["counts"]))
    expect(f"sum of size_bytes of {function}", total_bytes, sizes["sum"])
    expect(f"live of {function} is not measured", False, "live" in memory)
sizes = nodes_of(snapshot, "alloc_malloc")[0]["memory"]["size_bytes"]
expect("smallest", values["smallest"], sizes["min"])
expect("largest", values["largest"], sizes["max"])
# Sizes are 17 + 13 thread + 7 round: each bucket's count can be counted here as well.
made = sorted(17 + thread * 13 + number * 7 for thread in range(8) for number in range(each // 8))
for quantile in (50, 90, 95, 99):
    exact = made[-(-quantile * len(made) // 100) - 1]
    came = sizes[f"p{quantile}"]
    expect_true(f"p{quantile} of sizes is {exact}, at most 4.5 % off", abs(came - exact) <= exact * 0.045 + 0.5, came)
for index, count in enumerate(sizes["histogram"]["counts"]):
    low, high = (2 ** ((sizes["histogram"]["offset"] + index + more) / 8) for more in (0, 1))
    expect(f"sizes in ({low:.1f}, {high:.1f}]", sum(low < size <= high for size in made), count)
whole = snapshot["memory"]
expect("the whole is all nodes and outside", whole["allocations"],
       whole["outside"]["allocations"] + sum(node["memory"]["allocations"] for node in snapshot["nodes"]))
PYTHON
