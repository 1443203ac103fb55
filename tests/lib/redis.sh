#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A Redis server of the test's own: in $T/redis, on loopback. To be read after e2e.sh. The server ends with the test: it runs in
# its session. REDIS_TREE, if given, is a tree that holds another system with the server REDIS_SERVER (redis-server): it runs there, where the
# server's directory is /redis. Clients are the machine's.

REDIS=$T/redis
REDIS_CONF=$REDIS/redis.conf
REDIS_TREE=${REDIS_TREE:-}
REDIS_DIR=$([ -n "$REDIS_TREE" ] && echo /redis || echo "$REDIS") # as the server sees it
export REDIS_SERVER=${REDIS_SERVER:-redis-server}

# What the profile reads of structures is verified for some versions.
redis_needs_known_version() {
	command -v redis-server >/dev/null || skip 'there is no Redis server'
	case $(if [ -n "$REDIS_TREE" ]; then chroot "$REDIS_TREE" "$REDIS_SERVER" --version; else redis-server --version; fi) in
	'Redis server v=7.0.'* | 'Redis server v=8.0.'* | 'Valkey server v=8.1.'*) ;;
	*) skip 'the structures of this Redis are not known to the profile' ;;
	esac
}

# Write $REDIS_CONF with a port that is free. SETTING...: lines of the configuration
redis_configure() {
	mkdir -p "$REDIS"
	redis_port=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	printf '%s\n' "bind 127.0.0.1" "port $redis_port" "dir $REDIS_DIR" 'save ""' "$@" >"$REDIS_CONF"
}

# The server's command, on one line.
redis_command() {
	if [ -n "$REDIS_TREE" ]; then
		echo "tests/lib/redis_in_tree $REDIS_TREE $REDIS $REDIS_SERVER"
	else
		echo "redis-server $REDIS_CONF"
	fi
}

# Start the server. $redis_pid is its PID.
redis_run() {
	# shellcheck disable=SC2046 # words
	exec $(redis_command) >>"$T/redis.log" 2>&1 &
	redis_pid=$!
	await 'Redis takes connections' redis_answers
}

# SETTING...: a fresh server
redis_start() {
	redis_configure "$@"
	redis_run
}

redis_answers() { [ "$(redis ping 2>/dev/null)" = PONG ]; }

redis() { # ARGS...
	redis-cli -h 127.0.0.1 -p "$redis_port" "$@"
}

redis_bench() { # ARGS...
	redis-benchmark -h 127.0.0.1 -p "$redis_port" -q "$@" >"$T/benchmark.out" 2>&1 || fail 'redis-benchmark failed' "$T/benchmark.out"
}

# Forget what INFO counts; counted by weir as a command, and by Redis as the first one.
redis_reset() { redis config resetstat >/dev/null; }

# What INFO tells in $T/info.truth: {"commandstats": {"get": {"calls": 3, ...}}, "errorstats": {"ERR": 2}, "stats": {"keyspace_hits": 1}}
redis_truth() {
	redis info everything | tr -d '\r' | "$PYTHON" -c '
import json, sys
told = {"commandstats": {}, "errorstats": {}, "stats": {}}
for line in sys.stdin:
    name, _, value = line.rstrip("\n").partition(":")
    if name.startswith("cmdstat_"):
        told["commandstats"][name[8:]] = {key: float(number) for key, number in (item.split("=") for item in value.split(","))}
    elif name.startswith("errorstat_"):
        told["errorstats"][name[10:]] = int(value.split("=")[1])
    elif value.isdigit():
        told["stats"][name] = int(value)
json.dump(told, sys.stdout)' >"$T/info.truth"
}

redis_stop() {
	kill "$redis_pid"
	await 'Redis ends' is_gone "$redis_pid"
}
