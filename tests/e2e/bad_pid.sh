#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A PID that is not there, or that ends while weir attaches: one sentence, exit code 1.
. tests/lib/e2e.sh

"$TARGETS/calls" nested </dev/null >/dev/null &
gone=$!
wait "$gone"
weir_refuses 1 "$gone" stat -p "$gone" -f 'calls:*'
weir_refuses 1 "$gone" snapshot -p "$gone"
weir_refuses 1 "$gone" list -p "$gone" -f 'calls:*'
weir_refuses 1 'kernel|no (program|executable|user)' stat -p 2 -d 1
target_start calls "$TARGETS/calls" nested
weir_refuses 1 "$gone" stat -p "$calls_pid,$gone" -f 'calls:nested_*'
