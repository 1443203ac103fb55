#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Far more allocations at once than the table has room for: counts and bytes stay right, and the loss is named and exact.
. tests/lib/e2e.sh

number=${WEIR_TEST_ALLOCATIONS:-1000000}
target_start allocs "$TARGETS/allocs" many "$number"
weir_start -p "$allocs_pid" -f 'allocs:alloc_*' --memory live --allocations 100000
weir_settle
target_go allocs
target_end allocs
weir_end
check <<'PYTHON'
values = truth("allocs")["values"]
memory = nodes_of(snapshot, "alloc_keep")[0]["memory"]
lost = snapshot["lost"]["not_followed"]
expect("allocations", values["number"], memory["allocations"])
expect("allocated_bytes", values["bytes"], memory["allocated_bytes"])
expect("sizes", values["number"], memory["size_bytes"]["count"])
# The array of pointers is another one, outside.
expect_true("allocations = frees + live + not followed, outside included",
            snapshot["memory"]["allocations"] == snapshot["memory"]["frees"] + snapshot["memory"]["live"] + lost, (lost, snapshot["memory"]))
expect_true("most of them are not followed", values["number"] - 100000 - 100 <= lost <= values["number"] - 90000, lost)
expect("live in the end", 0, memory["live"])
expect("frees that are not known are those that are not followed", lost, snapshot["memory"]["unknown_frees"])
PYTHON
