#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Symbols, offsets and names by version, counts charged to the call around: right for the version that is known, left out for others.
. tests/lib/e2e.sh

cat >"$T/engine.c" <<'C'
#include <stdint.h>
#include <stdio.h>
#define WORK __attribute__((noinline, noipa))
#define BODY __asm__ volatile("" ::: "memory", "rbx")
const char engine_version[] = VERSION;
uint64_t engine_usage[4];
struct node { uint32_t tag; uint32_t pad[3]; uint32_t id; const uint32_t *rows; };
WORK const uint32_t *engine_node(struct node *n) { engine_usage[1] += 3; BODY; return n->rows; }
WORK void engine_fail(int code) { (void)code; BODY; }
WORK void engine_end(uint64_t rows) { (void)rows; BODY; }
WORK void engine_query(int i)
{
	static const uint32_t two = 2;
	struct node nodes[] = { { .tag = 92, .id = 1, .rows = i % 3 ? &two : 0 }, { .tag = 63, .id = 2 }, { .tag = 7, .id = 3 } };
	engine_usage[1] += 10;
	for (int k = 0; k < 3; k++)
		engine_node(&nodes[k]);
	if (i % 5 == 0)
		engine_fail(42);
	engine_end(i);
	BODY;
}
int main(void)
{
	printf("ready\n");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 60; i++)
		engine_query(i);
	engine_fail(43);
	return 0;
}
C
cat >"$T/engine.yaml" <<'YAML'
engine: engine
match: {module: engine}
version: {symbol: engine_version}
layouts:
  - {version: "9.*", offsets: {node_id: 4}}
  - version: ["1.*", "2.1*"]
    sizes: {engine_usage: 32}
    offsets: {node_id: 16, node_rows: 24}
    names: {node: {63: Result, 92: HashJoin}}
probes:
  - function: engine_query
    level: query
    let: {usage: symbol(engine_usage)}
    hits: delta(*(u64 *)(usage + 8))
    counters: {mine: "1"}
  - function: engine_node
    level: operator
    label: name(node, *(u32 *)arg1, *(u32 *)(arg1 + node_id))
    rows: ret && *(u32 *)ret == 2
    error: "!(*(u64 *)(arg1 + node_rows) || *(u64 *)1)"
  - {function: engine_fail, level: error, charge: query, entry_only: true, error: "1", error_code: arg1}
  - {function: engine_end, level: function, charge: query, entry_only: true, rows: arg1, counters: {ends: "1", mine: "100"}}
YAML

# VERSION
run() {
	cc -O1 -fno-omit-frame-pointer -rdynamic -DVERSION="\"$1\"" -o "$T/engine" "$T/engine.c" || fail 'cannot compile the target'
	rm -f "$T/engine.in"
	target_start engine "$T/engine"
	weir_start -p "$engine_pid" --profile "$T/engine.yaml"
	target_go engine
	target_end engine
	weir_end
}

run 2.17-beta
expect 'warnings' '' "$(cat "$T/weir.err")"
check <<'PYTHON'
query, = nodes_of(snapshot, "engine_query")
expect("hits, from an object of the module", 60 * (10 + 9), query["hits"])
expect("rows, charged", sum(range(60)), query["rows"])
expect("errors, charged", 12, query["errors"])
expect("counters, own and charged", {"ends": 60, "mine": 6060}, query["counters"])
expect("codes", {(42, "engine_query"): 12, (43, "engine_fail"): 1},
       {(e["code"], e["function"]): e["count"] for e in snapshot["errors"]})
expect("labels", {"HashJoin #1", "Result #2", "7 #3"}, {n["label"] for n in nodes_of(snapshot, "engine_node")})
join, = nodes_of(snapshot, "engine_node", "HashJoin #1")
expect("rows where there is a result", 40, join["rows"])
# The right side of && and || is read only where the left one does not decide: 140 results were none, and not a loss.
expect("losses", 140, snapshot["lost"]["read_fault"])
PYTHON

run 3.0
expect_match 'what is said' 'is version 3\.0, whose structures profile engine does not know \(it knows 9\.\*, 1\.\*, 2\.1\*\)' "$(cat "$T/weir.err")"
expect 'sentences' 1 "$(wc -l <"$T/weir.err")"
check <<'PYTHON'
query, = nodes_of(snapshot, "engine_query")
expect("hits, from an object of the module", 60 * (10 + 9), query["hits"])
node, = nodes_of(snapshot, "engine_node")
expect("what needs an offset is left out", (180, 40, None, False), (node["calls"], node["rows"], node.get("label"), "errors" in node))
PYTHON
