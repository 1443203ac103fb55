#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What an engine says that it waits for divides the time that its calls are blocked: nothing twice, nothing left out, in children too.
. tests/lib/e2e.sh

cat >"$T/engine.c" <<'C'
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#define WORK __attribute__((noinline, noipa))
#define BODY __asm__ volatile("" ::: "memory", "rbx")
struct session { uint64_t pad; uint32_t waits_for; } session;
struct session *volatile engine_session = &session;
static void nap(long ns) { nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL); }
WORK void work_known(void) { BODY; session.waits_for = 0x0a000001; nap(5000000); session.waits_for = 0; }
WORK void work_unknown(void) { BODY; session.waits_for = 0x03000009; nap(5000000); session.waits_for = 0; }
WORK void work_silent(void) { BODY; nap(5000000); }
WORK void work_nowhere(void) { BODY; engine_session = (void *)8; nap(5000000); engine_session = &session; }
WORK void serve(void) { BODY; work_known(); work_unknown(); work_known(); BODY; }
int main(void)
{
	printf("ready\n");
	fflush(stdout);
	getchar();
	session.waits_for = 0x0a000001;
	nap(5000000); /* in no call */
	for (int i = 0; i < 10; i++)
		serve();
	for (int i = 0; i < 7; i++)
		work_silent();
	for (int i = 0; i < 3; i++)
		work_nowhere();
	if (fork() == 0) {
		work_known();
		_exit(0);
	}
	wait(NULL);
	return 0;
}
C
cat >"$T/engine.yaml" <<'YAML'
engine: engine
match: {module: engine}
version: {text: "none of it"}
layouts:
  - sizes: {session: 16}
    offsets: {waits_for: 8}
    names:
      wait: {0x0a000001: Flush}
waits:
  code: "*(u32 *)(*(u64 *)symbol(engine_session) + waits_for)"
  class_mask: 0xff000000
  classes: {0: none, 0x03000000: Lock, 0x0a000000: IO}
  names: wait
probes:
  - {function: serve, level: query}
  - {function: work_*, level: operator}
YAML
cc -O1 -fno-omit-frame-pointer -rdynamic -o "$T/engine" "$T/engine.c" || fail 'cannot compile the target'
target_start engine "$T/engine"
weir_start -p "$engine_pid" --profile "$T/engine.yaml" --slow 1ms --slow-format text
target_go engine
target_end engine
weir_end
expect 'slow queries that tell what they were blocked for' 10 "$(grep -cE '; blocked for: IO: Flush [0-9.]+ m?s, Lock: 9 [0-9.]+ m?s' "$T/weir.err")" "$T/weir.err"
check <<'PYTHON'
waits = snapshot["waits"]
def of(function, name=None):
    return [w for w in waits if w["function"] == function and (name is None or w["name"] == name)]
def count(function, name):
    return sum(w["count"] for w in of(function, name))
# Whatever blocks beside the naps (a page that has to be waited for) is told as well: so no less than was napped, and no more than the kernel counted.
for function, name, naps in (("work_known", "IO: Flush", 21), ("work_unknown", "Lock: 9", 10), ("work_silent", "none", 7), ("work_nowhere", "not readable", 3)):
    expect_true(f"times in {function}", naps <= count(function, name) <= total(snapshot, function, "voluntary_switches"), of(function))
    expect_true(f"blocked in {function}", sum(w["blocked_ns"] for w in of(function, name)) >= naps * 5000000, of(function))
expect("kinds of waits that have no code", {"not readable"}, {w["name"] for w in waits if "code" not in w})
expect("what could not be read", count("work_nowhere", "not readable"), snapshot["lost"]["read_fault"])
expect("left out", 0, snapshot["lost"]["wait_table"])
if not snapshot["lost"]["switches"]:
    for node in snapshot["nodes"]:
        if node["function"] != "serve":
            own = [w for w in waits if w["node"] == node["id"]]
            expect(f"waits of {node['function']}", node["voluntary_switches"], sum(w["count"] for w in own))
            expect(f"blocked time of {node['function']}", node["blocked_ns"], sum(w["blocked_ns"] for w in own))
serve, = nodes_of(snapshot, "serve")
under = {n["id"] for n in snapshot["nodes"] if n.get("parent") == serve["id"]}
expect("functions in the query that wait", {"work_known", "work_unknown"}, {w["function"] for w in waits if w["node"] in under})
PYTHON
