#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --exe NAME while other processes of that name come and go all the time: the one that stays has exact counts.
. tests/lib/e2e.sh

cp "$TARGETS/calls" "$T/calls-churn"
target_start stays "$T/calls-churn" nested --truth "$T/stays.truth"
(while :; do "$T/calls-churn" deep </dev/null >/dev/null; done) &
churn=$!
weir_start --exe calls-churn -f 'calls-churn:nested_*'
target_go stays
target_end stays
weir_settle
kill "$churn"
wait "$churn" 2>/dev/null
kill -INT "$weir_pid"
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("stays")["counts"])
PYTHON
expect 'stderr of weir' '' "$(cat "$T/weir.err")"
