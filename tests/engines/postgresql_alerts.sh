#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A statement that waits for a lock in PostgreSQL makes SlowQuery fire while it waits, and resolve when it has the lock; a failed one does not.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY

pg_start
sql -c 'create table accounts(id int primary key, balance int); insert into accounts values(1, 100)' ||
	fail 'the table cannot be made' "$T/postgres.log"

# The default rule, in less time.
sed -n '/alert: SlowQuery/,/annotations/p' profiles/alerts/postgresql.yaml | sed -E 's/> 30s/> 1s/g; s/for: 2m/for: 1s/; s/"\}\)/"}[3s])/' >"$T/rule"
{ echo alerts: && cat "$T/rule"; } >"$T/rules.yaml"
grep -q 'oldest_open' "$T/rules.yaml" || fail 'the default rule does not look at what still runs' "$T/rules.yaml"

: >"$T/requests"
"$PYTHON" tests/lib/webhook.py "$T/port" "$T/requests" &
await 'the server listens' test -s "$T/port"
"$WEIR" watch -p "$pg_pid" -i 0.2 --alerts "$T/rules.yaml" --no-default-alerts --alert-log "$T/log" \
	--webhook "http://127.0.0.1:$(cat "$T/port")/" 2>"$T/weir.err" &
weir_pid=$!
await 'weir is attached' has_breakpoint "$pg_pid" "$PG_BIN/postgres" pgstat_report_activity

# A session whose statement failed, deep in the executor, and that is idle from then on: it must not look busy.
mkfifo "$T/failed.in" "$T/holder.in"
sql -v ON_ERROR_STOP=0 <"$T/failed.in" >"$T/failed.out" 2>"$T/failed.err" &
exec {failed_fd}>"$T/failed.in"
echo 'select 1 / (id - 1) from accounts;' >&"$failed_fd"
await 'the statement fails' has_line "$T/failed.err" 'division by zero'

sql <"$T/holder.in" >"$T/holder.out" 2>&1 &
exec {holder_fd}>"$T/holder.in"
echo 'begin; lock table accounts in access exclusive mode; select $$locked$$;' >&"$holder_fd"
await 'the table is locked' has_line "$T/holder.out" '^locked'
sql -c 'select balance from accounts where id = 1' >"$T/blocked.out" 2>&1 &
blocked=$!
await 'the alert fires' has_line "$T/log" ' firing SlowQuery \(warning\): select balance from accounts where id = \? takes'
is_running "$blocked" || fail 'the statement did not wait' "$T/blocked.out"
await 'it is told while the statement waits' has_line "$T/requests" 'firing'
is_running "$blocked" || fail 'the statement had ended before' "$T/blocked.out" "$T/log"
sleep 1
expect 'what has resolved while the lock is held' 0 "$(grep -c ' resolved ' "$T/log")" "$T/log"
echo 'commit;' >&"$holder_fd"
wait "$blocked"
expect 'the statement' 100 "$(cat "$T/blocked.out")"
await 'the alert resolves' has_line "$T/log" ' resolved SlowQuery'
await 'that is told too' has_lines "$T/requests" 2
kill -INT "$weir_pid"
wait "$weir_pid"
expect 'exit code' 0 $? "$T/weir.err"
expect 'alerts of other statements' 0 "$(grep -vc 'select balance from accounts where id = ?' "$T/log")" "$T/log"
"$PYTHON" - "$T/requests" <<'PY' || fail 'the requests are not as they should be' "$T/requests" "$T/log"
import json, sys
first, last = [json.loads(json.loads(line)["body"]) for line in open(sys.argv[1], encoding="utf-8")]
assert [first["status"], last["status"]] == ["firing", "resolved"], (first, last)
[alert] = first["alerts"]
assert alert["labels"]["profile"] == "postgresql" and alert["labels"]["level"] == "query", alert
assert alert["labels"]["label"] == "select balance from accounts where id = ?", alert
assert last["alerts"][0]["fingerprint"] == alert["fingerprint"], last
PY
