#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A target that becomes another program: what it did before stays in the report, and the PID is still there.
. tests/lib/e2e.sh

cat >"$T/then.sh" <<'SH'
"$1/calls" nested --truth "$2" < <(sleep 1) >/dev/null
exec "$1/threads" </dev/null
SH
weir snapshot -o "$T/snapshot.json" -f 'calls:nested_*' -f 'threads:thread_work' -- bash "$T/then.sh" "$TARGETS" "$T/calls.truth"
expect 'exit code' 0 "$status" "$T/weir.err"
cp "$T/weir.out" "$T/threads.out"
check <<'PYTHON'
expect_counts(snapshot, truth("calls")["counts"])
expect("calls of thread_work", truth("threads")["counts"]["thread_work"], total(snapshot, "thread_work", "calls"))
PYTHON
