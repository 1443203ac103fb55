#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A reader that goes away ends weir; the target goes on.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" hold
"$WEIR" snapshot -p "$calls_pid" -f 'calls:hold_line' -i 0.1 > >(head -n 1 >"$T/head.out") 2>"$T/weir.err" </dev/null &
weir_pid=$!
await 'weir ends' is_gone "$weir_pid"
expect 'lines that were read' 1 "$(wc -l <"$T/head.out")" "$T/weir.err"
target_go calls
target_go calls
target_end calls
