#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir top on a PostgreSQL under load: every view, sizes, a statement that waits for a lock, the server killed and started again.
. tests/lib/e2e.sh
. tests/lib/postgresql.sh
. tests/lib/tmux.sh

pg_needs_known_version
# A program of the test's own: --exe must not find other servers. What is not beside it is found where it was built for.
mkdir -m 755 "$T/bin"
ln -s "$PG_BIN"/* "$T/bin/"
ln -s "${PG_BIN%/bin}/lib" "$T/lib"
rm "$T/bin/postgres" && cp "$PG_BIN/postgres" "$T/bin/postgres"
PG_BIN=$T/bin
pg_start
pgbench -i -q -s 1 >"$T/init.out" 2>&1 || fail 'pgbench -i failed' "$T/init.out"

load_start() {
	pgbench -n -c 2 -T 600 >"$T/pgbench.out" 2>&1 &
	pgbench_pid=$!
}

# Children of a killed postmaster notice that it is gone, and end.
no_server() { ! ls -l /proc/[0-9]*/exe 2>/dev/null | grep -qF "$T/bin/postgres"; }

load_start
terminal_start 140 40 "$WEIR top --exe $T/bin/postgres -i 0.2"
await_screen 'the target' '^weir top +postgres \([0-9]+.*postgresql +up '
await_screen 'work' '^calls [0-9.]+ k?/s +rows [0-9.]+ k?/s .*cpu [0-9.]+ % +rss [0-9.]+ MiB'
await_screen 'losses' ' lost [0-9]+'
await_screen 'default rules, of which none fires' ' alerts 0 '
await_screen 'statements and their phases' '[├└] .*execute update pgbench_'
keys 2
await_screen 'phases' ' (plan|execute|commit|executor start)'
keys 3
await_screen 'statements' ' update pgbench_accounts set abalance = '
keys / pgbench_history Enter
await_screen_without 'other statements' 'update pgbench_accounts'
await_screen 'the one that was asked for' 'insert into pgbench_history'
keys Enter
await_screen 'its latencies' '^latency +last .*since start'
await_screen 'what it calls' 'callees'
keys Enter / Escape
keys 4
await_screen 'memory' '[▼]rss\+/s'
keys 6
await_screen 'the postmaster' "^ *$pg_pid +[0-9.]+ MiB .* running +postgres "
await_screen 'its children' '^ *[0-9]+ +[0-9.]+ MiB .* running +postgres '

# A failed statement has a name.
sql -c 'select 1/0' >"$T/failed.out" 2>&1
keys 5
await_screen 'its error' 'DIVISION_BY_ZERO \(22012\)'

# One that waits is seen while it does.
mkfifo "$T/holder.in"
sql <"$T/holder.in" >"$T/holder.out" 2>&1 &
exec {holder_fd}>"$T/holder.in"
echo 'create table held(id int); begin; lock table held in access exclusive mode; select $$locked$$;' >&"$holder_fd"
await 'the table is locked' has_line "$T/holder.out" '^locked'
sql -c 'select count(*) from held' >"$T/blocked.out" 2>&1 &
blocked=$!
keys 3 / 'from held' Enter
await_screen 'that it runs for a second or more' '^ +0 +[1-9][0-9.]* s .*select count\(\*\) from held'
echo 'commit;' >&"$holder_fd"
wait "$blocked"
expect 'the statement' 0 "$(cat "$T/blocked.out")"
await_screen_without 'its age' ' oldest '
keys Enter w
await_screen 'what it was blocked for' ' [1-9][0-9.]* s +Lock: relation'
keys w Enter
keys / Escape

for size in '60 15' '250 60' '140 40'; do
	# shellcheck disable=SC2086 # two words
	resize $size
	for view in 1 2 3 4 5 6; do
		keys "$view"
		await_screen "view $view" '^\? help'
		expect "lines wider than ${size% *} in view $view" '' "$(grep -E "^.{$((${size% *} + 1))}" "$T/screen")" "$T/screen"
	done
done
keys 3

# Killed, children and all, and started again.
kill -KILL "$pg_pid"
wait "$pgbench_pid" 2>/dev/null
await_screen 'that it ended' '^weir top +ENDED at [0-9:]{8}, waiting for the next'
await_screen 'what it did last' 'update pgbench_accounts'
await 'its children have ended too' no_server
pg_run
load_start
await_screen 'the new server' "^weir top +postgres \([0-9]+.*postgresql"
await_screen 'its work' '^calls [0-9.]+ k?/s'
await_screen_without 'the end' 'ENDED'
await_screen 'its statements' ' update pgbench_accounts'
keys q
await_left
sql -o /dev/null -c 'select 1' || fail 'the server did not go on' "$T/postgres.log"
