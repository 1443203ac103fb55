#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A process that has ended but was not waited for: one sentence, exit code 1.
. tests/lib/e2e.sh

# sh ends; the sleep that took its place never waits for it.
sh -c 'sh -c "echo \$\$; exit" & exec sleep 60' >"$T/zombie.out" &
await 'the PID of the zombie' has_line "$T/zombie.out" '^[0-9]'
zombie=$(cat "$T/zombie.out")
is_zombie() { grep -q '^State:.*Z' "/proc/$zombie/status"; }
await 'it is a zombie' is_zombie
weir_refuses 1 "$zombie" stat -p "$zombie" -d 1 -f 'sh:*'
