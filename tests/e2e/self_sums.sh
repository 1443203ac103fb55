#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The self times of all nodes sum to the total time of the outermost calls, for nested and recursive calls.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested fib mutual deep
weir_start -p "$calls_pid" -f 'calls:nested_*' -f 'calls:recurse_*' -f 'calls:mutual_*' -f 'calls:deep_*'
target_go calls
target_end calls
weir_end
check <<'PYTHON'
for functions in (("nested_outer", "nested_middle", "nested_inner"), ("recurse_fib",), ("mutual_even", "mutual_odd"), ("deep_down",)):
    nodes = [node for node in snapshot["nodes"] if node["function"] in functions]
    outermost = [node for node in nodes if node["parent"] == 0]
    expect(f"outermost nodes of {functions}", 1, len(outermost))
    expect(f"sum of self_ns of {functions}", latency_sum(outermost), sum(node["self_ns"] for node in nodes))
PYTHON
