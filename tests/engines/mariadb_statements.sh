#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# MariaDB's statements by their fingerprints, prepared ones and those of procedures too, from several connections; errors by code; waits for
# row locks as SHOW STATUS counts them; no literal gets through.
. tests/lib/e2e.sh
. tests/lib/mariadb.sh

mariadb_needs_known_version
mariadb_start --innodb-lock-wait-timeout=5
export DATABASE=d
sql <<'SQL' || fail 'cannot fill the tables' "$T/mariadb.log"
create table t (id int primary key, a int, b varchar(80)) engine=innodb;
insert into t select seq, seq % 10, 'text' from seq_1_to_1000;
delimiter //
create procedure twice(n int) begin select count(*) from t where a = n; update t set b = 'done' where id = n; end//
SQL

weir_start -p "$mariadb_pid"
for client in 1 2 3; do
	for i in $(seq 100); do
		echo "select a from t where id = $((i + client)) and b <> 'it\\'s a secret';"
		echo "SELECT  a FROM t WHERE id=$i /* secret */ AND b <> \"sec''ret\" # secret"
		echo "; update \`t\` set b = 'secret' where id in ($client, 2, $i);"
		echo "select nothing from t where b = 'secret';"
		echo "selekt 'secret';"
	done | sql >"$T/client$client.out" 2>&1 &
	clients[client]=$!
done
wait "${clients[@]}"
for client in 1 2 3; do expect "errors of client $client" 200 "$(grep -c '^ERROR' "$T/client$client.out")"; done
{
	echo "prepare p from 'select b from t where id = ?';"
	for i in $(seq 20); do echo "set @n = $i; execute p using @n;"; done
	for i in $(seq 10); do echo "call twice($i);"; done
	echo "execute immediate 'select max(a) from t';"
} | sql >"$T/prepared.out" 2>"$T/prepared.err" || fail 'the prepared statements failed' "$T/prepared.err"
# One row, two clients: the second waits for the first.
weir_settle
cp "$T/weir.out" "$T/earlier.out"
mariadb_status before
echo "begin; update t set a = 1 where id = 7; select 'locked'; select sleep(0.7); commit;" | sql --unbuffered >"$T/first.out" 2>&1 &
first=$!
await 'the row is locked' has_line "$T/first.out" locked
sql -e 'update t set a = 2 where id = 7'
wait "$first"
mariadb_status after
weir_settle
kill -INT "$weir_pid"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
! grep -qi 'secret' "$T/weir.out" || fail 'a literal got through'
check <<'PYTHON'
for label, calls, errors, rows in (
    ("select a from t where id = ? and b <> ?", 600, 0, 600),
    ("update `t` set b = ? where id in(?)", 300, 0, 0),
    ("select nothing from t where b = ?", 300, 300, 0),
    ("execute p using @ n", 20, 0, 20),
    ("select b from t where id = ?", 20, 0, 20),
    ("call twice(?)", 10, 0, 10),
    # In procedures variables are literals, by a function around them.
    ("select count(*) from t where a = name_const(?, ?)", 10, 0, 10),
    ("update t set b = ? where id = name_const(?, ?)", 10, 0, 0),
    ("select max(a) from t", 1, 0, 1),
    ("update t set a = ? where id = ?", 2, 0, 0),
):
    came = tuple(total(snapshot, "statement", counter, label) for counter in ("calls", "completed", "errors", "rows"))
    expect(label, (calls, calls, errors, rows), came)
codes = {}
for error in snapshot["errors"]:
    if error["function"] == "to the client":
        codes[error["name"]] = codes.get(error["name"], 0) + error["count"]
expect("errors that clients were sent", {"ER_BAD_FIELD_ERROR": 300, "ER_PARSE_ERROR": 300}, codes)
with open(os.environ["TMPDIR"] + "/earlier.out", encoding="utf-8") as file:
    earlier = nodes_of(json.loads([line for line in file if line.endswith("\n")][-1]), "for", "row lock")
before, after = truth("before"), truth("after")
waits = nodes_of(snapshot, "for", "row lock")
count = sum(n["calls"] for n in waits) - sum(n["calls"] for n in earlier)
expect("waits for row locks", (1, 1), (count, after["Innodb_row_lock_waits"] - before["Innodb_row_lock_waits"]))
took_ms = (latency_sum(waits) - latency_sum(earlier)) / 1e6
told_ms = after["Innodb_row_lock_time"] - before["Innodb_row_lock_time"]
expect_true(f"the wait took what InnoDB says, {told_ms} ms", abs(took_ms - told_ms) < 20 + told_ms / 10, took_ms)
expect_no_loss(snapshot)
PYTHON

# Connections that come and go, and a server that is started again, under one weir.
exe=$(readlink -f "/proc/$mariadb_pid/exe")
weir_start --exe "$exe" --profile mariadb --detail queries
for round in 1 2; do
	for i in $(seq 20); do echo "select $i;" | sql; done >"$T/many.out"
	mariadb_stop
	[ "$round" -eq 2 ] || mariadb_run
done
weir_settle
kill -INT "$weir_pid"
weir_end
check <<'PYTHON'
expect("statements of two servers", 40, total(snapshot, "statement", "completed", "select ?"))
expect_no_loss(snapshot)
PYTHON

# What it costs: hits for a statement, once callers are known (a second after the last that is new), where only statements are asked for, and by default, where reads of the network that
# the client lets the server wait for are two more.
mariadb_run
for tier in queries operators; do
	weir_start -p "$mariadb_pid" --detail "$tier"
	for round in warm measured; do
		[ "$round" = warm ] || { sleep 2 && weir_settle && weir_last "$T/$tier-before.json"; }
		for i in $(seq 1000); do echo "select a from t where id = $i;"; done | sql >"$T/many.out"
	done
	weir_settle
	kill -INT "$weir_pid"
	weir_end
	cp "$T/snapshot.json" "$T/$tier-after.json"
done
check <<'PYTHON'
for tier, most in (("queries", 2), ("operators", 4)):
    before, after = (json.load(open(f"{os.environ['TMPDIR']}/{tier}-{name}.json", encoding="utf-8")) for name in ("before", "after"))
    statements = total(after, "statement", "calls") - total(before, "statement", "calls")
    hits = after["overhead"]["hits"] - before["overhead"]["hits"]
    expect(f"statements with {tier}", 1000, statements)
    # Waits of the connection itself, and what ends it.
    expect_true(f"at most {most} hits a statement with {tier}", hits <= most * statements + 20, hits)
PYTHON
