#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The default rules for Redis on a real server: a command that hangs makes SlowCommand fire while it runs, one that fails too often ErrorRatio, refused
# ones RejectedCommands, a save that cannot be written BackgroundSaveFailed; all of them resolve, and what goes well is silent.
. tests/lib/e2e.sh
. tests/lib/redis.sh
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY

redis_needs_known_version
redis_start 'enable-debug-command yes' 'dbfilename dump.here'
redis set key 1 >/dev/null

# The default rules, in less time.
sed -E 's/for: [0-9]+m/for: 1s/; s/"\}\)/"}[3s])/g; s/, (5|10)m\)/, 3s)/g; s/\[5m\]/[3s]/g' profiles/alerts/redis.yaml >"$T/rules.yaml"
expect 'windows of minutes in the rules' 0 "$(grep -cE '[0-9]m[])]|: [0-9]+m' "$T/rules.yaml")" "$T/rules.yaml"

: >"$T/requests"
"$PYTHON" tests/lib/webhook.py "$T/port" "$T/requests" &
await 'the server listens' test -s "$T/port"
"$WEIR" watch -p "$redis_pid" -i 0.2 --alerts "$T/rules.yaml" --no-default-alerts --alert-log "$T/log.out" \
	--webhook "http://127.0.0.1:$(cat "$T/port")/" 2>"$T/weir.err" &
weir_pid=$!
await 'weir is attached' has_breakpoint "$redis_pid" "$(readlink "/proc/$redis_pid/exe")" call

# FILE: its commands over and over, until that file is gone
keep_on() {
	while [ -e "$1" ]; do
		cat "$1"
		nap
	done | redis >/dev/null 2>&1 &
}

# ALERT PATTERN: it fires, and says this
fires() {
	await "$1 fires" has_line "$T/log.out" " firing $1 \([a-z]*\): $2"
	await "$1 is told of" has_line "$T/requests" "$1"
}

for _ in $(seq 300); do echo 'get key'; done >"$T/well"
keep_on "$T/well"

redis debug sleep 4 >/dev/null &
slow=$!
fires SlowCommand 'debug takes'
is_running "$slow" || fail 'the command had ended before' "$T/log.out"
wait "$slow"
await 'SlowCommand resolves' has_line "$T/log.out" ' resolved SlowCommand'

for _ in $(seq 150); do echo 'lpush key wrong'; done >"$T/wrong"
keep_on "$T/wrong"
fires ErrorRatio '(100|9[0-9.]*) % of lpush fail' # one may be running
rm "$T/wrong"
await 'ErrorRatio resolves' has_line "$T/log.out" ' resolved ErrorRatio'

for _ in $(seq 150); do echo 'incr'; done >"$T/refused"
keep_on "$T/refused"
fires RejectedCommands '.* times incr was rejected'
rm "$T/refused"
await 'RejectedCommands resolves' has_line "$T/log.out" ' resolved RejectedCommands'

# The file of a save cannot take the place of a directory.
mkdir "$REDIS/dump.here"
redis bgsave >/dev/null
fires BackgroundSaveFailed 'background save done failed 1 times'
await 'BackgroundSaveFailed resolves' has_line "$T/log.out" ' resolved BackgroundSaveFailed'
rmdir "$REDIS/dump.here"

rm "$T/well"
kill -INT "$weir_pid"
wait "$weir_pid"
expect 'exit code' 0 $? "$T/weir.err"
expect 'other alerts' '' "$(grep -vE 'SlowCommand \(warning\): debug |ErrorRatio .*lpush|RejectedCommands .*incr|BackgroundSaveFailed ' "$T/log.out")" "$T/log.out"
"$PYTHON" - "$T/requests" <<'PY' || fail 'the requests are not as they should be' "$T/requests" "$T/log.out"
import json, sys
told = {}
for line in open(sys.argv[1], encoding="utf-8"):
    for alert in json.loads(json.loads(line)["body"])["alerts"]:
        assert alert["labels"].get("profile") == "redis", alert
        told.setdefault(alert["labels"]["alertname"], []).append(alert["status"])
assert set(told) == {"SlowCommand", "ErrorRatio", "RejectedCommands", "BackgroundSaveFailed"}, told
for name, states in told.items():
    assert states[0] == "firing" and "resolved" in states, (name, states)
PY
redis_stop
