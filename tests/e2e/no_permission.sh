#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Without the rights: one sentence that names the capability that is missing, exit code 1.
. tests/lib/e2e.sh

export HOME=$T
mkdir "$T/bin"
cp "$WEIR" "$T/bin/weir" || fail "$WEIR is not built"
chmod 755 "$T/bin" "$T/bin/weir"
setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$T/bin/weir" || skip 'no directory of another user can be reached'
target_start calls "$TARGETS/calls" nested
refused() { # WHO COMMAND...
	local who=$1

	shift
	"$@" >"$T/weir.out" 2>"$T/weir.err" </dev/null
	expect "exit code as $who" 1 $? "$T/weir.err"
	one_sentence "weir as $who" 'CAP_(BPF|PERFMON|SYS_ADMIN|SYS_PTRACE)'
}
stat=(stat -p "$calls_pid" -f 'calls:nested_*' -d 1)
refused 'another user' setpriv --reuid=65534 --regid=65534 --clear-groups "$T/bin/weir" "${stat[@]}"
refused 'root without capabilities' setpriv --bounding-set=-all --inh-caps=-all "$T/bin/weir" "${stat[@]}"
refused 'root without CAP_BPF and CAP_SYS_ADMIN' setpriv --bounding-set=-bpf,-sys_admin "$T/bin/weir" "${stat[@]}"
refused 'root without CAP_PERFMON and CAP_SYS_ADMIN' setpriv --bounding-set=-perfmon,-sys_admin "$T/bin/weir" "${stat[@]}"
