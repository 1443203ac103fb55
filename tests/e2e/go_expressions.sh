#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A profile reads the arguments of Go functions from the registers that Go passes them in.
. tests/lib/e2e.sh

[ -x "$TARGETS/goroutines" ] || skip 'there is no Go compiler (go)'
cat >"$T/goroutines.yaml" <<'YAML'
engine: goroutines
match: {module: goroutines}
probes:
  - {function: main.recovers, level: query, label: arg1, rows: arg1 + 1, error: (u8)arg2}
  - {function: main.stepWork, level: operator, rows: arg2}
  - {function: main.quit, level: function, bytes: arg1, entry_only: true}
YAML
target_start go "$TARGETS/goroutines"
weir_start -p "$go_pid" --profile "$T/goroutines.yaml"
target_go go
target_end go
weir_end
check <<'PYTHON'
counts = truth("go")["counts"]
expect("rows of main.stepWork", 500 * counts["main.stepWork"], total(snapshot, "main.stepWork", "rows"))
expect("bytes of main.quit", sum(i % 5 for i in range(counts["main.quit"])), total(snapshot, "main.quit", "bytes"))
expect("untimed calls of main.quit", counts["main.quit"], total(snapshot, "main.quit", "untimed"))
for depth in range(7):
    calls = [i for i in range(counts["main.recovers"]) if i % 7 == depth]
    label = str(depth)
    expect(f"calls of main.recovers({label})", len(calls), total(snapshot, "main.recovers", "calls", label))
    expect(f"rows of main.recovers({label})", len(calls) * (depth + 1), total(snapshot, "main.recovers", "rows", label))
    expect(f"errors of main.recovers({label})", sum(i % 3 == 0 for i in calls), total(snapshot, "main.recovers", "errors", label))
expect_no_loss(snapshot)
PYTHON
