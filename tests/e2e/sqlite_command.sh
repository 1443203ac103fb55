#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rows, calls and errors of each SQL statement of a launched program equal its own counts.
. tests/lib/e2e.sh

weir snapshot -o "$T/snapshot.json" -- "$DEMO/pipeline" --rounds 3 --pace 0 --truth "$T/pipeline.truth"
expect 'exit code' 0 "$status" "$T/weir.err"
check <<'PYTHON'
import sqlitecheck
sqlitecheck.compare(snapshot, truth("pipeline"), ("calls", "rows", "errors"), expect, expect_true)
expect_true("the profile is named", "sqlite" in snapshot["target"]["profiles"], snapshot["target"]["profiles"])
PYTHON
