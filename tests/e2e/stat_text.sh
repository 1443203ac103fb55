#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stat prints a tree and a flat table for people, and the counts in it are right.
. tests/lib/e2e.sh

weir stat -f 'calls:nested_*' -- "$TARGETS/calls" nested --truth "$T/calls.truth"
expect 'exit code' 0 "$status" "$T/weir.err"
for function in nested_outer nested_middle nested_inner; do
	[ "$(grep -cw "$function" "$T/weir.out")" -ge 2 ] || fail "$function is not in both the tree and the table" "$T/weir.out"
done
expect_match 'calls of nested_inner' '(^|[^0-9])600 .*nested_inner' "$(cat "$T/weir.out")" "$T/weir.out"
expect_match 'quantiles' 'p50.*p95.*p99' "$(cat "$T/weir.out")" "$T/weir.out"
expect_match 'losses' 'lost' "$(cat "$T/weir.out")" "$T/weir.out"
grep -qP '\x1b\[' "$T/weir.out" && fail 'colours although stdout is no terminal' "$T/weir.out"
LC_ALL=C "$WEIR" stat -f 'calls:nested_*' -- "$TARGETS/calls" nested --truth "$T/calls.truth" >"$T/weir.out" 2>"$T/weir.err"
grep -qP '[^\x00-\x7f]' "$T/weir.out" && fail 'more than ASCII in the C locale' "$T/weir.out"
exit 0
