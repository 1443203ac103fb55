#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# DuckDB's operators: each class under its query with the rows that DuckDB's own JSON profile tells of the same execution, on one thread and
# on several, with spills; and rows taken by what collects them.
. tests/lib/e2e.sh
. tests/lib/duckdb.sh

duckdb_needs_library
mkdir "$T/spill" "$T/profiles"
"$TARGETS/duckdb_sql" "$DUCKDB" "$T/plans.db" "
create table t as select i as id, i % 97 as a, i % 7 as b, 'text ' || i as c from range(200000) x(i);
create table u as select 1 + i * 7 % 200000 as t_id, i % 50 as v from range(20000) x(i);
create table w as select i as k, i * 3 as n, (i * 7919) % 1000003 as r, md5(i::varchar) as h from range(400000) x(i);
create table q24 as select id, c from t where id < 40000; create table q25 as from q24; create table q26 as from q24;
checkpoint" </dev/null >"$T/fill.out" 2>&1 || fail 'cannot fill the tables' "$T/fill.out"

cat >"$T/queries" <<'SQL'
select count(*) as q01 from t where b < 6
select a as q02, count(*), sum(b) from t group by a order by 2 desc, 1 limit 10
select t.c as q03 from t join u on u.t_id = t.id where u.v < 5
select distinct c as q04 from t where id < 30000
select id as q05 from t where id between 1000 and 70000 and b = 3
select id as q06 from t order by c, id desc limit 7
select id as q07, row_number() over (partition by a order by c), sum(b) over (partition by b) from t where id < 50000
select id as q08 from t where a = 5 union all select t_id from u where v = 7
select id as q09 from t where a = 5 union select t_id from u where v = 7
select t_id as q10 from u except select id from t where a < 50
select t.id as q11 from t left join u on u.t_id = t.id and u.v = 3 where t.id < 5000
select count(*) as q12 from u x join u y on x.v = y.v and x.t_id < y.t_id where x.t_id < 3000
select x.a as q13, max(y.v) from t x join u y on x.id = y.t_id join t z on z.id = x.id group by x.a having max(y.v) > 40
select id as q14 from t where exists (select 1 from u where u.t_id = t.id and u.v = 11)
select id as q15 from t limit 5000 offset 777
with recursive r(n) as (select 1 union all select n + 1 from r where n < 50) select count(*) as q16 from r
select unnest([1, 2, id]) as q17 from t where id < 3000
select quantile_cont(id, 0.5) as q18, b from t group by b
select c as q19 from t using sample 100 rows (reservoir, 7)
select sum(id) filter (where a = 3) as q20, lag(sum(id)) over (order by b) from t group by b
select x.v as q21 from u x, (select min(t_id) as m from u group by v) y where x.t_id = y.m
select t.id as q22 from t asof join u on t.id >= u.t_id where t.id < 2000
create or replace table q23 as select id, c from t where id < 40000
insert into q24 select t_id, 'new' from u where v = 1
update q25 set c = 'changed' where id < 10
delete from q26 where id < 500
select r as q27, h from w order by h
select h as q28, count(*) from w group by h order by 2 desc, 1 limit 3
SQL

# NAME THREADS MEMORY: each query once, with a profile of its own, and what weir says of its operators compared with it
measure() {
	local i=0 query

	duckdb_start "$T/plans.db" "set threads = $2; set memory_limit = '$3'; set temp_directory = '$T/spill';
		pragma enable_profiling = 'json'; set profiling_mode = 'standard'; set profiling_output = '$T/profiles/none.json'"
	while IFS= read -r query; do
		i=$((i + 1))
		printf '%s\n' "set profiling_output = '$T/profiles/$1.$i.json'" "$query" "set profiling_output = '$T/profiles/none.json'"
	done <"$T/queries" >"$T/statements.sql"
	weir_start -p "$duckdb_pid" --detail rows
	duckdb_run "$T/statements.sql"
	weir_end
	expect 'warnings of weir' '' "$(cat "$T/weir.err")"
	rm "$T/duckdb.in"
	NAME=$1 check <<'PYTHON'
T, NAME = os.environ["TMPDIR"], os.environ["NAME"]
CLASSES = {
    "HASH_GROUP_BY": "HashAggregate", "PERFECT_HASH_GROUP_BY": "PerfectHashAggregate", "ORDER_BY": "Order",
    "ASOF_JOIN": "AsOfJoin", "DELETE_OPERATOR": "Delete", "CREATE_TABLE_AS": "Insert", "BATCH_CREATE_TABLE_AS": "Insert",
    "BATCH_INSERT": "Insert", "RECURSIVE_CTE": "RecursiveCTE", "RECURSIVE_CTE_SCAN": "ColumnDataScan", "DELIM_SCAN": "ColumnDataScan",
}
# A union is no operator when it runs: its inputs go where it leads. What collects a result or a table gives no rows; DuckDB says one.
UNCOUNTED = {"Union", "ResultCollector", "MaterializedCollector", "BatchCollector"}

def operators(plan):
    if "operator_type" in plan:
        kind = plan["operator_type"]
        yield CLASSES.get(kind) or "".join(word.capitalize() for word in kind.split("_")), plan["operator_cardinality"]
    for child in plan.get("children", ()):
        yield from operators(child)

def sums(pairs):
    result = {}
    for name, rows in pairs:
        if name not in UNCOUNTED:
            result[name] = result.get(name, 0) + rows
    return {name: rows for name, rows in result.items() if rows}

nodes = {node["id"]: node for node in snapshot["nodes"]}

def query_of(node):
    while node["function"] != "query":
        if node["parent"] not in nodes:
            return ""
        node = nodes[node["parent"]]
    return node["label"]

expect("failed statements", [], [s for s in truth("statements") if s["error"]])
found = {}
for node in nodes_of(snapshot, "operator"):
    found.setdefault(query_of(node), []).append((node["label"].removeprefix("duckdb::Physical").replace("BatchInsert", "Insert"), node["rows"]))
seen, spilled = set(), 0
queries = open(f"{T}/queries", encoding="utf-8").read().splitlines()
for number, query in enumerate(queries, 1):
    with open(f"{T}/profiles/{NAME}.{number}.json", encoding="utf-8") as file:
        profile = json.load(file)
    told, spilled = sums(operators(profile)), spilled + (profile["system_peak_temp_dir_size"] > 0)
    came = [pairs for label, pairs in found.items() if f"q{number:02}" in label and "profiling" not in label]
    expect(f"{NAME}: rows of operators of \"{query}\"", told, sums(pair for pairs in came for pair in pairs))
    seen |= set(told)
expect_true("queries that spilled", spilled >= 2 or NAME != "tight", spilled)
expect_true("queries", len(queries) >= 28, len(queries))
expect_true("kinds of operators", len(seen) >= 20, sorted(seen))
expect("operators without a query", [], found.get("", []))
expect_no_loss(snapshot)
PYTHON
}
measure one 1 4GB
measure four 4 4GB
measure tight 2 40MB
