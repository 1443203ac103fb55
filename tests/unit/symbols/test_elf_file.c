/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>

#include "symbols/elf_file.h"

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "cc -O1 -o \"$DIR/shapes\" " SOURCES "shapes.c -Wl,--build-id=0x00ff1234abcd");
	return 0;
}

/* The shapes program with `size` bytes at `offset` replaced, opened from memory. */
static int open_changed(const char *dir, size_t offset, const void *bytes, size_t size, size_t keep,
			struct elf_file **ret_file, const char **ret_reason)
{
	char path[256], *memory = malloc(1 << 20);
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/shapes", dir);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(memory, 1, 1 << 20, file);
	fclose(file);
	assert_in_range(length, 4096, (1 << 20) - 1);
	memcpy(memory + offset, bytes, size);
	return elf_file_open_memory(memory, keep < length ? keep : length, ret_file, ret_reason);
}

static void an_executable_opens_with_its_build_id(void **state)
{
	struct elf_file *file;
	const char *reason;

	assert_int_equal(open_changed(*state, 0, "", 0, SIZE_MAX, &file, &reason), 0);
	assert_string_equal(file->build_id, "00ff1234abcd");
	assert_non_null(elf_file_section(file, ".text"));
	assert_null(elf_file_section(file, ".bss")); /* it has no bytes in the file */
	assert_null(elf_file_section(file, ".tex"));
	elf_file_free(&file);
	assert_null(file);
	elf_file_free(&file);
}

static void what_cannot_run_here_is_refused_with_a_reason(void **state)
{
	static const struct {
		size_t offset;
		unsigned char byte;
		const char *reason;
	} cases[] = {
		{0, 'x', "it is not an ELF file"},
		{EI_CLASS, ELFCLASS32, "it is a 32-bit file"},
		{EI_CLASS, 9, "its ELF class is not known"},
		{EI_DATA, ELFDATA2MSB, "it is made for another machine than x86-64"},
		{offsetof(Elf64_Ehdr, e_machine), EM_AARCH64, "it is made for another machine than x86-64"},
		{offsetof(Elf64_Ehdr, e_type), ET_REL, "it is an object file that is not yet linked"},
		{offsetof(Elf64_Ehdr, e_type), ET_CORE, "it is a core dump"},
		{offsetof(Elf64_Ehdr, e_type), 9, "it is neither an executable nor a shared object"},
		{offsetof(Elf64_Ehdr, e_phentsize), 8, "its program headers are broken"},
		{offsetof(Elf64_Ehdr, e_phnum) + 1, 0xff, "its program headers are broken"},
		{offsetof(Elf64_Ehdr, e_phoff) + 7, 0xff, "its program headers are broken"},
	};
	struct elf_file *file = NULL;
	const char *reason;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reason = "";
		assert_int_equal(open_changed(*state, cases[i].offset, &cases[i].byte, 1, SIZE_MAX, &file, &reason),
				 -ENOEXEC);
		assert_string_equal(reason, cases[i].reason);
		assert_null(file);
	}
}

static void a_file_cut_within_its_headers_is_refused(void **state)
{
	struct elf_file *file = NULL;
	const char *reason;

	for (size_t keep = 0; keep < sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr); keep++)
		assert_int_equal(open_changed(*state, 0, "", 0, keep, &file, &reason), -ENOEXEC);
	assert_null(file);
}

static void broken_section_headers_count_as_none(void **state)
{
	uint64_t far = UINT64_MAX - 100;
	uint16_t index = 0xfffe;
	struct elf_file *file;
	const char *reason;

	assert_int_equal(open_changed(*state, offsetof(Elf64_Ehdr, e_shoff), &far, 8, SIZE_MAX, &file, &reason), 0);
	assert_null(file->sections);
	assert_string_equal(file->build_id, "00ff1234abcd"); /* from the program headers */
	elf_file_free(&file);
	assert_int_equal(open_changed(*state, offsetof(Elf64_Ehdr, e_shstrndx), &index, 2, SIZE_MAX, &file, &reason),
			 0);
	assert_null(file->sections);
	elf_file_free(&file);
}

static void reads_past_the_end_fail_and_leave_the_result(void **state)
{
	struct elf_file *file;
	const char *reason;
	char *bytes = NULL, byte;

	assert_int_equal(open_changed(*state, 0, "", 0, SIZE_MAX, &file, &reason), 0);
	assert_int_equal(elf_file_read(file, file->size, &byte, 1), -ENODATA);
	assert_int_equal(elf_file_read(file, UINT64_MAX, &byte, 1), -ENODATA);
	assert_int_equal(elf_file_load(file, 1, file->size, &bytes), -ENODATA);
	assert_int_equal(elf_file_load(file, 1, UINT64_MAX, &bytes), -ENODATA);
	assert_null(bytes);
	assert_int_equal(elf_file_load(file, 1, 3, &bytes), 0);
	assert_string_equal(bytes, "ELF");
	free(bytes);
	elf_file_free(&file);
}

static void a_directory_is_no_file(void **state)
{
	struct elf_file *file = NULL;
	const char *reason;

	assert_int_equal(elf_file_open_fd(open(*state, O_RDONLY), &file, &reason), -ENOEXEC);
	assert_string_equal(reason, "it is not a regular file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_executable_opens_with_its_build_id),
		cmocka_unit_test(what_cannot_run_here_is_refused_with_a_reason),
		cmocka_unit_test(a_file_cut_within_its_headers_is_refused),
		cmocka_unit_test(broken_section_headers_count_as_none),
		cmocka_unit_test(reads_past_the_end_fail_and_leave_the_result),
		cmocka_unit_test(a_directory_is_no_file),
	};

	return cmocka_run_group_tests(tests, setup, directory_remove);
}
