#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A child of vfork runs in its parent's memory and on its stack until it execs or exits: the calls of both are counted, and the
# parent's go on, whichever way weir sees calls leave.
. tests/lib/e2e.sh

for returns in sites trampoline; do
	rm -f "$T"/stacks.*
	target_start stacks "$TARGETS/stacks" vfork --truth "$T/stacks.truth"
	weir_start -p "$stacks_pid" -f 'stacks:fork_*' --returns "$returns"
	target_go stacks
	target_end stacks
	weir_end
	check <<'PYTHON'
expect_ends(snapshot, truth("stacks"))
expect_no_loss(snapshot)
PYTHON
done
