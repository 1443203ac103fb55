#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the end-to-end tests share. Each begins with `. tests/lib/e2e.sh`, runs from the repository's root, may
# write in $TMPDIR, and leaves processes behind without care: the runner ends them.
set -u

: "${TMPDIR:?run it with tests/run}"
WEIR=${WEIR:-$PWD/build/weir}
BUILD=${BUILD:-$PWD/build}
TARGETS=$BUILD/tests/targets
DEMO=$BUILD/tests/demo
SCHEMA=$PWD/docs/schema/weir.snapshot-1.schema.json
# Not the first in PATH: the validator is a package of the distribution.
PYTHON=/usr/bin/python3
export SCHEMA PYTHONPATH=$PWD/tests/lib PYTHONDONTWRITEBYTECODE=1
PATIENCE=${PATIENCE:-20} # seconds that anything may take on a busy machine
T=$TMPDIR

fail() {
	printf '%s\n' "$1"
	shift
	for file; do
		printf -- '--- %s\n' "$(basename "$file")"
		cat "$file" 2>/dev/null
	done
	exit 1
}

skip() {
	printf '%s\n' "$1"
	exit 77
}

# WHAT EXPECTED CAME [FILE...]
expect() {
	local what=$1 expected=$2 came=$3

	shift 3
	[ "$expected" = "$came" ] || fail "$what: expected \"$expected\", came \"$came\"" "$@"
}

# WHAT PATTERN TEXT [FILE...]: an extended regular expression, in lower and upper case alike
expect_match() {
	local what=$1 pattern=$2 text=$3

	shift 3
	grep -qiE -- "$pattern" <<<"$text" || fail "$what: expected something like \"$pattern\", came \"$text\"" "$@"
}

# WHAT COMMAND...: until it succeeds, with patience
await() {
	local what=$1 tries=$((PATIENCE * 50))

	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "waited $PATIENCE s in vain: $what" "$T"/*.err "$T"/*.out
		nap
	done
}

# 20 ms without a process: where processes are dear, waiting would otherwise take the time of what is waited for.
nap() { read -rt 0.02 -u "$nap_fd" || :; }
exec {nap_fd}<> <(:)

is_running() { # PID; a zombie is not
	local line

	{ IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
	line=${line##*) }
	[ "${line%% *}" != Z ] && [ "${line%% *}" != X ]
}

is_gone() { ! is_running "$1"; }

has_line() { # FILE PATTERN: an extended regular expression
	local line

	while IFS= read -r line || [ -n "$line" ]; do
		[[ $line =~ $2 ]] && return 0
	done 2>/dev/null <"$1"
	return 1
}

has_lines() { # FILE COUNT
	local lines

	mapfile -t lines <"$1"
	[ ${#lines[@]} -ge "$2" ]
}

# NAME COMMAND...: start a target that says "ready" and waits. $NAME_pid is its PID; its files are $T/NAME.*
target_start() {
	local name=$1 fd

	shift
	mkfifo "$T/$name.in"
	"$@" <"$T/$name.in" >"$T/$name.out" 2>"$T/$name.err" &
	declare -g "${name}_pid=$!"
	exec {fd}>"$T/$name.in"
	declare -g "${name}_fd=$fd"
	await "$name says ready" has_line "$T/$name.out" '^ready'
}

target_go() { # NAME
	local fd=${1}_fd

	echo >&"${!fd}"
}

# NAME [STATUS]: wait for its end, and for the status that is right (0)
target_end() {
	local name=$1 pid=${1}_pid

	wait "${!pid}"
	expect "exit code of $name" "${2:-0}" $? "$T/$name.out" "$T/$name.err"
}

# ARGS...: weir snapshot with a document each 100 ms on $T/weir.out. Returns when the first came: then it is attached.
weir_start() {
	: >"$T/weir.out"
	"$WEIR" snapshot -i 0.1 "$@" >"$T/weir.out" 2>"$T/weir.err" </dev/null &
	weir_pid=$!
	await 'the first snapshot' weir_has_lines 1
	has_lines "$T/weir.out" 1 || fail "weir snapshot $* ended before it was attached" "$T/weir.err"
}

# Returns when two more snapshots have come: whatever weir was doing before is done.
weir_settle() {
	local lines

	mapfile -t lines <"$T/weir.out"
	await 'two more snapshots' weir_has_lines $((${#lines[@]} + 2))
}

weir_has_lines() { has_lines "$T/weir.out" "$1" || is_gone "$weir_pid"; } # COUNT

# FILE: the last document that weir has written whole
weir_last() {
	local lines i

	mapfile lines <"$T/weir.out"
	i=$((${#lines[@]} - 1))
	[[ ${lines[i]} == *$'\n' ]] || i=$((i - 1))
	printf '%s' "${lines[i]}" >"$1"
}

# [STATUS]: wait for weir's own end; the last document becomes $T/snapshot.json
weir_end() {
	wait "$weir_pid"
	expect 'exit code of weir' "${1:-0}" $? "$T/weir.err"
	tail -n 1 "$T/weir.out" >"$T/snapshot.json"
}

# ARGS...: run weir to its end with stdout in $T/weir.out, stderr in $T/weir.err, the exit code in $status
weir() {
	timeout --foreground $((PATIENCE * 3)) "$WEIR" "$@" >"$T/weir.out" 2>"$T/weir.err" </dev/null
	status=$?
}

# STATUS PATTERN ARGS...: weir must end with that status, and one sentence on stderr that matches
weir_refuses() {
	local wanted=$1 pattern=$2

	shift 2
	weir "$@"
	expect "exit code of weir $*" "$wanted" "$status" "$T/weir.err"
	one_sentence "weir $*" "$pattern"
}

# WHAT PATTERN: $T/weir.err is one line, begins with "weir: " and matches
one_sentence() {
	expect "lines on stderr of $1" 1 "$(wc -l <"$T/weir.err")" "$T/weir.err"
	expect_match "stderr of $1" '^weir: .' "$(cat "$T/weir.err")"
	expect_match "stderr of $1" "$2" "$(cat "$T/weir.err")"
}

# Check $T/snapshot.json (or FILE) and every document of $T/weir.out against schema and invariants, then run the Python on
# stdin, which sees `snapshot` (last document), `truth(NAME)` and what tests/lib/weircheck.py offers.
check() {
	"$PYTHON" -c 'import weircheck; weircheck.main()' "${1:-$T/snapshot.json}" || fail "weir's documents are not as they should be" "$T/weir.err"
}

# NAME GLOB...: the arguments -f GLOB for module NAME
functions() {
	local module=$1 glob

	shift
	for glob; do printf -- '-f\n%s\n' "$module:$glob"; done
}

# PID FILE FUNCTION: are the function's first bytes in the process no longer those of the file?
has_breakpoint() {
	"$PYTHON" tests/lib/breakpoint.py "$@"
}
