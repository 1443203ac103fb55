#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir top's own memory does not grow: after the first refreshes, a hundred more leave it as it is.
. tests/lib/e2e.sh
. tests/lib/tmux.sh

anonymous_kib() { sed -nE 's/^RssAnon:[[:space:]]+([0-9]+) kB/\1/p' "/proc/$1/status"; }
has_refreshed() { [ "$(wc -l <"$T/refreshes")" -ge "$1" ]; }

# As text, so that refreshes can be counted: each has a line "lost".
target_start pipeline "$DEMO/pipeline" --wait --rounds 0 --pace 5
target_go pipeline
"$WEIR" top -p "$pipeline_pid" -i 0.1 2>"$T/weir.err" > >(grep --line-buffered ' lost ' >"$T/refreshes") </dev/null &
weir_pid=$!
await 'refreshes' has_refreshed 30
before=$(anonymous_kib "$weir_pid")
await 'a hundred more' has_refreshed 130
after=$(anonymous_kib "$weir_pid")
[ "$after" -le $((before + 1024)) ] || fail "anonymous memory grew from $before KiB to $after KiB in 100 refreshes" "$T/weir.err"
kill -INT "$weir_pid"
wait "$weir_pid"
expect 'exit code' 0 $? "$T/weir.err"

# A pause holds one snapshot, however long it takes.
terminal_start 80 24 "$WEIR top -p $pipeline_pid -i 0.1"
await_screen 'weir top' '^weir top '
pid=$(child_of "$(in_tmux list-panes -F '#{pane_pid}')")
keys Enter
await_screen 'the detail' '^heat'
sleep 2
keys Space
await_screen 'the pause' 'PAUSED'
before=$(anonymous_kib "$pid")
sleep 4
after=$(anonymous_kib "$pid")
[ "$after" -le $((before + 1024)) ] || fail "anonymous memory grew from $before KiB to $after KiB while it paused"
keys q
await_left
