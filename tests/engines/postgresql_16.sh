#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PostgreSQL 16, in a build that is not Debian's: as exact as the machine's.
. tests/lib/e2e.sh

native=$(packaging/fetch-postgresql16 "$BUILD/engines/postgresql16")
status=$?
[ "$status" != 77 ] || skip "${native##*$'\n'}"
expect 'exit code of packaging/fetch-postgresql16' 0 "$status"
# The server runs as a user who may not be able to read the source tree.
cp -r "$native" "$T/native"
export PG_SERVER_BIN=$T/native/bin
for test in statements plans waits plan_cache views; do
	mkdir -m 755 "$T/$test"
	TMPDIR=$T/$test bash "tests/engines/postgresql_$test.sh" || fail "postgresql_$test fails with PostgreSQL 16"
done
