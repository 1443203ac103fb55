#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Allocations by C++'s operators are counted once and followed, and a bad_alloc that is thrown and caught harms nobody, with any allocator.
. tests/lib/e2e.sh

jemalloc=$(ldconfig -p | sed -n 's/.* => \(.*\/libjemalloc\.so\.2\)$/\1/p' | head -n 1)
for preload in '' "$jemalloc"; do
	for mode in sizes live; do
		rm -f "$T"/news.*
		target_start news env ${preload:+LD_PRELOAD="$preload"} "$TARGETS/news"
		weir_start -p "$news_pid" -f 'news:news_*' --memory "$mode"
		weir_settle
		target_go news
		target_end news
		weir_end
		check <<PYTHON
values = truth("news")["values"]
each = values["each"]
expect("bad_alloc that was caught", 5, values["caught"])
for function, total_bytes in (("news_one", values["bytes"]), ("news_array", values["bytes"]), ("news_aligned", 256 * each),
                              ("news_nothrow", values["bytes"])):
    memory = nodes_of(snapshot, function)[0]["memory"]
    expect(f"allocations of {function} [$preload]", each, memory["allocations"])
    expect(f"allocated_bytes of {function} [$preload]", total_bytes, memory["allocated_bytes"])
    if "$mode" == "live" and not "$preload":
        held = function == "news_nothrow"
        expect(f"live_bytes of {function}", total_bytes if held else 0, memory["live_bytes"])
        expect(f"frees of {function}", 0 if held else each, memory["frees"])
PYTHON
	done
done
