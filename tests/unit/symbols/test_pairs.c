/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of names and functions, in stripped files: relocated, with packed relocations, and where nothing is relocated. */
#include "support.h"

#include <errno.h>

#include "symbols/pairs.h"

static const struct pair_layout layout = { .stride = 32, .name_at = 8, .function_at = 24 };

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "cc -O1 -shared -fPIC -o \"$DIR/library\" " SOURCES "table.c && strip \"$DIR/library\" && "
		      "cc -O1 -DPROGRAM -pie -fPIE -o \"$DIR/pie\" " SOURCES "table.c && strip \"$DIR/pie\" && "
		      "cc -O1 -DPROGRAM -no-pie -fno-pie -o \"$DIR/fixed\" " SOURCES "table.c && strip \"$DIR/fixed\" && "
		      "cc -O1 -DPROGRAM -pie -fPIE -Wl,-z,pack-relative-relocs -o \"$DIR/packed\" " SOURCES "table.c && strip \"$DIR/packed\"");
	return 0;
}

static size_t pairs_of(struct module *module, const char *holding, const struct pair_layout *of, struct pair **ret_pairs)
{
	size_t count = 99;

	*ret_pairs = NULL;
	assert_int_equal(module_pairs(module, holding, "sql ", of, ret_pairs, &count), 0);
	return count;
}

static void a_table_is_found_by_any_of_its_names(void **state)
{
	static const char *const files[] = { "library", "pie", "fixed", "packed" }, *const holding[] = { "first", "second", "last" };
	static const char *const names[] = { "sql first", "sql second/2nd", "sql plus+", "sql last" };

	for (size_t i = 0; i < 4; i++) {
		struct module *module = module_get(*state, files[i]);

		for (size_t k = 0; k < 3; k++) {
			struct pair *pairs;
			uint64_t start, end;

			assert_int_equal(pairs_of(module, holding[k], &layout, &pairs), 4);
			for (size_t n = 0; n < 4; n++) {
				assert_string_equal(pairs[n].names, names[n]);
				assert_int_equal(module_bounds(module, pairs[n].address, &start, &end), 0);
				assert_int_equal(start, pairs[n].address);
				assert_true(n == 0 || pairs[n].address != pairs[n - 1].address);
			}
			free(pairs);
		}
		module_free(&module);
	}
}

static void what_is_no_table_is_not_found(void **state)
{
	const struct pair_layout shifted = { .stride = 32, .name_at = 16, .function_at = 24 }, short_one = { .stride = 16, .name_at = 8 };
	struct module *module = module_get(*state, "library");
	struct pair *pairs;
	size_t count;

	assert_int_equal(pairs_of(module, "absent", &layout, &pairs), 0);
	assert_int_equal(pairs_of(module, "firs", &layout, &pairs), 0);
	assert_int_equal(pairs_of(module, "alone", &layout, &pairs), 0);    /* one entry */
	assert_int_equal(pairs_of(module, "data", &layout, &pairs), 0);     /* no functions beside it */
	assert_int_equal(pairs_of(module, "first", &shifted, &pairs), 0);
	assert_int_equal(pairs_of(module, "first", &short_one, &pairs), 0);
	assert_int_equal(module_pairs(module, "", "", &layout, &pairs, &count), -EINVAL);
	module_free(&module);
}

static void many_names_of_one_function_end_in_dots(void **state)
{
	struct module *module = module_get(*state, "library");
	struct pair *pairs;

	assert_int_equal(pairs_of(module, "alias_1", &layout, &pairs), 1);
	assert_string_equal(pairs[0].names, "sql alias_1/alias_2/alias_3/alias_4/alias_5/...");
	free(pairs);
	module_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_found_by_any_of_its_names),
		cmocka_unit_test(what_is_no_table_is_not_found),
		cmocka_unit_test(many_names_of_one_function_end_in_dots),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
