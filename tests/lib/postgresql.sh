#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A PostgreSQL cluster of the test's own: in $T/pg, on a unix socket, by an unprivileged user. To be read after e2e.sh.
# PG_BIN chooses the version (the newest that is installed). The server ends with the test: it runs in its session.
# PG_TREE, if given, is a tree that holds another system with the server in PG_SERVER_BIN: it runs there, in mount namespaces of its own, where
# the cluster is /cluster. Clients are the machine's.

. tests/lib/tree.sh

PG_BIN=${PG_BIN:-$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)}
PG_TREE=${PG_TREE:-}
PG=$T/pg
export PGHOST=$PG PGPORT=5432 PGDATABASE=postgres PGUSER=weir PGOPTIONS= LC_ALL=C

# COMMAND...: as the user that owns the cluster, with its directory as the current one; PostgreSQL refuses root
pg_as_owner() {
	[ -z "$PG_TREE" ] || tree_exec "$PG_TREE" "$PG" "$@"
	(cd "$PG" && exec setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@")
}

# What the profile reads of structures is verified for some major versions.
pg_needs_known_version() {
	case $(if [ -n "$PG_TREE" ]; then chroot "$PG_TREE" "${PG_SERVER_BIN:-$PG_BIN}/postgres" --version; else "${PG_SERVER_BIN:-$PG_BIN}/postgres" --version; fi) in
	*' 15.'* | *' 16.'* | *' 17.'*) ;;
	*) skip 'the structures of this PostgreSQL are not known to the profile' ;;
	esac
}

# SETTING=VALUE...: a fresh cluster, running. $pg_pid is the postmaster's PID.
pg_start() {
	local setting sockets=$PG

	[ -z "$PG_TREE" ] || sockets=/cluster
	[ -x "$PG_TREE${PG_SERVER_BIN:-$PG_BIN}/postgres" ] || skip 'there is no PostgreSQL server'
	mkdir -m 700 "$PG" && chown 65534:65534 "$PG"
	(pg_as_owner "${PG_SERVER_BIN:-$PG_BIN}/initdb" -D data -U weir --no-sync --auth=trust --no-instructions --locale=C --encoding=UTF8) \
		>"$T/initdb.out" 2>&1 || fail 'initdb failed' "$T/initdb.out"
	for setting in "unix_socket_directories='$sockets'" "listen_addresses=''" "port=$PGPORT" fsync=off autovacuum=off \
		shared_preload_libraries=pg_stat_statements jit=off "$@"; do
		printf '%s\n' "$setting"
	done >>"$PG/data/postgresql.conf"
	pg_run
}

# Start the server of the cluster that is there.
pg_run() {
	pg_as_owner "${PG_SERVER_BIN:-$PG_BIN}/postgres" -D data >>"$T/postgres.log" 2>&1 &
	pg_pid=$!
	await 'PostgreSQL takes connections' "$PG_BIN/pg_isready" -q
	# The subshell became the server: setpriv and postgres were exec'ed. The PID is the machine's, for the tree's is no PID namespace.
	pg_pid=$(head -n 1 "$PG/data/postmaster.pid")
}

# Fast shutdown: connections are closed, the server ends.
pg_stop() {
	kill -INT "$pg_pid"
	await 'PostgreSQL ends' is_gone "$pg_pid"
}

# ARGS...: psql, unaligned, tuples only, that ends at the first error
sql() {
	"$PG_BIN/psql" -XqAt -v ON_ERROR_STOP=1 "$@"
}

pgbench() {
	"$PG_BIN/pgbench" "$@"
}
