#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Allocations by C++'s operators are counted once and followed, and a bad_alloc that is thrown and caught harms nobody, with any allocator.
. tests/lib/e2e.sh

preloads=('' static)
for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	path=$(ldconfig -p | sed -n "s/.* => \(.*\/$library\)$/\1/p" | head -n 1)
	[ -z "$path" ] || preloads+=("$path") # that they are there is memory_allocators' claim
done
for preload in "${preloads[@]}"; do
	quiet= target=news
	case $preload in
	static) target=news_tcmalloc preload= ;; # linked in
	*mimalloc*) quiet=y ;;
	esac
	for mode in sizes live; do
		rm -f "$T"/news.*
		target_start news env ${preload:+LD_PRELOAD="$preload"} "$TARGETS/$target" ${quiet:+quiet}
		weir_start -p "$news_pid" -f "$target:news_*" --memory "$mode"
		weir_settle
		target_go news
		target_end news
		weir_end
		check <<PYTHON
values = truth("news")["values"]
each = values["each"]
expect("bad_alloc that was caught", 0 if "$quiet" else 5, values["caught"])
expect_no_loss(snapshot) # a failed one is none
for function, total_bytes in (("news_one", values["bytes"]), ("news_array", values["bytes"]), ("news_aligned", 256 * each),
                              ("news_nothrow", values["bytes"])):
    memory = nodes_of(snapshot, function)[0]["memory"]
    expect(f"allocations of {function} [$target $preload]", each, memory["allocations"])
    expect(f"allocated_bytes of {function} [$target $preload]", total_bytes, memory["allocated_bytes"])
    if "$mode" == "live":
        held = function == "news_nothrow"
        expect(f"live_bytes of {function}", total_bytes if held else 0, memory["live_bytes"])
        expect(f"frees of {function}", 0 if held else each, memory["frees"])
PYTHON
	done
done
