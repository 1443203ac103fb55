#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# More things to wait for than the table of waits holds: those that it holds are exact, and the rest is counted as lost.
. tests/lib/e2e.sh

cat >"$T/engine.c" <<'C'
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#define WORK __attribute__((noinline, noipa))
#define BODY __asm__ volatile("" ::: "memory", "rbx")
uint32_t engine_waits_for;
WORK void work_many(void)
{
	BODY;
	for (unsigned i = 0; i < 5000; i++) {
		engine_waits_for = i;
		nanosleep(&(struct timespec){ .tv_nsec = 1000 }, NULL);
	}
}
int main(void)
{
	printf("ready\n");
	fflush(stdout);
	getchar();
	work_many();
	return 0;
}
C
cat >"$T/engine.yaml" <<'YAML'
engine: engine
match: {module: engine}
waits: {code: "*(u32 *)symbol(engine_waits_for)"}
probes:
  - {function: work_many, level: operator}
YAML
cc -O1 -fno-omit-frame-pointer -rdynamic -o "$T/engine" "$T/engine.c" || fail 'cannot compile the target'
target_start engine "$T/engine"
weir_start -p "$engine_pid" --profile "$T/engine.yaml"
target_go engine
target_end engine
weir_end
check <<'PYTHON'
waits = snapshot["waits"]
expect("all that there is room for", 4096, len(waits))
expect("of one name each, the number where there is none", set(), {w["name"] for w in waits} - {str(i) for i in range(5000)})
expect_true("and what there was no room for", snapshot["lost"]["wait_table"] > 0, snapshot["lost"])
if not snapshot["lost"]["switches"]:
    expect("together", total(snapshot, "work_many", "voluntary_switches"), sum(w["count"] for w in waits) + snapshot["lost"]["wait_table"])
PYTHON
