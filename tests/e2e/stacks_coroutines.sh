#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Coroutines that yield in the middle of calls: the target lives, every call is counted and timed on the stack it runs on, whatever
# memory the stacks are in and whichever thread resumes them. What is abandoned is unwound.
. tests/lib/e2e.sh

for shape in arena mapped inside travel abandoned; do
	rm -f "$T"/coroutines.*
	target_start coroutines "$TARGETS/coroutines" "$shape" --truth "$T/coroutines.truth"
	weir_start -p "$coroutines_pid" -f 'coroutines:yield_*'
	target_go coroutines
	target_end coroutines
	weir_end
	check <<'PYTHON'
expect_ends(snapshot, truth("coroutines"))
parents = {node["id"]: node["function"] for node in snapshot["nodes"]}
expect_true("yield_down is called by itself and from nowhere else that is probed",
            {parents.get(node["parent"]) for node in nodes_of(snapshot, "yield_down")} <= {None, "yield_down"})
expect("lost", 0, snapshot["lost"]["stack_unknown"])
PYTHON
done
