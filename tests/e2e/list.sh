#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir list shows each function that would be probed: module, name, entry site, leave sites, cost class.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested
weir list -p "$calls_pid" -f 'calls:nested_*'
expect 'exit code' 0 "$status" "$T/weir.err"
for function in nested_outer nested_middle nested_inner; do
	line=$(grep -w "$function" "$T/weir.out")
	expect_match "the line of $function" 'calls' "$line" "$T/weir.out"
	expect_match "the line of $function" 'emulated|nop5|stepped' "$line" "$T/weir.out"
	expect_match "the line of $function" 'uretprobe|return' "$line" "$T/weir.out"
done
ns=$(grep -w nested_outer "$T/weir.out" | grep -oE '[0-9]+ +[0-9]+$')
[ "${ns%% *}" -gt 0 ] && [ "${ns##* }" -gt 0 ] || fail "ns at entry and at leave: \"$ns\"" "$T/weir.out"
has_breakpoint "$calls_pid" "$TARGETS/calls" nested_outer && fail 'list left a breakpoint'
target_start pipeline "$DEMO/pipeline" --wait --rounds 1
weir list -p "$pipeline_pid"
expect 'exit code with a profile' 0 "$status" "$T/weir.err"
expect_match 'the line of sqlite3_step' 'libsqlite3.*sqlite3_step.*query.*emulated' "$(grep -w sqlite3_step "$T/weir.out" | head -n 1)" "$T/weir.out"
