#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A process of another PID namespace is measured by the PID that we see, children included.
. tests/lib/e2e.sh

target_start inside unshare --pid --fork --mount-proc "$TARGETS/forker"
read -r outer_pid <"/proc/$inside_pid/task/$inside_pid/children"
outer_pid=${outer_pid%% *}
expect 'PID inside' 'ready 1' "$(cat "$T/inside.out")"
weir_start -p "$outer_pid" -f 'forker:*_work'
target_go inside
target_end inside
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("inside")["counts"])
PYTHON
