#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir killed while probed calls are open: they return as if nothing had been there.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" hold
weir_start -p "$calls_pid" -f 'calls:hold_*'
target_go calls
await 'the target is in hold_line' has_line "$T/calls.out" '^holding'
kill -KILL "$weir_pid"
wait "$weir_pid" 2>/dev/null
target_go calls
target_end calls
expect 'what the target says' '"hold_line": 1' "$(grep -o '"hold_line": 1' "$T/calls.out")" "$T/calls.out"
