#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --webhook delivers what fires and resolves in Alertmanager's format to an HTTP server, also where it fails at first.
. tests/lib/e2e.sh
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY

cat >"$T/rules.yaml" <<'YAML'
alerts:
  - alert: Busy
    expr: calls{function="nested_*"} > 5
    labels: {severity: warning}
    annotations: {summary: "{{function}} has {{value}}"}
  - alert: Moving
    expr: rate(calls{function="nested_inner"}[500ms]) > 1
YAML
: >"$T/requests"
"$PYTHON" tests/lib/webhook.py "$T/port" "$T/requests" 503 &
await 'the server listens' test -s "$T/port"
printf 'http://user:secret@127.0.0.1:%s/hook?x=1\n' "$(cat "$T/port")" >"$T/url"
target_start calls "$TARGETS/calls" nested hold
"$WEIR" watch -p "$calls_pid" -f 'calls:nested_*' -i 0.1 --alerts "$T/rules.yaml" --alert-log "$T/log" --webhook "@$T/url" \
	2>"$T/weir.err" &
weir_pid=$!
await 'weir is attached' has_breakpoint "$calls_pid" "$TARGETS/calls" nested_inner
target_go calls
await 'all four requests, the first one twice' has_lines "$T/requests" 4
kill -INT "$weir_pid"
wait "$weir_pid"
expect 'exit code' 0 $? "$T/weir.err"
expect 'what is said of the first try' 1 "$(grep -c 'cannot deliver to 127.0.0.1:[0-9]*: it answered with HTTP status 503' "$T/weir.err")" \
	"$T/weir.err"
expect 'secrets on stderr' 0 "$(grep -c secret "$T/weir.err")" "$T/weir.err"
"$PYTHON" - "$T/requests" <<'PY' || fail 'the requests are not as they should be' "$T/requests" "$T/log"
import datetime, json, socket, sys
requests = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
for r in requests:
    assert r["path"] == "/hook?x=1", r
    assert r["headers"]["Content-Type"] == "application/json" and r["headers"]["Authorization"].startswith("Basic "), r
    assert r["headers"]["User-Agent"].startswith("weir/"), r
assert requests[0]["body"] == requests[1]["body"], requests[:2]  # the first was refused and came again
documents = {}
for r in requests[1:]:
    d = json.loads(r["body"])
    assert d["version"] == "4" and d["receiver"] == "weir" and d["truncatedAlerts"] == 0, d
    documents[d["groupLabels"]["alertname"], d["status"]] = d
busy, moving, still = documents["Busy", "firing"], documents["Moving", "firing"], documents["Moving", "resolved"]
assert busy["groupKey"] == '{}:{alertname="Busy"}', busy
assert len(busy["alerts"]) >= 2, busy
instance = socket.gethostname()
shared = {"alertname": "Busy", "instance": instance, "severity": "warning", "level": "function", "module": "calls"}
assert busy["commonLabels"] == shared, busy["commonLabels"]
for alert in busy["alerts"]:
    assert alert["status"] == "firing" and alert["endsAt"] == "0001-01-01T00:00:00Z", alert
    assert alert["annotations"]["summary"] == alert["labels"]["function"] + " has " + alert["annotations"]["value"], alert
    assert shared.items() <= alert["labels"].items(), alert
assert len({a["fingerprint"] for a in busy["alerts"]}) == len(busy["alerts"]), busy
[before], [after] = moving["alerts"], still["alerts"]
assert after["status"] == "resolved" and after["fingerprint"] == before["fingerprint"], after
assert after["startsAt"] == before["startsAt"] < after["endsAt"], after
datetime.datetime.fromisoformat(after["endsAt"].replace("Z", "+00:00"))
PY
weir_refuses 2 'no URL' watch -p "$calls_pid" -f 'calls:nested_*' --alerts "$T/rules.yaml" --webhook ftp://host/
weir_refuses 1 'No such file' watch -p "$calls_pid" -f 'calls:nested_*' --alerts "$T/rules.yaml" --webhook "@$T/none"
weir_refuses 2 'no-send-resolved' watch -p "$calls_pid" -f 'calls:nested_*' --alerts "$T/rules.yaml" --no-send-resolved
