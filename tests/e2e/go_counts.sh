#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Go: stacks that move, goroutines that change threads, panics and Goexit. Calls and their ends are exact, static, stripped or PIE.
. tests/lib/e2e.sh

for build in goroutines goroutines-stripped goroutines-pie; do
	[ -x "$TARGETS/$build" ] || skip 'there is no Go compiler (go)'
	rm -f "$T"/go.*
	target_start go "$TARGETS/$build"
	weir_start -p "$go_pid" -f "$build:main.*"
	target_go go
	target_end go
	expect "stderr of $build" '' "$(cat "$T/go.err")"
	weir_end
	check <<'PYTHON'
told = truth("go")
counts, values = told["counts"], told["values"]
for function, calls in counts.items():
    expect(f"calls of {function}", calls, total(snapshot, function, "calls"))
    expect(f"open calls of {function}", 0, total(snapshot, function, "open"))
    expect(f"unwound calls of {function}", values.get(function, 0), total(snapshot, function, "unwound"))
    if function != "main.recurse":
        expect(f"untimed calls of {function}", 0, total(snapshot, function, "untimed"))
# It recurses deeper than weir keeps frames.
expect("lost", {"stack_depth": total(snapshot, "main.recurse", "untimed")}, lost_by_weir(snapshot))
expect_true("calls of main.handOff that changed threads", values["migrated"] > 0, values["migrated"])

# The program's own clock runs around the calls: weir's sum is not larger, and most of it.
ns = latency_sum(nodes_of(snapshot, "main.handOff"))
expect_true("time in main.handOff is what the program measured", values["main.handOff_ns"] / 2 < ns <= values["main.handOff_ns"], ns)

# A root's call is nobody else's, so all roots together cannot have had more of the CPUs than the kernel accounts to the process.
cpu_ns = sum(node.get("cpu_ns", 0) for node in snapshot["nodes"] if not node["parent"])
expect_true(f"CPU of the roots is most of the process' {values['cpu_ns']} ns", values["cpu_ns"] / 2 < cpu_ns <= values["cpu_ns"] * 1.25, cpu_ns)
grown = sum(node["memory"]["total_rss_grown_bytes"] for node in nodes_of(snapshot, "main.growAll.func1"))
expect_true("main.growAll.func1 was charged for at least one of its stacks", grown >= 3000 * 512, grown)
waits = sum(node.get("blocked_ns", 0) + node.get("wait_ns", 0) for node in nodes_of(snapshot, "main.handOff"))
expect_true("main.handOff waits most of its time", waits > ns / 2, waits)
PYTHON
done
