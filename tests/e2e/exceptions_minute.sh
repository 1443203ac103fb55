#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir attaches and detaches each second while eight threads throw at random depths, for WEIR_TEST_SECONDS (10; a minute by hand): the
# target ends with every round done, no report loses a count, and the call that catches all is never unwound.
. tests/lib/e2e.sh

seconds=${WEIR_TEST_SECONDS:-10}
target_start storm nice -n 19 "$TARGETS/storm" on --truth "$T/storm.truth"
target_go storm
SECONDS=0
for ((i = 0; i < 2 || SECONDS < seconds; i++)); do
	weir snapshot -p "$storm_pid" -f 'storm:storm_*' -d 0.6 -o "$T/snapshot.json"
	expect "exit code in round $i" 0 "$status" "$T/weir.err"
	check <<'PYTHON'
expect("unwound calls of storm_catch", 0, total(snapshot, "storm_catch", "unwound"))
expect_true("calls are seen", total(snapshot, "storm_dive", "calls") > 0)
expect_no_loss(snapshot)
PYTHON
	sleep 0.2
done
echo "attached $i times"
target_go storm
target_end storm
"$PYTHON" - "$T/storm.truth" <<'PYTHON' || fail "the target's account is wrong" "$T/storm.truth"
import json, sys
told = json.load(open(sys.argv[1]))
counts, unwound = told["counts"], told["values"]
assert counts["storm_catch"] == counts["storm_rethrow"] == unwound["rounds"] > 0, told
PYTHON
