#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A limit on memory says one line when it is passed and one when it is kept again.
. tests/lib/e2e.sh

target_start allocs "$TARGETS/allocs" swell
weir_start -p "$allocs_pid" -f 'allocs:alloc_*' --warn-rss 32M --warn-operator-live 10MiB
weir_settle
target_go allocs
await 'the target is swollen' has_line "$T/allocs.out" swollen
await 'a line on resident memory' has_line "$T/weir.err" "^weir: .*process $allocs_pid \(allocs\) has [0-9.]+ MiB resident, above --warn-rss 32.0 MiB"
await 'a line on live memory' has_line "$T/weir.err" '^weir: .*alloc_keep has 64.0 MiB live, above --warn-operator-live 10.0 MiB'
target_go allocs
await 'the target has shrunk' has_line "$T/allocs.out" shrunk
await 'a line on resident memory' has_line "$T/weir.err" "process $allocs_pid \(allocs\) is back at [0-9.]+ MiB resident, not above"
await 'a line on live memory' has_line "$T/weir.err" 'alloc_keep is back at 0 B live, not above'
target_go allocs
target_end allocs
weir_end
expect 'lines on stderr' 4 "$(wc -l <"$T/weir.err")" "$T/weir.err"
weir_refuses 2 '--warn-rss needs a size above 0' stat --warn-rss 3x -- true
