#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What serves kernels that lack a feature gives the same counts: perf events for sites, threads found by id, the older sched_switch.
. tests/lib/e2e.sh

for feature in uprobe_multi storage_look_up switch_state uprobe_multi,storage_look_up,switch_state; do
	rm -f "$T"/calls.* "$T"/throwing.*
	export WEIR_WITHOUT=$feature
	target_start calls "$TARGETS/calls" nested fib nap
	weir_start -p "$calls_pid" -f 'calls:nested_*' -f 'calls:recurse_*' -f 'calls:time_nap'
	target_go calls
	target_end calls
	weir_end
	check <<'PYTHON'
expect_counts(snapshot, truth("calls")["counts"])
nap = [node for node in snapshot["nodes"] if node["function"] == "time_nap"][0]
expect_true("napping blocks", nap["blocked_ns"] > nap["total_ns"] / 2, nap)
PYTHON
	target_start throwing "$TARGETS/throwing"
	weir_start -p "$throwing_pid" -f 'throwing:throw_*'
	target_go throwing
	target_end throwing
	weir_end
	check <<'PYTHON'
for function, field in (("throw_outer", "completed"), ("throw_middle", "unwound"), ("throw_inner", "unwound")):
    expect(f"{field} calls of {function}", 20, total(snapshot, function, field))
PYTHON
done
