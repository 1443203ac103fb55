/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <fcntl.h>

#include "symbols/go_runtime.h"

#define BUILD "cc -nostdlib -static -x assembler-with-cpp " SOURCES "go_table.S "
#define BUILD_PIE \
	"cc -nostdlib -static-pie -DWRITABLE -DTABLE=.data.rel.ro -x assembler-with-cpp " SOURCES "go_table.S "

enum { TABLE_MAX_BYTES = 4096, FILE_MAX_BYTES = 1 << 16 };

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state,
	      "for f in 12 116 118 120; do " BUILD "-DFORMAT=$f -o \"$DIR/whole$f\" && "
	      "strip -s -o \"$DIR/stripped$f\" \"$DIR/whole$f\" || exit 1; done; "
	      "strip -N 'main.two' -o \"$DIR/partly\" \"$DIR/whole120\" && "
	      "objcopy --rename-section .gopclntab=.other \"$DIR/stripped120\" \"$DIR/renamed\" && "
	      BUILD "-DTEXT_START=0 -s -o \"$DIR/nostart\" && "
	      BUILD_PIE "-s -o \"$DIR/pie\" && "
	      BUILD_PIE "-DFORMAT=116 -s -o \"$DIR/pie116\" && "
	      BUILD_PIE "-DTEXT_START=0 -s -o \"$DIR/pienostart\" && "
	      "objcopy -O binary --only-section=.data \"$DIR/pienostart\" \"$DIR/data\" && "
	      "head -c $(stat -c %s \"$DIR/data\") /dev/zero >\"$DIR/zeroes\" && "
	      "objcopy --update-section .data=\"$DIR/zeroes\" \"$DIR/pienostart\" \"$DIR/relocated\" && "
	      BUILD "-DPOINTED -s -o \"$DIR/pointed\" && "
	      BUILD "'-DVERSION=\"go1.24.4 X:boringcrypto\"' -DVERSION_LENGTH=24 -s -o \"$DIR/experiment\" && "
	      BUILD "'-DVERSION=\"devel +0a1b2c3\"' -DVERSION_LENGTH=14 -s -o \"$DIR/devel\" && "
	      BUILD "'-DVERSION=\"go1.20\"' -DVERSION_LENGTH=200 -s -o \"$DIR/toolong\" && "
	      "cc -o \"$DIR/plain\" " SOURCES "shapes.c");
	return 0;
}

/* The three functions of go_table.S, in order; sizes as `.size` there says. */
static void expect_functions(const char *dir, const char *name, enum function_source source)
{
	static const struct {
		const char *name;
		uint64_t size, offset; /* from the first */
	} expected[] = {{"main.one", 3, 0}, {"main.(*T).two[...]", 301, 32}, {"main.three", 2, 32 + 320}};
	struct module *module = module_get(dir, name);
	const struct function *functions;
	uint64_t offset;
	uint8_t first;
	size_t count;

	assert_int_equal(module_functions(module, &functions, &count), 0);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(functions[i].name, expected[i].name);
		assert_string_equal(functions[i].display, expected[i].name);
		assert_int_equal(functions[i].size, expected[i].size);
		assert_int_equal(functions[i].address - functions[0].address, expected[i].offset);
		assert_int_equal(functions[i].source, source);
		assert_int_equal(module_file_offset(module, functions[i].address, &offset), 0);
		assert_int_equal(functions[i].file_offset, offset);
	}
	assert_int_equal(module_code(module, functions[0].address, &first, 1), 1);
	assert_int_equal(first, 0x55);
	module_free(&module);
}

static void each_format_gives_names_and_exact_bounds(void **state)
{
	expect_functions(*state, "stripped12", FUNCTION_GO);
	expect_functions(*state, "stripped116", FUNCTION_GO);
	expect_functions(*state, "stripped118", FUNCTION_GO);
	expect_functions(*state, "stripped120", FUNCTION_GO);
}

static void the_table_is_found_where_no_section_bears_its_name(void **state)
{
	expect_functions(*state, "renamed", FUNCTION_GO);
}

/* Offset of `bytes` in the file; it has to be there. */
static size_t file_search(const char *dir, const char *name, const void *bytes, size_t size, char *ret_content,
			  size_t *ret_size)
{
	_Alignas(8) static char content[FILE_MAX_BYTES];
	char *path, *found;
	ssize_t length;
	int fd;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	length = read(fd, content, sizeof(content));
	assert_true(length > 0 && length < (ssize_t)sizeof(content));
	close(fd);
	free(path);
	found = memmem(content, (size_t)length, bytes, size);
	assert_non_null(found);
	memcpy(ret_content, content, (size_t)length);
	*ret_size = (size_t)length;
	return (size_t)(found - content);
}

static void file_write(const char *dir, const char *name, const char *content, size_t size)
{
	char *path;
	FILE *file;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	free(path);
}

