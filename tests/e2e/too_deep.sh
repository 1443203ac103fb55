#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A recursion deeper than the kernel's 64 return probes and weir's 256 frames: calls are exact, what could not be timed is
# counted as untimed and as lost, and the program returns from all of it.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" deeper nested
weir_start -p "$calls_pid" -f 'calls:deeper_down' -f 'calls:nested_*'
target_go calls
target_end calls
weir_end
check <<'PYTHON'
counts = truth("calls")["counts"]
expect_counts(snapshot, counts, all_completed=False)
untimed = total(snapshot, "deeper_down", "untimed")
expect("completed and untimed calls of deeper_down", counts["deeper_down"], total(snapshot, "deeper_down", "completed") + untimed)
expect_true("most of the first 60 levels are timed", total(snapshot, "deeper_down", "completed") >= 5 * 55, total(snapshot, "deeper_down", "completed"))
expect("lost, by depth", untimed, snapshot["lost"]["return_depth"] + snapshot["lost"]["stack_depth"])
for function in ("nested_outer", "nested_middle", "nested_inner"):
    expect(f"completed calls of {function}, which come before", counts[function], total(snapshot, function, "completed"))
PYTHON
