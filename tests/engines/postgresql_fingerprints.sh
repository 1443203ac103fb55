#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which statements are one: weir's fingerprints beside the server's query ids (those of pg_stat_statements), statement by statement, over what real programs send
# (pg_dump, psql's commands, pgbench) and over pairs of which docs/engines.md says how the two differ.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh

pg_needs_known_version
pg_start compute_query_id=on log_min_duration_statement=0 "log_line_prefix='<%p %Q> '" log_statement=none max_parallel_workers_per_gather=0
sql -o /dev/null -c 'create extension pg_stat_statements' -c 'create table t(a int, b text, c numeric)' -c 'create table u(a int)' -c 'create view v as select * from t' \
	-c 'create index on t(a)' || fail 'no tables' "$T/postgres.log"
pgbench -i -q -s 1 >"$T/init.out" 2>&1 || fail 'pgbench -i failed' "$T/init.out"
cat >"$T/pairs" <<'E'
both|select a from t where a = 1|select a from t where a = 22
both|select a from t where b = 'x' and c > 1.5|SELECT  a FROM t /* c */ WHERE b = 'y''z' AND c > 22.75 -- d
both|insert into t(a, b) values (1, 'x')|insert into t(a, b) values (2, E'\'y')
both|select a from t limit 5|select a from t limit 50
both|update t set a = a + 1 where a = 5|update t set a = a + 7 where a = 8
neither|insert into u values (1), (2)|insert into u values (1), (2), (3)
neither|select a from t where a = any (array[1, 2])|select a from t where a = any (array[1, 2, 3])
weir|set work_mem = 64|set work_mem = 128
server|select x.b from t x where x.a = 1|select y.b from t y where y.a = 1
server|select a from t where true|select a from t where false
neither|select a from t|select b from t
neither|select a from t|select a from u
neither|select count(*) from t where a = 1|select count(*) from t where a > 1
weir|select a from t where a in (1, 2)|select a from t where a in (1, 2, 3)
weir|select a from t where c = 1|select a from t where c = 1.5
weir|select a, b from t order by 1|select a, b from t order by 2
server|select a as x from t|select a as y from t
server|select t.a from t|select a from t
server|select a from public.t|select a from t
server|select a from t where a <> 1|select a from t where a != 1
server|select cast('1' as int)|select '1'::int
both|select a from t where a = 1|select a from t where a = -1
server|select a from t where b = 'x'|select a from t where b = null
server|select a from t where (a = 1)|select a from t where a = 1
E
cut -d'|' -f2,3 --output-delimiter=';
' "$T/pairs" | sed 's/ -- d$/ -- d\n/; s/$/;/' >"$T/pairs.sql"
: >"$T/weir.out" >"$T/slow.json"
"$WEIR" snapshot -i 0.1 --query-text raw --slow 1us --slow-log "$T/slow.json" --detail queries -p "$pg_pid" >"$T/weir.out" 2>"$T/weir.err" </dev/null &
weir_pid=$!
await 'the first snapshot' weir_has_lines 1
log_lines=$(wc -l <"$T/postgres.log")
sql -o /dev/null -f "$T/pairs.sql" || fail 'a pair failed' "$T/pairs.sql"
"$PG_BIN/pg_dump" -s >"$T/dump.out" 2>"$T/dump.err" || grep -q 'server version mismatch' "$T/dump.err" || fail 'pg_dump failed' "$T/dump.err"
printf '%s\n' '\d t' '\d+ u' '\d+ v' '\d pgbench_accounts' '\d pgbench_tellers' '\dt' '\dt+' '\di' '\df abs' '\df+ upper' '\dn' '\du' '\dT' '\do' '\dv' '\dx' '\z' '\sf abs(int)' |
	sql >"$T/psql.out" 2>&1 || fail 'psql failed' "$T/psql.out"
pgbench -n -t 20 >"$T/pgbench.out" 2>&1 || fail 'pgbench failed' "$T/pgbench.out"
weir_settle
kill -INT "$weir_pid"
weir_end
tail -n "+$((log_lines + 1))" "$T/postgres.log" >"$T/statements.log"
check <<'PYTHON'
from slowcheck import slow_queries
def read(name):
    with open(os.path.join(os.environ["TMPDIR"], name), encoding="utf-8") as file:
        return file.read()
def told(text): # as far as both tell it
    return text[:900].strip("; \n")
# The server's: <pid id> LOG:  duration: 1.2 ms  statement: TEXT, up to the next such line.
log = re.findall(r"^<(\d+) (-?\d+)> LOG:  duration: [0-9.]+ ms  statement: (.*?)(?=^<\d+ -?\d+> |\Z)", read("statements.log"), re.S | re.M)
ids = {}
for _, query_id, text in log:
    ids.setdefault(told(text.replace("\n\t", "\n")), set()).add(query_id)
prints = {}
for query in slow_queries("slow.json"):
    if "text" in query and "fingerprint" in query: # an empty statement has none
        prints.setdefault(told(query["text"]), set()).add(query["fingerprint"])
both = sorted(set(ids) & set(prints))
print(f"{len(ids)} texts by the server's log, {len(prints)} by weir, {len(both)} the same")
expect("texts of which weir knows nothing", [], sorted(set(ids) - set(prints) - {""})[:5]) # an empty statement has no fingerprint
paired = set()
for line in read("pairs").splitlines():
    who, *texts = line.split("|")
    texts = [told(text) for text in texts]
    paired.update(texts)
    same_id = ids[texts[0]] == ids[texts[1]]
    same_print = prints[texts[0]] == prints[texts[1]]
    expect(f"one statement by {who}: {texts}", who, {(True, True): "both", (False, False): "neither", (False, True): "weir", (True, False): "server"}[same_id, same_print])
# Beside the pairs: what programs send. The server counts EXECUTE as the statement that was prepared.
real = [text for text in both if text not in paired and not re.match("(prepare|execute) ", text, re.I)]
def groups(of):
    by_id = {}
    for text in real:
        by_id.setdefault(tuple(sorted(of[text])), set()).add(text)
    return {frozenset(texts) for texts in by_id.values()}
print(f"{len(real)} texts that programs sent are {len(groups(ids))} statements by the server, {len(groups(prints))} by weir")
expect_true("a real workload", len(groups(ids)) > 30, len(groups(ids)))
expect("statements by the server alone", [], [sorted(g)[:3] for g in groups(ids) - groups(prints)])
expect("statements by weir alone", [], [sorted(g)[:3] for g in groups(prints) - groups(ids)])
PYTHON
