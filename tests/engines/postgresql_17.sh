#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PostgreSQL 17 of the next Debian release, in a tree of its own: another version, libc and mount namespace, as exact as the machine's.
. tests/lib/e2e.sh
. tests/lib/tree.sh

tree_needs_next_debian
export PG_TREE=$tree PG_SERVER_BIN=/usr/lib/postgresql/17/bin
for test in statements plans waits plan_cache views; do
	mkdir "$T/$test"
	TMPDIR=$T/$test bash "tests/engines/postgresql_$test.sh" || fail "postgresql_$test fails with PostgreSQL 17"
done
