#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Calls from a place that can have no return site are seen by the function's rets, also where that place called others before and comes late.
. tests/lib/e2e.sh

cat >"$T/late.c" <<'C'
#include <stdio.h>
#include <unistd.h>
#define WORK __attribute__((noinline, noipa))
WORK void late_one(void) { __asm__ volatile("nop" ::: "memory"); }
WORK void late_two(void) { __asm__ volatile("nop; nop" ::: "memory"); }
/* Behind the call there is only the end. */
WORK void apply(void (*function)(void)) { function(); __asm__ volatile("" ::: "memory"); }
int main(void)
{
	printf("ready\n");
	fflush(stdout);
	getchar();
	for (int i = 0; i < 10; i++)
		apply(late_one);
	late_two();
	sleep(3); /* the rets of late_two have served */
	for (int i = 0; i < 20; i++) {
		if (i % 10 == 0)
			sleep(1);
		apply(late_two);
	}
	return 0;
}
C
cc -O2 -o "$T/late" "$T/late.c" || fail 'cannot compile the target'
target_start late "$T/late"
weir_start -p "$late_pid" -f 'late:late_*' --returns sites
target_go late
target_end late
weir_end
check <<'PYTHON'
for function, calls in (("late_one", 10), ("late_two", 21)):
    expect(f"calls of {function}", calls, total(snapshot, function, "calls"))
    expect(f"unwound calls of {function}", 0, total(snapshot, function, "unwound"))
expect("completed calls of late_one", 10, total(snapshot, "late_one", "completed"))
# The first ones are untimed: until they are told of, and the rets are back.
completed = total(snapshot, "late_two", "completed")
expect_true("the later calls of late_two are seen to end", completed >= 11, completed)
PYTHON
