#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# -- COMMAND: exact counts, and the command keeps its own stdin, stdout and arguments.
. tests/lib/e2e.sh

printf '\n' | "$WEIR" snapshot -o "$T/snapshot.json" -f 'calls:nested_*' -- "$TARGETS/calls" nested fib >"$T/calls.out" 2>"$T/weir.err"
expect 'exit code' 0 $? "$T/weir.err"
expect 'first word of the command' ready "$(head -n 1 "$T/calls.out" | cut -d ' ' -f 1)" "$T/calls.out"
check <<'PYTHON'
counts = truth("calls")["counts"]
counts.pop("recurse_fib")
expect_counts(snapshot, counts)
expect("processes", [truth("calls")["pid"]], [process["pid"] for process in snapshot["target"]["processes"]])
PYTHON
