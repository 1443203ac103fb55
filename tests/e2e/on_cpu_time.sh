#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A function that spins for 10 ms is at least 95 % on-CPU.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" spin
weir_start -p "$calls_pid" -f 'calls:time_spin'
target_go calls
target_end calls
weir_end
check <<'PYTHON'
values = truth("calls")["values"]
(spin,) = nodes_of(snapshot, "time_spin")
# Time in the run queue of a busy machine is neither; the target knows how much there was.
ran_or_slept = spin["latency_ns"]["sum"] - values["spin_run_delay_ns"]
share = spin["cpu_ns"] / ran_or_slept
expect_true("on-CPU share of time_spin is 95 % or more", share >= 0.95, share)
expect_true("on-CPU at most as long as it lasted", spin["cpu_ns"] <= spin["latency_ns"]["sum"], spin["cpu_ns"])
expect_true("on-CPU time is that of the thread's own clock, within 5 %",
            0.95 <= spin["cpu_ns"] / values["spin_cpu_ns"] <= 1.05, (spin["cpu_ns"], values["spin_cpu_ns"]))
expect_true("hardly blocked", spin["blocked_ns"] <= 0.05 * spin["latency_ns"]["sum"], spin["blocked_ns"])
PYTHON
