#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A target that is killed while attached: the report is complete, and its open calls are not lost.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested fib hold
weir_start -p "$calls_pid" -f 'calls:nested_*' -f 'calls:recurse_*' -f 'calls:hold_*'
target_go calls
await 'the target is in hold_line' has_line "$T/calls.out" '^holding'
kill -KILL "$calls_pid"
weir_end
check <<'PYTHON'
expect_counts(snapshot, {"nested_outer": 100, "nested_middle": 300, "nested_inner": 600, "recurse_fib": 1973})
expect("calls of hold_line", 1, total(snapshot, "hold_line", "calls"))
expect("completed calls of hold_line", 0, total(snapshot, "hold_line", "completed"))
PYTHON
