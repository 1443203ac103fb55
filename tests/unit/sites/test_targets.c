/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sites/targets.h"

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })

static void jumps_within_the_body_are_counted_by_where_they_lead(void **state)
{
	struct jump_targets targets;

	(void)state;
	/* 0: je 4; 2: jmp 4; 4: nop; 5: jne 4; 7: ret */
	assert_int_equal(jump_targets_read(BYTES(0x74, 0x02, 0xeb, 0x00, 0x90, 0x75, 0xfd, 0xc3), &targets), 0);
	assert_true(targets.complete);
	assert_int_equal(jump_targets_between(&targets, 4, 4), 3);
	assert_int_equal(jump_targets_between(&targets, 0, 3), 0);
	assert_int_equal(jump_targets_between(&targets, 5, 7), 0);
	assert_int_equal(jump_targets_between(&targets, 0, 7), 3);
	jump_targets_free(&targets);
}

static void what_leads_out_of_the_body_is_left_out(void **state)
{
	struct jump_targets targets;

	(void)state;
	/* je +16; jmp -16; call 0; ret */
	assert_int_equal(jump_targets_read(BYTES(0x74, 0x10, 0xeb, 0xf0, 0xe8, 0xf7, 0xff, 0xff, 0xff, 0xc3), &targets), 0);
	assert_int_equal(targets.count, 0);
	assert_true(targets.complete);
	jump_targets_free(&targets);
}

static void a_table_or_bytes_that_are_no_instruction_make_it_incomplete(void **state)
{
	struct jump_targets targets;

	(void)state;
	assert_int_equal(jump_targets_read(BYTES(0xff, 0x24, 0xc5, 0, 0, 0, 0), &targets), 0); /* jmp [rax*8] */
	assert_false(targets.complete);
	jump_targets_free(&targets);
	assert_int_equal(jump_targets_read(BYTES(0xeb, 0x00, 0x06), &targets), 0);
	assert_false(targets.complete);
	assert_int_equal(targets.count, 1);
	jump_targets_free(&targets);
	assert_int_equal(jump_targets_read(BYTES(0xff, 0x60, 0x10), &targets), 0); /* jmp [rax+16]: a tail call */
	assert_true(targets.complete);
	jump_targets_free(&targets);
	jump_targets_free(&targets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jumps_within_the_body_are_counted_by_where_they_lead),
		cmocka_unit_test(what_leads_out_of_the_body_is_left_out),
		cmocka_unit_test(a_table_or_bytes_that_are_no_instruction_make_it_incomplete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
