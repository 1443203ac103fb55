#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Install what is missing to build weir (`deps.sh build`), also to test it (`deps.sh test`), also on other kernels
# (`deps.sh kernels`), from the distribution's own packages: Debian 12 and 13, Ubuntu 24.04. Silent, and no root needed,
# where nothing is missing.
set -eu

build_packages='gcc make clang llvm pkg-config libbpf-dev libelf-dev zlib1g-dev liblzma-dev libzydis-dev
	libjansson-dev libyaml-dev libiberty-dev libncurses-dev'
test_packages='g++ golang-go libc6-dev libcmocka-dev libsqlite3-dev sqlite3 bpftrace python3 python3-jsonschema xz-utils
	binutils util-linux postgresql postgresql-contrib redis-server mariadb-server-core mariadb-client tmux gdbmtool ncurses-base libjemalloc2 libjemalloc-dev libgoogle-perftools-dev
	libmimalloc-dev prometheus'
kernels_packages='qemu-system-x86 e2fsprogs diffutils mawk'

die() {
	printf 'packaging/deps.sh: %s\n' "$1" >&2
	exit 1
}

# Debian has a package of that name. Ubuntu's bpftool is a script that looks for the tools of the running kernel;
# any version will do, and the Makefile looks where they are.
bpftool_packages() {
	if [ "$distribution" = ubuntu ]; then
		for tool in /usr/lib/linux-tools/*/bpftool /usr/lib/linux-tools-*/bpftool; do
			[ ! -x "$tool" ] || return 0
		done
		echo linux-tools-common linux-tools-generic
	else
		echo bpftool
	fi
}

# Of the packages named, those that are not installed.
missing_of() {
	installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^.i  *//p') || true
	for package in "$@"; do
		printf '%s\n' "$installed" | grep -qxF "$package" || printf '%s ' "$package"
	done
}

# A compiler that is there serves, wherever it comes from; and so does either build of libcurl, of which there can be but one.
dpkg-query -W -f '${db:Status-Abbrev}' libcurl4-gnutls-dev 2>/dev/null | grep -q '^.i' ||
	build_packages="$build_packages libcurl4-openssl-dev"
command -v rustc >/dev/null || test_packages="$test_packages rustc"
case ${1-} in
build) packages=$build_packages ;;
test) packages="$build_packages $test_packages" ;;
kernels) packages="$build_packages $test_packages $kernels_packages" ;;
*) die 'usage: deps.sh build | test | kernels' ;;
esac

command -v dpkg-query >/dev/null ||
	die 'packages are only known for Debian and Ubuntu; the README lists what weir needs'
distribution=$(. /etc/os-release && echo "${ID-}")
# shellcheck disable=SC2046,SC2086 # lists of words
missing=$(missing_of $packages $(bpftool_packages))
[ -n "$missing" ] || exit 0

[ "$(id -u)" -eq 0 ] || die "these packages are missing, and only root can install them: ${missing% }"
command -v apt-get >/dev/null || die "these packages are missing, and there is no apt-get: ${missing% }"
echo "installing ${missing% }"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update || die 'apt-get update failed, see above'
# shellcheck disable=SC2086 # a list of words
apt-get -qq install --yes --no-install-recommends $missing >/dev/null ||
	die "apt-get could not install: ${missing% }"
