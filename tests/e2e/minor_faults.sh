#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Minor page faults of a function that touches fresh pages are those the kernel counts for the thread.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" touch
weir_start -p "$calls_pid" -f 'calls:touch_pages'
target_go calls
target_end calls
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("calls")["counts"])
faults = truth("calls")["values"]["touch_minor_faults"]
came = total(snapshot, "touch_pages", "minor_faults")
# The first call of all touches nothing, but its return may fault the stub of the return probe in.
expect_true(f"minor faults are {faults} or one more", faults <= came <= faults + 1, came)
PYTHON
