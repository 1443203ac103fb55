/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "cc -O1 -o \"$DIR/shapes\" " SOURCES "shapes.c && strip -o \"$DIR/stripped\" \"$DIR/shapes\" && "
		      "objcopy -R .eh_frame -R .eh_frame_hdr \"$DIR/shapes\" \"$DIR/frameless\"");
	return 0;
}

static void bounds_hold_each_address_of_a_function(void **state)
{
	struct module *module = module_get(*state, "stripped");
	uint64_t wanted = nm_address(*state, "shapes", "shape_unsized"), start, end;

	for (uint64_t at = wanted; at < wanted + 5; at++) {
		assert_int_equal(module_bounds(module, at, &start, &end), 0);
		assert_int_equal(start, wanted);
		assert_int_equal(end, wanted + 5);
	}
	module_free(&module);
}

static void addresses_between_functions_have_no_bounds(void **state)
{
	struct module *module = module_get(*state, "stripped");
	uint64_t cold = nm_address(*state, "shapes", "shape_unsized.cold"), start = 7, end = 7;

	assert_int_not_equal(module_bounds(module, cold, &start, &end), 0);
	assert_int_not_equal(module_bounds(module, 0, &start, &end), 0);
	assert_int_not_equal(module_bounds(module, UINT64_MAX, &start, &end), 0);
	assert_int_equal(start, 7);
	assert_int_equal(end, 7);
	module_free(&module);
}

static void a_symbol_without_size_takes_it_from_the_frame_table(void **state)
{
	struct module *module = module_get(*state, "shapes");
	struct function function;

	assert_int_equal(find(module, "shape_unsized", &function), 1);
	assert_int_equal(function.size, 5);
	module_free(&module);
}

static void without_a_frame_table_the_size_is_not_known(void **state)
{
	struct module *module = module_get(*state, "frameless");
	struct function function;
	uint64_t start, end;

	assert_int_equal(find(module, "shape_unsized", &function), 1);
	assert_int_equal(function.size, 0);
	assert_int_not_equal(module_bounds(module, function.address, &start, &end), 0);
	module_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_hold_each_address_of_a_function),
		cmocka_unit_test(addresses_between_functions_have_no_bounds),
		cmocka_unit_test(a_symbol_without_size_takes_it_from_the_frame_table),
		cmocka_unit_test(without_a_frame_table_the_size_is_not_known),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
