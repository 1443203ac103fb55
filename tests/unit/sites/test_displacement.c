/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Displacements in a function's code. */
#include "sites/displacement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HAS(code, displacement) site_has_displacement((const uint8_t *)(code), sizeof(code) - 1, displacement)

static void what_a_function_reads_and_writes_is_seen(void **state)
{
	(void)state;
	assert_true(HAS("\x90\x48\x8b\x47\x70\xc3", 0x70));                   /* mov rax, [rdi + 0x70] */
	assert_true(HAS("\x49\x8b\x86\x80\x00\x00\x00", 0x80));              /* mov rax, [r14 + 0x80] */
	assert_true(HAS("\x48\x83\x80\x78\x01\x00\x00\x01", 0x178));        /* add qword [rax + 0x178], 1 */
	assert_true(HAS("\x48\x8d\x47\xf8", -8));                            /* lea rax, [rdi - 8] */
	assert_true(HAS("\x48\x8b\x07", 0));                                 /* mov rax, [rdi] */
	assert_true(HAS("\x48\x8b\x44\xcf\x18", 0x18));                      /* mov rax, [rdi + rcx * 8 + 0x18] */
}

static void what_is_no_member_is_not(void **state)
{
	(void)state;
	assert_false(HAS("\x48\x8b\x47\x70\xc3", 0x78));
	assert_false(HAS("\x48\x8b\x44\x24\x70", 0x70));                     /* on the stack */
	assert_false(HAS("\x48\x8b\x05\x70\x00\x00\x00", 0x70));            /* rip */
	assert_false(HAS("\xb8\x70\x00\x00\x00", 0x70));                     /* mov eax, 0x70 */
	assert_false(HAS("\x06\x48\x8b\x47\x70", 0x70));                     /* behind what is no instruction */
	assert_false(HAS("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_function_reads_and_writes_is_seen),
		cmocka_unit_test(what_is_no_member_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
