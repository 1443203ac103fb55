#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stat --json prints one document, which is valid.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" hold
weir stat -p "$calls_pid" -f 'calls:hold_line' -d 0.3 --json
expect 'exit code' 0 "$status" "$T/weir.err"
expect 'stderr' '' "$(cat "$T/weir.err")"
check "$T/weir.out" <<'PYTHON'
expect("documents", 1, len(documents))
expect_true("duration is that of -d", 0.3e9 <= snapshot["duration_ns"] <= 2e9, snapshot["duration_ns"])
expect("kernel", os.uname().release, snapshot["host"]["kernel"])
PYTHON
