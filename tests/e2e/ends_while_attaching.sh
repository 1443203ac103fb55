#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A process that ends while weir attaches: a report or one sentence, but neither a crash nor a hang.
. tests/lib/e2e.sh

for delay in 0 0.002 0.005 0.01 0.015 0.02 0.025 0.03 0.04 0.05 0.06 0.08 0.1 0.15; do
	(sleep "$delay") | "$TARGETS/calls" nested >/dev/null &
	pid=$!
	weir snapshot -p "$pid" -f 'calls:nested_*'
	case $status in
	0)
		expect "stderr when it ends after $delay s" '' "$(cat "$T/weir.err")"
		check "$T/weir.out" </dev/null
		;;
	1) one_sentence "weir when the target ends after $delay s" "$pid" ;;
	*) fail "exit code $status when the target ends after $delay s" "$T/weir.err" ;;
	esac
	wait "$pid"
done
