#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Redis 8.0 and Valkey 8.1 of the next Debian release, in a tree of their own: as exact as the machine's Redis.
. tests/lib/e2e.sh

packages='redis-server redis-tools valkey-server valkey-tools libatomic1 libc6 libjemalloc2 liblua5.1-0 liblzf1 libhiredis1.1.0 libssl3t64
	libsystemd0 libstdc++6 libgcc-s1 libcap2 libzstd1 zlib1g'
# shellcheck disable=SC2086 # a list of words
tree=$(packaging/fetch-debian "$BUILD/engines/redis" trixie $packages)
status=$?
[ "$status" != 77 ] || skip "${tree##*$'\n'}"
expect 'exit code of packaging/fetch-debian' 0 "$status"
export REDIS_TREE=$tree REDIS_SERVER
for REDIS_SERVER in valkey-server redis-server; do
	for test in commands evictions; do
		mkdir "$T/$REDIS_SERVER-$test"
		TMPDIR=$T/$REDIS_SERVER-$test bash "tests/engines/redis_$test.sh" || fail "redis_$test fails with $REDIS_SERVER"
	done
done
