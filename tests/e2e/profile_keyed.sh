#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Spans with keys: begun on one thread and ended on another, worked for by a third, several at a time, begun again, left behind by their
# thread, never ended, of which that alone has an age; and spans that nest, and that an exception ends.
. tests/lib/e2e.sh

cat >"$T/engine.cc" <<'C'
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#define WORK extern "C" __attribute__((noinline, noipa))
#define BODY __asm__ volatile("" ::: "memory", "rbx")
struct query { const char *text; uint32_t pages; };
WORK void query_begin(query *q) { (void)q; BODY; }
WORK void query_end(int *result, query *q, int failed) { (void)result; (void)q; (void)failed; BODY; }
WORK void part_begin(query *q) { (void)q; BODY; }
WORK void part_end(int rows) { (void)rows; BODY; }
WORK void read_page(query *q) { q->pages++; BODY; }
WORK void parse(void) { BODY; }
WORK void work(query *q) { BODY; read_page(q); BODY; }
WORK void part(query *q, bool fails, int depth)
{
	part_begin(q);
	read_page(q);
	if (fails)
		throw 1;
	if (depth)
		part(q, false, depth - 1);
	part_end(3);
	BODY;
}
template <typename F> static void elsewhere(F f) { std::thread(f).join(); }
static int result;
int main(void)
{
	static query again = { "select again" }, never = { "select never" }, left = { "select left" };

	printf("ready\n");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 40; i++) {
		query a = { "select a" }, b = { "select b" }, c = { "select c" };

		/* a is open on this thread, b on another; each is worked for by both, and ended by the other one's. */
		query_begin(&a);
		work(&a);
		elsewhere([&] { query_begin(&b); work(&b); work(&a); work(&b); });
		work(&b);
		work(&a);
		elsewhere([&] { work(&a); query_end(&result, &a, i % 4 == 0); });
		parse(); /* belongs to nobody: a has ended */
		query_end(&result, &b, 0);
		/* c is ended where it began, with work of threads of its own around. */
		query_begin(&c);
		elsewhere([&] { part(&c, false, 2); });
		for (int k = 0; k < 3; k++) {
			try {
				part(&c, k == 1, 0);
			} catch (int) {
			}
		}
		work(&c);
		query_end(&result, &c, 0);
		query_end(&result, &c, 1); /* of nothing */
		query_begin(&again); /* again: it ends, and begins */
		work(&again);
	}
	query_end(&result, &again, 0);
	elsewhere([&] { query_begin(&never); });
	query_begin(&left);
	elsewhere([&] { query_end(&result, &left, 0); });
	printf("waits\n"); /* without a hit, so that what this thread began still stands on its stack */
	fflush(stdout);
	getchar();
	return 0;
}
C
cat >"$T/engine.yaml" <<'YAML'
engine: engine
match: {module: engine}
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
c++ -O1 -fno-omit-frame-pointer -rdynamic -pthread -o "$T/engine" "$T/engine.cc" || fail 'cannot compile the target'
target_start engine "$T/engine"
weir_start -p "$engine_pid" --profile "$T/engine.yaml"
target_go engine
await 'the target waits' has_line "$T/engine.out" '^waits'
weir_settle
tail -n 1 "$T/weir.out" >"$T/waits.json"
target_go engine
target_end engine
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
