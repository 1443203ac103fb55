#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Redis, awaited, started, stopped and started again under one weir: the commands of both servers are counted from the first on. And with
# a layout that the binary's code does not bear out: a sentence, and commands without what is read of structures.
. tests/lib/e2e.sh
. tests/lib/redis.sh

redis_needs_known_version
redis_configure
cp "$(readlink -f "$(command -v redis-server)")" "$REDIS/redis-server" || fail 'cannot copy the server'
PATH=$REDIS:$PATH
weir_start --exe "$REDIS/redis-server" --profile redis
for round in 1 2; do
	redis_run
	redis_bench -t set,get -n 1000 -c 3
	redis set round "$round" >"$T/set.out"
	redis_truth
	cp "$T/info.truth" "$T/info$round.truth"
	redis_stop
done
weir_settle
kill -INT "$weir_pid"
weir_end
expect 'warnings of weir' '' "$(cat "$T/weir.err")"
check <<'PYTHON'
told = [truth("info1")["commandstats"], truth("info2")["commandstats"]]
for name in ("set", "get"):
    expect(f"calls of {name}", sum(t[name]["calls"] for t in told), total(snapshot, "command", "calls", name))
expect("set", 2002, total(snapshot, "command", "calls", "set"))
expect("processes", 2, len(snapshot["target"]["processes"]))
expect_no_loss(snapshot)
PYTHON

sed 's/call: \[0x70, 0x180\]/call: [0x70, 0x1808]/' profiles/redis.yaml >"$T/other.yaml"
redis_run
weir_start -p "$redis_pid" --profile "$T/other.yaml"
redis set a 1 >"$T/set.out"
redis get a >"$T/get.out"
weir_settle
kill -INT "$weir_pid"
weir_end
one_sentence 'another layout' 'redis-server has other structures than those that profile redis knows'
check <<'PYTHON'
expect("commands, without names", 2, sum(n["calls"] for n in nodes_of(snapshot, "command") if "label" not in n))
expect_no_loss(snapshot)
PYTHON
redis_stop
