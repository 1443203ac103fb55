#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir killed by SIGKILL: the target goes on, ends with its own output unchanged, and is attached to anew.
. tests/lib/e2e.sh

"$TARGETS/calls" nested fib mutual deep jump </dev/null | sed -n 's/^{"pid": [0-9]*, //p' >"$T/alone"
target_start calls "$TARGETS/calls" hold nested fib mutual deep jump
weir_start -p "$calls_pid" -f 'calls:*_*'
kill -KILL "$weir_pid"
wait "$weir_pid" 2>/dev/null
# Attached again, to the same process, whose probes the kernel has removed.
weir_start -p "$calls_pid" -f 'calls:nested_*'
target_go calls
await 'the target is in hold_line' has_line "$T/calls.out" '^holding'
weir_settle
kill -KILL "$weir_pid"
wait "$weir_pid" 2>/dev/null
target_go calls
target_end calls
sed -n 's/^{"pid": [0-9]*, //p' "$T/calls.out" | sed 's/, "hold_line": 1//' >"$T/killed"
cmp -s "$T/alone" "$T/killed" || fail "the target's output changed" "$T/alone" "$T/killed"
