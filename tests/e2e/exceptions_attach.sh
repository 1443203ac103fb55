#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir comes and goes while eight threads throw: the target neither crashes nor hangs, and each report adds up.
. tests/lib/e2e.sh

rounds=${ATTACH_ROUNDS:-200000}
# How long that takes depends on the machine: a target that was gone too soon is started again, with more to do.
for ((tries = 0; tries < 4; tries++, rounds *= 4)); do
	rm -f "$T"/storm.*
	target_start storm "$TARGETS/storm" "$rounds" --truth "$T/storm.truth"
	target_go storm
	for ((i = 0; i < 8; i++)); do
		is_running "$storm_pid" || break
		weir snapshot -p "$storm_pid" -f 'storm:storm_*' -d 0.4 -o "$T/snapshot.json"
		[ "$status" -eq 0 ] || { is_gone "$storm_pid" && break; }
		expect "exit code in round $i" 0 "$status" "$T/weir.err"
		check </dev/null
	done
	target_end storm
	told=$(grep -o '"storm_catch": [0-9]*' "$T/storm.truth" | head -n 1)
	expect "the target's account" "\"storm_catch\": $((8 * rounds))" "$told" "$T/storm.truth"
	[ "$i" -lt 2 ] || exit 0
done
fail "the target ended too early to tell: $i rounds"