static const char magic120[] = {(char)0xf1, (char)0xff, (char)0xff, (char)0xff, 0, 0, 1, 8};

static void the_table_is_found_without_section_headers(void **state)
{
	char content[FILE_MAX_BYTES];
	size_t size;

	file_search(*state, "stripped120", magic120, sizeof(magic120), content, &size);
	memset(content + 0x28, 0, 8); /* e_shoff */
	memset(content + 0x3c, 0, 4); /* e_shnum, e_shstrndx */
	file_write(*state, "nosections", content, size);
	expect_functions(*state, "nosections", FUNCTION_GO);
}

static void the_text_start_comes_from_the_module_data_where_the_header_has_none(void **state)
{
	expect_functions(*state, "nostart", FUNCTION_GO);
	expect_functions(*state, "pienostart", FUNCTION_GO);
}

static void position_independent_programs_have_their_table_among_data(void **state)
{
	expect_functions(*state, "pie", FUNCTION_GO);
	expect_functions(*state, "pie116", FUNCTION_GO);
}

static void words_that_the_file_leaves_empty_come_from_relocations(void **state)
{
	char content[FILE_MAX_BYTES];
	size_t size, at;

	expect_functions(*state, "relocated", FUNCTION_GO);
	at = file_search(*state, "pie", magic120, sizeof(magic120), content, &size);
	memset(content + at + 24, 0, 8); /* the start of the text */
	file_write(*state, "emptied", content, size);
	expect_functions(*state, "emptied", FUNCTION_GO);
}

static void names_of_the_symbol_table_win_and_no_address_comes_twice(void **state)
{
	struct module *module = module_get(*state, "partly");
	const struct function *functions;
	size_t count, from_go = 0;

	assert_int_equal(module_functions(module, &functions, &count), 0);
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || functions[i].address > functions[i - 1].address);
		if (functions[i].source == FUNCTION_GO) {
			assert_string_equal(functions[i].name, "main.(*T).two[...]");
			from_go++;
		}
	}
	assert_int_equal(count, 4); /* and _start */
	assert_int_equal(from_go, 1);
	module_free(&module);
}

static void a_name_with_brackets_finds_itself(void **state)
{
	struct module *module = module_get(*state, "stripped120");
	struct function function;

	assert_int_equal(find(module, "main.(*T).two[...]", &function), 1);
	assert_int_equal(function.size, 301);
	assert_int_equal(find(module, "main.*", NULL), 3);
	module_free(&module);
}

static void bounds_of_a_go_function_come_from_its_table(void **state)
{
	struct module *module = module_get(*state, "stripped120");
	struct function two;
	uint64_t start, end;

	assert_int_equal(find(module, "main.*two*", &two), 1);
	assert_int_equal(module_bounds(module, two.address + 300, &start, &end), 0);
	assert_int_equal(start, two.address);
	assert_int_equal(end, two.address + 301);
	assert_int_equal(module_bounds(module, two.address + 301, &start, &end), -ENOENT);
	assert_int_equal(module_bounds(module, two.address - 33, &start, &end), -ENOENT);
	module_free(&module);
}

/* Whatever stands there, functions lie in the text, in order, and names end. */
static void broken_table_read(const char *dir)
{
	struct module *module = module_get(dir, "broken");
	const struct function *functions;
	uint64_t offset;
	size_t count;

	assert_int_equal(module_functions(module, &functions, &count), 0);
	assert_true(count <= 4);
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || functions[i].address > functions[i - 1].address);
		assert_int_equal(module_file_offset(module, functions[i].address, &offset), 0);
		assert_true(strlen(functions[i].name) < TABLE_MAX_BYTES);
		assert_true(functions[i].size < 8192);
	}
	module_free(&module);
}

static void any_byte_of_the_table_may_be_wrong(void **state)
{
	static const char values[] = {0, 1, 0x7f, (char)0x80, (char)0xff};
	char content[FILE_MAX_BYTES], kept;
	size_t size, start, table_size = 0x128;

	start = file_search(*state, "stripped120", magic120, sizeof(magic120), content, &size);
	for (size_t at = start; at < start + table_size; at++) {
		for (size_t i = 0; i < sizeof(values); i++) {
			kept = content[at];
			content[at] = values[i];
			file_write(*state, "broken", content, size);
			broken_table_read(*state);
			content[at] = kept;
		}
	}
}

static void a_table_that_lies_about_its_count_gives_no_functions(void **state)
{
	char content[FILE_MAX_BYTES];
	struct module *module;
	const struct function *functions;
	size_t size, start, count;

	start = file_search(*state, "stripped120", magic120, sizeof(magic120), content, &size);
	memset(content + start + 8, 0xff, 8);
	file_write(*state, "lying", content, size);
	module = module_get(*state, "lying");
	assert_int_equal(module_functions(module, &functions, &count), 0);
	assert_int_equal(count, 0);
	assert_true(module_is_go(module));
	module_free(&module);
}

