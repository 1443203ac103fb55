#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --exe PATH means that file and no other of the same name.
. tests/lib/e2e.sh

mkdir "$T/copy"
cp "$TARGETS/calls" "$T/copy/calls"
target_start right "$T/copy/calls" nested --truth "$T/right.truth"
target_start wrong "$TARGETS/calls" nested --truth "$T/wrong.truth"
weir_start --exe "$T/copy/calls" -f 'calls:nested_*' -d 60
target_go wrong
target_go right
target_end wrong
target_end right
weir_settle
kill -INT "$weir_pid"
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("right")["counts"])
expect("processes", [truth("right")["pid"]], [process["pid"] for process in snapshot["target"]["processes"]])
PYTHON
