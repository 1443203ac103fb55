/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <string.h>

#include "sites/site.h"
#include "sites/switch_site.h"

/* mov rsp, [rdx+0xa0] */
#define TAKE 0x48, 0x8b, 0xa2, 0xa0, 0, 0, 0

static void the_push_behind_the_switch_is_the_site(void **state)
{
	static const uint8_t code[] = { 0x90, TAKE, 0x48, 0x8b, 0x9a, 0x80, 0, 0, 0, /* mov rbx, [rdx+0x80] */
					0x51 /* push rcx */, 0xc3 };
	uint32_t offsets[SWITCH_SITES_MAX];

	(void)state;
	assert_int_equal(site_find_switches(code, sizeof(code), offsets), 1);
	assert_int_equal(offsets[0], 15);
}

static void without_an_emulated_one_the_next_instruction_is(void **state)
{
	static const uint8_t code[] = { TAKE, 0x48, 0x8b, 0x92, 0x88, 0, 0, 0, /* mov rdx, [rdx+0x88] */ 0x51, 0xc3 };
	uint32_t offsets[SWITCH_SITES_MAX];

	(void)state;
	assert_int_equal(site_find_switches(code, sizeof(code), offsets), 1);
	assert_int_equal(offsets[0], 7);
}

static void each_way_through_has_its_own(void **state)
{
	static const uint8_t code[] = { TAKE, 0x51, 0xc3, TAKE, 0x51, 0xc3 };
	uint32_t offsets[SWITCH_SITES_MAX];

	(void)state;
	assert_int_equal(site_find_switches(code, sizeof(code), offsets), 2);
	assert_int_equal(offsets[0], 7);
	assert_int_equal(offsets[1], 16);
}

static void other_loads_and_hostile_bytes_are_none(void **state)
{
	static const uint8_t other[] = { 0x48, 0x8b, 0xa2, 0xa8, 0, 0, 0, 0x51, 0x48, 0x8b, 0xa0, 0xa0, 0, 0, 0, 0x51, 0xc3 };
	static const uint8_t cut[] = { TAKE };
	uint32_t offsets[SWITCH_SITES_MAX];

	(void)state;
	assert_int_equal(site_find_switches(other, sizeof(other), offsets), 0);
	assert_int_equal(site_find_switches(cut, sizeof(cut), offsets), 0);
	assert_int_equal(site_find_switches(cut, 3, offsets), 0);
	assert_int_equal(site_find_switches(cut, 0, offsets), 0);
}

/* As this machine's libc has them. */
static void the_functions_of_libc_have_cheap_sites(void **state)
{
	static const char *const names[] = { "swapcontext", "setcontext" };

	/* By its own name: a sanitizer stands before it. */
	void *libc = dlopen("libc.so.6", RTLD_NOW);

	(void)state;
	assert_non_null(libc);
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *code = dlsym(libc, names[i]);
		uint32_t offsets[SWITCH_SITES_MAX];
		unsigned length;
		size_t count;

		assert_non_null(code);
		count = site_find_switches(code, 256, offsets);
		assert_in_range(count, 1, SWITCH_SITES_MAX);
		for (size_t k = 0; k < count; k++)
			assert_int_equal(site_classify(code + offsets[k], 16, &length), SITE_EMULATED);
	}
	dlclose(libc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_push_behind_the_switch_is_the_site),
		cmocka_unit_test(without_an_emulated_one_the_next_instruction_is),
		cmocka_unit_test(each_way_through_has_its_own),
		cmocka_unit_test(other_loads_and_hostile_bytes_are_none),
		cmocka_unit_test(the_functions_of_libc_have_cheap_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
