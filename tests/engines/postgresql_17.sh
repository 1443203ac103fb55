#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PostgreSQL 17 of the next Debian release, in a tree of its own: another version, libc and mount namespace, as exact as the machine's.
. tests/lib/e2e.sh

packages='postgresql-17 libpq5 tzdata dash libc6 libgcc-s1 libstdc++6 libaudit1 libcap-ng0 libcap2 libcom-err2 libgssapi-krb5-2 libicu76
	libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap2 liblz4-1 liblzma5 libpam0g libsasl2-2 libssl3t64 libsystemd0
	libxml2 libxxhash0 libzstd1 zlib1g'
# shellcheck disable=SC2086 # a list of words
tree=$(packaging/fetch-debian "$BUILD/engines/debian" trixie $packages)
status=$?
[ "$status" != 77 ] || skip "${tree##*$'\n'}"
expect 'exit code of packaging/fetch-debian' 0 "$status"
export PG_TREE=$tree PG_SERVER_BIN=/usr/lib/postgresql/17/bin
for test in statements plans waits plan_cache; do
	mkdir "$T/$test"
	TMPDIR=$T/$test bash "tests/engines/postgresql_$test.sh" || fail "postgresql_$test fails with PostgreSQL 17"
done
