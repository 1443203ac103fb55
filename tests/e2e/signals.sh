#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGINT and SIGTERM end weir with a full report and exit code 0.
. tests/lib/e2e.sh

for signal in INT TERM; do
	rm -f "$T"/calls.*
	target_start calls "$TARGETS/calls" nested hold
	weir_start -p "$calls_pid" -f 'calls:nested_*' -f 'calls:hold_*'
	target_go calls
	await 'the target is in hold_line' has_line "$T/calls.out" '^holding'
	kill -"$signal" "$weir_pid"
	weir_end
	check <<'PYTHON'
expect_counts(snapshot, {"nested_outer": 100, "nested_middle": 300, "nested_inner": 600})
expect("open calls of hold_line", 1, total(snapshot, "hold_line", "open"))
PYTHON
	target_go calls
	target_end calls
done
