#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A MariaDB server of the test's own: in $T/mariadb, on a unix socket, by an unprivileged user. To be read after e2e.sh. The server ends
# with the test: it runs in its session. MARIADB_TREE, if given, is a tree that holds another system with the server: it runs there, in a mount
# namespace of its own. Clients are the machine's.
. tests/lib/tree.sh

MARIADB=$T/mariadb
MARIADB_TREE=${MARIADB_TREE:-}

# What the profile reads of structures is verified for these.
mariadb_needs_known_version() {
	command -v mariadbd >/dev/null && command -v mariadb >/dev/null || skip 'there is no MariaDB server'
	case $(if [ -n "$MARIADB_TREE" ]; then chroot "$MARIADB_TREE" /usr/sbin/mariadbd --version; else mariadbd --version; fi) in
	*' 10.11.'* | *' 11.8.'*) ;;
	*) skip 'the structures of this MariaDB are not known to the profile' ;;
	esac
}

# OPTION...: become the server, with its directory in $MARIADB
mariadb_exec() {
	local place=$MARIADB

	[ -z "$MARIADB_TREE" ] || place=/cluster
	set -- --no-defaults --tmpdir="$place" --datadir="$place/data" --socket="$place/socket" --pid-file="$place/pid" "$@"
	[ -z "$MARIADB_TREE" ] || tree_exec "$MARIADB_TREE" "$MARIADB" /usr/sbin/mariadbd "$@"
	exec mariadbd "$@" --user=nobody
}

# The system's tables of a server in a tree, which has no tools for its own script to do that.
mariadb_bootstrap() {
	local share=$MARIADB_TREE/usr/share/mariadb

	mkdir "$MARIADB/data" && chown nobody:nogroup "$MARIADB/data" || return 1
	{
		printf '%s\n' 'create database mysql;' 'use mysql;' 'set @auth_root_socket = null;'
		cat "$share"/mariadb_system_tables.sql "$share"/mariadb_performance_tables.sql "$share"/mariadb_system_tables_data.sql
	} | (mariadb_exec --bootstrap --log-warnings=0)
}

# OPTION...: a fresh server with a database d, running. $mariadb_pid is its PID.
mariadb_start() {
	mkdir -m 711 "$MARIADB" && chown nobody:nogroup "$MARIADB"
	if [ -n "$MARIADB_TREE" ]; then
		mariadb_bootstrap
	else
		TMPDIR=$MARIADB mariadb-install-db --no-defaults --user=nobody --datadir="$MARIADB/data" --skip-test-db --skip-name-resolve \
			--auth-root-authentication-method=normal
	fi >"$T/install.out" 2>&1 || fail 'the database cannot be made' "$T/install.out"
	mariadb_run "$@"
	sql -e 'create database d'
}

# OPTION...: start the server of the data that are there.
mariadb_run() {
	mariadb_exec --skip-networking --skip-name-resolve --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=32M "$@" >>"$T/mariadb.log" 2>&1 &
	mariadb_pid=$!
	await 'MariaDB takes connections' mariadb_answers
}

mariadb_answers() { mariadb-admin --no-defaults -S "$MARIADB/socket" -u root ping >/dev/null 2>&1; }

# ARGS...: the client, without column names, that goes on after errors. The database is in $DATABASE (none).
sql() {
	mariadb --no-defaults --skip-column-names --batch --force -S "$MARIADB/socket" -u root "$@" ${DATABASE:-}
}

# NAME: SHOW GLOBAL STATUS as {"Handler_commit": 3, ...} in $T/NAME.truth
mariadb_status() {
	sql -e 'show global status' | "$PYTHON" -c '
import json, sys
pairs = (line.rstrip("\n").split("\t", 1) for line in sys.stdin)
json.dump({name: int(value) for name, value in pairs if value.isdigit()}, sys.stdout)' >"$T/$1.truth"
}

mariadb_stop() {
	kill "$mariadb_pid"
	await 'MariaDB ends' is_gone "$mariadb_pid"
}
