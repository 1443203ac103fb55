#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo: start a small SQLite pipeline, attach weir to it while it runs, show what it does, say what to type next.
# Environment: BUILD (default build), DEMO_SECONDS (5).
set -u
cd "$(dirname "$0")/../.." || exit 1

build=${BUILD:-build}
seconds=${DEMO_SECONDS:-5}
pipeline=$build/tests/demo/pipeline
weir=$build/weir
pipeline_pid=
directory=

say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
[ -t 1 ] || say() { printf '\n%s\n' "$1"; }

die() {
	printf 'demo: %s\n' "$1" >&2
	exit 1
}

finish() {
	if [ -n "$pipeline_pid" ]; then
		kill "$pipeline_pid" 2>/dev/null
		wait "$pipeline_pid" 2>/dev/null
	fi
	[ -z "$directory" ] || rm -rf "$directory"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$(id -u)" -eq 0 ] || die 'attaching to a process needs root: run "sudo make demo"'
for program in "$pipeline" "$weir"; do
	[ -x "$program" ] || die "$program is not built yet: run \"make demo\""
done

directory=$(mktemp -d) || exit 1
TMPDIR=$directory "$pipeline" --rounds 0 --truth "$directory/truth.json" &
pipeline_pid=$!
say "A pipeline on SQLite runs as process $pipeline_pid. Measuring it for $seconds s:"
echo "  $weir stat -p $pipeline_pid -d $seconds"
echo
"$weir" stat -p "$pipeline_pid" -d "$seconds" || die "weir failed; \"$weir doctor\" says what this machine can do"
kill -0 "$pipeline_pid" 2>/dev/null || die 'the pipeline ended meanwhile, which it should not'

say 'What to type next (the pipeline of this demo has ended; this one runs until you stop it):'
cat <<TEXT
  $pipeline --rounds 0 &
  $weir stat -p \$! -d 5                             # attach to it, as above
  $weir stat -p \$! -d 5 -f 'pipeline:stage_*'       # its own functions, no profile needed
  $weir snapshot -p \$! -d 10 -i 1                   # JSON, a line each second
  $weir list -p \$!                                  # what is probed, where, and what it costs
  $weir stat -- $pipeline --rounds 4     # from the first instruction to the last
  $weir doctor                                      # what this machine can do
TEXT
