#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A webhook's server that is not there, or does not answer, holds up nothing; what it did not take is told.
. tests/lib/e2e.sh
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY

cat >"$T/rules.yaml" <<'YAML'
alerts:
  - alert: Moving
    expr: rate(calls{function="nested_inner"}[300ms]) > 1
  - alert: Many
    expr: calls{function="nested_inner"} > 500
YAML
# NAME STATUS...: a server; $NAME_server is its PID, $T/NAME.requests what came
server_start() {
	local name=$1

	shift
	: >"$T/$name.requests"
	"$PYTHON" tests/lib/webhook.py "$T/$name.port" "$T/$name.requests" "$@" &
	declare -g "${name}_server=$!"
	await 'the server listens' test -s "$T/$name.port"
}

url_of() { printf 'http://127.0.0.1:%s/' "$(cat "$T/$1.port")"; }

# NAME URL: an alert fires and resolves meanwhile, and weir ends
watched() {
	target_start "$1" "$TARGETS/calls" nested hold
	local pid=$1_pid

	"$WEIR" watch -p "${!pid}" -f 'calls:nested_*' -i 0.1 --alerts "$T/rules.yaml" --alert-log "$T/$1.log" --webhook "$2" \
		2>"$T/$1.watch" &
	weir_pid=$!
	await 'weir is attached' has_breakpoint "${!pid}" "$TARGETS/calls" nested_inner
	target_go "$1"
	await 'the alert fires' has_line "$T/$1.log" ' firing Moving'
	await 'it resolves' has_line "$T/$1.log" ' resolved Moving'
	kill -INT "$weir_pid"
	wait "$weir_pid"
	expect 'exit code' 0 $? "$T/$1.watch"
}

server_start slow hang hang hang hang hang hang hang hang
watched slow "$(url_of slow)"
expect_match 'that a request came' '"status": "hang"' "$(cat "$T/slow.requests")" "$T/slow.requests"
expect_match 'what is told at the end' 'webhook: ([2-9]) of \1 notifications were not delivered' "$(cat "$T/slow.watch")" "$T/slow.watch"

server_start final 400
watched final "$(url_of final)"
expect 'what is said of a final answer' 1 "$(grep -c 'cannot deliver to .* status 400' "$T/final.watch")" "$T/final.watch"
expect_match 'what is told at the end' 'webhook: 1 of [2-9] notifications were not delivered: 1 given up' "$(cat "$T/final.watch")" \
	"$T/final.watch"

kill -KILL "$final_server"
wait "$final_server" 2>/dev/null
watched dead "$(url_of final)"
expect 'what is said of a dead server' 1 "$(grep -ci 'cannot deliver to 127.0.0.1:[0-9]*: .*connect' "$T/dead.watch")" "$T/dead.watch"
expect_match 'what is told at the end' 'webhook: ([2-9]) of \1 notifications were not delivered' "$(cat "$T/dead.watch")" "$T/dead.watch"
