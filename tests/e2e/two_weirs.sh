#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two weirs on one process at once both count everything.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested
"$WEIR" snapshot -i 0.1 -p "$calls_pid" -f 'calls:nested_*' >"$T/other.out" 2>"$T/other.err" </dev/null &
other_pid=$!
await 'the first snapshot of the other' has_line "$T/other.out" '^[{]'
weir_start -p "$calls_pid" -f 'calls:nested_*'
target_go calls
target_end calls
weir_end
wait "$other_pid"
expect 'exit code of the other' 0 $? "$T/other.err"
tail -n 1 "$T/other.out" >"$T/other.json"
for file in "$T/snapshot.json" "$T/other.json"; do
	check "$file" <<'PYTHON'
expect_counts(snapshot, truth("calls")["counts"])
PYTHON
done
