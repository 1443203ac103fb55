#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# MariaDB's binary protocol: statements that were prepared, by their fingerprints with rows and errors, as exact as SHOW STATUS, also by cursors
# and in bulk; and prepared statements of SQL, in the text protocol.
. tests/lib/e2e.sh
. tests/lib/mariadb.sh

mariadb_needs_known_version
mariadb_start
export DATABASE=d
sql <<'SQL' || fail 'cannot fill the tables' "$T/mariadb.log"
create table t (id int primary key, a int, b varchar(40), key (a)) engine=innodb;
insert into t select seq, seq % 100, concat('text ', seq) from seq_1_to_2000;
create table w (id int primary key, b varchar(40)) engine=innodb;
SQL
cat >"$T/work.py" <<'PYTHON'
import json, os, sys
from mariadbwire import Connection, ServerError

truth = {"errors": []}
c = Connection(sys.argv[1], database="d")

def failing(call, *arguments):
    try:
        call(*arguments)
    except ServerError as error:
        truth["errors"].append(error.args[0])

by_id = c.prepare("select b from t where id = ?")
by_a = c.prepare("select id, b from t where a = ? and b <> ? order by b")
change = c.prepare("update t set b = ? where a = ?")
add = c.prepare("insert into w values (?, ?)")
truth["by_id"] = sum(c.execute(by_id, n) for n in range(1, 301))
truth["nobody"] = sum(c.execute(by_id, 9000 + n) for n in range(50))
truth["by_a"] = sum(c.execute(by_a, n, b"secret") for n in range(30))
for n in range(10):
    c.execute(change, b"secret %d" % n, n)
for n in range(20):
    c.execute(add, n, b"secret" if n % 2 else None)
for n in range(5):
    failing(c.execute, add, n, b"secret")
c.bulk(add, *((100 + n, b"secret %d" % n) for n in range(40)))
truth["cursor"] = 0
listing = c.prepare("select id from t where id <= ? order by id")
c.execute(listing, 1000, cursor=True)
last = False
while not last:
    rows, last = c.fetch(listing, 70)
    truth["cursor"] += rows
c.reset(listing)
failing(c.prepare, "select nothing from t where b = 'secret'")
failing(c.prepare, "selekt 'secret'")
failing(c.execute, 4711)  # no such statement
c.query("prepare s from 'select count(*) from t where a < ?'")
c.query("set @limit = 17")
for n in range(15):
    c.query("execute s using @limit")
c.query("deallocate prepare s")
for statement in (by_id, by_a, change, add, listing):
    c.close_statement(statement)
c.close()
with open(os.environ["TMPDIR"] + "/work.truth", "w", encoding="utf-8") as file:
    json.dump(truth, file)
PYTHON

weir_start -p "$mariadb_pid" --detail rows
mariadb_status one
"$PYTHON" "$T/work.py" "$MARIADB/socket" 2>"$T/work.err" || fail 'the client failed' "$T/work.err"
mariadb_status two
mariadb_status three
weir_settle
kill -INT "$weir_pid"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
! grep -qi 'secret' "$T/weir.out" || fail 'a literal got through'
check <<'PYTHON'
one, two, three, work = (truth(name) for name in ("one", "two", "three", "work"))

def told(name):
    """What the work did, without what SHOW STATUS itself does."""
    return (two[name] - one[name]) - (three[name] - two[name])

nodes = {node["id"]: node for node in snapshot["nodes"]}

def around(node, function):
    """The calls of this function that the node's lie in, from the inside out."""
    while node["parent"] in nodes:
        node = nodes[node["parent"]]
        if node["function"] == function:
            yield node

def is_status(node):
    return any("show global status" in n.get("label", "") for n in (node, *around(node, "statement")))

def calls(function, label):
    return sum(n["calls"] for n in snapshot["nodes"] if n["function"] == function and n.get("label") == label)

def counted(counter, function="statement"):
    """Of the outermost: what a statement does that an EXECUTE executes, that has done too."""
    return sum(n.get("counters", {}).get(counter, n.get(counter, 0)) for n in snapshot["nodes"]
               if n["function"] == function and not is_status(n) and (function != "statement" or not any(around(n, "statement"))))

# The server counts SQL's PREPARE and EXECUTE with the protocol's commands, and does not count what it cannot find.
expect("commands that prepare", told("Com_stmt_prepare") - told("Com_prepare_sql"), calls("command", "Prepare"))
expect("commands that execute", told("Com_stmt_execute") - told("Com_execute_sql") + work["errors"].count(1243),
       calls("command", "Execute") + calls("command", "Bulk execute"))
expect("commands that fetch", told("Com_stmt_fetch"), calls("command", "Fetch"))
expect("commands that reset", told("Com_stmt_reset"), calls("command", "Reset stmt"))
expect_true("the work has them", told("Com_stmt_execute") > 400 and told("Com_stmt_fetch") == 15, told("Com_stmt_fetch"))
expect("rows sent", told("Rows_sent"), counted("rows"))
reads = sum(told(f"Handler_read_{name}") for name in ("rnd_next", "rnd", "key", "next", "prev", "first", "last"))
expect("rows read", reads, counted("rows_read") + counted("rows_read", "fetch"))
expect("rows changed", sum(told(f"Handler_{name}") for name in ("write", "update", "delete")), counted("rows_changed"))
for name in ("rnd_next", "key", "next"):
    expect(f"calls of read_{name}", told(f"Handler_read_{name}"), counted("calls", f"read_{name}"))
expect("rows of the fetches", work["cursor"], total(snapshot, "fetch", "rows"))
for label, count, errors, rows in (
    ("select b from t where id = ?", 350, 0, work["by_id"] + work["nobody"]),
    ("select id, b from t where a = ? and b <> ? order by b", 30, 0, work["by_a"]),
    ("update t set b = ? where a = ?", 10, 0, 0),
    ("execute s using @ limit", 15, 0, 15),
    ("select count(*) from t where a < ?", 15, 0, 15),
    ("select id from t where id <= ? order by id", 1, 0, 0),
):
    came = tuple(total(snapshot, "statement", counter, label) for counter in ("calls", "completed", "errors", "rows"))
    expect(label, (count, count, errors, rows), came)
inserts = [n for n in nodes_of(snapshot, "statement") if n["label"].startswith("insert into w values")]
expect("inserts that fail", 5, sum(n["errors"] for n in inserts))
expect("rows inserted", 60, sum(n["counters"]["rows_changed"] for n in inserts) - 5)
# Each that the client was told of, by its code, those without a statement too.
sent = {}
for error in snapshot["errors"]:
    if error["function"] == "to the client":
        sent[error["code"]] = sent.get(error["code"], 0) + error["count"]
expect("errors sent to the client", {str(code): work["errors"].count(code) for code in work["errors"]}, {str(code): n for code, n in sent.items()})
expect_no_loss(snapshot)
PYTHON
mariadb_stop
