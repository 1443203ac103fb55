#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing of what was named matched: exit code 1, with the nearest names. (Without -f and --profile: e2e/no_profile.)
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nested
weir_refuses 1 'nested_outer' stat -p "$calls_pid" -f 'calls:nested_outre' -d 1
weir_refuses 1 'recurse_fib' snapshot -p "$calls_pid" -f 'calls:recursefib' -d 1
weir_refuses 1 'calls' list -p "$calls_pid" -f 'calls:no_such_thing_at_all*'
weir_refuses 1 'sqlite' stat -p "$calls_pid" --profile sqlit -d 1
