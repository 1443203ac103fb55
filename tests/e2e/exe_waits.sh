#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --exe NAME with no such process yet waits for the first.
. tests/lib/e2e.sh

cp "$TARGETS/calls" "$T/calls-to-come"
weir_start --exe calls-to-come -f 'calls-to-come:nested_*' -d 60
target_start later "$T/calls-to-come" nested --truth "$T/later.truth"
weir_settle
target_go later
target_end later
weir_settle
kill -INT "$weir_pid"
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("later")["counts"])
PYTHON
