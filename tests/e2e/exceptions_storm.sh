#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Eight threads throw at random depths, rethrow, throw beside destructors, exit and are cancelled inside probed functions:
# every call is counted, every way out is told right, and the target's own account is what it is untraced.
. tests/lib/e2e.sh

rounds=${STORM_ROUNDS:-300}
"$TARGETS/storm" "$rounds" --truth "$T/untraced.truth" </dev/null >/dev/null
target_start storm nice -n 19 "$TARGETS/storm" "$rounds" --truth "$T/storm.truth"
weir_start -p "$storm_pid" -f 'storm:storm_*'
target_go storm
target_end storm
weir_end
expect "the target's account" "$(sed 's/"pid": [0-9]*//' "$T/untraced.truth")" "$(sed 's/"pid": [0-9]*//' "$T/storm.truth")"
check <<'PYTHON'
told = truth("storm")
for function, calls in told["counts"].items():
    unwound = told["values"].get(function, 0)
    expect(f"calls of {function}", calls, total(snapshot, function, "calls"))
    expect(f"unwound calls of {function}", unwound, total(snapshot, function, "unwound"))
    expect(f"completed calls of {function}", calls - unwound, total(snapshot, function, "completed"))
# What pthread_exit and pthread_cancel unwind is no error.
for function in ("storm_dive", "storm_rethrow"):
    expect(f"errors of {function}", told["values"][function], total(snapshot, function, "errors"))
for function in ("storm_exit", "storm_cancel", "storm_catch"):
    expect(f"errors of {function}", 0, total(snapshot, function, "errors"))
expect_no_loss(snapshot)
PYTHON
