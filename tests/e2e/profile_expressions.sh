#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a profile reads of a call: labels by number and by text, rows, bytes, cache, errors by code, counters of its own, deltas.
. tests/lib/e2e.sh

cat >"$T/engine.c" <<'C'
#include <stdint.h>
#include <stdio.h>
struct state { uint32_t hits, misses; uint64_t work; int8_t small; };
struct request { struct state *state; const char *topic; int32_t rows; };
#define WORK __attribute__((noinline, noipa))
WORK int engine_run(struct request *r, uint64_t size, int fails)
{
	r->state->hits += 3;
	r->state->misses += 1;
	r->state->work += size;
	__asm__ volatile("" ::: "memory", "rbx");
	return fails ? -fails : r->rows;
}
WORK void engine_note(uint64_t size)
{
	__asm__ volatile("" : : "r"(size) : "memory", "rbx");
}
WORK int engine_kind(int kind)
{
	__asm__ volatile("" ::: "memory", "rbx");
	return kind * 2;
}
int main(void)
{
	struct state state = { .hits = 0xfffffffe, .small = -2 };
	const char *topics[] = { "orders", "customers" };
	printf("ready\n");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 60; i++) {
		struct request request = { &state, topics[i % 2], i % 5 };
		engine_run(&request, 100 + i, i % 10 == 9 ? 7 : i % 15 == 14 ? 300 : 0);
		engine_note(1000 + i);
		engine_kind(i % 3 - 1);
	}
	return 0;
}
C
cat >"$T/engine.yaml" <<'YAML'
engine: engine
match: {module: engine}
errors: {-7: LATE, -300: BROKEN}
probes:
  - function: engine_run
    level: query
    let: {state: "*(u64 *)arg1"}
    label: str(*(u64 *)(arg1 + 8))
    rows: ((s32)ret > 0) * ret
    bytes: arg2
    error: (s32)ret < 0
    error_code: (s32)ret
    hits: delta(*(u32 *)state)
    misses: delta(*(u32 *)(state + 4))
    counters: {work: delta(*(u64 *)(state + 8)), small: "-*(s8 *)(state + 16)"}
  - {function: engine_note, level: operation, entry_only: true, bytes: arg1}
  - {function: engine_kind, level: operator, label: (s32)arg1}
YAML
cc -O1 -fno-omit-frame-pointer -o "$T/engine" "$T/engine.c" || fail 'cannot compile the target'
target_start engine "$T/engine"
weir_start -p "$engine_pid" --profile "$T/engine.yaml"
target_go engine
target_end engine
weir_end
check <<'PYTHON'
calls = [(i, i % 5, 7 if i % 10 == 9 else 300 if i % 15 == 14 else 0) for i in range(60)]
for parity, topic in enumerate(("orders", "customers")):
    mine = [call for call in calls if call[0] % 2 == parity]
    node, = nodes_of(snapshot, "engine_run", topic)
    expect(f"calls of {topic}", len(mine), node["calls"])
    expect(f"rows of {topic}", sum(rows for _, rows, fails in mine if not fails), node["rows"])
    expect(f"bytes of {topic}", sum(100 + i for i, _, _ in mine), node["bytes"])
    expect(f"errors of {topic}", sum(1 for _, _, fails in mine if fails), node["errors"])
    expect(f"hits of {topic}", 3 * len(mine), node["hits"])
    expect(f"misses of {topic}", len(mine), node["misses"])
    expect(f"counters of {topic}", {"work": sum(100 + i for i, _, _ in mine), "small": 2 * len(mine)}, node["counters"])
codes = {}
for error in snapshot["errors"]:
    codes[error["code"], error["name"]] = codes.get((error["code"], error["name"]), 0) + error["count"]
expect("errors by code", {(-7, "LATE"): sum(c[2] == 7 for c in calls), (-300, "BROKEN"): sum(c[2] == 300 for c in calls)}, codes)
note, = nodes_of(snapshot, "engine_note")
expect("calls and bytes of an entry", (60, sum(1000 + i for i in range(60))), (note["calls"], note["bytes"]))
expect("an entry has no latency", False, "latency_ns" in note)
expect("labels by number", {"-1": 20, "0": 20, "1": 20}, {node["label"]: node["calls"] for node in nodes_of(snapshot, "engine_kind")})
expect_no_loss(snapshot)
PYTHON
