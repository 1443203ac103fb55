/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sites/leave.h"

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ })
#define CALL_REL BYTES(0x90, 0xe8, 1, 2, 3, 4) /* nop; call rel32 */

static int site_behind(const uint8_t *code, size_t size, struct return_site *ret_site)
{
	return site_of_return_address(CALL_REL, 6, code, size, ret_site);
}

static void an_emulated_instruction_right_behind_the_call_is_the_site(void **state)
{
	struct return_site site;

	(void)state;
	assert_int_equal(site_behind(BYTES(0x75, 0x10), 2, &site), 0); /* jne */
	assert_int_equal(site.offset, 0);
	assert_true(site.value_intact);
}

static void what_moves_data_is_stepped_over(void **state)
{
	struct return_site site;

	(void)state;
	/* test eax, eax; mov rbx, rdx; je */
	assert_int_equal(site_behind(BYTES(0x85, 0xc0, 0x48, 0x89, 0xd3, 0x74, 0x05), 7, &site), 0);
	assert_int_equal(site.offset, 5);
	assert_true(site.value_intact);
}

static void a_write_to_any_part_of_rax_spoils_the_value(void **state)
{
	struct return_site site;

	(void)state;
	assert_int_equal(site_behind(BYTES(0x88, 0xd8, 0x74, 0x05), 4, &site), 0); /* mov al, bl; je */
	assert_false(site.value_intact);
	assert_int_equal(site_behind(BYTES(0x31, 0xc0, 0xe8, 0, 0, 0, 0), 7, &site), 0); /* xor eax, eax; call */
	assert_int_equal(site.offset, 2);
	assert_false(site.value_intact);
}

static void the_bottom_of_a_goroutine_returns_to_a_call_behind_a_nop(void **state)
{
	const uint8_t goexit[] = { 0xe8, 1, 2, 3, 4, 0x90 }; /* call runtime.goexit1; nop */
	struct return_site site;

	(void)state;
	assert_int_equal(site_of_return_address(BYTES(0xcc, 0x90), 2, goexit, sizeof(goexit), &site), 0);
	assert_int_equal(site.offset, 0);
	assert_int_equal(site_of_return_address(BYTES(0xcc, 0xcc), 2, goexit, sizeof(goexit), &site), -EINVAL);
	assert_int_equal(site_of_return_address(BYTES(0xcc, 0x90), 2, BYTES(0x55, 0xc3), 2, &site), -EINVAL);
	assert_int_equal(site_of_return_address(NULL, 0, goexit, sizeof(goexit), &site), -EINVAL);
}

static void the_line_ends_where_the_stack_pointer_changes(void **state)
{
	struct return_site site;

	(void)state;
	assert_int_equal(site_behind(BYTES(0x48, 0x83, 0xc4, 0x08, 0x74, 0x05), 6, &site), -ENOENT); /* add rsp, 8; je */
	assert_int_equal(site_behind(BYTES(0x5b, 0x74, 0x05), 3, &site), -ENOENT);                     /* pop rbx; je */
}

static void the_line_ends_where_control_goes_elsewhere(void **state)
{
	struct return_site site;

	(void)state;
	assert_int_equal(site_behind(BYTES(0xc3, 0x90), 2, &site), -ENOENT);             /* ret; nop */
	assert_int_equal(site_behind(BYTES(0xff, 0xd0, 0x90), 3, &site), -ENOENT);       /* call rax; nop */
	assert_int_equal(site_behind(BYTES(0x0f, 0x0b, 0x90), 3, &site), -ENOENT);       /* ud2; nop */
}

static void a_five_byte_nop_is_no_site(void **state)
{
	struct return_site site;

	(void)state;
	assert_int_equal(site_behind(BYTES(0x0f, 0x1f, 0x44, 0, 0, 0x74, 0x05), 7, &site), 0);
	assert_int_equal(site.offset, 5);
}

static void an_instruction_that_the_kernel_misreads_is_no_site_but_may_be_stepped_over(void **state)
{
	struct return_site site;

	(void)state;
	/* vzeroupper; je */
	assert_int_equal(site_behind(BYTES(0xc5, 0xf8, 0x77, 0x74, 0x05), 5, &site), 0);
	assert_int_equal(site.offset, 3);
}

static void text_that_ends_before_a_site_has_none(void **state)
{
	struct return_site site = { .offset = 77 };

	(void)state;
	assert_int_equal(site_behind(BYTES(0x85, 0xc0), 2, &site), -ENOENT);
	assert_int_equal(site_behind(BYTES(0x48), 1, &site), -ENOENT);
	assert_int_equal(site_behind(BYTES(0x90), 0, &site), -ENOENT);
	assert_int_equal(site.offset, 77);
}

static void what_no_call_stands_before_is_no_return_address(void **state)
{
	struct return_site site;

	(void)state;
	assert_int_equal(site_of_return_address(BYTES(0x90, 0x90, 0x90, 0x90, 0x90, 0x90), 6, BYTES(0x90), 1, &site), -EINVAL);
	assert_int_equal(site_of_return_address(BYTES(0xe8), 1, BYTES(0x90), 1, &site), -EINVAL);
	assert_int_equal(site_of_return_address(BYTES(0), 0, BYTES(0x90), 1, &site), -EINVAL);
}

