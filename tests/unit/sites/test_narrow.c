/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The place behind a function's own test of an argument. */
#include "sites/narrow.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#define AT 0x1000
#define CMP_EDI_20 "\x83\xff\x14"
#define PUSH_RBX "\x53"
#define MOV_EBX_EDI "\x89\xfb"
#define LOAD_EAX "\x8b\x05\x00\x00\x00\x00" /* mov eax, [rip]: single-stepped */
#define POP_RBX_RET "\x5b\xc3"
#define NARROW(code) narrow(code, sizeof(code) - 1)

static const struct weir_guard is_error = { .arg = 1, .op = WEIR_OP_SGE, .value = 21 };
static struct entry_site site;
static struct narrow_exits exits;

static int narrow_for(const struct weir_guard *guard, uint32_t needed, const char *code, size_t size)
{
	return site_narrow((const uint8_t *)code, size, AT, guard, needed, &site, &exits);
}

static int narrow(const char *code, size_t size)
{
	return narrow_for(&is_error, 0, code, size);
}

/* push; mov ebx, edi; cmp; jle out; a load; push: the place */
#define BEFORE PUSH_RBX MOV_EBX_EDI CMP_EDI_20 "\x7e\x07"
#define PLACE LOAD_EAX "\x53"
static const char usual[] = BEFORE PLACE POP_RBX_RET;

static void the_place_is_behind_the_test(void **state)
{
	(void)state;
	assert_int_equal(narrow(usual, sizeof(usual) - 1), 0);
	assert_int_equal(site.offset, 14);
	assert_int_equal(site.class, SITE_EMULATED);
	assert_int_equal(exits.count, 0);
	/* A copy is compared, and the argument's own register is gone: as in PostgreSQL 17. */
	assert_int_equal(NARROW("\xf3\x0f\x1e\xfa" PUSH_RBX MOV_EBX_EDI "\x8b\x3d\x00\x00\x00\x00" "\x83\xfb\x14\x7e\x01" PUSH_RBX POP_RBX_RET), 0);
	assert_int_equal(site.offset, 18);
	/* Flags outlive what leaves them alone: as in PostgreSQL 16. */
	assert_int_equal(NARROW(CMP_EDI_20 PUSH_RBX MOV_EBX_EDI "\x7e\x01" PUSH_RBX POP_RBX_RET), 0);
	assert_int_equal(site.offset, 8);
	/* cmp edi, 21; jl */
	assert_int_equal(NARROW("\x83\xff\x15\x7c\x01" PUSH_RBX POP_RBX_RET), 0);
}

static void the_jump_itself_may_lead_there(void **state)
{
	(void)state;
	/* cmp; jg over a ret */
	assert_int_equal(NARROW(CMP_EDI_20 "\x7f\x01" "\xc3" PUSH_RBX POP_RBX_RET), 0);
	assert_int_equal(site.offset, 6);
	/* nops behind the ret are filling */
	assert_int_equal(NARROW(CMP_EDI_20 "\x7f\x03" "\xc3\x66\x90" PUSH_RBX POP_RBX_RET), 0);
	/* others go on there too */
	assert_int_equal(NARROW(CMP_EDI_20 "\x7f\x01" "\x53" PUSH_RBX POP_RBX_RET), -ENOENT);
	/* and jump there: cmp; jg +2; jmp +0; push */
	assert_int_equal(NARROW(CMP_EDI_20 "\x7f\x02" "\xeb\x00" PUSH_RBX POP_RBX_RET), -ENOENT);
	/* out of the function */
	assert_int_equal(NARROW(CMP_EDI_20 "\x7f\x40" PUSH_RBX POP_RBX_RET), -ENOENT);
}

