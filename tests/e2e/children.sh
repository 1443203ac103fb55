#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Children, their children and what they exec are part of the target, with exact counts.
. tests/lib/e2e.sh

target_start forker "$TARGETS/forker"
weir_start -p "$forker_pid" -f 'forker:*_work'
target_go forker
target_end forker
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("forker")["counts"])
expect_no_loss(snapshot)
pids = {process["pid"] for process in snapshot["target"]["processes"]}
expect("processes: the parent, 4 children, 4 grandchildren", 9, len(pids))
PYTHON
