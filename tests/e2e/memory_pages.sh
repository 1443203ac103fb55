#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Resident and mapped memory that functions take and give back is what they took and gave back, with 8 threads as well.
. tests/lib/e2e.sh

measure() { # WORD...
	target_start pages "$TARGETS/pages" "$@"
	weir_start -p "$pages_pid" -f 'pages:pages_*'
	weir_settle
	target_go pages
	target_end pages
	weir_end
}

each=$("$WEIR" doctor | grep -c '^ok .*each change of resident memory')
COMMON=$(cat <<PYTHON
PAGE = 4096
batch = 0 if $each else 256 * PAGE # before 6.2 the kernel hands changes on in batches of 64 faults, of up to 16 pages each
values = truth("pages")["values"]
expect_no_loss(snapshot)
expect_counts(snapshot, truth("pages")["counts"])
expect("mode", "pages", snapshot["memory"]["mode"])


def memory(function):
    return nodes_of(snapshot, function)[0]["memory"]


def close(what, wanted, came, allowed):
    expect_true(f"{what} is {wanted}, give or take {allowed}", abs(wanted - came) <= allowed, came)


def whole_process():
    """All that was charged, less what weir itself made the process take: the page of its return probes."""
    grown = snapshot["memory"]["rss_grown_bytes"] - snapshot["memory"]["rss_shrunk_bytes"]
    close("growth of the process", values["resident_after"] - values["resident_before"], grown, 64 * PAGE + batch)
    outside = snapshot["memory"]["outside"]
    for key in ("rss_grown_bytes", "rss_shrunk_bytes", "mapped_bytes", "unmapped_bytes"):
        if key in outside:
            expect(f"{key} of the process are those of its nodes, and outside",
                   snapshot["memory"][key], outside[key] + sum(node["memory"][key] for node in snapshot["nodes"]))


def mapped(function, key, wanted, allowed=0):
    if key in memory(function):
        close(f"{key} of {function}", wanted, memory(function)[key], allowed)


def maps_all(few):
    mapped("pages_map", "mapped_bytes", values["bytes"], few)
    mapped("pages_unmap", "unmapped_bytes", values["bytes"], few)
    mapped("pages_unmap", "mapped_bytes", 0, few)
    mapped("pages_all", "mapped_bytes", 0, PAGE)
    mapped("pages_all", "total_mapped_bytes", values["bytes"], PAGE + few)
    mapped("pages_all", "total_unmapped_bytes", values["bytes"], few)
    if "mapped_bytes" in memory("pages_all"):
        close("growth of the mappings of pages_all and below", 0,
              memory("pages_all")["total_mapped_bytes"] - memory("pages_all")["total_unmapped_bytes"], PAGE + few)
PYTHON
)

measure one
check <<PYTHON
$COMMON
maps_all(0)
whole_process()
# Beside what they touch, the functions' own first calls may need a page of code or of the stack.
close("rss_grown_bytes of pages_touch", values["bytes"], memory("pages_touch")["rss_grown_bytes"], 16 * PAGE + batch)
close("rss_shrunk_bytes of pages_drop", values["bytes"], memory("pages_drop")["rss_shrunk_bytes"], batch)
close("rss_shrunk_bytes of pages_touch", 0, memory("pages_touch")["rss_shrunk_bytes"], batch)
close("total_rss_grown_bytes of pages_all", values["bytes"], memory("pages_all")["total_rss_grown_bytes"], 32 * PAGE + batch)
expect_true("faults of pages_all", memory("pages_all")["faults"] >= values["bytes"] // PAGE, memory("pages_all"))
PYTHON

rm -f "$T"/pages.*
measure threads brk
check <<PYTHON
$COMMON
# A change can be charged to the thread of another CPU that makes one at the same moment: not lost, but elsewhere.
few = values["bytes"] // 20 + 8 * batch
maps_all(few)
whole_process()
mapped("pages_brk", "mapped_bytes", values["brk_grown"])
mapped("pages_brk", "unmapped_bytes", values["brk_shrunk"])
net = lambda function: memory(function)["rss_grown_bytes"] - memory(function)["rss_shrunk_bytes"]
close("growth of pages_touch", values["bytes"], net("pages_touch"), few)
close("growth of pages_drop", -values["bytes"], net("pages_drop"), few)
close("growth of pages_all and below", 0,
      memory("pages_all")["total_rss_grown_bytes"] - memory("pages_all")["total_rss_shrunk_bytes"], few)
PYTHON

rm -f "$T"/pages.*
target_start pages "$TARGETS/pages" one
weir_start -p "$pages_pid" -f 'pages:pages_*' --memory off
target_go pages
target_end pages
weir_end
check <<'PYTHON'
expect_counts(snapshot, truth("pages")["counts"])
expect("memory where it is off", [], [node["function"] for node in snapshot["nodes"] if "memory" in node])
expect("memory of the process where it is off", False, "memory" in snapshot)
PYTHON
weir_refuses 2 '--memory pagez: expected off, pages, sizes or live' stat --memory pagez -- true
