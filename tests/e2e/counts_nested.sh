#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Nested functions of a running process have exact counts, and the tree shows who calls whom.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested
weir_start -p "$calls_pid" -f 'calls:nested_*'
target_go calls
target_end calls
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("calls")["counts"])
expect_no_loss(snapshot)
names = {node["id"]: node["function"] for node in snapshot["nodes"]}
names[0] = None
paths = sorted((node["function"], names[node["parent"]]) for node in snapshot["nodes"])
expect("(function, caller)", [("nested_inner", "nested_middle"), ("nested_middle", "nested_outer"), ("nested_outer", None)], paths)
expect("pid of the target", truth("calls")["pid"], snapshot["target"]["processes"][0]["pid"])
expect("comm of the target", "calls", snapshot["target"]["processes"][0]["comm"])
PYTHON
