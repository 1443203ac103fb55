#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Attaching to a busy process and leaving it again tears no call: one thread has at most the calls open that it can be in,
# and none is taken for unwound.
. tests/lib/e2e.sh

"$DEMO/pipeline" --rounds 0 --pace 0 --rows 200 >"$T/pipeline.out" 2>"$T/pipeline.err" &
pipeline_pid=$!
sleep 0.2
for ((round = 1; round <= ${ATTACH_ROUNDS:-3}; round++)); do
	weir snapshot -p "$pipeline_pid" -d 0.5 -o "$T/snapshot.json"
	expect "exit code in round $round" 0 "$status" "$T/weir.err"
	check <<'PYTHON'
steps = [node for node in snapshot["nodes"] if node["function"] == "sqlite3_step"]
expect_true("the pipeline was busy", sum(node["calls"] for node in steps) > 100, len(steps))
expect_true("at most one statement is open", sum(node["open"] for node in steps if node["parent"] == 0) <= 1,
            [(node["label"], node["open"]) for node in steps if node["open"]])
unwound = {(node["function"], node.get("label")): node["unwound"] for node in snapshot["nodes"] if node["unwound"]}
expect("unwound calls", {}, unwound)
expect("leaves without a call", 0, snapshot["lost"]["leave_without_enter"])
PYTHON
done
kill "$pipeline_pid"
wait "$pipeline_pid"
expect 'exit code of the pipeline' 0 $? "$T/pipeline.err"
