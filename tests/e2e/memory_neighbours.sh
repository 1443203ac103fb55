#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The C library is everybody's: breakpoints on its allocator are in the target and its children, and in no other process.
. tests/lib/e2e.sh

"$WEIR" doctor | grep -q '^ok .*breakpoints for one process' || skip 'this kernel cannot set breakpoints for one process'
libc=$(readlink -f /lib/x86_64-linux-gnu/libc.so.6)
target_start allocs "$TARGETS/allocs"
target_start other "$TARGETS/allocs"
weir_start -p "$allocs_pid" -f 'allocs:alloc_*' --memory live
weir_settle
has_breakpoint "$allocs_pid" "$libc" malloc || fail 'the target has no breakpoint on malloc'
has_breakpoint "$other_pid" "$libc" malloc && fail 'a process that is no target has a breakpoint on malloc'
has_breakpoint "$other_pid" "$libc" free && fail 'a process that is no target has a breakpoint on free'
target_go other
target_end other
target_go allocs
target_end allocs
weir_end
check <<'PYTHON'
expect("allocations of alloc_keep are the target's alone", truth("allocs")["values"]["each"],
       nodes_of(snapshot, "alloc_keep")[0]["memory"]["allocations"])
PYTHON
