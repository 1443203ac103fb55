#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A function that sleeps 10 ms is at least 95 % blocked.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" nap
weir_start -p "$calls_pid" -f 'calls:time_nap'
target_go calls
target_end calls
weir_end
check <<'PYTHON'
values = truth("calls")["values"]
(nap,) = nodes_of(snapshot, "time_nap")
# Time in the run queue of a busy machine is neither; the target knows how much there was.
ran_or_slept = nap["latency_ns"]["sum"] - values["nap_run_delay_ns"]
share = nap["blocked_ns"] / ran_or_slept
expect_true("blocked share of time_nap is 95 % or more", share >= 0.95, share)
expect_true("blocked at most as long as it lasted", nap["blocked_ns"] <= nap["latency_ns"]["sum"], nap["blocked_ns"])
expect_true("each call lasts at least 10 ms", nap["latency_ns"]["min"] >= 10_000_000, nap["latency_ns"]["min"])
expect_true("each call gave up the CPU", nap["voluntary_switches"] >= nap["calls"], nap["voluntary_switches"])
PYTHON
