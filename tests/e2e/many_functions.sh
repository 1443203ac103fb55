#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All functions of a large library at once: attached, and the program works on.
. tests/lib/e2e.sh

target_start pipeline "$DEMO/pipeline" --wait --rounds 1 --pace 0 --rows 50 --truth "$T/pipeline.truth"
weir_start -p "$pipeline_pid" -f 'libsqlite3.so*:sqlite3_*'
target_go pipeline
target_end pipeline
weir_end
check <<'PYTHON'
steps = sum(statement["steps"] for statement in truth("pipeline")["statements"])
# The engine steps through statements of its own when it reads its schema.
expect_true(f"calls of sqlite3_step are {steps} and few more", steps <= total(snapshot, "sqlite3_step", "calls") <= steps + 40,
            total(snapshot, "sqlite3_step", "calls"))
expect_true("many functions were seen", len({node["function"] for node in snapshot["nodes"]}) > 20)
PYTHON
