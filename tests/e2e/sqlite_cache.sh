#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Page-cache hits and misses of each SQL statement equal the engine's own status counters.
. tests/lib/e2e.sh

target_start pipeline "$DEMO/pipeline" --wait --rounds 4 --pace 0 --truth "$T/pipeline.truth"
weir_start -p "$pipeline_pid"
target_go pipeline
target_end pipeline
weir_end
check <<'PYTHON'
import sqlitecheck
expect_true("the pipeline had misses", truth("pipeline")["cache_misses"] > 100, truth("pipeline")["cache_misses"])
sqlitecheck.compare(snapshot, truth("pipeline"), ("hits", "misses"), expect, expect_true)
PYTHON
