#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What MariaDB's statements ask of storage engines, by table and in sum, what they send, sort and keep in temporary tables: as SHOW
# STATUS says, to the last row.
. tests/lib/e2e.sh
. tests/lib/mariadb.sh

mariadb_needs_known_version
mariadb_start
export DATABASE=d
sql <<'SQL' || fail 'cannot fill the tables' "$T/mariadb.log"
create table t (id int primary key, a int, b varchar(40), key (a)) engine=innodb;
insert into t select seq, seq % 100, concat('text ', seq) from seq_1_to_3000;
create table u (id int primary key, t_id int, v int, key (t_id)) engine=innodb;
insert into u select seq, 1 + seq * 7 % 3000, seq % 50 from seq_1_to_1000;
create table m (k int, v int, key (k)) engine=myisam;
insert into m select seq % 10, seq from seq_1_to_500;
create table w (id int primary key, v int) engine=innodb;
analyze table t, u, m;
SQL
cat >"$T/work.sql" <<'SQL'
select count(*) from t where b like '%7';
select * from t where id = 5;
select a, count(*) c from t group by a order by c desc, a limit 3;
select t.b from t join u on u.t_id = t.id where u.v < 5 order by t.b;
select straight_join count(*) from u join t on t.id = u.t_id join m on m.k = u.v;
select id from t where a in (1, 2, 3);
select id from t where a = 5 order by id desc limit 4;
select max(id), min(id) from t;
select distinct v from u;
select * from m where k = 3;
select id from t order by id desc limit 10;
select count(*) from t where id in (select t_id from u where v = 7);
insert into w values (1, 1), (2, 2), (3, 3);
insert into w values (4, 4), (1, 9);
insert into w select id, v from u where id between 100 and 149;
update w set v = v + 1 where id >= 100;
replace into w values (2, 7);
delete from w where id between 110 and 114;
update t set b = 'changed' where id < 20;
(select id from t where id < 5) union (select id from u where id < 5);
with recursive r as (select 1 as n union all select n + 1 from r where n < 20) select sum(n) from r;
select nothing from t;
select t.id, row_number() over (order by b) from t where id <= 50;
delete from w;
SQL

weir_start -p "$mariadb_pid" --detail rows
sql <"$T/work.sql" >"$T/work.out" 2>&1
weir_settle
sleep 1
cp "$T/weir.out" "$T/before.out"
mariadb_status one
sql <"$T/work.sql" >"$T/work.out" 2>&1
mariadb_status two
mariadb_status three
weir_settle
kill -INT "$weir_pid"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
expect 'errors of the client' 2 "$(grep -c '^ERROR' "$T/work.out")" "$T/work.out"
check <<'PYTHON'
STATUS = [truth(name) for name in ("one", "two", "three")]

def told(name):
    """What the work did, without what SHOW STATUS itself does."""
    one, two, three = (status[name] for status in STATUS)
    return (two - one) - (three - two)

with open(os.environ["TMPDIR"] + "/before.out", encoding="utf-8") as file:
    before = {node["id"]: node for node in json.loads([line for line in file if line.endswith("\n")][-1])["nodes"]}
nodes = {node["id"]: node for node in snapshot["nodes"]}

def statement(node):
    while node["parent"] in nodes and node["function"] != "statement":
        node = nodes[node["parent"]]
    return node.get("label", "")

def counted(function, counter, labelled=None):
    """What weir counted of the work's second run, SHOW STATUS left out."""
    return sum(value(node, counter) - value(before.get(node["id"], {}), counter) for node in snapshot["nodes"]
               if node["function"] == function and "show global status" not in statement(node)
               and (labelled is None or node.get("label") == labelled))

def value(node, counter):
    return node.get("counters", {}).get(counter, node.get(counter, 0))

for name, status in {"read_rnd_next": "Handler_read_rnd_next", "read_rnd": "Handler_read_rnd", "read_key": "Handler_read_key",
                     "read_next": "Handler_read_next", "read_prev": "Handler_read_prev", "read_first": "Handler_read_first",
                     "read_last": "Handler_read_last", "write": "Handler_write", "update": "Handler_update",
                     "delete": "Handler_delete"}.items():
    expect(f"calls of {name}", told(status), counted(name, "calls"))
    expect_true(f"{name} is in this work", told(status) > 0, told(status))
reads = sum(told(f"Handler_read_{name}") for name in ("rnd_next", "rnd", "key", "next", "prev", "first", "last"))
expect("rows_read of the statements", reads, counted("statement", "rows_read"))
expect("rows_changed of the statements", sum(told(f"Handler_{name}") for name in ("write", "update", "delete")),
       counted("statement", "rows_changed"))
expect("rows sent", told("Rows_sent"), counted("statement", "rows"))
expect("temporary tables", told("Created_tmp_tables"), counted("statement", "tmp_tables"))
expect("sorted rows of the statements", told("Sort_rows"), counted("statement", "sort_rows"))
expect("rows out of sorts", told("Sort_rows"), counted("sort", "rows"))
expect("sorts", told("Sort_scan") + told("Sort_range"), counted("sort", "calls"))
# A Quit is a question too. Each of the three SHOW STATUS is one, with a Quit of its own.
expect("questions", told("Questions"), counted("command", "calls", "Query") + counted("command", "calls", "Quit") - 6)
expect("commits", told("Handler_commit") > 0, counted("commit", "calls") > 0)

# By table: rows as the statements themselves make them.
expect("rows of m by key", 50, sum(n["rows"] - before.get(n["id"], {}).get("rows", 0) for n in snapshot["nodes"]
       if n["function"] in ("read_key", "read_next") and n.get("label") == "m" and statement(n) == "select * from m where k = ?"))
# Three, one before the duplicate, fifty; REPLACE updates the row that is there.
expect("rows written to w", (54, 56), (counted("write", "rows", "w"), counted("write", "calls", "w")))
expect("rows deleted from w", 53, counted("delete", "rows", "w"))
joined = {n["label"]: 0 for n in nodes_of(snapshot, "join level") if "straight_join" in statement(n)}
expect("levels of the join", {"u", "t", "m"}, set(joined))
expect("errors", {"ER_BAD_FIELD_ERROR": 2, "ER_DUP_ENTRY": 2},
       {name: sum(e["count"] for e in snapshot["errors"] if e["function"] == "statement" and e["name"] == name)
        for name in {e["name"] for e in snapshot["errors"]}})
expect_no_loss(snapshot)
PYTHON
mariadb_stop
