#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A Go program launched by weir is seen from main.main on, and from the runtime's first goroutine.
. tests/lib/e2e.sh

[ -x "$TARGETS/goroutines" ] || skip 'there is no Go compiler (go)'
echo >"$T/line"
timeout $((PATIENCE * 3)) "$WEIR" snapshot -o "$T/snapshot.json" -f 'goroutines:main.*' -f 'goroutines:runtime.newproc' -- \
	"$TARGETS/goroutines" --truth "$T/go.truth" <"$T/line" >"$T/weir.out" 2>"$T/weir.err"
expect 'exit code' 0 $? "$T/weir.err"
expect_match 'output' '^ready' "$(cat "$T/weir.out")"
: >"$T/weir.out"
check <<'PYTHON'
for function, calls in truth("go")["counts"].items():
    expect(f"calls of {function}", calls, total(snapshot, function, "calls"))
expect("completed calls of main.main", 1, total(snapshot, "main.main", "completed"))
PYTHON
