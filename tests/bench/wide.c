/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 2,000 functions, each a node of the flow tree: work_0000 to work_1999, four of them nested. Until it is killed. */
#include <stdio.h>
#include <unistd.h>

static volatile unsigned long work;

/* Every function but each fourth calls the next one: paths of four. */
#define WORK(n) \
	__attribute__((noinline)) void work_##n(void (*const *next)(void), int depth) \
	{ \
		work++; \
		if (depth) \
			((void (*)(void (*const *)(void), int))next[1])(next + 1, depth - 1); \
	}
#define WORK10(n) \
	WORK(n##0) WORK(n##1) WORK(n##2) WORK(n##3) WORK(n##4) WORK(n##5) WORK(n##6) WORK(n##7) WORK(n##8) WORK(n##9)
#define WORK100(n) \
	WORK10(n##0) WORK10(n##1) WORK10(n##2) WORK10(n##3) WORK10(n##4) WORK10(n##5) WORK10(n##6) WORK10(n##7) \
	WORK10(n##8) WORK10(n##9)
#define WORK1000(n) \
	WORK100(n##0) WORK100(n##1) WORK100(n##2) WORK100(n##3) WORK100(n##4) WORK100(n##5) WORK100(n##6) WORK100(n##7) \
	WORK100(n##8) WORK100(n##9)

WORK1000(0)
WORK1000(1)

#define NAME(n) (void (*)(void))work_##n,
#define NAME10(n) NAME(n##0) NAME(n##1) NAME(n##2) NAME(n##3) NAME(n##4) NAME(n##5) NAME(n##6) NAME(n##7) NAME(n##8) NAME(n##9)
#define NAME100(n) \
	NAME10(n##0) NAME10(n##1) NAME10(n##2) NAME10(n##3) NAME10(n##4) NAME10(n##5) NAME10(n##6) NAME10(n##7) NAME10(n##8) \
	NAME10(n##9)
#define NAME1000(n) \
	NAME100(n##0) NAME100(n##1) NAME100(n##2) NAME100(n##3) NAME100(n##4) NAME100(n##5) NAME100(n##6) NAME100(n##7) \
	NAME100(n##8) NAME100(n##9)

static void (*const all[])(void) = {NAME1000(0) NAME1000(1)};

int main(void)
{
	const int count = sizeof(all) / sizeof(all[0]);

	puts("ready");
	fflush(stdout);
	for (;;) {
		for (int i = 0; i < count; i += 4)
			((void (*)(void (*const *)(void), int))all[i])(all + i, 3);
		usleep(20000);
	}
}
