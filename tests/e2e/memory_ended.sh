#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a process held when it ended is no longer live while others of the target go on: it is counted as abandoned, is a leak still, and its places are free.
. tests/lib/e2e.sh

has_ready() { [ "$(grep -c "^ready" "$T/run.out")" -ge "$1" ]; }

# COUNT: by the last document; where the kernel skips the program that tells of an end, weir finds out by itself, within seconds
is_abandoned() { tail -n 1 "$T/weir.out" | grep -qE "\"abandoned\": ?$1,"; }

target_start run sh -c '"$0" --truth "$1/first.truth"; "$0" --truth "$1/second.truth"; echo over; read line; exec "$0" --truth "$1/third.truth"' \
	"$TARGETS/allocs" "$T"
# No more room than for what one of them holds.
weir_start -p "$run_pid" -f 'allocs:alloc_*' --memory live --leaks 1us --allocations 6000
weir_settle
target_go run
await 'the second one is there' has_ready 2
await 'what the first one held is abandoned' is_abandoned 2000
weir_settle
target_go run
await 'both are over' has_line "$T/run.out" over
await 'what both held is abandoned' is_abandoned 4000
weir_settle
target_go run
await 'the third one is there' has_ready 3
weir_settle
target_go run
target_end run
weir_end
check <<'PYTHON'
each, size = (truth("first")["values"][key] for key in ("each", "malloc_bytes"))
keep = nodes_of(snapshot, "alloc_keep")[0]
expect("allocations of all three", (3 * each, 3 * size), (keep["memory"]["allocations"], keep["memory"]["allocated_bytes"]))
expect("abandoned by the first two", (2 * each, 2 * size), (keep["memory"]["abandoned"], keep["memory"]["abandoned_bytes"]))
expect("live: what the last one held when it ended", (each, size), (keep["memory"]["live"], keep["memory"]["live_bytes"]))
expect("the most that was live at once", size, keep["memory"]["live_bytes_peak"])
leak, = [leak for leak in snapshot["leaks"] if leak["node"] == keep["id"]]
expect("leaks of all three", (3 * each, 3 * size), (leak["count"], leak["bytes"]))
handed = nodes_of(snapshot, "alloc_handed")[0]["memory"]
expect("what is freed is not abandoned", (3 * each, 0, 0), (handed["frees"], handed["abandoned"], handed["live"]))
whole = snapshot["memory"]
expect("allocations = frees + abandoned + live", whole["allocations"], whole["frees"] + whole["abandoned"] + whole["live"])
lost = {reason: count for reason, count in snapshot["lost"].items() if count and reason != "total"}
expect_true("nothing is lost but what a fork's first moments take", set(lost) <= {"allocator_late", "recursion", "switches"}, lost)
middle = [document for document in documents if nodes_of(document, "alloc_keep") and
          nodes_of(document, "alloc_keep")[0]["memory"]["abandoned"] == 2 * each]
expect_true("while nothing of it runs, nothing is live", middle and nodes_of(middle[0], "alloc_keep")[0]["memory"]["live"] == 0, middle[:1])
PYTHON

weir stat -f 'allocs:alloc_*' --memory live -- env "$TARGETS/allocs"
expect 'exit code' 0 "$status" "$T/weir.err"
expect_match 'the line on allocations' '[0-9.]+ (B|KiB) in [0-9]+ went with programs that ended' "$(grep '^allocations' "$T/weir.out")"
