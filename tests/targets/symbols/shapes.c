/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of every kind: exported, static, aliased, without a size, resolved at load time, and data. */
#define NOINLINE __attribute__((noinline, used))

int shape_counter = 7;
static char shape_hidden[24] __attribute__((used));

static NOINLINE int shape_inner(int x)
{
	return x * 3 + shape_counter;
}

NOINLINE int shape_outer(int x)
{
	return shape_inner(x) + 1;
}

int shape_alias(int x) __attribute__((alias("shape_outer")));

static int shape_fast(int x)
{
	return x + 2;
}

static int (*shape_choose(void))(int)
{
	return shape_fast;
}

int shape_resolved(int x) __attribute__((ifunc("shape_choose")));

/* A symbol without a size, whose bounds only .eh_frame tells: 5 bytes. And a part of it that is jumped to. */
__asm__(".text\n"
	".globl shape_unsized\n"
	".type shape_unsized, @function\n"
	"shape_unsized:\n"
	".cfi_startproc\n"
	"nop\nnop\nnop\nnop\n"
	"ret\n"
	".cfi_endproc\n"
	".type shape_unsized.cold, @function\n"
	"shape_unsized.cold:\n"
	"nop\n"
	"ret\n"
	".size shape_unsized.cold, 2\n");

int main(int argc, char **argv)
{
	(void)argv;
	return shape_outer(argc) == 0;
}
