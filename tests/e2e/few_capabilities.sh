#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# CAP_BPF, CAP_PERFMON and what reading /proc needs are enough: CAP_SYS_ADMIN is not asked for, or it is said.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested
setpriv --bounding-set=-all,+bpf,+perfmon,+sys_ptrace,+dac_read_search,+checkpoint_restore \
	"$WEIR" snapshot -p "$calls_pid" -f 'calls:nested_*' -d 0.3 >"$T/weir.out" 2>"$T/weir.err" </dev/null
status=$?
[ "$status" -eq 0 ] && exit 0
expect 'exit code' 1 "$status" "$T/weir.err"
one_sentence 'weir without CAP_SYS_ADMIN' 'CAP_SYS_ADMIN'
