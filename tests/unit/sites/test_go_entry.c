/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as Go's compilers of 1.19 to 1.27 wrote them, with distances made short. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sites/go_entry.h"

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })

#define CMP_RSP_GUARD 0x49, 0x3b, 0x66, 0x10   /* cmp rsp, [r14+0x10] */
#define CMP_RSP_GUARD1 0x49, 0x3b, 0x66, 0x18  /* cmp rsp, [r14+0x18] */
#define CMP_R12_GUARD 0x4d, 0x3b, 0x66, 0x10   /* cmp r12, [r14+0x10] */
#define JBE_SHORT 0x76, 0x20
#define JBE_LONG 0x0f, 0x86, 0xd3, 0x00, 0x00, 0x00
#define PUSH_RBP 0x55
#define RET 0xc3
#define BODY PUSH_RBP, 0x48, 0x89, 0xe5, 0x5d, RET /* push rbp; mov rbp, rsp; pop rbp; ret */

static const uint64_t some_address = 0x401000;

static struct go_entry choose(const uint8_t *code, size_t size, uint32_t needed_args)
{
	struct go_entry entry;

	memset(&entry, 0xff, sizeof(entry));
	assert_int_equal(site_choose_go_entry(code, size, true, some_address, needed_args, &entry), 0);
	return entry;
}

static void assert_check_at(uint32_t offset, const uint8_t *code, size_t size)
{
	struct go_entry entry = choose(code, size, SITE_ARG1 | SITE_ARG2 | SITE_ARG3);

	assert_true(entry.stack_check);
	assert_int_equal(entry.site.offset, offset);
	assert_int_equal(entry.site.class, SITE_EMULATED);
	assert_memory_equal(entry.site.instruction, "jbe", 3);
}

static void the_jbe_of_the_stack_check_is_the_site(void **state)
{
	(void)state;
	assert_check_at(4, BYTES(CMP_RSP_GUARD, JBE_SHORT, BODY));
	assert_check_at(4, BYTES(CMP_RSP_GUARD, JBE_LONG, BODY));
}

static void functions_of_the_system_stack_have_another_guard(void **state)
{
	(void)state;
	assert_check_at(4, BYTES(CMP_RSP_GUARD1, JBE_LONG, BODY));
}

static void larger_frames_compute_their_limit_first(void **state)
{
	(void)state;
	/* lea r12, [rsp-0x28] */
	assert_check_at(9, BYTES(0x4c, 0x8d, 0x64, 0x24, 0xd8, CMP_R12_GUARD, JBE_LONG, BODY));
	/* lea r12, [rsp-0x1a8] */
	assert_check_at(12, BYTES(0x4c, 0x8d, 0xa4, 0x24, 0x58, 0xfe, 0xff, 0xff, CMP_R12_GUARD, JBE_LONG, BODY));
}

static void of_huge_frames_it_is_the_jbe_behind_the_jb(void **state)
{
	(void)state;
	/* mov r12, rsp; sub r12, 0x1fa8; jb */
	assert_check_at(20, BYTES(0x49, 0x89, 0xe4, 0x49, 0x81, 0xec, 0xa8, 0x1f, 0x00, 0x00, 0x0f, 0x82, 0xdd, 0x00, 0x00, 0x00,
				  CMP_R12_GUARD, JBE_LONG, BODY));
}

static void assembly_finds_its_g_first(void **state)
{
	(void)state;
	/* mov r14, fs:-8 */
	assert_check_at(13, BYTES(0x64, 0x4c, 0x8b, 0x34, 0x25, 0xf8, 0xff, 0xff, 0xff, CMP_RSP_GUARD, JBE_SHORT, BODY));
	/* mov rcx, fs:-8; cmp rsp, [rcx+0x10] */
	assert_check_at(13, BYTES(0x64, 0x48, 0x8b, 0x0c, 0x25, 0xf8, 0xff, 0xff, 0xff, 0x48, 0x3b, 0x61, 0x10, JBE_SHORT, BODY));
}

static void jumps_through_a_table_do_not_matter_to_it(void **state)
{
	(void)state;
	/* lea rdx, [rip+0x100]; jmp [rdx+rax*8] */
	assert_check_at(4, BYTES(CMP_RSP_GUARD, JBE_SHORT, PUSH_RBP, 0x48, 0x8d, 0x15, 0x00, 0x01, 0x00, 0x00, 0xff, 0x24, 0xc2,
				 0x5d, RET));
}

