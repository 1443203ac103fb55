#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# -- COMMAND is probed before its first instruction: even what runs before main is counted.
. tests/lib/e2e.sh

cat >"$T/early.c" <<'C'
#include <stdint.h>
__attribute__((noinline, noclone)) uint64_t early_work(uint64_t seed)
{
	__asm__ volatile("" : "+r"(seed) : : "rbx");
	return seed * 3;
}
__attribute__((constructor)) static void before_main(void)
{
	for (int i = 0; i < 7; i++)
		early_work(i);
}
int main(void)
{
	return early_work(1) != 3;
}
C
cc -O1 -o "$T/early" "$T/early.c" || fail 'cannot compile the target'
weir snapshot -o "$T/snapshot.json" -f 'early:early_work' -- "$T/early"
expect 'exit code' 0 "$status" "$T/weir.err"
check <<'PYTHON'
expect("calls of early_work", 8, total(snapshot, "early_work", "calls"))
expect("completed calls of early_work", 8, total(snapshot, "early_work", "completed"))
PYTHON
