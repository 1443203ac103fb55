#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A function's rets are let go of when its calling has settled. A caller that has no return site and comes later brings them back.
. tests/lib/e2e.sh

[ -x "$TARGETS/goroutines" ] || skip 'there is no Go compiler (go)'
target_start go "$TARGETS/goroutines" --grow-first
weir_start -p "$go_pid" -f goroutines:main.grow
target_go go
target_end go
weir_end
check <<'PYTHON'
calls = truth("go")["counts"]["main.grow"]
expect("calls of main.grow", calls, total(snapshot, "main.grow", "calls"))
expect("open calls of main.grow", 0, total(snapshot, "main.grow", "open"))
# That caller came twice: the first time for half of the calls, which were untimed until the rets were back.
completed = total(snapshot, "main.grow", "completed")
expect_true("the calls of the second time are seen to end", completed >= calls // 2, completed)
PYTHON
