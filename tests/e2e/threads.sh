#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Eight threads at once, and one that starts later, are counted exactly.
. tests/lib/e2e.sh

target_start threads "$TARGETS/threads"
weir_start -p "$threads_pid" -f 'threads:thread_*'
target_go threads
target_end threads
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("threads")["counts"])
expect_no_loss(snapshot)
PYTHON
