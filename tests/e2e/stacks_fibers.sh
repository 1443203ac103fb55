#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Coroutines that switch by code of their own, which weir cannot know: exact where each stack is a mapping; where stacks share one,
# every call is counted, and what cannot be told is untimed, never unwound.
. tests/lib/e2e.sh

for shape in mapped arena; do
	rm -f "$T"/fibers.*
	target_start fibers "$TARGETS/fibers" "$shape" --truth "$T/fibers.truth"
	weir_start -p "$fibers_pid" -f 'fibers:yield_*' --returns sites
	target_go fibers
	target_end fibers
	weir_end
	export shape
	check <<'PYTHON'
told = truth("fibers")
if os.environ["shape"] == "mapped":
    expect_ends(snapshot, told)
else:
    for function, calls in told["counts"].items():
        expect(f"calls of {function}", calls, total(snapshot, function, "calls"))
        expect(f"unwound calls of {function}", 0, total(snapshot, function, "unwound"))
    for function in ("yield_between", "yield_round"):
        expect(f"completed calls of {function}", told["counts"][function], total(snapshot, function, "completed"))
PYTHON
done
