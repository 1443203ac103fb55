#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Functions of SQL are found in SQLite's own tables, by name, and counted below their statements: once a row, in a stripped library.
. tests/lib/e2e.sh

cat >"$T/work.sql" <<'SQL'
create table t(i integer, s text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 700) insert into t select i, 'row ' || i from n;
select count(upper(s)), sum(length(s)) from t;
select count(*) from t where substr(s, 5, 1) = '1' and substring(s, 1, 3) = 'row';
select min(i), max(i) from (select i from t order by i + 0);
select sum(v) from (select json_extract('{"v":' || i || '}', '$.v') as v from t where i <= 300);
select max(d) from (select date('2026-01-01', i || ' days') as d from t where i <= 40);
select max(r) from (select row_number() over (order by i) as r from t where i <= 50);
select count(nullif(i % 7, 0)) from t;
SQL
"$WEIR" snapshot -o "$T/snapshot.json" --detail rows -- sqlite3 :memory: ".read $T/work.sql" >"$T/answers" 2>"$T/errors" </dev/null
status=$?
expect 'exit code' 0 "$status" "$T/errors"
expect 'answers' "700|4792
111
1|700
45150
2026-02-10
50
600" "$(cat "$T/answers")"
check <<'PYTHON'
def calls(name):
    return total(snapshot, f"function {name}", "calls")

expect("upper", 700, calls("upper"))
expect("length", 700, calls("length"))
# The second condition is asked of those 111 of which the first one holds.
expect("substr", 700 + 111, calls("substr/substring"))
expect("json_extract", 300, calls("json_extract/->/->>"))
expect("date", 40, calls("date"))
expect("row_number", 50, calls("row_number"))
expect("nullif", 700, calls("nullif"))
expect("min and max", 700 + 700 + 40 + 50, calls("min/max"))
statement, = [n for n in nodes_of(snapshot, "sqlite3_step") if "upper" in n.get("label", "")]
below = {n["id"] for n in snapshot["nodes"] if n["parent"] == statement["id"]} | {statement["id"]}
upper, = nodes_of(snapshot, "function upper")
expect_true("it lies below its statement", upper["parent"] in below, upper)
expect_no_loss(snapshot)
PYTHON
"$WEIR" list --detail rows -- sqlite3 :memory: 'select 1' >"$T/list.out"
grep -q 'function upper  *function  *+0x[0-9a-f]* ' "$T/list.out" || fail 'weir list does not name them' "$T/list.out"
