#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir top --alerts: the header says how many alerts fire and which, and 0 where none does.
. tests/lib/e2e.sh

cat >"$T/rules.yaml" <<'YAML'
alerts:
  - alert: Busy
    expr: calls{function="nested_inner"} > 500
  - alert: Never
    expr: calls{function="nested_inner"} > 1000000
YAML
target_start calls "$TARGETS/calls" nested hold
weir top --once -i 0.2 --alerts "$T/rules.yaml" -p "$calls_pid" -f 'calls:nested_*'
expect 'exit code' 0 "$status" "$T/weir.err"
expect_match 'the third line' 'lost 0  alerts 0  every' "$(sed -n 3p "$T/weir.out")" "$T/weir.out"
"$WEIR" top --alerts "$T/rules.yaml" --fail-on-alert -i 0.2 -p "$calls_pid" -f 'calls:nested_*' \
	-f 'calls:hold_*' >"$T/live.text" 2>"$T/live.err" </dev/null &
weir_pid=$!
# A file of its own: what the first run wrote says "alerts 0" too.
await 'the first text' has_line "$T/live.text" 'alerts 0'
target_go calls
await 'that it fires' has_line "$T/live.text" 'lost 0  alerts 1: Busy  every'
kill -INT "$weir_pid"
wait "$weir_pid"
expect 'exit code of the gate' 3 $? "$T/live.err"
expect_match 'the change on stderr' 'firing Busy' "$(cat "$T/live.err")" "$T/live.err"
