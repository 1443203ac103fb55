#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A span that asks what the function tests itself is hit behind that test: exact, and calls that are none of its cost nothing.
. tests/lib/e2e.sh

# Two functions that begin alike; into the way to the second one's place leads a jump from a part that stands elsewhere.
cat >"$T/engine.c" <<'C'
#include <stdio.h>
#define REPORT(name, join, leave) \
	__asm__(".text; .globl " name "; .type " name ", @function\n" name ": .cfi_startproc; push %rbx; mov %edi, %ebx; mov reports(%rip), %edi\n" \
		"cmp $20, %ebx; jle 2f\n" join "mov reports(%rip), %eax; test %eax, %eax; je 2f; addl $1, failures(%rip)\n" \
		"2: addl $1, reports(%rip)\n" leave "pop %rbx; ret; .cfi_endproc; .size " name ", . - " name)
int reports = 1, failures;
REPORT("engine_report", "", "");
REPORT("engine_joined", ".globl engine_join\nengine_join:", "cmp $99, %ebx; je engine_elsewhere\n");
__asm__(".type engine_elsewhere, @function; engine_elsewhere: .cfi_startproc; nop; jmp engine_join; .cfi_endproc; .size engine_elsewhere, . - engine_elsewhere");
void engine_report(int level), engine_joined(int level);
__attribute__((noinline)) void engine_done(void) { __asm__ volatile(""); }
int main(void)
{
	printf("ready\n");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 1000; i++) {
		engine_report(i % 25 - 2);
		engine_done();
		engine_joined(i % 25 - 2);
		engine_done();
	}
	return 0;
}
C
cc -O1 -fno-pie -no-pie -o "$T/engine" "$T/engine.c" || fail 'cannot compile the target'

# FUNCTION: measures it; $T/weir.out is the snapshot
measure() {
	cat >"$T/engine.yaml" <<-YAML
		engine: engine
		match: {module: engine}
		probes:
		  - name: failure
		    level: error
		    begin: {function: $1, when: (s32)arg1 >= 21}
		    end: {function: engine_done}
		    error: "1"
	YAML
	target_start "$1" "$T/engine"
	pid=$1_pid pid=${!pid}
	"$WEIR" list -p "$pid" --profile "$T/engine.yaml" >"$T/list.out" || fail 'weir list fails'
	weir_start -p "$pid" --profile "$T/engine.yaml"
	target_go "$1"
	target_end "$1"
	weir_end
}

measure engine_report
# Behind the test nothing is asked any more: each hit there is a failure.
grep -q 'engine_report .*(+[1-9][0-9]* jz .*emulated  begins span failure' "$T/list.out" || fail 'the site is not behind the test' "$T/list.out"
check <<'PYTHON'
expect("failures", (40 * 2, 40 * 2, 40 * 2), tuple(total(snapshot, "failure", key) for key in ("calls", "completed", "errors")))
expect_no_loss(snapshot)
PYTHON

measure engine_joined
grep -q 'engine_joined .*(+0 push .*begins span failure' "$T/list.out" || fail 'the site is behind a test that is passed by' "$T/list.out"
check <<'PYTHON'
expect("failures", (40 * 2, 40 * 2, 40 * 2), tuple(total(snapshot, "failure", key) for key in ("calls", "completed", "errors")))
expect_no_loss(snapshot)
PYTHON
