#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir comes and goes while eight threads throw: the target neither crashes nor hangs, and each report adds up.
. tests/lib/e2e.sh

rounds=${ATTACH_ROUNDS:-200000} # enough for the target to be there while weir comes and goes a few times
target_start storm "$TARGETS/storm" "$rounds" --truth "$T/storm.truth"
target_go storm
for ((i = 0; i < 8; i++)); do
	is_running "$storm_pid" || break
	weir snapshot -p "$storm_pid" -f 'storm:storm_*' -d 0.4 -o "$T/snapshot.json"
	[ "$status" -eq 0 ] || { is_gone "$storm_pid" && break; }
	expect "exit code in round $i" 0 "$status" "$T/weir.err"
	check </dev/null
done
[ "$i" -ge 2 ] || fail "the target ended too early to tell: $i rounds"
target_end storm
PYTHONPATH=$PYTHONPATH "$PYTHON" -c '
import json, sys
told = json.load(open(sys.argv[1]))
assert told["counts"]["storm_catch"] == 8 * int(sys.argv[2]), told
' "$T/storm.truth" "$rounds" || fail "the target's account is wrong" "$T/storm.truth"
