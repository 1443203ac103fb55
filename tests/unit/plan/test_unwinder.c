/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plan/unwinder.h"
#include "symbols/module.h"

/* _Unwind_GetCFA of libgcc 12, with and without endbr64, and one of a context with a small displacement. */
static void the_stack_pointer_of_a_context_is_read_from_the_code(void **state)
{
	static const uint8_t far[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0x8b, 0x87, 0x90, 0, 0, 0, 0xc3 };
	static const uint8_t near[] = { 0x48, 0x8b, 0x47, 0x38, 0xc3 };
	uint32_t displacement = 0;

	(void)state;
	assert_int_equal(unwinder_context_sp(far, sizeof(far), &displacement), 0);
	assert_int_equal(displacement, 0x90);
	assert_int_equal(unwinder_context_sp(far + 4, sizeof(far) - 4, &displacement), 0);
	assert_int_equal(displacement, 0x90);
	assert_int_equal(unwinder_context_sp(near, sizeof(near), &displacement), 0);
	assert_int_equal(displacement, 0x38);
}

static void other_code_is_not_understood(void **state)
{
	static const uint8_t calls[] = { 0x48, 0x8b, 0x07, 0xff, 0x60, 0x18, 0xc3, 0xc3 };        /* mov rax, [rdi]; jmp [rax + 24] */
	static const uint8_t behind[] = { 0x48, 0x8b, 0x87, 0x90, 0, 0, 0, 0x48, 0x8b, 0x00, 0xc3 }; /* one load more */
	static const uint8_t negative[] = { 0x48, 0x8b, 0x87, 0xf8, 0xff, 0xff, 0xff, 0xc3 };
	static const uint8_t cut[] = { 0x48, 0x8b, 0x87, 0x90, 0, 0, 0 };
	uint32_t displacement = 77;

	(void)state;
	assert_int_equal(unwinder_context_sp(calls, sizeof(calls), &displacement), -ENOTSUP);
	assert_int_equal(unwinder_context_sp(behind, sizeof(behind), &displacement), -ENOTSUP);
	assert_int_equal(unwinder_context_sp(negative, sizeof(negative), &displacement), -ENOTSUP);
	for (size_t size = 0; size <= sizeof(cut); size++)
		assert_int_equal(unwinder_context_sp(cut, size, &displacement), -ENOTSUP);
	assert_int_equal(displacement, 77);
}

static void libraries_of_unwinders_are_known_by_name(void **state)
{
	(void)state;
	assert_true(unwinder_is_library("/lib/x86_64-linux-gnu/libgcc_s.so.1"));
	assert_true(unwinder_is_library("libunwind.so.1.0"));
	assert_false(unwinder_is_library("/usr/lib/x86_64-linux-gnu/libstdc++.so.6"));
	assert_false(unwinder_is_library("/libgcc_s.so.1/other"));
}

/* The one that this program would use. */
static void the_machines_own_unwinder_is_found(void **state)
{
	void *library = dlopen("libgcc_s.so.1", RTLD_NOW);
	unsigned raises = 0, lands = 0;
	struct link_map *map = NULL;
	struct module *module = NULL;
	struct unwinder unwinder;

	(void)state;
	assert_non_null(library);
	assert_int_equal(dlinfo(library, RTLD_DI_LINKMAP, &map), 0);
	assert_int_equal(module_open(map->l_name, map->l_name, "", &module), 0);
	assert_int_equal(unwinder_find(module, &unwinder), 0);
	for (unsigned i = 0; i < unwinder.sites_count; i++) {
		raises += unwinder.sites[i].kind == UNWINDER_RAISE;
		lands += unwinder.sites[i].kind == UNWINDER_LAND;
	}
	assert_int_equal(raises, 4);
	assert_int_equal(lands, 1);
	module_free(&module);
	dlclose(library);
}

static void a_module_without_one_is_told(void **state)
{
	struct module *module = NULL;
	struct unwinder unwinder;

	(void)state;
	assert_int_equal(module_open("/proc/self/exe", "test", "", &module), 0);
	assert_int_equal(unwinder_find(module, &unwinder), -ENOENT);
	module_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stack_pointer_of_a_context_is_read_from_the_code),
		cmocka_unit_test(other_code_is_not_understood),
		cmocka_unit_test(libraries_of_unwinders_are_known_by_name),
		cmocka_unit_test(the_machines_own_unwinder_is_found),
		cmocka_unit_test(a_module_without_one_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
