#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel without BTF: one sentence, exit code 1, and doctor says the same with the remedy.
. tests/lib/e2e.sh

cat >"$T/inside.sh" <<'SH'
. tests/lib/e2e.sh
mount -t tmpfs tmpfs /sys/kernel/btf || fail 'cannot hide the BTF'
target_start calls "$TARGETS/calls" nested
weir_refuses 1 'BTF' stat -p "$calls_pid" -f 'calls:nested_*' -d 1
weir doctor
expect 'exit code of doctor' 1 "$status" "$T/weir.out"
expect_match 'doctor on BTF' 'BTF' "$(cat "$T/weir.out")"
expect_match 'the remedy' 'CONFIG_DEBUG_INFO_BTF' "$(cat "$T/weir.out")"
SH
unshare --mount bash "$T/inside.sh"
