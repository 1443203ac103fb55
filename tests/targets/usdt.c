/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * USDT sites whose counts and operands are known. The notes are written by hand (what <sys/sdt.h> would write), so that every form of an
 * operand is here whatever the compiler likes best.
 *
 *   usdt: "ready"; for each line that comes, one round: "enabled N" (guarded sites passed) and "semaphores START DONE", as they are then
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum { ORDERS = 60 };

__asm__(".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n"
	".weak _.stapsdt.base\n.hidden _.stapsdt.base\n"
	"_.stapsdt.base: .space 1\n"
	".size _.stapsdt.base, 1\n.popsection");

#define SITE(name, semaphore, operands, ...) \
	__asm__ volatile("990: nop\n" \
			 ".pushsection .note.stapsdt, \"\", \"note\"\n" \
			 ".balign 4\n" \
			 ".4byte 992f - 991f, 994f - 993f, 3\n" \
			 "991: .asciz \"stapsdt\"\n" \
			 "992: .balign 4\n" \
			 "993: .8byte 990b, _.stapsdt.base, " semaphore "\n" \
			 ".asciz \"shop\"\n.asciz \"" name "\"\n.asciz \"" operands "\"\n" \
			 "994: .balign 4\n" \
			 ".popsection" : : __VA_ARGS__ : "memory")

#define SEMAPHORE(name) volatile uint16_t name __attribute__((section(".probes"), used))

SEMAPHORE(order_start_semaphore);
SEMAPHORE(order_done_semaphore);
int32_t total[4]; /* total[2] is what an operand names */
static uint64_t enabled;

__attribute__((noinline)) void order_work(int i)
{
	__asm__ volatile("" : : : "rbx"); /* which makes it begin with a push: else a function and a site would be at one place */
	SITE("item", "0", "4@%0", "r"(i));
	SITE("item", "0", "4@%0", "r"(i)); /* the second of that name */
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	fflush(stdout);
}

/* As those who mark their code do: what the arguments cost is paid only where somebody looks. */
__attribute__((noinline)) void order(int i)
{
	static const char *const names[] = { "apples", "pears", "plums" };
	int64_t code = i % 10 == 9 ? -5 : 0;

	if (order_start_semaphore) {
		enabled++;
		SITE("order__start", "order_start_semaphore", "8@%0 4@%1", "r"(names[i % 3]), "r"(i));
	}
	order_work(i);
	if (order_done_semaphore) {
		enabled++;
		SITE("order__done", "order_done_semaphore", "-4@%0 -8@%1", "r"(-(i % 7)), "m"(code));
	}
}

/* One name at three places, each of which has its arguments somewhere else: -i, i % 4, 3000000000. */
__attribute__((noinline)) void ticks(int i)
{
	volatile int32_t on_stack = -i;
	volatile uint8_t quarter = (uint8_t)(i % 4);

	SITE("tick", "0", "-4@%0 1@%1 8@$3000000000", "r"(-i), "m"(quarter));
	SITE("tick", "0", "-4@%0 1@%b1 4@$-1294967296", "m"(on_stack), "q"(i % 4));
	SITE("tick", "0", "-8@%0 4@%k1 8@$0xb2d05e00", "r"((int64_t)-i), "r"(i % 4));
}

/* -200, i, -7 * i, the second byte of i, and what only a floating-point register holds. */
__attribute__((noinline)) void forms(int i)
{
	static int16_t table[8];
	long index = 3;

	table[5] = -200;
	total[2] = i;
	SITE("forms", "0", "-2@0x4(%%rax,%%rbx,2) 4@8+total(%%rip) -4@%2 1@%%ch 8@%%fs:0", "a"(table), "b"(index), "d"(-7 * i), "c"(i << 8));
	SITE("mixed", "0", "8f@%%xmm0 4@%0", "r"(i));
}

int main(void)
{
	say("ready\n");
	while (getchar() == '\n') {
		enabled = 0;
		for (int i = 0; i < ORDERS; i++) {
			order(i);
			ticks(i);
			forms(i);
		}
		say("enabled %lu\n", (unsigned long)enabled);
		say("semaphores %u %u\n", order_start_semaphore, order_done_semaphore);
	}
	return 0;
}
