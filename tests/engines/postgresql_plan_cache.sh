#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Plans of prepared statements, generic or custom: for each statement as many as the sessions' own pg_prepared_statements says.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh

pg_needs_known_version
pg_start
sql -o /dev/null -c 'create table t as select g as a, g as b from generate_series(1, 1000) g' -c 'create index on t(a)' -c 'analyze' \
	-c 'create table told(pid int, statement text, generic_plans int, custom_plans int)' || fail 'no tables' "$T/postgres.log"
cat >"$T/script" <<'E'
\set a random(1, 1000)
select b from t where a = :a;
update t set b = b + 1 where a = :a and b < 0;
insert into told select pg_backend_pid(), statement, generic_plans, custom_plans from pg_prepared_statements;
E
weir_start -p "$pg_pid" --detail rows
pgbench -n -M prepared -c 4 -t 150 -f "$T/script" >"$T/pgbench.out" 2>&1 || fail 'pgbench failed' "$T/pgbench.out"
{
	echo 'prepare q(int) as select count(*) from t where a > $1;'
	for i in $(seq 60); do echo "execute q($i);"; done
	echo 'set plan_cache_mode = force_custom_plan;'
	for i in $(seq 10); do echo "execute q($i);"; done
	echo "select json_build_object('generic', generic_plans, 'custom', custom_plans) from pg_prepared_statements;"
} | sql >"$T/psql.out" 2>&1 || fail 'a statement failed' "$T/psql.out"
weir_settle
kill -INT "$weir_pid"
weir_end
tail -n 1 "$T/psql.out" >"$T/session.truth"
# The last row of a session is from before its last select's successors, so the greatest of each.
sql -c "select json_object_agg(statement, json_build_array(generic, custom)) from (select statement, sum(generic) as generic, sum(custom) as custom from
	(select pid, statement, max(generic_plans) as generic, max(custom_plans) as custom from told group by pid, statement) s group by statement) s" >"$T/told.truth"
check <<'PYTHON'
def plans(label):
    ids = {n["id"] for n in nodes_of(snapshot, "statement", label)}
    for node in snapshot["nodes"]: # parents stand before their children
        if node.get("parent") in ids:
            ids.add(node["id"])
    nodes = [n for n in nodes_of(snapshot, "plan cache") if n["parent"] in ids]
    return sum(n["calls"] for n in nodes), sum(n["counters"]["generic_plans"] for n in nodes), sum(n["counters"]["custom_plans"] for n in nodes)
told = {" ".join(text.split()): counts for text, counts in truth("told").items()}
for text, label in (("select b from t where a = $1;", "select b from t where a = ?"),
                    ("update t set b = b + 1 where a = $1 and b < 0;", "update t set b = b + ? where a = ? and b < ?")):
    generic, custom = told[text]
    expect(f"PostgreSQL's own: {label}", 600, generic + custom)
    expect(f"plans of {label}", (600, generic, custom), plans(label))
session = truth("session")
expect("PostgreSQL's own: q", 70, session["generic"] + session["custom"])
expect_true("of both kinds", session["generic"] > 0 and session["custom"] >= 10, session)
expect("plans of q, in the statements that execute it", (70, session["generic"], session["custom"]), plans("execute q(?)"))
expect_no_loss(snapshot)
PYTHON
