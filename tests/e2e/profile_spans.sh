#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Spans begin and end at other places than calls do: by a condition, by functions of their own, kept, restarted, left by longjmp.
. tests/lib/e2e.sh

cat >"$T/engine.c" <<'C'
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#define WORK __attribute__((noinline, noipa))
#define BODY __asm__ volatile("" ::: "memory", "rbx")
uint32_t pages;
jmp_buf top;
WORK void engine_state(int state, const char *text) { (void)state; (void)text; BODY; }
WORK void engine_work(int fails) { pages += 2; BODY; if (fails) longjmp(top, 1); }
WORK void engine_deep(int fails) { BODY; engine_work(fails); BODY; }
WORK void batch_begin(uint32_t *counter) { (void)counter; BODY; }
WORK void batch_end(int rows, int failed) { (void)rows; (void)failed; BODY; }
WORK void message(const char *text, int fails) { engine_state(2, text); engine_deep(fails); BODY; }
WORK void serve(int i)
{
	if (setjmp(top) == 0) {
		message(i % 2 ? "select secret('x')" : "select 1", i % 5 == 4);
		message(i % 2 ? "select secret('y')" : "select 22", 0); /* the same statement: it goes on */
	}
	engine_state(1, "idle");
	engine_state(i % 3 ? 1 : 3, "idle");
}
WORK void nested(void)
{
	batch_begin(&pages);
	engine_work(0);
	batch_begin(&pages); /* again: it ends and begins */
	engine_work(0);
	engine_work(0);
	batch_end(7, 1);
	batch_end(9, 1); /* of nothing */
	batch_begin(&pages); /* never ended: left with this call */
	BODY;
}
int main(void)
{
	printf("ready\n");
	fflush(stdout);
	getchar();
	engine_state(1, "idle");
	for (int i = 0; i < 60; i++)
		serve(i);
	for (int i = 0; i < 20; i++)
		nested();
	engine_state(2, "select last");
	return 0;
}
C
cat >"$T/engine.yaml" <<'YAML'
engine: engine
match: {module: engine}
dialect: postgresql
errors: {1: FAILED}
probes:
  - name: statement
    level: query
    begin: {function: engine_state, when: (u32)arg1 == 2}
    end: {function: engine_state, when: (u32)arg1 != 2}
    again: keep
    label: query(arg2)
  - name: batch
    level: stage
    begin: {function: batch_begin}
    end: [{function: batch_end, when: (u32)arg1 > 1}, {function: no_such_function}]
    rows: end1
    error: (u32)end2
    error_code: (u32)end2
    misses: delta(*(u32 *)arg1)
  - {function: nested, level: run}
  - {function: engine_deep, level: operator}
  - {function: engine_work, level: operator}
YAML
cc -O1 -fno-omit-frame-pointer -rdynamic -o "$T/engine" "$T/engine.c" || fail 'cannot compile the target'
target_start engine "$T/engine"
weir_start -p "$engine_pid" --profile "$T/engine.yaml"
target_go engine
target_end engine
weir_end
check <<'PYTHON'
fails = sum(i % 5 == 4 for i in range(60))
for odd, label in enumerate(("select ?", "select secret(?)")):
    failed = sum(i % 5 == 4 for i in range(60) if i % 2 == odd)
    node, = nodes_of(snapshot, "statement", label)
    expect(f"spans of {label}", (30, 30), (node["calls"], node["completed"]))
    deep, = [n for n in nodes_of(snapshot, "engine_deep") if n["parent"] == node["id"]]
    expect(f"calls under {label}", (60 - failed, 60 - 2 * failed, failed), (deep["calls"], deep["completed"], deep["unwound"]))
last, = nodes_of(snapshot, "statement", "select last")
expect("a span that never ends", (1, 0, 1), (last["calls"], last["completed"], last["unwound"]))
run, = nodes_of(snapshot, "nested")
batch, = nodes_of(snapshot, "batch")
expect("the call around spans", (20, 20), (run["calls"], run["completed"]))
expect("spans inside a call", (run["id"], 60, 40, 20), (batch["parent"], batch["calls"], batch["completed"], batch["unwound"]))
expect("rows and errors, from the call that ends a span", (20 * 7, 20), (batch["rows"], batch["errors"]))
expect("misses, from begin to end", 20 * 6, batch["misses"])
expect("calls in spans in a call", 60, sum(n["calls"] for n in nodes_of(snapshot, "engine_work") if n["parent"] == batch["id"]))
expect_no_loss(snapshot)
PYTHON
! grep -q "'[xy]'" "$T/weir.out" || fail 'a literal got through'
