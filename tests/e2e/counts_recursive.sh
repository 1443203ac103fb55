#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fib, mutual recursion and a recursion 60 deep have exact counts, and no path grows without bound.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" fib mutual deep
weir_start -p "$calls_pid" -f 'calls:recurse_*' -f 'calls:mutual_*' -f 'calls:deep_*'
target_go calls
target_end calls
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("calls")["counts"])
expect_no_loss(snapshot)
for function in ("recurse_fib", "mutual_even", "mutual_odd", "deep_down"):
    expect_true(f"{function} has at most 3 nodes", len(nodes_of(snapshot, function)) <= 3, len(nodes_of(snapshot, function)))
PYTHON
