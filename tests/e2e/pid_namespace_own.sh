#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir itself in a PID namespace takes PIDs as they are there.
. tests/lib/e2e.sh

cat >"$T/inside.sh" <<'SH'
. tests/lib/e2e.sh
sleep 60 & # so that no PID is the same in both namespaces by chance
target_start calls "$TARGETS/calls" nested
weir_start -p "$calls_pid" -f 'calls:nested_*'
target_go calls
target_end calls
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("calls")["counts"])
expect("processes", [truth("calls")["pid"]], [process["pid"] for process in snapshot["target"]["processes"]])
PYTHON
SH
unshare --pid --fork --mount-proc --kill-child bash "$T/inside.sh"
