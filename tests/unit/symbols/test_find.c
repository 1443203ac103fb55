/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "cc -O1 -o \"$DIR/shapes\" " SOURCES "shapes.c && "
		      "g++ -O1 -fno-exceptions -o \"$DIR/names\" " SOURCES "names.cc");
	return 0;
}

static void a_glob_matches_mangled_and_demangled_names(void **state)
{
	struct module *module = module_get(*state, "names");
	struct function function;

	assert_int_equal(find(module, "_ZN5store3addEi", &function), 1);
	assert_string_equal(function.display, "store::add(int)");
	assert_string_equal(function.name, "_ZN5store3addEi");
	assert_int_equal(find(module, "_ZN5store3add*", NULL), 2);
	assert_int_equal(find(module, "store::add(int)", NULL), 1);
	assert_int_equal(find(module, "store::*", NULL), 4);
	assert_int_equal(find(module, "*::quiet*", NULL), 1);
	assert_int_equal(find(module, "main", NULL), 1);
	module_free(&module);
}

static void a_name_without_parameters_matches_all_overloads(void **state)
{
	struct module *module = module_get(*state, "names");

	assert_int_equal(find(module, "store::add", NULL), 2);
	assert_int_equal(find(module, "store::Box<int>::get", NULL), 1);
	assert_int_equal(find(module, "store::Box<int>::get() const", NULL), 1);
	assert_int_equal(find(module, "store::(anonymous namespace)::quiet", NULL), 1);
	assert_int_equal(find(module, "store::ad", NULL), 0);
	module_free(&module);
}

static void an_address_is_found_once(void **state)
{
	struct module *module = module_get(*state, "shapes");
	struct function function;

	assert_int_equal(find(module, "shape_alias", NULL), 1);
	assert_int_equal(find(module, "shape_outer", NULL), 1);
	assert_int_equal(find(module, "shape_[ao]*", &function), 1);
	assert_string_equal(function.name, "shape_alias");
	module_free(&module);
}

static void a_raw_address_is_a_function(void **state)
{
	struct module *module = module_get(*state, "shapes");
	uint64_t address = nm_address(*state, "shapes", "shape_unsized");
	struct function function;
	char pattern[32];

	snprintf(pattern, sizeof(pattern), "+0x%llx", (unsigned long long)address);
	assert_int_equal(find(module, pattern, &function), 1);
	assert_string_equal(function.name, "shape_unsized");
	snprintf(pattern, sizeof(pattern), "+0x%llX", (unsigned long long)address + 2);
	assert_int_equal(find(module, pattern, &function), 1);
	assert_int_equal(function.address, address + 2);
	assert_int_equal(function.size, 3);
	assert_int_equal(function.file_offset, address + 2);
	assert_int_equal(strncmp(function.name, "+0x", 3), 0);
	assert_string_equal(function.name, function.display);
	module_free(&module);
}

static void an_address_outside_the_code_is_not_found(void **state)
{
	struct module *module = module_get(*state, "shapes");

	assert_int_equal(find(module, "+0x0", NULL), 0);
	assert_int_equal(find(module, "+0xffffffffffffffff", NULL), 0);
	assert_int_equal(find(module, "+0xfffffffffffffffff", NULL), 0);
	assert_int_equal(find(module, "+0x1000g", NULL), 0);
	assert_int_equal(find(module, "+0x", NULL), 0);
	assert_int_equal(find(module, "", NULL), 0);
	module_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_glob_matches_mangled_and_demangled_names),
		cmocka_unit_test(a_name_without_parameters_matches_all_overloads),
		cmocka_unit_test(an_address_is_found_once),
		cmocka_unit_test(a_raw_address_is_a_function),
		cmocka_unit_test(an_address_outside_the_code_is_not_found),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
