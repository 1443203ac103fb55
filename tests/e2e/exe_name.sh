#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --exe NAME measures the processes that run it now, and those that will.
. tests/lib/e2e.sh

# A name of its own: nothing else on the machine may run it.
cp "$TARGETS/calls" "$T/calls-by-name"
target_start first "$T/calls-by-name" nested --truth "$T/first.truth"
weir_start --exe calls-by-name -f 'calls-by-name:nested_*' -d 60
target_start second "$T/calls-by-name" nested --truth "$T/second.truth"
weir_settle
target_go first
target_go second
target_end first
target_end second
# No line to wait for: this one works at once.
"$T/calls-by-name" nested --truth "$T/third.truth" </dev/null >/dev/null
weir_settle
kill -INT "$weir_pid"
weir_end
check <<'PYTHON'
counts = {name: 3 * calls for name, calls in truth("first")["counts"].items()}
expect_counts(snapshot, counts)
pids = {process["pid"] for process in snapshot["target"]["processes"]}
expect("processes", {truth(name)["pid"] for name in ("first", "second", "third")}, pids)
PYTHON
