/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

enum {
	NOT_FOUND = 99,
};

/*
 * DIR/bin/{linked,plain,other}: stripped, with and without .gnu_debuglink. Each test places the debug
 * file where it is to be found, in DIR or in a root below it, and takes it away.
 */
static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "mkdir -p \"$DIR/bin/.debug\" \"$DIR/root/app\"; "
		      "cc -O1 -g -Wl,--build-id=0xabcdef0123 -o \"$DIR/full\" " SOURCES "shapes.c && "
		      "objcopy --only-keep-debug \"$DIR/full\" \"$DIR/shapes.debug\" && "
		      "strip -o \"$DIR/bin/plain\" \"$DIR/full\" && "
		      "objcopy --add-gnu-debuglink=\"$DIR/shapes.debug\" \"$DIR/bin/plain\" \"$DIR/bin/linked\"");
	return 0;
}

/* enum function_source of the static function, or NOT_FOUND where it is not found. */
static int inner_source(const char *dir, const char *name, const char *root)
{
	struct function function;
	struct module *module;
	size_t count;

	assert_int_equal(open_quietly(dir, name, root, &module), 0);
	count = find(module, "shape_inner", &function);
	module_free(&module);
	if (count == 0)
		return NOT_FOUND;
	assert_int_equal(function.address, nm_address(dir, "full", "shape_inner"));
	assert_true(function.file_offset > 0);
	return (int)function.source;
}

static void a_stripped_program_has_lost_its_static_names(void **state)
{
	assert_int_equal(inner_source(*state, "bin/plain", ""), NOT_FOUND);
	assert_int_equal(inner_source(*state, "bin/linked", ""), NOT_FOUND);
}

static void a_debug_file_beside_the_program_is_found(void **state)
{
	shell(*state, "cp \"$DIR/shapes.debug\" \"$DIR/bin/\"");
	assert_int_equal(inner_source(*state, "bin/linked", ""), FUNCTION_DEBUG);
	assert_int_equal(inner_source(*state, "bin/plain", ""), NOT_FOUND);
	shell(*state, "mv \"$DIR/bin/shapes.debug\" \"$DIR/bin/.debug/\"");
	assert_int_equal(inner_source(*state, "bin/linked", ""), FUNCTION_DEBUG);
	shell(*state, "rm \"$DIR/bin/.debug/shapes.debug\"");
}

static void a_debug_file_with_another_checksum_is_not_taken(void **state)
{
	shell(*state, "cp \"$DIR/shapes.debug\" \"$DIR/bin/\" && printf x >>\"$DIR/bin/shapes.debug\"");
	assert_int_equal(inner_source(*state, "bin/linked", ""), NOT_FOUND);
	shell(*state, "rm \"$DIR/bin/shapes.debug\"");
}

static void a_build_id_finds_the_debug_file_in_the_root(void **state)
{
	char root[256];

	snprintf(root, sizeof(root), "%s/root", (char *)*state);
	shell(*state, "mkdir -p \"$DIR/root/usr/lib/debug/.build-id/ab\" && "
		      "cp \"$DIR/shapes.debug\" \"$DIR/root/usr/lib/debug/.build-id/ab/cdef0123.debug\"");
	assert_int_equal(inner_source(*state, "bin/plain", root), FUNCTION_DEBUG);
	assert_int_equal(inner_source(*state, "bin/plain", ""), NOT_FOUND);
	shell(*state, "rm -r \"$DIR/root/usr\"");
}

static void a_debug_file_with_another_build_id_is_not_taken(void **state)
{
	char root[256];

	snprintf(root, sizeof(root), "%s/root", (char *)*state);
	shell(*state, "mkdir -p \"$DIR/root/usr/lib/debug/.build-id/ab\" && "
		      "cc -O1 -g -Wl,--build-id=0xabcdef0124 -o \"$DIR/root/usr/lib/debug/.build-id/ab/cdef0123.debug\" "
		      SOURCES "shapes.c");
	assert_int_equal(inner_source(*state, "bin/plain", root), NOT_FOUND);
	shell(*state, "rm -r \"$DIR/root/usr\"");
}

