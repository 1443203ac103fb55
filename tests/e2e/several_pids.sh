#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several PIDs are measured together, and a further process of the same program is not.
. tests/lib/e2e.sh

for name in one two other; do
	target_start "$name" "$TARGETS/calls" nested --truth "$T/$name.truth"
done
weir_start -p "$one_pid,$two_pid" -f 'calls:nested_*'
for name in other one two; do
	target_go "$name"
	target_end "$name"
done
weir_end
check <<'PYTHON'
expect_counts(snapshot, {name: 2 * calls for name, calls in truth("one")["counts"].items()})
pids = {process["pid"] for process in snapshot["target"]["processes"]}
expect("processes", {truth("one")["pid"], truth("two")["pid"]}, pids)
PYTHON
