#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir top -p: when the target is killed, what it did last stays on the screen with a note, keys still work, breakpoints are out.
. tests/lib/e2e.sh
. tests/lib/tmux.sh

target_start calls "$TARGETS/calls" nested hold
terminal_start 100 24 "$WEIR top -p $calls_pid -f 'calls:nested_*' -f 'calls:hold_*' -i 0.2 --view operators --sort calls"
await_screen 'the target' '^weir top +calls '
target_go calls
await_screen 'all calls' 'nested_inner'
keys w
await_screen 'an open call' 'hold_line'
kill -KILL "$calls_pid"
await_screen 'that it ended' '^weir top +ENDED at [0-9:]{8} +calls \([0-9]+, ended\)'
expect 'how often "waiting" is said' 0 "$(grep -c waiting "$T/screen")" "$T/screen"
up=$(grep -oE 'up [^ ]+ [^ ]+' "$T/screen")
keys r r
await_screen 'calls of nested_inner' '(^| )600 .*nested_inner'
sleep 1
capture
expect 'the time after the end' "$up" "$(grep -oE 'up [^ ]+ [^ ]+' "$T/screen")" "$T/screen"
resize 60 15
await_screen 'the screen in another size' '^\? help'
keys q
await_left
