#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo runs through, shows the queries of its pipeline, and leaves no process behind.
. tests/lib/e2e.sh

DEMO_SECONDS=2 bash tests/demo/demo.sh >"$T/demo.out" 2>&1 </dev/null
expect 'exit code' 0 $? "$T/demo.out"
for pattern in 'insert into orders' 'p95' 'type next|next:' 'weir (stat|snapshot|list)'; do
	expect_match 'the demo' "$pattern" "$(cat "$T/demo.out")" "$T/demo.out"
done
left=0
for exe in /proc/[0-9]*/exe; do
	[ "$(readlink "$exe" 2>/dev/null)" != "$(realpath "$DEMO/pipeline")" ] || left=$((left + 1))
done
expect 'pipelines left running' 0 "$left"
setpriv --reuid=65534 --regid=65534 --clear-groups bash tests/demo/demo.sh >"$T/demo.out" 2>&1
expect 'exit code for a user without rights' 1 $? "$T/demo.out"
expect_match 'the sentence' 'root' "$(cat "$T/demo.out")"
