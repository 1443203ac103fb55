/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs whose section headers are cut off. */
#include "support.h"

#include <elf.h>
#include <fcntl.h>

/* Cut a file where its section header table begins, and forget the table. */
static void sections_cut(const char *dir, const char *name)
{
	Elf64_Ehdr header;
	char path[256];
	uint64_t end;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &header, sizeof(header), 0), sizeof(header));
	end = header.e_shoff;
	header.e_shoff = header.e_shnum = header.e_shstrndx = 0;
	assert_int_equal(pwrite(fd, &header, sizeof(header), 0), sizeof(header));
	assert_int_equal(ftruncate(fd, (off_t)end), 0);
	close(fd);
}

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "for style in sysv gnu; do "
		      "cc -O1 -rdynamic -Wl,--hash-style=$style -o \"$DIR/$style\" " SOURCES "shapes.c && "
		      "strip -o \"$DIR/$style.cut\" \"$DIR/$style\" || exit 1; done; "
		      "cc -O1 -shared -fPIC -o \"$DIR/versions\" " SOURCES "versions.c -Wl,--version-script=" SOURCES
		      "versions.map && strip -o \"$DIR/versions.cut\" \"$DIR/versions\" && "
		      "g++ -O1 -DTHROWS -o \"$DIR/throws\" " SOURCES "names.cc && "
		      "strip -o \"$DIR/throws.cut\" \"$DIR/throws\"");
	sections_cut(*state, "sysv.cut");
	sections_cut(*state, "gnu.cut");
	sections_cut(*state, "versions.cut");
	sections_cut(*state, "throws.cut");
	return 0;
}

static void dynamic_symbols_are_found_by_either_hash_table(void **state)
{
	static const char *const files[][2] = {{"sysv", "sysv.cut"}, {"gnu", "gnu.cut"}};
	struct function function;
	struct module *module;

	for (size_t i = 0; i < 2; i++) {
		module = module_get(*state, files[i][1]);
		assert_int_equal(find(module, "shape_outer", &function), 1);
		assert_int_equal(function.address, nm_address(*state, files[i][0], "shape_outer"));
		assert_int_equal(function.source, FUNCTION_DYNSYM);
		assert_int_equal(find(module, "shape_inner", NULL), 0);
		module_free(&module);
	}
}

static void versions_are_known_without_sections(void **state)
{
	struct module *module = module_get(*state, "versions.cut");
	struct function function;

	assert_int_equal(find(module, "store_*", &function), 1);
	assert_int_equal(function.address, nm_address(*state, "versions", "open_new"));
	module_free(&module);
}

static void sizes_come_from_the_frame_table_without_sections(void **state)
{
	struct module *module = module_get(*state, "gnu.cut");
	struct function function;

	assert_int_equal(find(module, "shape_unsized", &function), 1);
	assert_int_equal(function.size, 5);
	module_free(&module);
}

static void exceptions_are_seen_without_sections(void **state)
{
	struct module *module = module_get(*state, "throws.cut");

	assert_non_null(module_unwinds(module));
	module_free(&module);
	module = module_get(*state, "gnu.cut");
	assert_null(module_unwinds(module));
	module_free(&module);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dynamic_symbols_are_found_by_either_hash_table),
		cmocka_unit_test(versions_are_known_without_sections),
		cmocka_unit_test(sizes_come_from_the_frame_table_without_sections),
		cmocka_unit_test(exceptions_are_seen_without_sections),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
