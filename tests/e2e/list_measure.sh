#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir list --measure counts entries, exactly and in whatever way calls would be seen to leave, and leaves no return probe behind.
. tests/lib/e2e.sh

for returns in trampoline sites; do
	weir list --measure 60 --returns "$returns" -f 'calls:nested_*' -- "$TARGETS/calls" nested
	expect 'exit code' 0 "$status" "$T/weir.err"
	expect_match 'the line of the sum' '^# 1000 calls in .* of one CPU$' "$(grep '^#' "$T/weir.out")" "$T/weir.out"
	for function in nested_outer nested_middle nested_inner; do
		line=$(grep -w "$function" "$T/weir.out")
		expect_match "the line of $function" 'emulated.* [0-9.]+ k?/s +[0-9.]+$' "$line" "$T/weir.out"
	done
done
# Where return probes would abort the target, counting entries is safe all the same.
weir list --measure 60 -f 'throwing:throw_*' -- "$TARGETS/throwing"
expect 'exit code of the target' 0 "$status" "$T/weir.err"
expect_match 'the line of the sum' '^# 60 calls in ' "$(grep '^#' "$T/weir.out")" "$T/weir.out"
expect_match 'how it would be left' 'return sites' "$(grep -w throw_inner "$T/weir.out")" "$T/weir.out"
weir list --measure 60 -f 'ends:end_work' -- "$TARGETS/ends" exit 7
expect "exit code is the command's" 7 "$status" "$T/weir.err"
weir_refuses 2 'measure' list --measure soon -- true
