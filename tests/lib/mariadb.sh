#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A MariaDB server of the test's own: in $T/mariadb, on a unix socket, by an unprivileged user. To be read after e2e.sh. The server ends
# with the test: it runs in its session.

MARIADB=$T/mariadb

# What the profile reads of structures is verified for 10.11.
mariadb_needs_known_version() {
	command -v mariadbd >/dev/null || skip 'there is no MariaDB server'
	case $(mariadbd --version) in
	*' 10.11.'*) ;;
	*) skip 'the structures of this MariaDB are not known to the profile' ;;
	esac
}

# OPTION...: a fresh server with a database d, running. $mariadb_pid is its PID.
mariadb_start() {
	mkdir -m 711 "$MARIADB" && chown nobody:nogroup "$MARIADB"
	TMPDIR=$MARIADB mariadb-install-db --no-defaults --user=nobody --datadir="$MARIADB/data" --skip-test-db --skip-name-resolve \
		--auth-root-authentication-method=normal >"$T/install.out" 2>&1 || fail 'mariadb-install-db failed' "$T/install.out"
	mariadb_run "$@"
	sql -e 'create database d'
}

# OPTION...: start the server of the data that are there.
mariadb_run() {
	mariadbd --no-defaults --user=nobody --tmpdir="$MARIADB" --datadir="$MARIADB/data" --socket="$MARIADB/socket" --pid-file="$MARIADB/pid" \
		--skip-networking --skip-name-resolve --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=32M \
		"$@" >>"$T/mariadb.log" 2>&1 &
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
