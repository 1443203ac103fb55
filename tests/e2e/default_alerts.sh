#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stat and top look at the rules beside a profile without being asked: what fires is told, for targets of that profile alone.
. tests/lib/e2e.sh

mkdir -p "$T/profiles/alerts"
cp profiles/sqlite.yaml "$T/profiles/"
cat >"$T/profiles/alerts/sqlite.yaml" <<'YAML'
alerts:
  - alert: Busy
    expr: rate(calls{profile="sqlite", level="query", label="insert into orders*"}[500ms]) > 0
    for: 10ms
  - alert: Resident
    expr: rss_bytes > 0
YAML
export WEIR_PROFILES=$T/profiles

"$DEMO/pipeline" --rounds 0 >/dev/null 2>&1 &
pipeline=$!

# NAME ARGS...: weir in the background, until something else stops it
begin() {
	local name=$1

	shift
	"$WEIR" "$@" >"$T/$name.text" 2>"$T/$name.err" </dev/null &
	weir_pid=$!
}

end() { # NAME [STATUS]
	kill -INT "$weir_pid"
	wait "$weir_pid"
	expect "exit code of $1" "${2:-0}" $? "$T/$1.err"
}

begin stat stat -p "$pipeline"
await 'stat tells that it fires' has_line "$T/stat.err" ' firing Busy: sqlite3_step insert into orders'
await 'and the other one' has_line "$T/stat.err" ' firing Resident: '
end stat
expect 'what else is on stderr' 0 "$(grep -vc ' firing ' "$T/stat.err")" "$T/stat.err"
expect 'how often it is told' 1 "$(grep -c ' firing Busy' "$T/stat.err")" "$T/stat.err"
has_line "$T/stat.text" 'insert into orders' || fail 'the report is not there' "$T/stat.text"

begin top top -p "$pipeline" -i 0.2
await 'top shows it' has_line "$T/top.text" 'alerts 2: '
end top

begin asked stat -p "$pipeline" --fail-on-alert
await 'asked for, it goes on with all states' has_line "$T/asked.err" ' pending Busy: '
await 'that it fires' has_line "$T/asked.err" ' firing Busy: '
end asked 3

weir stat -p "$pipeline" -d 6 --no-default-alerts
expect 'stderr of stat without default rules' '' "$(cat "$T/weir.err")"
weir top -p "$pipeline" -i 0.2 -d 1 --no-default-alerts
expect 'alerts in top without default rules' 0 "$(grep -c 'alerts [0-9]' "$T/weir.out")" "$T/weir.out"

target_start calls "$TARGETS/calls" nested hold
weir stat -p "$calls_pid" -f 'calls:nested_*' -d 6
expect 'stderr of stat on a target without a profile' '' "$(cat "$T/weir.err")"
