#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Return probes would kill a target whose threads switch stacks: weir refuses them, and takes return sites of its own accord.
. tests/lib/e2e.sh

target_start coroutines "$TARGETS/coroutines" arena
weir_refuses 1 'switches stacks .*context in .*coroutines.*--returns sites is safe' \
	stat -p "$coroutines_pid" -f 'coroutines:yield_*' --returns trampoline -d 1
weir list -p "$coroutines_pid" -f 'coroutines:yield_down'
expect_match 'the way that calls leave' 'return sites' "$(grep -w yield_down "$T/weir.out")" "$T/weir.out" "$T/weir.err"
target_go coroutines
target_end coroutines
