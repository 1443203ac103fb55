/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The benchmark's target: for each line "NAME N" on stdin, call hot_NAME N times and print the ns per call
 * ("malloc": per malloc and free). One process for the whole
 * run, so that tracers are compared on the same pages and the same machine state.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FUNCTION(name, first) \
	__asm__(".pushsection .text\n.globl " #name "\n.type " #name ",@function\n.p2align 4\n" #name ":\n" first \
		"\n\tret\n.size " #name ",.-" #name "\n.popsection"); \
	void name(void)

FUNCTION(hot_push, "\tpush %rbp\n\tmov %rsp, %rbp\n\tpop %rbp");
FUNCTION(hot_endbr, "\tendbr64\n\tpush %rbp\n\tmov %rsp, %rbp\n\tpop %rbp");
FUNCTION(hot_step, "\tsub $8, %rsp\n\tadd $8, %rsp");
FUNCTION(hot_move, "\tmov %rdi, %rax\n\tsub $8, %rsp\n\tadd $8, %rsp");
FUNCTION(hot_nop5, "\t.byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n\tsub $8, %rsp\n\tadd $8, %rsp");

static void hot_malloc(void)
{
	void *p = malloc(64);

	__asm__ volatile("" : : "r"(p) : "memory");
	free(p);
}

static const struct {
	const char *name;
	void (*function)(void);
} functions[] = {
	{ "push", hot_push }, { "endbr", hot_endbr }, { "step", hot_step }, { "move", hot_move }, { "nop5", hot_nop5 },
	{ "malloc", hot_malloc },
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static void (*find(const char *name))(void)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strcmp(name, functions[i].name))
			return functions[i].function;
	return NULL;
}

int main(void)
{
	char name[16];
	uint64_t calls;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	while (scanf("%15s %" SCNu64, name, &calls) == 2) {
		void (*function)(void) = find(name);
		uint64_t start = now_ns();

		if (!function)
			return 2;
		for (uint64_t i = 0; i < calls; i++)
			function();
		printf("%.2f\n", (double)(now_ns() - start) / (double)calls);
	}
	return 0;
}
