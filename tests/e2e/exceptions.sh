#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# C++ exceptions through probed functions: the target lives, every call is counted, what was unwound is told from what returned.
. tests/lib/e2e.sh

for when in before after; do # calls that come at once, and calls that come when rets could have been dropped
	rm -f "$T"/throwing.*
	target_start throwing "$TARGETS/throwing"
	weir_start -p "$throwing_pid" -f 'throwing:throw_*'
	[ "$when" = before ] || sleep 2.5
	target_go throwing
	target_end throwing
	weir_end
	expect 'exceptions caught' '"caught": 20' "$(grep -o '"caught": [0-9]*' "$T/throwing.out")"
	check <<'PYTHON'
for function, field in (("throw_outer", "completed"), ("throw_middle", "unwound"), ("throw_inner", "unwound")):
    expect(f"calls of {function}", 20, total(snapshot, function, "calls"))
    expect(f"{field} calls of {function}", 20, total(snapshot, function, field))
PYTHON
done
