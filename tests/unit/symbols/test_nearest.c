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

static void the_nearest_name_comes_first(void **state)
{
	struct module *module = module_get(*state, "shapes");
	const char *names[8];

	assert_true(module_nearest(module, "shape_outre", names, 8) >= 1);
	assert_string_equal(names[0], "shape_outer");
	assert_true(module_nearest(module, "shape_iner", names, 8) >= 1);
	assert_string_equal(names[0], "shape_inner");
	assert_int_equal(module_nearest(module, "shape_iner", names, 1), 1);
	assert_string_equal(names[0], "shape_inner");
	module_free(&module);
}

static void cxx_names_are_offered_once_and_without_parameters(void **state)
{
	struct module *module = module_get(*state, "names");
	const char *names[8];

	assert_int_equal(module_nearest(module, "store::addd", names, 8), 1);
	assert_string_equal(names[0], "store::add");
	module_free(&module);
}

static void a_forgotten_namespace_is_forgiven(void **state)
{
	struct module *module = module_get(*state, "names");
	const char *names[8];

	assert_int_equal(module_nearest(module, "quiett", names, 8), 1);
	assert_string_equal(names[0], "store::(anonymous namespace)::quiet");
	module_free(&module);
}

static void stars_at_the_ends_cost_nothing(void **state)
{
	struct module *module = module_get(*state, "shapes");
	const char *names[8];

	assert_int_equal(module_nearest(module, "**shape_innar*", names, 1), 1);
	assert_string_equal(names[0], "shape_inner");
	module_free(&module);
}

static void hopeless_names_are_not_offered(void **state)
{
	struct module *module = module_get(*state, "shapes");
	char long_name[1000];
	const char *names[8];

	memset(long_name, 's', sizeof(long_name));
	long_name[999] = '\0';
	assert_int_equal(module_nearest(module, "completely_different", names, 8), 0);
	assert_int_equal(module_nearest(module, long_name, names, 8), 0);
	assert_int_equal(module_nearest(module, "", names, 8), 0);
	assert_int_equal(module_nearest(module, "*", names, 8), 0);
	assert_int_equal(module_nearest(module, "shape_outre", names, 0), 0);
	module_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_name_comes_first),
		cmocka_unit_test(cxx_names_are_offered_once_and_without_parameters),
		cmocka_unit_test(a_forgotten_namespace_is_forgiven),
		cmocka_unit_test(stars_at_the_ends_cost_nothing),
		cmocka_unit_test(hopeless_names_are_not_offered),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
