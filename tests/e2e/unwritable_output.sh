#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An output file that cannot be written: one sentence with its name, exit code 1, before anything is measured.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested
started=$SECONDS
weir_refuses 1 'no-such-directory' snapshot -p "$calls_pid" -f 'calls:nested_*' -d 30 -o "$T/no-such-directory/out.json"
weir_refuses 1 "$T" snapshot -p "$calls_pid" -f 'calls:nested_*' -d 30 -o "$T"
[ $((SECONDS - started)) -lt 25 ] || fail 'weir measured first and complained then'
