#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# MariaDB 11.8 of the next Debian release, in a tree of its own: another version, libc and mount namespace, as exact as the machine's.
. tests/lib/e2e.sh
. tests/lib/tree.sh

tree_needs_next_debian
export MARIADB_TREE=$tree
for test in statements binary; do
	mkdir -m 711 "$T/$test"
	TMPDIR=$T/$test bash "tests/engines/mariadb_$test.sh" || fail "mariadb_$test fails with MariaDB 11.8"
done
