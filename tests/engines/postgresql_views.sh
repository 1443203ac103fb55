#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What PostgreSQL's own views say: buffers, temporary blocks and WAL of each statement (pg_stat_statements), transactions committed and aborted
# (pg_stat_database), checkpoints (pg_stat_bgwriter, since 17 pg_stat_checkpointer). All exact.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh

pg_needs_known_version
pg_start shared_buffers=2MB max_parallel_workers_per_gather=0 checkpoint_timeout=1h
sql -o /dev/null -c 'create extension pg_stat_statements' -c 'create table w(a int, b text)' -c 'create index on w(a)' \
	-c 'create table big as select g as a, md5(g::text) as b from generate_series(1, 30000) g' -c 'create index on big(a)' -c 'vacuum analyze' ||
	fail 'no tables' "$T/postgres.log"
views_take() { # NAME
	"$PG_BIN/psql" -XqAt >"$T/$1.truth" <<'E'
select case when current_setting('server_version_num')::int < 170000 then 'checkpoints_timed + checkpoints_req from pg_stat_bgwriter'
	else 'num_timed + num_requested from pg_stat_checkpointer' end as checkpoints \gset
select json_build_object('commits', sum(xact_commit), 'aborts', sum(xact_rollback), 'checkpoints', (select :checkpoints)) from pg_stat_database;
E
}

cat >"$T/work.sql" <<'E'
begin;
insert into w select g, repeat('x', 100) from generate_series(1, 2000) g;
update w set b = 'y' where a % 2 = 0;
delete from w where a % 3 = 0;
select count(*) from (select b from big order by b offset 10) s;
select b from big where a = 4711;
select count(*) from big where b like '%ab%';
commit;
E
{
	echo 'set work_mem = 64;'
	cat "$T/work.sql" "$T/work.sql"
	echo 'select pg_stat_force_next_flush();' # what the session did so far is in the views from then on
	echo "\\! touch \"\$TMPDIR/warm\"; until test -e \"\$TMPDIR/go\"; do sleep 0.05; done"
	for _ in 1 2 3; do
		cat "$T/work.sql"
		echo 'checkpoint;'
	done
	echo 'begin; rollback; begin; select 1 / 0; rollback;'
	echo 'select 1; select 2 / 0; begin; savepoint s; rollback to s; commit;'
} >"$T/session.sql"
"$PG_BIN/psql" -XqAt -o /dev/null -f "$T/session.sql" 2>"$T/session.err" &
session=$!
await 'the session is warm' test -e "$T/warm"
sql -o /dev/null -c 'select pg_stat_statements_reset()'
views_take first
views_take before
weir_start -p "$pg_pid"
: >"$T/go"
wait "$session" || fail 'the session failed' "$T/session.err"
for i in $(seq 10); do sql -o /dev/null -c 'select 3' -c 'begin' -c 'rollback'; done
pgbench -n -c 3 -t 20 -f <(printf 'begin;\nupdate w set b = b where a = 1;\nend;\nselect 4;\n') >"$T/pgbench.out" 2>&1 || fail 'pgbench failed' "$T/pgbench.out"
weir_settle
kill -INT "$weir_pid"
weir_end
views_take after
sql -c "select json_object_agg(query, json_build_object('calls', calls, 'hits', shared_blks_hit, 'misses', shared_blks_read, 'wal_bytes', wal_bytes,
	'temp_blocks_read', temp_blks_read, 'temp_blocks_written', temp_blks_written)) from pg_stat_statements where query ~ '(big|into w|delete|a % )'" >"$T/statements.truth"
check <<'PYTHON'
def figures(query):
    words = sql_words(re.sub(r"\$\d+", "?", query))
    nodes = [n for n in nodes_of(snapshot, "statement") if sql_words(n["label"]) == words]
    sums = {key: sum(n[key] for n in nodes) for key in ("calls", "hits", "misses")}
    for key in ("wal_bytes", "temp_blocks_read", "temp_blocks_written"):
        sums[key] = sum(n["counters"][key] for n in nodes)
    return sums
told = truth("statements")
expect("statements", 6, len(told))
for query, counts in told.items():
    expect(query, counts, figures(query))
    print(query, counts)
expect_true("some WAL", sum(c["wal_bytes"] for c in told.values()) > 500000, told)
expect_true("some blocks that were not in the cache", sum(c["misses"] for c in told.values()) > 100, told)
expect_true("some spills", sum(c["temp_blocks_written"] for c in told.values()) > 100, told)
first, before, after = truth("first"), truth("before"), truth("after")
def counter(name):
    return sum(n["counters"].get(name, 0) for n in snapshot["nodes"] if "counters" in n)
for name in ("commits", "aborts"):
    # Each look at the views is a session too, and counted when that has ended.
    looks = before[name] - first[name]
    expect(name, after[name] - before[name] - looks, counter(name))
    print(name, counter(name))
expect_true("aborts", counter("aborts") >= 13, counter("aborts"))
expect("checkpoints", after["checkpoints"] - before["checkpoints"], total(snapshot, "checkpoint", "completed"))
expect("asked for", 3, total(snapshot, "checkpoint", "completed"))
expect_no_loss(snapshot)
PYTHON
