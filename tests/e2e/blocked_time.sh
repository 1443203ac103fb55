#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Of the time that a function neither runs nor waits for a CPU, at least 95 % is seen as blocked.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nap
weir_start -p "$calls_pid" -f 'calls:time_nap'
target_go calls
target_end calls
weir_end
check <<'PYTHON'
values = truth("calls")["values"]
(nap,) = nodes_of(snapshot, "time_nap")
# The target knows its time in the run queue of a busy machine, and its time on the CPU, a slow guest's lost time included.
slept = nap["latency_ns"]["sum"] - values["nap_run_delay_ns"] - values["nap_cpu_ns"]
share = nap["blocked_ns"] / slept
expect_true("blocked share of time_nap is 95 % or more", share >= 0.95, share)
expect_true("blocked at most as long as it lasted", nap["blocked_ns"] <= nap["latency_ns"]["sum"], nap["blocked_ns"])
expect_true("each call lasts at least 10 ms", nap["latency_ns"]["min"] >= 10_000_000, nap["latency_ns"]["min"])
expect_true("each call gave up the CPU", nap["voluntary_switches"] >= nap["calls"], nap["voluntary_switches"])
PYTHON