static void calls_through_registers_and_memory_are_calls(void **state)
{
	struct return_site site;

	(void)state;
	assert_int_equal(site_of_return_address(BYTES(0xff, 0xd0), 2, BYTES(0x90), 1, &site), 0);             /* call rax */
	assert_int_equal(site_of_return_address(BYTES(0x41, 0xff, 0xd4), 3, BYTES(0x90), 1, &site), 0);       /* call r12 */
	assert_int_equal(site_of_return_address(BYTES(0xff, 0x50, 0x18), 3, BYTES(0x90), 1, &site), 0);       /* call [rax+18h] */
	assert_int_equal(site_of_return_address(BYTES(0xff, 0x15, 1, 2, 3, 4), 6, BYTES(0x90), 1, &site), 0); /* call [rip+..] */
}

static void find(const uint8_t *code, size_t size, bool complete, struct leave_points *ret_points)
{
	assert_int_equal(site_find_leaves(code, size, complete, ret_points), 0);
}

static void every_ret_is_found(void **state)
{
	struct leave_points points;

	(void)state;
	/* je +1; ret; nop; ret 8 */
	find(BYTES(0x74, 0x01, 0xc3, 0x90, 0xc2, 0x08, 0x00), 7, true, &points);
	assert_true(points.complete);
	assert_int_equal(points.rets_count, 2);
	assert_int_equal(points.rets[0], 2);
	assert_int_equal(points.rets[1], 4);
	assert_int_equal(points.tail_jumps_count, 0);
	leave_points_free(&points);
}

static void a_jump_out_of_the_function_is_a_tail_call(void **state)
{
	struct leave_points points;

	(void)state;
	find(BYTES(0x31, 0xf6, 0xe9, 0x00, 0x10, 0x00, 0x00), 7, true, &points); /* xor esi, esi; jmp far away */
	assert_true(points.complete);
	assert_int_equal(points.tail_jumps_count, 1);
	assert_int_equal(points.tail_jumps[0], 2);
	leave_points_free(&points);
	find(BYTES(0x48, 0x8b, 0x07, 0xff, 0x60, 0x10), 6, true, &points); /* mov rax, [rdi]; jmp [rax+10h] */
	assert_int_equal(points.tail_jumps_count, 1);
	leave_points_free(&points);
}

static void a_jump_within_the_function_is_none(void **state)
{
	struct leave_points points;

	(void)state;
	find(BYTES(0x90, 0xeb, 0xfd, 0xc3), 4, true, &points); /* nop; jmp back; ret */
	assert_int_equal(points.tail_jumps_count, 0);
	assert_true(points.complete);
	leave_points_free(&points);
	/* a table: movsxd rax, [rdx+rax*4]; add rax, rdx; jmp rax; ret */
	find(BYTES(0x48, 0x63, 0x04, 0x82, 0x48, 0x01, 0xd0, 0xff, 0xe0, 0xc3), 10, true, &points);
	assert_int_equal(points.tail_jumps_count, 0);
	assert_true(points.complete);
	leave_points_free(&points);
}

static void what_cannot_be_known_is_said(void **state)
{
	struct leave_points points;

	(void)state;
	find(BYTES(0x0f, 0x84, 0x00, 0x10, 0x00, 0x00, 0xc3), 7, true, &points); /* je out of the function */
	assert_false(points.complete);
	assert_int_equal(points.rets_count, 1);
	leave_points_free(&points);
	find(BYTES(0xc3), 1, false, &points);
	assert_false(points.complete);
	leave_points_free(&points);
	find(BYTES(0xc3, 0x06), 2, true, &points); /* no instruction */
	assert_false(points.complete);
	leave_points_free(&points);
	leave_points_free(&points);
}

static void a_return_address_itself_can_be_a_site(void **state)
{
	(void)state;
	assert_true(site_at_return_address(CALL_REL, 6, BYTES(0x41, 0x8b, 0x54, 0x24, 0x20), 5)); /* mov edx, [r12 + 0x20] */
	assert_true(site_at_return_address(CALL_REL, 6, BYTES(0xc9), 1));                         /* leave */
	assert_false(site_at_return_address(BYTES(0x90, 0x90), 2, BYTES(0xc9), 1));               /* behind no call */
	assert_false(site_at_return_address(CALL_REL, 6, BYTES(0x06), 1));                        /* no instruction */
	assert_false(site_at_return_address(CALL_REL, 6, BYTES(0xf0, 0xff, 0x00), 3));            /* lock inc: refused */
	assert_false(site_at_return_address(CALL_REL, 6, BYTES(0xc9), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_emulated_instruction_right_behind_the_call_is_the_site),
		cmocka_unit_test(the_bottom_of_a_goroutine_returns_to_a_call_behind_a_nop),
		cmocka_unit_test(what_moves_data_is_stepped_over),
		cmocka_unit_test(a_write_to_any_part_of_rax_spoils_the_value),
		cmocka_unit_test(the_line_ends_where_the_stack_pointer_changes),
		cmocka_unit_test(the_line_ends_where_control_goes_elsewhere),
		cmocka_unit_test(a_five_byte_nop_is_no_site),
		cmocka_unit_test(an_instruction_that_the_kernel_misreads_is_no_site_but_may_be_stepped_over),
		cmocka_unit_test(text_that_ends_before_a_site_has_none),
		cmocka_unit_test(what_no_call_stands_before_is_no_return_address),
		cmocka_unit_test(calls_through_registers_and_memory_are_calls),
		cmocka_unit_test(a_return_address_itself_can_be_a_site),
		cmocka_unit_test(every_ret_is_found),
		cmocka_unit_test(a_jump_out_of_the_function_is_a_tail_call),
		cmocka_unit_test(a_jump_within_the_function_is_none),
		cmocka_unit_test(what_cannot_be_known_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
