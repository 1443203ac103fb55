#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A call that still runs is counted as open, and as completed when it has ended.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" hold
weir_start -p "$calls_pid" -f 'calls:hold_line'
target_go calls
await 'the target is in hold_line' has_line "$T/calls.out" '^holding'
weir_settle
cp "$T/weir.out" "$T/while.out"
target_go calls
target_end calls
weir_end
tail -n 1 "$T/while.out" >"$T/while.json"
check "$T/while.json" <<'PYTHON'
expect("open", 1, total(snapshot, "hold_line", "open"))
expect("completed", 0, total(snapshot, "hold_line", "completed"))
PYTHON
check <<'PYTHON'
expect("open", 0, total(snapshot, "hold_line", "open"))
expect("completed", 1, total(snapshot, "hold_line", "completed"))
PYTHON