static void another_question_is_no_such_place(void **state)
{
	const struct weir_guard is_two = { .arg = 1, .op = WEIR_OP_EQ, .value = 2 }, of_second = { .arg = 2, .op = WEIR_OP_SGE, .value = 21 };
	const struct weir_guard is_unsigned = { .arg = 1, .op = WEIR_OP_GE, .value = 21 };
	static const char two[] = "\x83\xff\x02\x75\x01" PUSH_RBX POP_RBX_RET;                  /* cmp edi, 2; jne */
	static const char none[] = "\x85\xff\x75\x01" PUSH_RBX POP_RBX_RET;                     /* test edi, edi; jne */
	static const char sign[] = "\x85\xff\x79\x01" PUSH_RBX POP_RBX_RET;                     /* test edi, edi; jns */
	const struct weir_guard is_none = { .arg = 1, .op = WEIR_OP_EQ }, is_negative = { .arg = 1, .op = WEIR_OP_SLT };

	(void)state;
	assert_int_equal(narrow_for(&is_two, 0, two, sizeof(two) - 1), 0);
	assert_int_equal(narrow_for(&is_none, 0, none, sizeof(none) - 1), 0);
	assert_int_equal(narrow_for(&is_negative, 0, sign, sizeof(sign) - 1), 0);
	assert_int_equal(narrow_for(&is_two, 0, usual, sizeof(usual) - 1), -ENOENT);
	assert_int_equal(narrow_for(&of_second, 0, usual, sizeof(usual) - 1), -ENOENT);
	assert_int_equal(narrow_for(&is_unsigned, 0, usual, sizeof(usual) - 1), -ENOENT);
	assert_int_equal(NARROW("\x48\x83\xff\x14\x7e\x01" PUSH_RBX POP_RBX_RET), -ENOENT);                /* 64 bits */
	assert_int_equal(NARROW("\x83\xff\x13\x7e\x01" PUSH_RBX POP_RBX_RET), -ENOENT);                    /* another number */
	assert_int_equal(NARROW(CMP_EDI_20 "\x76\x01" PUSH_RBX POP_RBX_RET), -ENOENT);                     /* unsigned */
	assert_int_equal(NARROW("\x85\xff\x74\x05" CMP_EDI_20 "\x7e\x01" PUSH_RBX POP_RBX_RET), -ENOENT);  /* another one before */
	assert_int_equal(NARROW(CMP_EDI_20 "\x31\xc0\x7e\x01" PUSH_RBX POP_RBX_RET), -ENOENT);             /* flags of xor */
	assert_int_equal(NARROW("\x31\xff" CMP_EDI_20 "\x7e\x01" PUSH_RBX POP_RBX_RET), -ENOENT);          /* no argument any more */
	assert_int_equal(NARROW("\xe8\x00\x00\x00\x00" CMP_EDI_20 "\x7e\x01" PUSH_RBX POP_RBX_RET), -ENOENT);
	assert_int_equal(NARROW(CMP_EDI_20 "\x7e\x06" LOAD_EAX POP_RBX_RET), -ENOENT);                     /* nothing cheap */
	assert_int_equal(NARROW("\x83\xff"), -ENOENT);
	assert_int_equal(NARROW(CMP_EDI_20 "\x7e"), -ENOENT);
}

static void what_others_reach_is_no_such_place(void **state)
{
	(void)state;
	/* A jump from further on, to the way there, to the place, to the entry's first instructions. */
	assert_int_equal(NARROW(BEFORE PLACE "\x74\xf7" POP_RBX_RET), -ENOENT);
	assert_int_equal(NARROW(BEFORE PLACE "\x74\xfd" POP_RBX_RET), -ENOENT);
	assert_int_equal(NARROW(BEFORE PLACE "\x74\xf0" POP_RBX_RET), -ENOENT);
	/* To the entry itself: a call again. */
	assert_int_equal(NARROW(BEFORE PLACE "\xeb\xef" POP_RBX_RET), 0);
	/* jmp [rip + rax * 8]: by a table, to anywhere in the body */
	assert_int_equal(NARROW(BEFORE PLACE "\xff\x24\xc5\x00\x00\x00\x00"), -ENOENT);
	/* Bytes that are no instruction hide what there is. */
	assert_int_equal(NARROW(BEFORE PLACE "\x06" POP_RBX_RET), -ENOENT);
}

static void arguments_that_are_needed_must_be_there(void **state)
{
	static const char kept[] = BEFORE LOAD_EAX "\x53" POP_RBX_RET;
	static const char gone[] = BEFORE "\x8b\x35\x00\x00\x00\x00" "\x53" POP_RBX_RET; /* mov esi, [rip] */

	(void)state;
	assert_int_equal(narrow_for(&is_error, SITE_ARG2, kept, sizeof(kept) - 1), 0);
	assert_int_equal(narrow_for(&is_error, SITE_ARG1, gone, sizeof(gone) - 1), 0);
	assert_int_equal(narrow_for(&is_error, SITE_ARG2, gone, sizeof(gone) - 1), -ENOENT);
}

static void jumps_out_are_told_and_followed(void **state)
{
	static const uint8_t back[] = { 0x90, 0xe9, 0x09, 0xf0, 0xff, 0xff }; /* at 0x2000: jmp 0x100f */
	static const uint8_t away[] = { 0xe9, 0x00, 0x00, 0x00, 0x00 };
	static const uint8_t by_register[] = { 0xff, 0xe0 }, broken[] = { 0x90, 0x06 };

	(void)state;
	assert_int_equal(NARROW(BEFORE PLACE "\x0f\x84\xeb\x0f\x00\x00" POP_RBX_RET), 0); /* je 0x2000 */
	assert_int_equal(exits.count, 1);
	assert_int_equal(exits.addresses[0], 0x2000);
	assert_true(site_leads_between(back, sizeof(back), 0x2000, 0x1001, 0x100f));
	assert_false(site_leads_between(back, sizeof(back), 0x2000, 0x1001, 0x100e));
	assert_false(site_leads_between(away, sizeof(away), 0x2000, 0x1001, 0x100f));
	assert_true(site_leads_between(by_register, sizeof(by_register), 0x2000, 0x1001, 0x100f));
	assert_true(site_leads_between(broken, sizeof(broken), 0x2000, 0x1001, 0x100f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_place_is_behind_the_test),
		cmocka_unit_test(the_jump_itself_may_lead_there),
		cmocka_unit_test(another_question_is_no_such_place),
		cmocka_unit_test(what_others_reach_is_no_such_place),
		cmocka_unit_test(arguments_that_are_needed_must_be_there),
		cmocka_unit_test(jumps_out_are_told_and_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
