#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A module named in -f that comes later is waited for, and counted exactly from then on.
. tests/lib/e2e.sh

target_start late "$TARGETS/late"
weir_start -p "$late_pid" -f 'liblate.so:late_*'
target_go late
await 'the module is loaded' has_line "$T/late.out" '^loaded'
await 'a breakpoint in late_work' has_breakpoint "$late_pid" "$TARGETS/liblate.so" late_work
weir_settle
target_go late
target_end late
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("late")["counts"])
PYTHON
expect 'stderr of weir' '' "$(cat "$T/weir.err")"
