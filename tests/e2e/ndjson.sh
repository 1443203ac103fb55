#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# -i writes one document a line, each whole, and -d ends them.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" hold
weir snapshot -p "$calls_pid" -f 'calls:hold_line' -i 0.2 -d 1.1
expect 'exit code' 0 "$status" "$T/weir.err"
cp "$T/weir.out" "$T/snapshot.json"
check <<'PYTHON'
expect_true("5 or 6 documents in 1.1 s at 0.2 s each, one at the end", 4 <= len(documents) <= 7, len(documents))
expect_true("the last tells of 1.1 s", 1.05e9 <= snapshot["duration_ns"] <= 3e9, snapshot["duration_ns"])
with open(os.environ["TMPDIR"] + "/weir.out", encoding="utf-8") as file:
    expect("lines", len(documents), len(file.read().splitlines()))
PYTHON
