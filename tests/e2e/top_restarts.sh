#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir top --exe: waits for the first process, says when it ended, goes on when the next one comes.
. tests/lib/e2e.sh
. tests/lib/tmux.sh

cp "$DEMO/pipeline" "$T/pipeline-again"
terminal_start 100 24 "$WEIR top --exe pipeline-again --profile sqlite -i 0.2"
await_screen 'that it waits' 'no process yet'
"$T/pipeline-again" --rounds 0 >"$T/first.out" 2>"$T/first.err" &
first_pid=$!
await_screen 'the first' "pipeline-again \($first_pid\)"
await_screen 'its queries' 'sqlite3_step (insert|select|update|delete)'
kill -KILL "$first_pid"
await_screen 'that it ended' '^weir top +ENDED at [0-9:]{8}, waiting for the next'
await_screen 'what it did last' 'sqlite3_step (insert|select|update|delete)'
sleep 0.6
capture
grep -qE '^calls [1-9]' "$T/screen" || fail 'the last figures are gone' "$T/screen"
"$T/pipeline-again" --rounds 0 >"$T/second.out" 2>"$T/second.err" &
second_pid=$!
await_screen 'the second' "^weir top +pipeline-again \($second_pid\)"
await_screen 'its work' '^calls [1-9]'
keys C-c
await_left
