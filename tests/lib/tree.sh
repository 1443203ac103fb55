# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Servers of the next Debian release, in a tree of their own: other versions, another libc, another mount namespace. To be read after e2e.sh.

# $tree is a tree of the next release with its PostgreSQL and MariaDB; the test is skipped where that cannot be had.
tree_needs_next_debian() {
	local packages status

	packages='postgresql-17 libpq5 tzdata dash libc6 libgcc-s1 libstdc++6 libaudit1 libcap-ng0 libcap2 libcom-err2 libgssapi-krb5-2 libicu76
		libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap2 liblz4-1 liblzma5 libpam0g libsasl2-2 libssl3t64 libsystemd0
		libxml2 libxxhash0 libzstd1 zlib1g
		mariadb-server-core libaio1t64 libcrypt1 libnuma1 libpcre2-8-0 liburing2 libbz2-1.0 liblzo2-2 libsnappy1v5'
	# shellcheck disable=SC2086 # a list of words
	tree=$(packaging/fetch-debian "$BUILD/engines/debian" trixie $packages)
	status=$?
	[ "$status" != 77 ] || skip "${tree##*$'\n'}"
	expect 'exit code of packaging/fetch-debian' 0 "$status"
}

# TREE DIRECTORY COMMAND...: become the command, in the tree, where the directory is /cluster, by an unprivileged user
tree_exec() {
	# shellcheck disable=SC2016 # for the inner shell
	exec unshare --mount --propagation private sh -c 'mkdir -p "$1/cluster" && mount --bind "$2" "$1/cluster" && mount --rbind /dev "$1/dev" &&
		mount -t proc proc "$1/proc" && tree=$1 && shift 2 && exec chroot --userspec=65534:65534 "$tree" /bin/sh -c '\''cd /cluster && exec "$@"'\'' sh "$@"' \
		sh "$@"
}
