/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "cc -O1 -o \"$DIR/shapes\" " SOURCES "shapes.c && "
		      "cc -O1 -no-pie -o \"$DIR/fixed\" " SOURCES "shapes.c && "
		      "cc -O1 -shared -fPIC -o \"$DIR/versions\" " SOURCES "versions.c -Wl,--version-script=" SOURCES
		      "versions.map && strip -o \"$DIR/versions.stripped\" \"$DIR/versions\"");
	return 0;
}

static void exported_and_static_functions_are_found(void **state)
{
	struct module *module = module_get(*state, "shapes");
	struct function function;

	assert_int_equal(find(module, "shape_outer", &function), 1);
	assert_int_equal(function.address, nm_address(*state, "shapes", "shape_outer"));
	assert_int_equal(function.source, FUNCTION_SYMTAB);
	assert_true(function.size > 0);
	assert_int_equal(find(module, "shape_inner", &function), 1);
	assert_int_equal(function.address, nm_address(*state, "shapes", "shape_inner"));
	module_free(&module);
}

static void the_file_offset_of_a_position_dependent_program_is_not_its_address(void **state)
{
	struct module *module = module_get(*state, "fixed");
	unsigned char code[4];
	struct function function;
	uint64_t offset;

	assert_int_equal(find(module, "shape_unsized", &function), 1);
	assert_int_equal(module_file_offset(module, function.address, &offset), 0);
	assert_int_equal(offset, function.file_offset);
	assert_true(offset < function.address);
	assert_int_equal(module_code(module, function.address, code, sizeof(code)), 4);
	assert_memory_equal(code, "\x90\x90\x90\x90", 4);
	module_free(&module);
}

static void a_resolver_and_its_ifunc_are_two_things(void **state)
{
	struct module *module = module_get(*state, "shapes");

	assert_int_equal(find(module, "shape_resolved", NULL), 0);
	assert_int_equal(find(module, "shape_fast", NULL), 1);
	module_free(&module);
}

static void parts_that_are_jumped_to_are_no_functions(void **state)
{
	struct module *module = module_get(*state, "shapes");

	assert_true(nm_address(*state, "shapes", "shape_unsized.cold") > 0);
	assert_int_equal(find(module, "shape_unsized*", NULL), 1);
	module_free(&module);
}

static void a_default_version_wins_and_others_are_left_out(void **state)
{
	static const char *const files[] = {"versions", "versions.stripped"};
	uint64_t wanted = nm_address(*state, "versions", "open_new");
	struct function function;
	struct module *module;

	for (size_t i = 0; i < 2; i++) {
		module = module_get(*state, files[i]);
		assert_int_equal(find(module, "store_open", &function), 1);
		assert_string_equal(function.name, "store_open");
		assert_int_equal(function.address, wanted);
		assert_int_equal(find(module, "store_gone", NULL), 0);
		assert_int_equal(find(module, "*@*", NULL), 0);
		module_free(&module);
	}
}

static void all_names_of_an_address_are_listed_in_order(void **state)
{
	struct module *module = module_get(*state, "shapes");
	const struct function *functions;
	size_t count, names = 0;

	assert_int_equal(module_functions(module, &functions, &count), 0);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			assert_true(functions[i - 1].address < functions[i].address ||
				    (functions[i - 1].address == functions[i].address &&
				     strcmp(functions[i - 1].name, functions[i].name) < 0));
		names += !strcmp(functions[i].name, "shape_alias") || !strcmp(functions[i].name, "shape_outer");
		assert_non_null(functions[i].display);
	}
	assert_int_equal(names, 2);
	module_free(&module);
}

static void data_objects_are_found_by_name(void **state)
{
	struct module *module = module_get(*state, "shapes");
	uint64_t address = 1, size = 1;

	assert_int_equal(module_object(module, "shape_hidden", &address, &size), 0);
	assert_int_equal(address, nm_address(*state, "shapes", "shape_hidden"));
	assert_int_equal(size, 24);
	assert_int_equal(module_object(module, "shape_counter", &address, &size), 0);
	assert_int_equal(size, 4);
	size = 77;
	assert_int_not_equal(module_object(module, "shape_outer", &address, &size), 0);
	assert_int_not_equal(module_object(module, "shape_h", &address, &size), 0);
	assert_int_equal(size, 77);
	module_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported_and_static_functions_are_found),
		cmocka_unit_test(the_file_offset_of_a_position_dependent_program_is_not_its_address),
		cmocka_unit_test(a_resolver_and_its_ifunc_are_two_things),
		cmocka_unit_test(parts_that_are_jumped_to_are_no_functions),
		cmocka_unit_test(a_default_version_wins_and_others_are_left_out),
		cmocka_unit_test(all_names_of_an_address_are_listed_in_order),
		cmocka_unit_test(data_objects_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
