#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where uprobe programs may write registers, weir performs the probed rets itself: the kernel never sets up its single-step area in
# the target, and every count is as exact as with it; also for two weirs at the same rets.
. tests/lib/e2e.sh

weir doctor
grep -q '^ok .*may write registers' "$T/weir.out" || skip 'this kernel does not let uprobe programs write registers'

steps() { grep -q '\[uprobes\]' "/proc/$1/maps"; }

for feature in none register_writes; do # taken away
	rm -f "$T"/storm.*
	target_start storm nice -n 19 "$TARGETS/storm" 1000000 --truth "$T/storm.truth"
	WEIR_WITHOUT=$feature weir_start -p "$storm_pid" -f 'storm:storm_*'
	target_go storm
	await 'calls in a snapshot' has_line "$T/weir.out" '"storm_dive"'
	weir_settle
	steps "$storm_pid" && stepped=yes || stepped=no
	kill "$storm_pid"
	weir_end
	expect "single-stepped without $feature" "$([ "$feature" = none ] && echo no || echo yes)" "$stepped"
	check <<<'expect_true("calls were counted", total(snapshot, "storm_dive", "calls") > 0, snapshot)'
done

target_start throwing "$TARGETS/throwing"
"$WEIR" snapshot -i 0.1 -p "$throwing_pid" -f 'throwing:throw_*' >"$T/other.out" 2>"$T/other.err" </dev/null &
other_pid=$!
await 'the first snapshot of the other' has_lines "$T/other.out" 1
weir_start -p "$throwing_pid" -f 'throwing:throw_*'
target_go throwing
target_end throwing
weir_end
wait "$other_pid"
tail -n 1 "$T/other.out" >"$T/other.json"
for file in "$T/snapshot.json" "$T/other.json"; do
	check "$file" <<'PYTHON'
for function, field in (("throw_outer", "completed"), ("throw_middle", "unwound"), ("throw_inner", "unwound")):
    expect(f"calls of {function}", 20, total(snapshot, function, "calls"))
    expect(f"{field} calls of {function}", 20, total(snapshot, function, field))
PYTHON
done
