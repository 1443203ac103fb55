#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# packaging/deps.sh is silent and asks for no root where nothing is missing; else it says who must run it.
. tests/lib/e2e.sh

packaging/deps.sh test >"$T/deps.out" 2>&1 || fail 'deps.sh test failed' "$T/deps.out"
packaging/deps.sh test >"$T/deps.out" 2>&1
expect 'output when nothing is missing' '' "$(cat "$T/deps.out")"
mkdir "$T/bin"
printf '#!/bin/sh\nexit 1\n' >"$T/bin/dpkg-query"
chmod -R 755 "$T/bin"
PATH=$T/bin:$PATH setpriv --reuid=65534 --regid=65534 --clear-groups packaging/deps.sh build >"$T/deps.out" 2>&1
expect 'exit code for a user when all is missing' 1 $? "$T/deps.out"
expect_match 'the sentence' 'only root can install' "$(cat "$T/deps.out")"
