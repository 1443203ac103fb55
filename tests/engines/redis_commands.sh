#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Redis' commands, counted by name as INFO commandstats does: in transactions, scripts and pipelines, failed and rejected ones
# too; hits, misses, expired and evicted keys as INFO stats says, errors as INFO errorstats.
. tests/lib/e2e.sh
. tests/lib/redis.sh

redis_needs_known_version
redis_start 'slowlog-log-slower-than 20000' 'enable-debug-command yes'
redis acl setuser reader on nopass '+@read' '~*' '&*' >/dev/null

work() {
	redis_bench -t set,get,incr,lpush,hset,ping_mbulk -n 3000 -c 5 -r 100
	redis_bench -t set,get -n 20000 -c 4 -P 16 -r 1000
	redis <<'REDIS' >"$T/work.out" 2>&1
set a 1
get a
get nothing
mget a nothing nothing2
strlen a
object encoding a
multi
set a 2
incr a
lpush a wrong
exec
multi
get
exec
lpush a wrong
incr
no_such_command and its argument
eval "redis.call('set', 'b', ARGV[1]); return redis.call('get', 'b')" 0 7
eval "return redis.pcall('lpush', 'b', 'x')" 0
eval "return redis.call('lpush', 'b', 'x')" 0
eval "return redis.call('get', 'b') .. redis.call('get', 'b')" 0
rpush list 1 2 3
blpop list 1
blpop none 0.1
debug sleep 0.05
psetex short 1 x
exists a nothing
REDIS
	redis -u "redis://reader:none@127.0.0.1:$redis_port" set a 3 >>"$T/work.out" 2>&1
	for i in $(seq 50); do echo "psetex gone$i 1 x"; done | redis >/dev/null
	nap
	{
		echo 'get short'
		for i in $(seq 50); do echo "get gone$i"; done
	} | redis >/dev/null
}

# DETAIL: what Redis says of this work, and what weir counted of it
measure() {
	weir_start -p "$redis_pid" --detail "$1"
	redis_reset
	work
	redis_truth
	weir_settle
	kill -INT "$weir_pid"
	weir_end
	expect 'warnings of weir' '' "$(cat "$T/weir.err")"
	DETAIL=$1 check <<'PYTHON'
DETAIL = os.environ["DETAIL"]
told = truth("info")
# Redis begins to count with "config resetstat" itself, and tells before "info" is counted.
names = sorted(told["commandstats"])
expect(f"{DETAIL}: commands", names, sorted({n["label"] for n in nodes_of(snapshot, "command") if n["label"] != "info"}))
for name in names:
    calls, failed, rejected = (told["commandstats"][name][key] for key in ("calls", "failed_calls", "rejected_calls"))
    expect(f"{DETAIL}: calls of {name}", calls, total(snapshot, "command", "calls", name))
    expect(f"{DETAIL}: completed calls of {name}", calls, total(snapshot, "command", "completed", name))
    expect(f"{DETAIL}: failed calls of {name}", failed, total(snapshot, "command", "errors", name))
    expect(f"{DETAIL}: rejected calls of {name}", rejected, total(snapshot, "rejected command", "calls", name))
expect_true("failed and rejected commands are in this work",
            told["commandstats"]["lpush"]["failed_calls"] == 4 and told["commandstats"]["incr"]["rejected_calls"] == 1)
errors = {n["label"]: 0 for n in nodes_of(snapshot, "reply")}
for node in nodes_of(snapshot, "reply"):
    errors[node["label"]] += node["calls"]
expect(f"{DETAIL}: errors by their word", told["errorstats"], errors)
def keyspace(counter):
    return sum(n["counters"].get(counter, n.get(counter)) for n in nodes_of(snapshot, "keyspace"))

for counter in ("hits", "misses"):
    expect(f"{DETAIL}: {counter}", told["stats"][f"keyspace_{counter}"], keyspace(counter))
    expect_true(f"{DETAIL}: there were {counter}", keyspace(counter) > 50, keyspace(counter))
expect(f"{DETAIL}: expired keys", told["stats"]["expired_keys"], keyspace("expired_keys"))
expect_true(f"{DETAIL}: keys expired", told["stats"]["expired_keys"] >= 50)
if DETAIL == "rows":
    for counter in ("hits", "misses"):
        # A script's own commands lie below it.
        outermost = sum(n[counter] for n in nodes_of(snapshot, "command") if n["parent"] == 0)
        expect(f"{counter} of commands", told["stats"][f"keyspace_{counter}"], outermost)
        expect(f"look-ups: {counter}", told["stats"][f"keyspace_{counter}"], total(snapshot, "look up a key", counter))
    # Not in Redis 8.0: there they go through a function that has no symbol.
    if not os.environ.get("REDIS_TREE") or nodes_of(snapshot, "expired key"):
        expect("expired keys, one by one", told["stats"]["expired_keys"], total(snapshot, "expired key", "rows"))
slow = {n["label"]: n["counters"]["slow"] for n in nodes_of(snapshot, "command") if n["counters"].get("slow")}
expect(f"{DETAIL}: slow commands", None if os.environ["REDIS_SERVER"] == "valkey-server" else 1, slow.get("debug"))
expect_no_loss(snapshot)
PYTHON
	! grep -q 'its argument' "$T/weir.out" || fail 'what was sent to Redis got through'
}

measure operators
measure rows
redis_stop
