#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A recursion 200 deep: every return is seen at return sites. Of return probes the kernel keeps 64: the calls are exact, and those
# without a latency are counted as untimed and as lost.
. tests/lib/e2e.sh

for returns in sites trampoline; do
	rm -f "$T"/stacks.*
	target_start stacks "$TARGETS/stacks" down --truth "$T/stacks.truth"
	weir_start -p "$stacks_pid" -f 'stacks:down_*' --returns "$returns"
	target_go stacks
	target_end stacks
	weir_end
	export returns
	check <<'PYTHON'
told = truth("stacks")
if os.environ["returns"] == "sites":
    expect_ends(snapshot, told)
    expect_no_loss(snapshot)
else:
    calls = told["counts"]["down_to"]
    expect("calls of down_to", calls, total(snapshot, "down_to", "calls"))
    expect("completed calls of down_to: 64 of each 200", calls * 64 // 200, total(snapshot, "down_to", "completed"))
    expect("untimed calls of down_to", calls - calls * 64 // 200, total(snapshot, "down_to", "untimed"))
    expect("lost, by depth", total(snapshot, "down_to", "untimed"), snapshot["lost"]["return_depth"])
PYTHON
done
