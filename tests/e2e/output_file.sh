#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# -o writes the document to a file that appears whole, and nothing to stdout.
. tests/lib/e2e.sh

target_start calls "$TARGETS/calls" hold
weir snapshot -p "$calls_pid" -f 'calls:hold_line' -d 0.3 -o "$T/snapshot.json"
expect 'exit code' 0 "$status" "$T/weir.err"
expect 'bytes on stdout' 0 "$(stat -c %s "$T/weir.out")"
check </dev/null
echo old >"$T/old.json"
weir snapshot -p "$calls_pid" -f 'calls:hold_line' -d 0.3 -o "$T/old.json"
check "$T/old.json" </dev/null
expect 'files left beside it' 'old.json snapshot.json' "$(cd "$T" && echo *json*)"
