#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that are static, not position-independent, or both have exact counts.
. tests/lib/e2e.sh

for flag in -static -static-pie -no-pie '-no-pie -Wl,-z,noseparate-code' '-pie -fPIE -Wl,-z,noseparate-code'; do
	# shellcheck disable=SC2086 # two words
	cc -std=gnu11 -D_GNU_SOURCE -O1 $flag -o "$T/program" tests/targets/calls.c || fail "cannot build with $flag"
	weir snapshot -o "$T/snapshot.json" -f 'program:nested_*' -- "$T/program" nested --truth "$T/program.truth"
	expect "exit code with $flag" 0 "$status" "$T/weir.err"
	rm "$T/weir.out"
	check <<'PYTHON'
expect_counts(snapshot, truth("program")["counts"])
PYTHON
done
