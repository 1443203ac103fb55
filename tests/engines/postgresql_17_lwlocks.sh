#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# PostgreSQL 17's LWLock waits, compiled by another compiler, in another mount namespace: as those of the machine's version.
. tests/lib/e2e.sh
. tests/lib/tree.sh

tree_needs_next_debian
export PG_TREE=$tree PG_SERVER_BIN=/usr/lib/postgresql/17/bin
. tests/engines/postgresql_lwlocks.sh
