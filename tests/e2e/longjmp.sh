#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Frames left by longjmp are closed as unwound, and calls after it are not taken for their children.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" jump
weir_start -p "$calls_pid" -f 'calls:jump_*'
target_go calls
target_end calls
weir_end
check <<'PYTHON'
counts = truth("calls")["counts"]
expect_counts(snapshot, counts, all_completed=False)
for function in ("jump_outer", "jump_middle", "jump_inner"):
    expect(f"unwound calls of {function}", counts[function], total(snapshot, function, "unwound"))
for function in ("jump_catch", "jump_after"):
    expect(f"completed calls of {function}", counts[function], total(snapshot, function, "completed"))
expect("parents of jump_after", [0], [node["parent"] for node in nodes_of(snapshot, "jump_after")])
PYTHON
