#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual-machine steps of each SQL statement are those that sqlite3_stmt_status tells.
. tests/lib/e2e.sh

target_start pipeline "$DEMO/pipeline" --wait --rounds 4 --pace 0 --truth "$T/pipeline.truth"
weir_start -p "$pipeline_pid"
target_go pipeline
target_end pipeline
weir_end
check <<'PYTHON'
import sqlitecheck
sqlitecheck.compare(snapshot, truth("pipeline"), ("vm_steps",), expect, expect_true)
PYTHON
