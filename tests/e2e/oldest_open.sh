#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How long a call has been running is told while it runs; a call that was left by longjmp, or whose thread has ended, is none.
. tests/lib/e2e.sh

target_start stale "$TARGETS/stale"
weir_start -p "$stale_pid" -f 'stale:stale_*'

# STEP: let the target go there, and keep what weir then says
step() {
	target_go stale
	await "step $1" has_line "$T/stale.out" "^done $1"
	weir_settle
	weir_settle
	weir_last "$T/step.$1"
}

step 1
step 2
step 3
sleep 1
weir_settle
weir_last "$T/step.4"
target_go stale
target_end stale
weir_end
for i in 1 2 3 4; do
	STEP=$i check "$T/step.$i" <<'PYTHON'
step = os.environ["STEP"]
ages = {n["function"]: n["oldest_open_ns"] for n in snapshot["nodes"] if "oldest_open_ns" in n}
running = {"1": ["stale_inner", "stale_wait"], "2": [], "3": ["stale_thread"], "4": ["stale_thread"]}[step]
expect(f"what runs at step {step}", running, sorted(ages))
expect(f"open calls of stale_thread at step {step}", int(step > "2"), total(snapshot, "stale_thread", "open"))
if step == "1":
    expect_true("the outer call is not younger than the inner one", ages["stale_wait"] >= ages["stale_inner"], ages)
for function, age in ages.items():
    expect_true(f"{function} is no older than weir at step {step}", age <= snapshot["duration_ns"], age)
if step == "4":
    expect_true("a second has passed", ages["stale_thread"] >= 1e9, ages)
PYTHON
done
check <<'PYTHON'
expect("what runs when the target is gone", [], [n["function"] for n in snapshot["nodes"] if "oldest_open_ns" in n])
expect("unwound calls of stale_jump", 1, total(snapshot, "stale_jump", "unwound"))
PYTHON
