/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sites/call_site.h"

#define BYTES(...) ((const uint8_t[]){ __VA_ARGS__ }), sizeof((const uint8_t[]){ __VA_ARGS__ })

static int after_call(const uint8_t *code, size_t size, size_t call, struct call_site *ret_site)
{
	struct jump_targets targets;
	int err;

	assert_int_equal(jump_targets_read(code, size, &targets), 0);
	err = site_after_call(code, size, call, &targets, ret_site);
	jump_targets_free(&targets);
	return err;
}

static void the_site_is_told_from_the_body_s_start(void **state)
{
	struct call_site site;

	(void)state;
	/* push rbx; call; mov rbx, rax; test eax, eax; je +1; pop rbx; ret */
	assert_int_equal(after_call(BYTES(0x53, 0xe8, 1, 2, 3, 4, 0x48, 0x89, 0xc3, 0x85, 0xc0, 0x74, 0x01, 0x5b, 0xc3), 1, &site), 0);
	assert_int_equal(site.return_offset, 6);
	assert_int_equal(site.offset, 11);
	assert_int_equal(site.class, SITE_EMULATED);
	assert_int_equal(site.steps, 2);
	assert_true(site.value_intact);
	assert_true(site.second_intact);
	assert_false(site.joined);
}

static void each_half_of_the_value_is_spoilt_by_its_own_register(void **state)
{
	struct call_site site;

	(void)state;
	/* call; mov dl, 1; jmp out */
	assert_int_equal(after_call(BYTES(0xe8, 1, 2, 3, 4, 0xb2, 0x01, 0xe9, 0, 1, 0, 0), 0, &site), 0);
	assert_true(site.value_intact);
	assert_false(site.second_intact);
	/* call; xor eax, eax; jmp out */
	assert_int_equal(after_call(BYTES(0xe8, 1, 2, 3, 4, 0x31, 0xc0, 0xe9, 0, 1, 0, 0), 0, &site), 0);
	assert_false(site.value_intact);
	assert_true(site.second_intact);
	/* call; cqo: rdx from rax; jmp out */
	assert_int_equal(after_call(BYTES(0xe8, 1, 2, 3, 4, 0x48, 0x99, 0xe9, 0, 1, 0, 0), 0, &site), 0);
	assert_true(site.value_intact);
	assert_false(site.second_intact);
}

static void calls_of_every_form_have_sites(void **state)
{
	struct call_site site;

	(void)state;
	assert_int_equal(after_call(BYTES(0xff, 0xd0, 0x90), 0, &site), 0);                                  /* call rax */
	assert_int_equal(site.return_offset, 2);
	assert_int_equal(after_call(BYTES(0x41, 0xff, 0x94, 0x24, 0, 1, 0, 0, 0x90), 0, &site), 0);          /* call [r12+100h] */
	assert_int_equal(site.return_offset, 8);
	assert_int_equal(after_call(BYTES(0xff, 0x15, 0, 1, 0, 0, 0x90), 0, &site), 0);                      /* call [rip+100h] */
	assert_int_equal(after_call(BYTES(0x67, 0xe8, 0, 1, 0, 0, 0x90), 0, &site), 0);                      /* addr32 call */
	assert_int_equal(site.return_offset, 6);
	assert_int_equal(after_call(BYTES(0x3e, 0xff, 0xd0, 0x90), 0, &site), 0);                            /* notrack call rax */
	assert_int_equal(site.return_offset, 3);
}

static void a_site_that_the_body_jumps_to_is_joined(void **state)
{
	struct call_site site;

	(void)state;
	/* je to the return address; call; test eax, eax; je +0; ret */
	assert_int_equal(after_call(BYTES(0x74, 0x05, 0xe8, 1, 2, 3, 4, 0x85, 0xc0, 0x74, 0x00, 0xc3), 2, &site), 0);
	assert_true(site.joined);
	/* the same, to the site itself */
	assert_int_equal(after_call(BYTES(0x74, 0x07, 0xe8, 1, 2, 3, 4, 0x85, 0xc0, 0x74, 0x00, 0xc3), 2, &site), 0);
	assert_true(site.joined);
	/* to the call: it is made then */
	assert_int_equal(after_call(BYTES(0x74, 0x00, 0xe8, 1, 2, 3, 4, 0x85, 0xc0, 0x74, 0x00, 0xc3), 2, &site), 0);
	assert_false(site.joined);
	/* to what is behind the site */
	assert_int_equal(after_call(BYTES(0x74, 0x09, 0xe8, 1, 2, 3, 4, 0x85, 0xc0, 0x74, 0x00, 0xc3), 2, &site), 0);
	assert_false(site.joined);
}

static void where_jumps_are_not_all_known_a_site_counts_as_joined(void **state)
{
	struct call_site site;

	(void)state;
	/* call; nop; jmp [rax*8+..]: a table */
	assert_int_equal(after_call(BYTES(0xe8, 1, 2, 3, 4, 0x90, 0xff, 0x24, 0xc5, 0, 0, 0, 0), 0, &site), 0);
	assert_true(site.joined);
	assert_int_equal(site_after_call(BYTES(0xe8, 1, 2, 3, 4, 0x90), 0, NULL, &site), 0);
	assert_true(site.joined);
}

static void the_line_ends_with_the_body(void **state)
{
	struct call_site site = { .offset = 77 };

	(void)state;
	assert_int_equal(after_call(BYTES(0xe8, 1, 2, 3, 4), 0, &site), -ENOENT);
	assert_int_equal(after_call(BYTES(0xe8, 1, 2, 3, 4, 0x85, 0xc0), 0, &site), -ENOENT);
	assert_int_equal(after_call(BYTES(0xe8, 1, 2, 3, 4, 0x5b, 0x90), 0, &site), -ENOENT); /* pop rbx */
	assert_int_equal(site.offset, 77);
}

static void what_is_no_call_has_no_site(void **state)
{
	struct call_site site = { .offset = 77 };

	(void)state;
	assert_int_equal(after_call(BYTES(0x90, 0x90), 0, &site), -EINVAL);
	assert_int_equal(after_call(BYTES(0xe9, 0, 0, 0, 0, 0x90), 0, &site), -EINVAL); /* jmp */
	assert_int_equal(after_call(BYTES(0xe8, 1, 2), 0, &site), -EINVAL);
	assert_int_equal(after_call(BYTES(0x90), 1, &site), -EINVAL);
	assert_int_equal(site.offset, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_site_is_told_from_the_body_s_start),
		cmocka_unit_test(each_half_of_the_value_is_spoilt_by_its_own_register),
		cmocka_unit_test(calls_of_every_form_have_sites),
		cmocka_unit_test(a_site_that_the_body_jumps_to_is_joined),
		cmocka_unit_test(where_jumps_are_not_all_known_a_site_counts_as_joined),
		cmocka_unit_test(the_line_ends_with_the_body),
		cmocka_unit_test(what_is_no_call_has_no_site),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
