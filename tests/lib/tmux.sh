#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A real terminal for tests: tmux, with a server of its own in $TMPDIR. `. tests/lib/tmux.sh` behind tests/lib/e2e.sh.

command -v tmux >/dev/null || fail 'tmux is not installed: packaging/deps.sh test does that'
export TMUX_TMPDIR=$T LC_ALL=C.UTF-8

terminals=0
in_tmux() { tmux -L "terminal-$terminals" -f /dev/null "$@"; }

# COLUMNS ROWS COMMAND: a shell with echo off that runs COMMAND, then says "left STATUS" and what the terminal is like
terminal_start() {
	terminals=$((terminals + 1))
	printf '%s\n' 'before=$(stty -g)' "$3" 'status=$?' \
		'[ "$(stty -g)" = "$before" ] && modes=same || modes=changed' \
		'echo "left $status, modes $modes"; exec sleep 1000' >"$T/command"
	in_tmux new-session -d -x "$1" -y "$2" "cd $T && . $T/command" 2>"$T/tmux.err" ||
		fail 'tmux does not start' "$T/tmux.err"
	in_tmux set-option -g window-size manual
	in_tmux resize-window -x "$1" -y "$2"
}

keys() { in_tmux send-keys "$@"; }
resize() { in_tmux resize-window -x "$1" -y "$2"; } # COLUMNS ROWS

# The screen as text in $T/screen
capture() { in_tmux capture-pane -p >"$T/screen"; }
shows() { capture && grep -qE -- "$1" "$T/screen"; }
shows_not() { capture && ! grep -qE -- "$1" "$T/screen"; }

# WHAT PATTERN: until the screen shows it
await_screen() {
	local tries=$((PATIENCE * 20))

	until shows "$2"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "waited $PATIENCE s in vain for the screen to show $1 ($2)" "$T/screen"
		nap
	done
}

await_screen_without() { # WHAT PATTERN
	local tries=$((PATIENCE * 20))

	until shows_not "$2"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "waited $PATIENCE s in vain for the screen to lose $1 ($2)" "$T/screen"
		nap
	done
}

# PID -> that of a child; not every kernel has /proc/PID/task/PID/children
child_of() {
	local stat line fields

	for stat in /proc/[0-9]*/stat; do
		{ IFS= read -r line <"$stat"; } 2>/dev/null || continue
		read -ra fields <<<"${line##*) }"
		[ "${fields[1]}" != "$1" ] || { stat=${stat%/stat} && echo "${stat#/proc/}" && return; }
	done
}

# [STATUS]: weir has ended with it, its screen is gone, and the terminal is as it was
await_left() {
	await_screen 'the shell again' '^left '
	grep -qE "^left ${1:-0}, modes same" "$T/screen" || fail "expected \"left ${1:-0}, modes same\"" "$T/screen"
	expect 'the cursor is seen' 1 "$(in_tmux display-message -p '#{cursor_flag}')" "$T/screen"
	expect 'the alternate screen is on' 0 "$(in_tmux display-message -p '#{alternate_on}')" "$T/screen"
}
