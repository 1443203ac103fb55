#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What is never freed is named by its path, with count, bytes and age, and only where it is old enough.
. tests/lib/e2e.sh

measure() { # ARGS...
	rm -f "$T"/allocs.*
	target_start allocs "$TARGETS/allocs"
	weir_start -p "$allocs_pid" -f 'allocs:alloc_*' -f 'allocs:work_round' "$@"
	weir_settle
	target_go allocs
	target_end allocs
	weir_end
}

measure --leaks 1us
check <<'PYTHON'
values = truth("allocs")["values"]
expect_no_loss(snapshot)
nodes = {node["id"]: node for node in snapshot["nodes"]}
leaks = {leak["node"]: leak for leak in snapshot["leaks"]}
kept = [node for node in nodes_of(snapshot, "alloc_keep")]
expect("nodes of alloc_keep", 1, len(kept))
expect("its parent", "work_round", nodes[kept[0]["parent"]]["function"])
leak = leaks.pop(kept[0]["id"])
expect("count of what alloc_keep leaks", values["each"], leak["count"])
expect("bytes of what alloc_keep leaks", values["malloc_bytes"], leak["bytes"])
ages = kept[0]["memory"]["age_ns"]
expect("the oldest is the oldest of the histogram", ages["max"], leak["oldest_ns"])
expect_true("it is younger than the measurement", leak["oldest_ns"] < snapshot["duration_ns"] * 1.5, leak)
expect("leaks elsewhere, but outside of measured calls", [], [node for node in leaks if node])
expect("widest first", sorted((leak["bytes"] for leak in snapshot["leaks"]), reverse=True),
       [leak["bytes"] for leak in snapshot["leaks"]])
PYTHON

measure --memory live --leaks 1h
check <<'PYTHON'
expect("leaks of an hour ago", [], snapshot["leaks"])
PYTHON

rm -f "$T"/allocs.*
weir stat -f 'allocs:alloc_*' --leaks 1us -- "$TARGETS/allocs"
expect 'exit code' 0 "$status" "$T/weir.err"
expect_match 'the table of leaks' '1.8 MiB +2,000 +[0-9.]+ m?s +alloc_keep' "$(grep -A3 'not freed for' "$T/weir.out")"
weir_refuses 2 '--leaks needs --memory live, not sizes' stat --memory sizes --leaks 1 -- true
weir_refuses 2 '--leaks needs a time' stat --leaks x -- true
