/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "cc -O1 -Wl,--build-id=0xabcdef0123 -o \"$DIR/shapes\" " SOURCES "shapes.c && "
		      "cc -c -o \"$DIR/object.o\" " SOURCES "shapes.c && echo text >\"$DIR/text\" && "
		      ": >\"$DIR/empty\" && cc -static -O1 -o \"$DIR/static\" " SOURCES "shapes.c && "
		      "strip \"$DIR/static\"");
	return 0;
}

static void a_module_tells_its_names(void **state)
{
	char path[256];
	struct module *module;

	snprintf(path, sizeof(path), "%s/shapes", (char *)*state);
	assert_int_equal(module_open(path, "/opt/app/bin/shapes", "", &module), 0);
	assert_string_equal(module_path(module), "/opt/app/bin/shapes");
	assert_string_equal(module_name(module), "shapes");
	assert_string_equal(module_build_id(module), "abcdef0123");
	module_free(&module);
	assert_null(module);
	module_free(&module);
}

static void what_is_no_program_is_refused(void **state)
{
	static const char *const files[] = {"object.o", "text", "empty", "."};
	struct module *module = NULL;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_int_equal(open_quietly(*state, files[i], "", &module), -ENOEXEC);
	assert_int_equal(open_quietly(*state, "missing", "", &module), -ENOENT);
	assert_null(module);
}

static void code_ends_with_its_segment(void **state)
{
	struct module *module = module_get(*state, "shapes");
	uint64_t start = nm_address(*state, "shapes", "shape_unsized");
	uint64_t data = nm_address(*state, "shapes", "shape_counter");
	static unsigned char code[1 << 20];
	long count;

	assert_int_equal(module_code(module, start, code, 5), 5);
	assert_memory_equal(code, "\x90\x90\x90\x90\xc3", 5);
	count = module_code(module, start, code, sizeof(code));
	assert_in_range(count, 5, sizeof(code) - 1);
	assert_int_equal(module_code(module, start + (uint64_t)count - 1, code, sizeof(code)), 1);
	assert_int_equal(module_code(module, start + (uint64_t)count, code, sizeof(code)), -ENOENT);
	assert_int_equal(module_code(module, data, code, 1), -ENOENT);
	assert_int_equal(module_code(module, start, code, 0), 0);
	module_free(&module);
}

static void offsets_exist_for_what_the_file_holds(void **state)
{
	struct module *module = module_get(*state, "shapes");
	uint64_t offset = 7, data = nm_address(*state, "shapes", "shape_counter");

	assert_int_equal(module_file_offset(module, data, &offset), 0);
	assert_true(offset < data);
	offset = 7;
	assert_int_equal(module_file_offset(module, UINT64_MAX, &offset), -ENOENT);
	assert_int_equal(module_file_offset(module, nm_address(*state, "shapes", "_end") + 4096, &offset), -ENOENT);
	assert_int_equal(offset, 7);
	module_free(&module);
}

static void a_stripped_static_program_has_no_functions_and_can_be_asked_all(void **state)
{
	struct module *module = module_get(*state, "static");
	const struct function *functions;
	uint64_t address, size;
	const char *names[4];
	size_t count = 7;

	assert_int_equal(module_functions(module, &functions, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(find(module, "*", NULL), 0);
	assert_int_equal(module_nearest(module, "main", names, 4), 0);
	assert_int_equal(module_object(module, "shape_counter", &address, &size), -ENOENT);
	assert_non_null(module_unwinds(module)); /* the C library in it serves pthread_cancel */
	module_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_module_tells_its_names),
		cmocka_unit_test(what_is_no_program_is_refused),
		cmocka_unit_test(code_ends_with_its_segment),
		cmocka_unit_test(offsets_exist_for_what_the_file_holds),
		cmocka_unit_test(a_stripped_static_program_has_no_functions_and_can_be_asked_all),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
