#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Redis, launched by weir and stopped, saving in the background and out of memory: commands from the first one on, keys evicted as INFO
# says, and the saves that its children do.
. tests/lib/e2e.sh
. tests/lib/redis.sh

redis_needs_known_version
redis_configure "logfile $REDIS_DIR/redis.log" 'maxmemory 4mb' 'maxmemory-policy allkeys-random'
: >"$T/weir.out"
"$WEIR" snapshot -i 0.1 --detail rows -- $(redis_command) >"$T/weir.out" 2>"$T/weir.err" </dev/null &
weir_pid=$!
await 'Redis takes connections' redis_answers
redis_bench -t set -n 20000 -c 5 -P 8 -r 100000 -d 1000
redis config set maxmemory-policy noeviction maxmemory 3mb >/dev/null
redis set one more >"$T/refused.out"
expect_match 'an answer without memory' '^OOM' "$(cat "$T/refused.out")"
redis config set maxmemory 0 >/dev/null
redis bgsave >"$T/bgsave.out"
saved() { redis info persistence | grep -q 'rdb_bgsave_in_progress:0'; }
await 'the save in the background ends' saved
redis_truth
sleep 0.5 # the server looks at itself ten times a second
redis shutdown nosave
weir_end 0
check <<'PYTHON'
told = truth("info")
for name in sorted(told["commandstats"]):
    if name != "info":  # it was asked more often than it told of
        expect(f"calls of {name}", told["commandstats"][name]["calls"], total(snapshot, "command", "calls", name))
expect("rejected set", told["commandstats"]["set"]["rejected_calls"], total(snapshot, "rejected command", "calls", "set"))
expect_true("keys were evicted", told["stats"]["evicted_keys"] > 1000, told["stats"]["evicted_keys"])
expect("evicted keys", told["stats"]["evicted_keys"], total(snapshot, "evictions", "rows"))
expect("evicted keys by the server's own count", told["stats"]["evicted_keys"],
       sum(n["counters"]["evicted_keys"] for n in nodes_of(snapshot, "keyspace")))
expect_true("evictions failed", total(snapshot, "evictions", "errors") >= 1, total(snapshot, "evictions", "errors"))
for name in ("background save", "save", "background save done"):
    expect(name, (1, 0), (total(snapshot, name, "calls"), total(snapshot, name, "errors")))
expect("shutdown", 1, total(snapshot, "command", "calls", "shutdown"))
expect_no_loss(snapshot)
PYTHON
