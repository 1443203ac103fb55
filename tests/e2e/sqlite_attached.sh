#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rows, calls and errors of each SQL statement of a running process equal its own counts.
. tests/lib/e2e.sh

target_start pipeline "$DEMO/pipeline" --wait --rounds 4 --pace 1 --truth "$T/pipeline.truth"
weir_start -p "$pipeline_pid"
target_go pipeline
target_end pipeline
weir_end
check <<'PYTHON'
import sqlitecheck
sqlitecheck.compare(snapshot, truth("pipeline"), ("calls", "rows", "errors"), expect, expect_true)
PYTHON
