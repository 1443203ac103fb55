#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Spans with keys: begun on one thread and ended on another, worked for by a third, several at a time, begun again, left behind by their
# thread, never ended, of which that alone has an age; and spans that nest, and that an exception ends.
. tests/lib/e2e.sh

cat >"$T/engine.yaml" <<'YAML'
engine: engine
match: {module: keyed}
errors: {1: FAILED}
probes:
  - name: query
    level: query
    begin: {function: query_begin, key: arg1}
    end: {function: query_end, key: arg2}
    label: str(*(u64 *)arg1)
    error: (u32)end3
    error_code: (u32)end3
    misses: delta(*(u32 *)(arg1 + 8))
  - {function: work, level: stage, within: {query: arg1}}
  - name: part
    level: operator
    begin: {function: part_begin}
    end: {function: part_end}
    within: {query: arg1}
    again: nest
    rows: end1
  - {function: read_page, level: function, entry_only: true, charge: query, counters: {pages: "1"}}
  - {function: parse, level: stage}
YAML
target_start keyed "$TARGETS/keyed"
weir_start -p "$keyed_pid" --profile "$T/engine.yaml"
target_go keyed
await 'the target waits' has_line "$T/keyed.out" '^waits'
weir_settle
weir_last "$T/waits.json"
target_go keyed
target_end keyed
weir_end
check <<'PYTHON'
def of(label):
    node, = nodes_of(snapshot, "query", label)
    return node

def below(function, label):
    found = [n for n in nodes_of(snapshot, function) if n["parent"] == of(label)["id"]]
    return tuple(sum(n.get(key, 0) for n in found) for key in ("calls", "completed", "unwound", "rows"))

for label, pages, errors, ended in (("select a", 4, 10, 40), ("select b", 3, 0, 40), ("select c", 7, 0, 40), ("select again", 1, 0, 40),
                                    ("select left", 0, 0, 1), ("select never", 0, 0, 0)):
    node = of(label)
    expect(f"parent of {label}", 0, node["parent"])
    expect(f"spans of {label}", (ended or 1, ended, 0 if ended else 1), (node["calls"], node["completed"], node["unwound"]))
    expect(f"pages of {label}, charged by every thread", 40 * pages, node["counters"]["pages"])
    expect(f"pages of {label}, from begin to end", 40 * pages, node["misses"])
    expect(f"errors of {label}", errors, node["errors"])
for label, calls in (("select a", 160), ("select b", 120), ("select c", 40), ("select again", 40)):
    expect(f"work under {label}", calls, below("work", label)[0])
expect("work elsewhere", 360, total(snapshot, "work", "calls"))
expect("parts", (160, 120, 40, 360), below("part", "select c"))
expect("parts inside others", (80, 80, 240), tuple(sum(n[key] for n in nodes_of(snapshot, "part") if n["parent"] != of("select c")["id"])
                                                   for key in ("calls", "completed", "rows")))
expect("what an exception ended", [("int", 40)], [(e["exception"], e["count"]) for e in snapshot["errors"] if e["function"] == "part"])
expect("calls of nobody", {0}, {n["parent"] for n in nodes_of(snapshot, "parse")})
expect_no_loss(snapshot)
PYTHON
check "$T/waits.json" <<'PYTHON'
expect("what runs while the target waits", ["select never"], [n["label"] for n in snapshot["nodes"] if "oldest_open_ns" in n])
PYTHON