/* An absolute link in a container means the container's file. */
static void links_are_resolved_within_the_root(void **state)
{
	char root[256];

	snprintf(root, sizeof(root), "%s/root", (char *)*state);
	shell(*state, "mkdir -p \"$DIR/root/usr/lib/debug/.build-id/ab\" \"$DIR/root/elsewhere\" && "
		      "cp \"$DIR/shapes.debug\" \"$DIR/root/elsewhere/\" && "
		      "ln -s /elsewhere/shapes.debug \"$DIR/root/usr/lib/debug/.build-id/ab/cdef0123.debug\"");
	assert_int_equal(inner_source(*state, "bin/plain", root), FUNCTION_DEBUG);
	shell(*state, "ln -sf \"$DIR/shapes.debug\" \"$DIR/root/usr/lib/debug/.build-id/ab/cdef0123.debug\"");
	assert_int_equal(inner_source(*state, "bin/plain", root), NOT_FOUND);
	shell(*state, "rm -r \"$DIR/root/usr\" \"$DIR/root/elsewhere\"");
}

static void a_pipe_in_place_of_a_debug_file_does_not_hold_us_up(void **state)
{
	shell(*state, "mkfifo \"$DIR/bin/shapes.debug\"");
	assert_int_equal(inner_source(*state, "bin/linked", ""), NOT_FOUND);
	shell(*state, "rm \"$DIR/bin/shapes.debug\"");
}

static void packed_names_are_read(void **state)
{
	shell(*state, "objcopy -S -K shape_inner \"$DIR/full\" \"$DIR/mini\" && xz -k \"$DIR/mini\" && "
		      "objcopy --add-section .gnu_debugdata=\"$DIR/mini.xz\" \"$DIR/bin/plain\" \"$DIR/bin/packed\"");
	assert_int_equal(inner_source(*state, "bin/packed", ""), FUNCTION_MINI_DEBUG);
}

static void broken_packed_names_are_left_alone(void **state)
{
	shell(*state, "objcopy -S -K shape_inner \"$DIR/full\" \"$DIR/cut\" && xz \"$DIR/cut\" && "
		      "head -c 200 \"$DIR/cut.xz\" >\"$DIR/cut\" && "
		      "objcopy --add-section .gnu_debugdata=\"$DIR/cut\" \"$DIR/bin/plain\" \"$DIR/bin/cut\" && "
		      "head -c 300M /dev/zero | xz -0 >\"$DIR/bomb\" && "
		      "objcopy --add-section .gnu_debugdata=\"$DIR/bomb\" \"$DIR/bin/plain\" \"$DIR/bin/bomb\"");
	assert_int_equal(inner_source(*state, "bin/cut", ""), NOT_FOUND);
	assert_int_equal(inner_source(*state, "bin/bomb", ""), NOT_FOUND);
}

static void a_debug_file_itself_is_no_module(void **state)
{
	struct module *module = NULL;

	assert_int_not_equal(open_quietly(*state, "shapes.debug", "", &module), 0);
	assert_null(module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stripped_program_has_lost_its_static_names),
		cmocka_unit_test(a_debug_file_beside_the_program_is_found),
		cmocka_unit_test(a_debug_file_with_another_checksum_is_not_taken),
		cmocka_unit_test(a_build_id_finds_the_debug_file_in_the_root),
		cmocka_unit_test(a_debug_file_with_another_build_id_is_not_taken),
		cmocka_unit_test(links_are_resolved_within_the_root),
		cmocka_unit_test(a_pipe_in_place_of_a_debug_file_does_not_hold_us_up),
		cmocka_unit_test(packed_names_are_read),
		cmocka_unit_test(broken_packed_names_are_left_alone),
		cmocka_unit_test(a_debug_file_itself_is_no_module),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
