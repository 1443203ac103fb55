/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a module defines functions, asked without reading its symbols: the same as its symbols say. */
#include "support.h"

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "for style in sysv gnu; do cc -O1 -rdynamic -Wl,--hash-style=$style -o \"$DIR/$style\" " SOURCES "shapes.c && "
		      "strip \"$DIR/$style\" || exit 1; done; "
		      "cc -O1 -o \"$DIR/plain\" " SOURCES "shapes.c && cc -O1 -static -o \"$DIR/static\" " SOURCES "shapes.c && "
		      "cp \"$DIR/plain\" \"$DIR/split\" && objcopy --only-keep-debug \"$DIR/plain\" \"$DIR/split.debug\" && "
		      "strip \"$DIR/split\" && (cd \"$DIR\" && objcopy --add-gnu-debuglink=split.debug split) && "
		      "strip -o \"$DIR/bare\" \"$DIR/plain\" && "
		      "cp \"$DIR/bare\" \"$DIR/mini\" && xz -kc \"$DIR/split.debug\" >\"$DIR/packed\" && "
		      "objcopy --add-section .gnu_debugdata=\"$DIR/packed\" \"$DIR/mini\"");
	return 0;
}

static bool holds(const char *dir, const char *file, const char *first, const char *second)
{
	const char *names[] = {first, second};
	struct module *module = module_get(dir, file);
	bool before = module_holds(module, names, second ? 2 : 1);
	const struct function *functions;
	size_t count;

	/* The same when symbols have been read. */
	assert_int_equal(module_functions(module, &functions, &count), 0);
	assert_int_equal(module_holds(module, names, second ? 2 : 1), before);
	module_free(&module);
	return before;
}

static void all_functions_must_be_there(void **state)
{
	static const char *const files[] = {"sysv", "gnu", "plain", "static", "split", "mini"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_true(holds(*state, files[i], "shape_outer", NULL));
		assert_true(holds(*state, files[i], "main", "shape_outer"));
		assert_false(holds(*state, files[i], "shape_outer", "shape_missing"));
		assert_false(holds(*state, files[i], "shape_oute", NULL));
		assert_false(holds(*state, files[i], "hape_outer", NULL));
		assert_false(holds(*state, files[i], "", NULL));
	}
	assert_false(holds(*state, "bare", "shape_outer", NULL));
}

static void local_functions_are_held_where_a_table_names_them(void **state)
{
	assert_true(holds(*state, "plain", "shape_inner", NULL));
	assert_true(holds(*state, "split", "shape_inner", "shape_outer"));
	assert_true(holds(*state, "mini", "shape_inner", "shape_outer"));
	assert_false(holds(*state, "gnu", "shape_inner", NULL));
}

static void objects_and_undefined_functions_are_not_held(void **state)
{
	assert_false(holds(*state, "plain", "shape_counter", NULL));
	assert_false(holds(*state, "gnu", "shape_counter", NULL));
	assert_false(holds(*state, "gnu", "__libc_start_main", NULL));
	assert_false(holds(*state, "sysv", "__libc_start_main", NULL));
}

static void every_function_of_a_large_library_is_held(void **state)
{
	const char *const *files = (const char *const[]){"/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6", NULL};
	const struct function *functions;
	struct module *module, *fresh;
	size_t count;

	(void)state;
	for (; *files; files++) {
		assert_int_equal(module_open(*files, *files, "", &module), 0);
		assert_int_equal(module_functions(module, &functions, &count), 0);
		assert_true(count > 1000);
		assert_int_equal(module_open(*files, *files, "", &fresh), 0);
		for (size_t i = 0; i < count; i++)
			if (functions[i].source == FUNCTION_DYNSYM && !module_holds(fresh, &functions[i].name, 1))
				fail_msg("%s is said not to hold %s", *files, functions[i].name);
		module_free(&fresh);
		module_free(&module);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_functions_must_be_there),
		cmocka_unit_test(local_functions_are_held_where_a_table_names_them),
		cmocka_unit_test(objects_and_undefined_functions_are_not_held),
		cmocka_unit_test(every_function_of_a_large_library_is_held),
	};

	return cmocka_run_group_tests_name("holds", tests, setup, directory_remove);
}
