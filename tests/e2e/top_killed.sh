#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir top ended by a signal, or by a crash of its own: the terminal is as it was.
. tests/lib/e2e.sh
. tests/lib/tmux.sh

target_start calls "$TARGETS/calls" hold
target_go calls
for signal in TERM INT HUP QUIT SEGV ABRT; do
	status=$((128 + $(kill -l "$signal")))
	case $signal in TERM | INT) status=0 ;; esac
	terminal_start 80 24 "ulimit -c 0; $WEIR top -p $calls_pid -f 'calls:hold_*'"
	await_screen 'weir top' '^weir top +calls '
	expect 'the alternate screen' 1 "$(in_tmux display-message -p '#{alternate_on}')"
	shell=$(in_tmux list-panes -F '#{pane_pid}')
	pid=$(child_of "$shell")
	[ -n "$pid" ] || fail 'weir is not there' "$T/screen"
	kill -"$signal" "$pid"
	await_left "$status"
done
