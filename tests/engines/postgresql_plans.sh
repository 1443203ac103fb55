#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PostgreSQL's plan nodes: each with the rows and the buffers that EXPLAIN (ANALYZE, BUFFERS) tells of the same execution, parallel workers
# included, and the temporary blocks of the statement.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh

pg_needs_known_version
pg_start work_mem=64kB max_parallel_workers_per_gather=2 min_parallel_table_scan_size=0 parallel_setup_cost=0 parallel_tuple_cost=0
sql -o /dev/null <<'SQL' || fail 'cannot fill the tables' "$T/postgres.log"
create table t (id int primary key, a int, b int, c text);
insert into t select i, i % 100, i % 7, 'text ' || i from generate_series(1, 5000) i;
create index on t (a);
create table u (id int primary key, t_id int, v int);
insert into u select i, 1 + i * 7 % 5000, i % 50 from generate_series(1, 2000) i;
create table p (k int, v int) partition by range (k);
create table p1 partition of p for values from (0) to (500);
create table p2 partition of p for values from (500) to (1000);
create index on p1 (k);
create index on p2 (k);
insert into p select i, i % 10 from generate_series(0, 999) i;
create table big as select i, repeat(md5(i::text), 4) as c from generate_series(1, 6000) i;
alter table big set (parallel_workers = 0);
analyze;
SQL

cat >"$T/queries" <<'SQL'
select count(*) as q01 from t
select a as q02, count(*) from t group by a order by a limit 10
select t.c as q03 from t join u on u.t_id = t.id where u.v < 5
select distinct b as q04 from t
select id as q05 from t where id between 100 and 200
select id as q06 from t order by id limit 7
select a, id as q07, row_number() over (partition by a order by id) from t where a < 5
select v as q08 from p where k < 700
select k as q09 from p order by k limit 600
select id as q10 from t where a = 5 or a = 7
select id as q11 from t where a in (1, 2) intersect select t_id from u
select generate_series(1, 20) as q12
with recursive r(n) as (select 1 union all select n + 1 from r where n < 50) select count(*) as q13 from r
with x as materialized (select v, count(*) as n from u group by v) select count(*) as q14 from x, x as y where x.n = y.n
select x.q15 from (select max(id) as q15, a from t group by a having max(id) > 4950) x where x.a > 3
select * from (values (1, 'q'), (2, 'r'), (3, 's')) as q16(n, s) where n > 1
select count(*) as q17 from t, (select id from u where id <= 3) s
select (select max(v) from u where u.t_id = t.id) as q18 from t where t.id < 20
select id as q19 from t where id <= 10 for update
update t set b = b + 1 where id <= 30 returning id as q20
insert into u select 10000 + i, i, i from generate_series(1, 40) i returning id as q21
delete from u where id > 10000 returning id as q22
select t.id as q23 from t left join u on u.id = t.id where t.id <= 400 order by t.c
select 42 as q24 where exists (select 1 from u where v = 49)
select count(*) as q25 from (select c from big order by c offset 0) s
SQL

# Each query on a connection of its own, and its plan on one line: {"plan": ...}
run() {
	local query

	while IFS= read -r query; do
		printf '%s\n' "explain (analyze, buffers, timing off, format json) $query;" |
			"$PG_BIN/psql" -XqAt -v ON_ERROR_STOP=1 | tr -d '\n' || return
		echo
	done <"$T/queries"
}

weir_start -p "$pg_pid" --detail rows
run >"$T/plans.out" 2>"$T/plans.err" || fail 'a query failed' "$T/plans.err"
weir_settle
kill -INT "$weir_pid"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'PYTHON'
NAMES = {"NestedLoop": "NestLoop", "Aggregate": "Agg", "Materialize": "Material", "CTEScan": "CteScan"}
UNCOUNTED = {"Hash", "BitmapIndexScan", "BitmapAnd", "BitmapOr"}  # they hand over all that they have at once

def gathers(plan):
    return plan["Node Type"].startswith("Gather") or any(gathers(child) for child in plan.get("Plans", ()))

def plan_nodes(plan):
    name = plan["Node Type"].replace(" ", "")
    yield (NAMES.get(name, name), plan["Actual Rows"] * plan["Actual Loops"], plan["Actual Loops"],
           plan["Shared Hit Blocks"], plan["Shared Read Blocks"], gathers(plan))
    for child in plan.get("Plans", ()):
        yield from plan_nodes(child)

nodes = {node["id"]: node for node in snapshot["nodes"]}

def statement(node):
    while node["parent"] in nodes:
        node = nodes[node["parent"]]
    return node.get("label", "")

def node_blocks(query):
    blocks = {}
    for node in nodes_of(snapshot, "node"):
        if query in statement(node):
            hits, misses = blocks.get(node["label"], (0, 0))
            blocks[node["label"]] = hits + node["hits"], misses + node["misses"]
    return sorted((label.split()[0], *counts) for label, counts in blocks.items())

seen, temporary, compared = set(), 0, 0
lines = open(os.path.join(os.environ["TMPDIR"], "plans.out"), encoding="utf-8").read().splitlines()
for number, line in enumerate(lines, 1):
    query = f"q{number:02}"
    told = sorted(node for node in plan_nodes(json.loads(line)[0]["Plan"]) if node[0] not in UNCOUNTED and node[2])
    rows = {}
    for node in nodes_of(snapshot, "node"):
        if query in statement(node) and node["label"].split()[0] not in UNCOUNTED:
            rows[node["label"]] = rows.get(node["label"], 0) + node["rows"]
    found = sorted((label.split()[0], n) for label, n in rows.items())
    expect(f"{query}: plan nodes", [n[0] for n in told], [n[0] for n in found])
    for (name, expected, loops, *_), (_, came) in zip(told, found):
        # EXPLAIN rounds the average of several loops.
        expect_true(f"{query}: rows of {name}: expected {expected}", abs(came - expected) <= (loops / 2 if loops > 1 else 0), came)
    seen |= {n[0] for n in told}
    # What workers used is added to Gather and what stands above it when they have ended, which is in no call of theirs.
    all_told = [n for n in plan_nodes(json.loads(line)[0]["Plan"]) if n[2]]
    above = {n[0] for n in all_told if n[5]}
    blocks = sorted((name, hits, reads) for name, _, _, hits, reads, _ in all_told if name not in above)
    expect(f"{query}: buffers hit and read", blocks, [n for n in node_blocks(query) if n[0] not in above])
    compared += len(blocks)
    statements = [n for n in nodes_of(snapshot, "statement") if query in n["label"]]
    plan = json.loads(line)[0]["Plan"]
    for counter, key in (("temp_blocks_read", "Temp Read Blocks"), ("temp_blocks_written", "Temp Written Blocks")):
        expect(f"{query}: {counter}", plan[key], sum(n["counters"][counter] for n in statements))
    temporary += plan["Temp Written Blocks"]
expect_true("plans", len(lines) >= 24, len(lines))
expect_true("nodes whose buffers were compared", compared >= 50, compared)
expect_true("temporary blocks", temporary > 0, temporary)
expect_true("kinds of nodes", len(seen) >= 20, sorted(seen))
expect_no_loss(snapshot)
PYTHON
pg_stop
