#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What MariaDB's statements wait for: pages that they read from disk, as many as InnoDB counts, by statement; row locks, as many and as long as
# InnoDB says, those that time out and that end in a deadlock too; metadata locks and sleep.
. tests/lib/e2e.sh
. tests/lib/mariadb.sh

mariadb_needs_known_version
mariadb_start
export DATABASE=d
sql <<'SQL' || fail 'cannot fill the tables' "$T/mariadb.log"
create table t (id int primary key, a int, b varchar(400), key (a)) engine=innodb;
insert into t select seq, seq * 7919 % 20000, repeat('x', 300) from seq_1_to_20000;
create table w (id int primary key, v int) engine=innodb;
insert into w select seq, 0 from seq_1_to_10;
SQL
# Started again, without the pages that it remembers to have had.
mariadb_stop
rm -f "$MARIADB"/data/ib_buffer_pool
mariadb_run --innodb-lock-wait-timeout=2 --innodb-buffer-pool-load-at-startup=0

weir_start -p "$mariadb_pid"
mariadb_status one
for i in $(seq 200); do echo "select b from t where a = $((i * 37));"; done | sql >"$T/work.out"
sql -e "select count(*) from t where b like '%y%'; select count(*) from t where b like '%y%'" >"$T/scan.out"
mariadb_status two
expect 'lines of the work' 202 "$(cat "$T/work.out" "$T/scan.out" | wc -l)" "$T/work.out"

# NAME SQL...: a client whose last line of output, once it holds its locks, is "locked"
locks() {
	local name=$1

	shift
	printf '%s\n' "$@" | sql --unbuffered >"$T/$name.out" 2>&1 &
	clients+=($!)
	await "$name has its locks" has_line "$T/$name.out" locked
}
clients=()
# Three wait for the first and go on; the fourth waits for another row, too long.
locks first 'begin; update w set v = 1 where id <= 3;' "select 'locked'; select sleep(1.5); commit;"
locks second 'begin; update w set v = 2 where id = 9;' "select 'locked'; select sleep(4); commit;"
for id in 1 2 3; do sql -e "update w set v = v + 1 where id = $id" & clients+=($!); done
sql -e 'update w set v = 3 where id = 9' >"$T/late.out" 2>&1
wait "${clients[@]}"
expect_match 'the one that waits too long' 'ERROR 1205' "$(cat "$T/late.out")"
weir_settle
weir_last "$T/locks.json"
mariadb_status locks
# Each waits for the other: one is told so.
clients=()
locks left 'begin; update w set v = 4 where id = 4;' "select 'locked'; do sleep(0.3); update w set v = 4 where id = 5; commit;"
locks right 'begin; update w set v = 5 where id = 5;' "select 'locked'; update w set v = 5 where id = 4; commit;"
wait "${clients[@]}"
expect 'victims of the deadlock' 1 "$(cat "$T/left.out" "$T/right.out" | grep -c 'ERROR 1213')" "$T/left.out" "$T/right.out"
# A statement that wants the whole table waits for a transaction that has read of it.
clients=()
locks reader 'begin; select v from w where id = 1;' "select 'locked'; select sleep(1.5); commit;"
sql -e 'alter table w add column c int'
wait "${clients[@]}"
mariadb_status three
weir_settle
kill -INT "$weir_pid"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'PYTHON'
one, two, three = (truth(name) for name in ("one", "two", "three"))
nodes = {node["id"]: node for node in snapshot["nodes"]}

def waits(label, statement=None):
    return [n for n in nodes_of(snapshot, "for", label) if statement is None or nodes[n["parent"]].get("label") == statement]

def calls(found):
    return sum(n["calls"] for n in found)

page = 16384
work = ("select b from t where a = ?", "select count(*) from t where b like ?")
read = two["Innodb_buffer_pool_reads"] - one["Innodb_buffer_pool_reads"]
expect_true("the work reads pages", read > 300, read)
expect("pages read", read, sum(calls(waits("disk I/O", label)) for label in work))
for label in work:
    expect(f"bytes read by {label}", calls(waits("disk I/O", label)) * page, sum(n["read_bytes"] for n in nodes_of(snapshot, "statement", label)))

locked = waits("row lock")
with open(os.environ["TMPDIR"] + "/locks.json", encoding="utf-8") as file:
    before = sum(n["calls"] for n in nodes_of(json.load(file), "for", "row lock"))
told = truth("locks")["Innodb_row_lock_waits"] - one["Innodb_row_lock_waits"]
expect("waits for row locks", told, before)
expect_true("there are some, and one that takes too long", told >= 2, told)
# InnoDB does not count who closes the circle of a deadlock and is its victim at once.
told = three["Innodb_row_lock_waits"] - one["Innodb_row_lock_waits"] - told
expect_true(f"waits of the deadlock are {told}, or one more", calls(locked) - before - told in (0, 1), calls(locked) - before)
expect("that were open at the end", 0, sum(n["open"] for n in locked))
took_ms, told_ms = latency_sum(locked) / 1e6, three["Innodb_row_lock_time"] - one["Innodb_row_lock_time"]
print(f"row locks: {took_ms:.1f} ms, InnoDB says {told_ms}")
expect_true(f"they took what InnoDB says, {told_ms} ms", abs(took_ms - told_ms) < 20 * calls(locked), took_ms)
updates = ("update w set v = v + ? where id = ?", "update w set v = ? where id = ?")
expect("waits below updates", calls(locked), sum(calls(waits("row lock", label)) for label in updates))
expect_true("the ALTER waits for the reader", calls(waits("metadata lock", "alter table w add column c int")) >= 1)
expect("sleeps", 4, calls(waits("sleep")))
codes = {e["name"]: e["count"] for e in snapshot["errors"] if e["function"] == "to the client"}
expect("errors", {"ER_LOCK_WAIT_TIMEOUT": 1, "ER_LOCK_DEADLOCK": 1}, codes)
expect_no_loss(snapshot)
PYTHON
