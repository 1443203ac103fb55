#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The end of a process that the kernel side could not tell, for weir was stopped and the ring full: weir finds out, counts what it
# missed, and ends.
. tests/lib/e2e.sh

# A process that has a few thousand children, and is gone when they are.
target_start crowd bash -c 'echo ready; read -r; for ((i = 0; i < 4000; i++)); do (:); done'
"$WEIR" snapshot -p "$crowd_pid" -f 'bash:execute_command' -o "$T/snapshot.json" 2>"$T/weir.err" &
weir_pid=$!
await 'weir is attached' has_breakpoint "$crowd_pid" "$(readlink -f /bin/bash)" execute_command
kill -STOP "$weir_pid"
target_go crowd
target_end crowd
kill -CONT "$weir_pid"
await 'weir ends' is_gone "$weir_pid"
wait "$weir_pid"
expect 'exit code of weir' 0 $? "$T/weir.err"
check <<'PYTHON'
expect_true("events were lost, and counted", snapshot["lost"]["event_ring"] > 0, snapshot["lost"])
expect("processes that seem to run", [], [process for process in snapshot["target"]["processes"] if process["running"]])
PYTHON
