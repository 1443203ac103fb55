#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An alert is pending, fires after its `for`, resolves when the load is over, reaches the command, and breaks the gate.
. tests/lib/e2e.sh

cat >"$T/rules.yaml" <<'YAML'
alerts:
  - alert: Busy
    expr: rate(calls{level="query", label="insert into orders*"}[500ms]) > 1
    for: 500ms
    labels: {severity: warning}
YAML
"$WEIR" alerts check "$T/rules.yaml" >"$T/check.out" || fail 'the rules are refused' "$T/check.out"
for profile in profiles/alerts/*.yaml; do
	"$WEIR" alerts check "$profile" >"$T/check.out" 2>&1 || fail "$profile is refused" "$T/check.out"
done
printf 'alerts:\n  - alert: A\n    expr: p99(latncy) > 1s\n' >"$T/bad.yaml"
weir alerts check "$T/bad.yaml"
expect 'exit code of bad rules' 1 "$status"
expect_match 'the fault' 'bad.yaml:3:15: .*latency' "$(cat "$T/weir.err")"

"$DEMO/pipeline" --rounds 0 >/dev/null 2>&1 &
pipeline=$!
"$WEIR" watch -p "$pipeline" -i 0.1 --alerts "$T/rules.yaml" --no-default-alerts --alert-log "$T/log" \
	--on-alert "cat >>'$T/document'; echo >>'$T/document'" --fail-on-alert 2>"$T/watch.err" &
watch=$!
await 'the alert fires' has_line "$T/log" ' firing Busy \(warning\): sqlite3_step insert'
kill -STOP "$pipeline"
await 'the alert resolves' has_line "$T/log" ' resolved Busy'
kill -KILL "$pipeline"
wait "$watch"
expect 'exit code of the gate' 3 $? "$T/watch.err"
expect 'the order of states' 'pending firing resolved' "$(head -n 3 "$T/log" | awk '{ print $2 }' | xargs)" "$T/log"
"$PYTHON" - "$T/document" <<'PY' || fail 'the documents are not as they should be' "$T/document" "$T/log"
import json, sys
documents = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8") if line.strip()]
assert [d["state"] for d in documents[:2]] == ["firing", "resolved"], documents
assert documents[0]["labels"]["alertname"] == "Busy" and documents[0]["value"] > 1, documents
PY