static void a_check_that_is_jumped_to_is_none(void **state)
{
	const uint8_t code[] = { CMP_RSP_GUARD, JBE_SHORT, PUSH_RBP, 0xeb, 0xfb }; /* jmp to the jbe */
	struct go_entry entry = choose(code, sizeof(code), 0);

	(void)state;
	assert_false(entry.stack_check);
	assert_int_equal(entry.site.offset, 0);
}

static void a_comparison_of_other_things_is_no_stack_check(void **state)
{
	const uint8_t bounds[] = { 0x49, 0x89, 0xdc, 0x4c, 0x3b, 0x60, 0x10, JBE_SHORT, BODY }; /* mov r12, rbx; cmp r12, [rax+0x10] */
	const uint8_t field[] = { 0x49, 0x89, 0xdc, CMP_R12_GUARD, JBE_SHORT, BODY }; /* mov r12, rbx: not the stack pointer */
	const uint8_t above[] = { CMP_RSP_GUARD, 0x77, 0x04, BODY };                  /* ja */
	const uint8_t elsewhere[] = { 0x49, 0x3b, 0x66, 0x20, JBE_SHORT, BODY };      /* cmp rsp, [r14+0x20] */

	(void)state;
	assert_false(choose(bounds, sizeof(bounds), 0).stack_check);
	assert_false(choose(field, sizeof(field), 0).stack_check);
	assert_false(choose(above, sizeof(above), 0).stack_check);
	assert_false(choose(elsewhere, sizeof(elsewhere), 0).stack_check);
}

static void without_a_check_the_usual_choice_is_made(void **state)
{
	const uint8_t small[] = { BODY };
	struct go_entry entry = choose(small, sizeof(small), 0);

	(void)state;
	assert_false(entry.stack_check);
	assert_int_equal(entry.site.offset, 0);
	assert_string_equal(entry.site.instruction, "push rbp");
}

static void registers_that_go_passes_arguments_in_are_kept(void **state)
{
	const uint8_t loop[] = { 0x31, 0xc9, 0xeb, 0x03, 0x48, 0xff, 0xc1, 0x48, 0x39, 0xd9, 0x7c, 0xf8, RET }; /* xor ecx, ecx; jmp */

	(void)state;
	assert_int_equal(choose(loop, sizeof(loop), SITE_ARG1 | SITE_ARG2).site.offset, 2); /* rax, rbx */
	assert_int_equal(choose(loop, sizeof(loop), SITE_ARG3).site.offset, 0);             /* rcx */
}

static void the_g_in_r14_is_kept(void **state)
{
	const uint8_t code[] = { 0x4d, 0x31, 0xf6, PUSH_RBP, 0x5d, RET }; /* xor r14, r14; push rbp */

	(void)state;
	assert_int_equal(choose(code, sizeof(code), 0).site.offset, 0);
}

static void nothing_is_chosen_where_there_is_no_code(void **state)
{
	struct go_entry entry;

	(void)state;
	assert_int_equal(site_choose_go_entry((const uint8_t *)"\x06", 1, true, some_address, 0, &entry), -EINVAL);
	assert_int_equal(site_choose_go_entry((const uint8_t *)"", 0, true, some_address, 0, &entry), -EINVAL);
	/* It ends within the check. */
	assert_int_equal(site_choose_go_entry(BYTES(CMP_RSP_GUARD), true, some_address, 0, &entry), 0);
	assert_false(entry.stack_check);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_jbe_of_the_stack_check_is_the_site),
		cmocka_unit_test(functions_of_the_system_stack_have_another_guard),
		cmocka_unit_test(larger_frames_compute_their_limit_first),
		cmocka_unit_test(of_huge_frames_it_is_the_jbe_behind_the_jb),
		cmocka_unit_test(assembly_finds_its_g_first),
		cmocka_unit_test(jumps_through_a_table_do_not_matter_to_it),
		cmocka_unit_test(a_check_that_is_jumped_to_is_none),
		cmocka_unit_test(a_comparison_of_other_things_is_no_stack_check),
		cmocka_unit_test(without_a_check_the_usual_choice_is_made),
		cmocka_unit_test(registers_that_go_passes_arguments_in_are_kept),
		cmocka_unit_test(the_g_in_r14_is_kept),
		cmocka_unit_test(nothing_is_chosen_where_there_is_no_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
