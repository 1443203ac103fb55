#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An exception that the direct caller catches is no return, though the handler goes on where the call would have returned to: every
# call is told right from the first on, and what passed through it is counted by its type.
. tests/lib/e2e.sh

target_start catching "$TARGETS/catching" --truth "$T/catching.truth"
weir_start -p "$catching_pid" -f 'catching:catch_*'
target_go catching
target_end catching
weir_end
check <<'PYTHON'
told = truth("catching")
expect("exceptions caught", sum(n for f, n in told["values"].items() if f != "caught"), told["values"]["caught"])
for function, calls in told["counts"].items():
    unwound = told["values"][function]
    expect(f"calls of {function}", calls, total(snapshot, function, "calls"))
    expect(f"unwound calls of {function}", unwound, total(snapshot, function, "unwound"))
    expect(f"completed calls of {function}", calls - unwound, total(snapshot, function, "completed"))
    expect(f"errors of {function}", unwound, total(snapshot, function, "errors"))
expect("the exceptions", sorted([
    ("catch_plain", "engine::binder_error", told["values"]["catch_plain"]),
    ("catch_cold", "std::runtime_error", told["values"]["catch_cold"]),
    ("catch_kept", "int", told["values"]["catch_kept"]),
    ("catch_below", "std::out_of_range", told["values"]["catch_below"]),
]), sorted((error["function"], error["exception"], error["count"]) for error in snapshot["errors"]))
expect_no_loss(snapshot)
PYTHON
