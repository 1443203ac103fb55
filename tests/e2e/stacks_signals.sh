#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A signal handler on an alternate stack, in any memory, is no call of what it interrupted: both return, and are timed; what
# siglongjmp leaves is unwound. The target ends as it does untraced.
. tests/lib/e2e.sh

target_start stacks "$TARGETS/stacks" signals --truth "$T/stacks.truth"
weir_start -p "$stacks_pid" -f 'stacks:alarm_*' --returns sites
target_go stacks
target_end stacks
weir_end
check <<'PYTHON'
expect_ends(snapshot, truth("stacks"))
expect("parents of alarm_handle", [0], [node["parent"] for node in nodes_of(snapshot, "alarm_handle")])
expect_no_loss(snapshot)
PYTHON
