#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A process whose main thread has left is measured until its last thread ends.
. tests/lib/e2e.sh

target_start threads "$TARGETS/threads" exit
weir_start -p "$threads_pid" -f 'threads:thread_*'
target_go threads
target_end threads
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("threads")["counts"])
PYTHON
