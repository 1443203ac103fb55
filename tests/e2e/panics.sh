#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rust panics through probed functions, caught above them: the target lives, and every call and every unwinding is counted.
. tests/lib/e2e.sh

command -v rustc >/dev/null || skip 'there is no Rust compiler (rustc)'
rustc -O -o "$T/panics" tests/targets/panics.rs >"$T/rustc.out" 2>&1 || fail 'cannot compile the target' "$T/rustc.out"
target_start panics "$T/panics"
weir_start -p "$panics_pid" -f 'panics:panic_*'
target_go panics
target_end panics
weir_end
check <<'PYTHON'
told = truth("panics")
for function, calls in told["counts"].items():
    unwound = told["values"][function]
    expect(f"calls of {function}", calls, total(snapshot, function, "calls"))
    expect(f"unwound calls of {function}", unwound, total(snapshot, function, "unwound"))
    expect(f"completed calls of {function}", calls - unwound, total(snapshot, function, "completed"))
    expect(f"errors of {function}", unwound, total(snapshot, function, "errors"))
    expect(f"panics through {function}", unwound, sum(e["count"] for e in snapshot["errors"] if (e["function"], e["exception"]) == (function, "panic")))
expect_no_loss(snapshot)
PYTHON
