/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The benchmark's target: for each line "push N", "endbr N" or "step N" on stdin, call that function N times and print the ns per
 * call. One process for the whole run, so that tracers are compared on the same pages and the same machine state.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FUNCTION(name, first) \
	__asm__(".pushsection .text\n.globl " #name "\n.type " #name ",@function\n.p2align 4\n" #name ":\n" first \
		"\n\tret\n.size " #name ",.-" #name "\n.popsection"); \
	void name(void)

FUNCTION(hot_push, "\tpush %rbp\n\tmov %rsp, %rbp\n\tpop %rbp");
FUNCTION(hot_endbr, "\tendbr64\n\tpush %rbp\n\tmov %rsp, %rbp\n\tpop %rbp");
FUNCTION(hot_step, "\tsub $8, %rsp\n\tadd $8, %rsp");

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

int main(void)
{
	char name[16];
	uint64_t calls;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	while (scanf("%15s %" SCNu64, name, &calls) == 2) {
		void (*function)(void) = !strcmp(name, "push") ? hot_push : !strcmp(name, "endbr") ? hot_endbr : hot_step;
		uint64_t start = now_ns();

		for (uint64_t i = 0; i < calls; i++)
			function();
		printf("%.2f\n", (double)(now_ns() - start) / (double)calls);
	}
	return 0;
}
