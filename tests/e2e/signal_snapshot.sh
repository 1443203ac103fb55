#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A snapshot without -i and -d: SIGINT ends it with one whole document, indented.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested hold
"$WEIR" snapshot -p "$calls_pid" -f 'calls:hold_line' -f 'calls:nested_*' >"$T/weir.out" 2>"$T/weir.err" </dev/null &
weir_pid=$!
await 'a breakpoint in nested_outer' has_breakpoint "$calls_pid" "$TARGETS/calls" nested_outer
kill -INT "$weir_pid"
wait "$weir_pid"
expect 'exit code' 0 $? "$T/weir.err"
expect 'lines that begin with a brace' 2 "$(grep -c '^[{}]' "$T/weir.out")" "$T/weir.out"
check "$T/weir.out" <<'PYTHON'
expect("documents", 1, len(documents))
PYTHON
