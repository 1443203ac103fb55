#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir top --once, and into a pipe, prints plain text; the figures are right.
. tests/lib/e2e.sh

weir top --once -i 5 --view operators --sort calls -f 'calls:nested_*' -- \
	sh -c 'exec "$0" "$@" >"$TMPDIR/calls.out"' "$TARGETS/calls" nested
expect 'exit code' 0 "$status" "$T/weir.err"
grep -qP '\x1b' "$T/weir.out" && fail 'an escape sequence in a pipe' "$T/weir.out"
expect_match 'the header' '^weir top +ENDED at [0-9:]{8} +calls \([0-9]+, ended\) +up ' "$(head -n 1 "$T/weir.out")" "$T/weir.out"
expect_match 'losses' ' lost 0 ' "$(sed -n 3p "$T/weir.out")" "$T/weir.out"
expect_match 'the view' '^operators, last .*, by calls$' "$(sed -n 4p "$T/weir.out")" "$T/weir.out"
expect 'rows, and their order' 'nested_inner nested_middle nested_outer ' \
	"$(sed -n '6,$s/.* //p' "$T/weir.out" | tr '\n' ' ')" "$T/weir.out"
calls=$(sed -nE 's/.* ([0-9]+) +[0-9.]+ [nu]s .*/\1/p' "$T/weir.out" | tr '\n' ' ')
expect 'their calls' '600 300 100 ' "$calls" "$T/weir.out"

# A text an interval, until the reader has enough.
target_start calls "$TARGETS/calls" nested hold
"$WEIR" top -i 0.1 -p "$calls_pid" -f 'calls:nested_*' 2>"$T/weir.err" | sed '/up .* s/q' >"$T/weir.out"
expect 'exit codes' "$((128 + $(kill -l PIPE))) 0" "${PIPESTATUS[*]}" "$T/weir.err"
[ "$(wc -l <"$T/weir.out")" -gt 0 ] || fail 'no text came'

for view in tree operators queries memory errors processes; do
	weir top --once -i 0.1 --view "$view" -p "$calls_pid" -f 'calls:nested_*'
	expect "exit code of --view $view" 0 "$status" "$T/weir.err"
	expect_match "the view" "^$view, last" "$(sed -n 4p "$T/weir.out")" "$T/weir.out"
done
weir_refuses 2 'view.*memory' top --view all -p "$calls_pid" -f 'calls:nested_*'
weir_refuses 2 'sort.*no such column' top --sort beauty -p "$calls_pid" -f 'calls:nested_*'
weir_refuses 2 'no target' top
