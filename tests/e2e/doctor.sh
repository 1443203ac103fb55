#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir doctor says what this kernel and user can do; without rights also why not, and the remedy.
. tests/lib/e2e.sh

weir doctor
expect 'exit code' 0 "$status" "$T/weir.out" "$T/weir.err"
for word in BTF uprobe CAP_; do
	expect_match 'doctor' "$word" "$(cat "$T/weir.out")" "$T/weir.out"
done
for class in 'emulated \(' 'single-stepped \(' 'a nop of five bytes' 'emulated, and left at a return site'; do
	expect_match 'what a probe costs' "^ *([0-9]+ +)?[0-9]+ +$class" "$(cat "$T/weir.out")" "$T/weir.out"
done
[ "$(wc -l <"$T/weir.out")" -ge 4 ] || fail 'doctor says too little' "$T/weir.out"
setpriv --bounding-set=-all "$WEIR" doctor >"$T/weir.out" 2>"$T/weir.err" </dev/null
expect 'exit code without capabilities' 1 $? "$T/weir.out" "$T/weir.err"
expect_match 'doctor without capabilities' 'CAP_(BPF|PERFMON|SYS_ADMIN)' "$(cat "$T/weir.out")" "$T/weir.out"