static void expect_version(const char *dir, const char *name, const char *version)
{
	struct module *module = module_get(dir, name);

	if (version)
		assert_string_equal(module_go_version(module), version);
	else
		assert_null(module_go_version(module));
	module_free(&module);
}

static void the_version_is_that_of_the_build_information(void **state)
{
	expect_version(*state, "stripped120", "1.20.3");
	expect_version(*state, "nosections", "1.20.3");
	expect_version(*state, "pointed", "1.20.3");
	expect_version(*state, "experiment", "1.24.4");
}

static void what_names_no_release_has_no_version(void **state)
{
	expect_version(*state, "devel", NULL);
	expect_version(*state, "toolong", NULL);
	expect_version(*state, "plain", NULL);
}

static void the_layout_of_a_goroutine_goes_by_the_version(void **state)
{
	struct go_layout layout = {0};

	(void)state;
	assert_int_equal(go_layout_find("1.16", &layout), 0);
	assert_false(layout.g_in_r14);
	assert_int_equal(go_layout_find("1.19.8", &layout), 0);
	assert_true(layout.g_in_r14);
	assert_int_equal(layout.goid, 152);
	assert_int_equal(layout.stack_high, 8);
	assert_int_equal(layout.m, 48);
	assert_int_equal(go_layout_find("1.24rc1", &layout), 0);
	assert_int_equal(layout.goid, 160);
	assert_int_equal(layout.status, 152);
	assert_int_equal(go_layout_find("1.25.1", &layout), 0);
	assert_int_equal(layout.goid, 152);
}

static void a_version_that_was_not_looked_at_has_no_layout(void **state)
{
	struct go_layout layout = {.goid = 7};

	(void)state;
	assert_int_equal(go_layout_find("1.15.15", &layout), -ENOENT);
	assert_int_equal(go_layout_find("1.99", &layout), -ENOENT);
	assert_int_equal(go_layout_find("2.19", &layout), -ENOENT);
	assert_int_equal(go_layout_find("1.", &layout), -ENOENT);
	assert_int_equal(go_layout_find("", &layout), -ENOENT);
	assert_int_equal(layout.goid, 7);
}

/* Where Go is installed: what its table says of a stripped program is what its symbol table said before. */
static void a_real_table_equals_the_symbol_table(void **state)
{
	struct module *whole, *stripped;
	const struct function *symbols, *functions;
	size_t symbols_count, count, at = 0;

	if (system("command -v go >/dev/null 2>&1") != 0) {
		print_message("no go in PATH: only tables made by hand were read\n");
		return;
	}
	shell(*state, "export GOCACHE=\"$DIR/cache\" GOFLAGS= GO111MODULE=off CGO_ENABLED=0 && "
		      "go build -o \"$DIR/real\" tests/targets/go/main.go && "
		      "strip -s -o \"$DIR/bare\" \"$DIR/real\"");
	whole = module_get(*state, "real");
	stripped = module_get(*state, "bare");
	assert_non_null(module_go_version(stripped));
	assert_int_equal(module_functions(whole, &symbols, &symbols_count), 0);
	assert_int_equal(module_functions(stripped, &functions, &count), 0);
	assert_true(count > 1000);
	for (size_t i = 0; i < count; i++) {
		while (at < symbols_count && (symbols[at].address < functions[i].address || symbols[at].size == 0))
			at++;
		assert_true(at < symbols_count);
		assert_int_equal(functions[i].address, symbols[at].address);
		assert_int_equal(functions[i].size, symbols[at].size);
	}
	assert_int_equal(find(stripped, "main.recurse", NULL), 1);
	module_free(&whole);
	module_free(&stripped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_format_gives_names_and_exact_bounds),
		cmocka_unit_test(the_table_is_found_where_no_section_bears_its_name),
		cmocka_unit_test(the_table_is_found_without_section_headers),
		cmocka_unit_test(the_text_start_comes_from_the_module_data_where_the_header_has_none),
		cmocka_unit_test(position_independent_programs_have_their_table_among_data),
		cmocka_unit_test(words_that_the_file_leaves_empty_come_from_relocations),
		cmocka_unit_test(names_of_the_symbol_table_win_and_no_address_comes_twice),
		cmocka_unit_test(a_name_with_brackets_finds_itself),
		cmocka_unit_test(bounds_of_a_go_function_come_from_its_table),
		cmocka_unit_test(any_byte_of_the_table_may_be_wrong),
		cmocka_unit_test(a_table_that_lies_about_its_count_gives_no_functions),
		cmocka_unit_test(the_version_is_that_of_the_build_information),
		cmocka_unit_test(what_names_no_release_has_no_version),
		cmocka_unit_test(the_layout_of_a_goroutine_goes_by_the_version),
		cmocka_unit_test(a_version_that_was_not_looked_at_has_no_layout),
		cmocka_unit_test(a_real_table_equals_the_symbol_table),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
