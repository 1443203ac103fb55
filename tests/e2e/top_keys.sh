#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# weir top in a real terminal: every key does what the help says, and the terminal is as it was when weir has left.
. tests/lib/e2e.sh
. tests/lib/tmux.sh

target_start pipeline "$DEMO/pipeline" --wait --rounds 0
target_go pipeline
terminal_start 100 30 "$WEIR top -p $pipeline_pid -i 0.2"
await_screen 'the target' "^weir top +pipeline \($pipeline_pid\) +sqlite +up "
await_screen 'work' '^calls [0-9.]+ k?/s +rows [0-9.]+ k?/s +errors [0-9.]+ k?/s .*rss [0-9.]+ MiB'
await_screen 'what weir costs, and losses' '^overhead .* a hit +lost [0-9]+'
await_screen 'the tree' '[▼]total .*flow tree'
await_screen 'a child in it' '[├└] operation sqlite3BtreeCommitPhase'

# Views.
keys 2
await_screen 'operators' '[▼]self % .*operator'
keys 3
await_screen 'queries' ' query *$'
await_screen 'a statement' 'insert into orders'
keys 4
await_screen 'memory' '[▼]rss\+/s'
keys 5
await_screen 'errors' 'SQLITE_CONSTRAINT \(19\) in sqlite3_step'
keys 6
await_screen 'processes' "^ *$pipeline_pid +[0-9.]+ MiB +[0-9.]+ MiB +running +pipeline +/"
keys Tab
await_screen 'the first view again' '[▼]total .*flow tree'

# Sorting.
keys '<'
await_screen_without 'total as the sorted one' '[▼]total'
await_screen 'the column before it' '[▼](max|p99|p95)'
keys Right
await_screen 'total again' '[▼]total'
keys r
await_screen 'the order reversed' '[▲]total'
keys r

# Filter and folding.
keys /
await_screen 'the prompt' '^/ .*Enter keeps it'
keys commit BSpace BSpace t
await_screen 'what was typed' '^/commt '
keys BSpace it Enter
await_screen 'the filter' 'filter: commit'
await_screen_without 'rows that do not match' 'insert into orders'
keys Home
await_screen 'a child of commit' '├ operation sqlite3BtreeCommitPhaseTwo'
keys f
await_screen 'a folded row' '\+ sqlite3_step '
keys F
await_screen_without 'folded rows' '\+ sqlite3_step'
keys / Escape
await_screen_without 'the filter' 'filter:'

# Detail: bars of both windows, the past, who calls whom.
keys 3 Home Enter
await_screen 'latencies' '^latency +last .*since start'
await_screen 'bars' '^≤ [0-9.]+ [nu]s .*█'
await_screen 'the heat strip' '^heat +last .*, a column an interval +slowest queries'
await_screen 'a slow query' 's ago  [a-z]'
await_screen 'callers' 'callers$'
await_screen 'callees' 'callees$'
keys Enter
await_screen_without 'the detail' '^heat'
keys 1

# Window, pause, interval.
keys w
await_screen 'all the time' 'since start'
keys w
await_screen 'the last interval' 'last [0-9]+ ms'
keys Space
await_screen 'that it pauses' '^weir top +PAUSED'
up=$(grep -oE 'up [^ ]+ [^ ]+' "$T/screen")
sleep 1
capture
expect 'the time while it pauses' "$up" "$(grep -oE 'up [^ ]+ [^ ]+' "$T/screen")" "$T/screen"
keys Space
await_screen_without 'the pause' 'PAUSED'
keys +
await_screen 'a longer interval' 'every 500 ms'
keys - -
await_screen 'a shorter interval' 'every 100 ms'

# Help, and what is written.
keys '?'
await_screen 'the help' '^Keys'
await_screen 'the keys' 'Filter rows by function, label or module'
keys PgDn
await_screen 'the columns' 'p50 +Half of the calls'
keys '?'
await_screen_without 'the help' '^Keys'
keys s
await_screen 'where it was written' 'written to weir-[0-9]+-[0-9]+\.json'
cp "$T"/weir-*.json "$T/snapshot.json" || fail 'no file was written' "$T/screen"
check <<'PYTHON'
expect_true("calls of the pipeline", total(snapshot, "sqlite3_step", "calls") > 0)
PYTHON

# Sizes.
resize 60 15
await_screen 'a small screen' '^\? help'
expect 'lines wider than 60' '' "$(grep -E '^.{61}' "$T/screen")"
resize 250 60
await_screen 'a large screen' 'blocked %.* flow tree'
resize 100 30

keys q
await_left
is_running "$pipeline_pid" || fail 'the target did not go on' "$T/pipeline.err"
