#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# -f MODULE:+0xOFFSET names an address without a symbol.
. tests/lib/e2e.sh

cp "$TARGETS/calls" "$T/stripped"
address=$(nm "$T/stripped" | sed -n 's/^0*\([0-9a-f]*\) T nested_middle$/\1/p')
strip "$T/stripped"
weir snapshot -o "$T/snapshot.json" -f "stripped:+0x$address" -- "$T/stripped" nested
expect 'exit code' 0 "$status" "$T/weir.err"
rm "$T/weir.out"
check <<'PYTHON'
expect("calls", [300], [node["calls"] for node in snapshot["nodes"]])
expect_true("the name holds the offset", "+0x" in snapshot["nodes"][0]["function"], snapshot["nodes"][0]["function"])
PYTHON
