/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USDT notes of real files, as readelf reads them, and of broken ones; operands in every form. */
#include "support.h"

#include <elf.h>
#include <fcntl.h>
#include <glob.h>

#include "symbols/usdt.h"
#include "weir/wire.h"

static int setup(void **state)
{
	if (directory_make(state))
		return -1;
	shell(*state, "cc -O1 -g -o \"$DIR/usdt\" tests/targets/usdt.c && strip -o \"$DIR/stripped\" \"$DIR/usdt\" && "
		      "cc -O1 -no-pie -o \"$DIR/static\" -static tests/targets/usdt.c");
	return 0;
}

/* What readelf says of the file, a line a site: name, place, semaphore, operands. */
static FILE *readelf(const char *path)
{
	char *line;
	FILE *pipe;

	assert_true(asprintf(&line, "readelf -n '%s' | awk '/Provider:/ { p = $2 } / Name:/ { n = $2 } "
			     "/Location:/ { gsub(\",\", \"\"); place = $2; semaphore = $6 } "
			     "/Arguments:/ { sub(/ *Arguments: ?/, \"\"); print p \":\" n, place, semaphore, $0 }'", path) > 0);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	free(line);
	return pipe;
}

/* Where the segments say that the address is; ret: 0 where it is nowhere in the file. */
static uint64_t offset_of(const char *path, uint64_t address)
{
	uint64_t offset = 0;
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	int fd = open(path, O_RDONLY);

	assert_int_equal(pread(fd, &header, sizeof(header), 0), sizeof(header));
	for (int i = 0; i < header.e_phnum; i++) {
		assert_int_equal(pread(fd, &segment, sizeof(segment), (off_t)(header.e_phoff + (size_t)i * sizeof(segment))), sizeof(segment));
		if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address < segment.p_vaddr + segment.p_filesz)
			offset = address - segment.p_vaddr + segment.p_offset;
	}
	close(fd);
	return offset;
}

/* Returns how many sites there are; all are as readelf has them, in its order. */
static size_t compare(const char *path)
{
	const struct usdt_site *sites;
	struct module *module = NULL;
	char name[256], operands[1024];
	unsigned long long place, semaphore;
	FILE *truth = readelf(path);
	size_t count, i = 0;

	assert_int_equal(module_open(path, path, "", &module), 0);
	assert_int_equal(module_usdt(module, &sites, &count), 0);
	while (fscanf(truth, "%255s %llx %llx%1023[^\n]", name, &place, &semaphore, operands) >= 3) {
		assert_true(i < count);
		assert_string_equal(sites[i].name, name);
		assert_int_equal(sites[i].address, place);
		assert_int_equal(sites[i].file_offset, offset_of(path, place));
		assert_int_equal(sites[i].semaphore_offset, semaphore ? offset_of(path, semaphore) : 0);
		assert_false(sites[i].semaphore_lost);
		assert_string_equal(sites[i].operands, operands + strspn(operands, " "));
		i++;
		operands[0] = '\0';
	}
	pclose(truth);
	assert_int_equal(i, count);
	module_free(&module);
	return count;
}

static void sites_are_those_that_readelf_shows(void **state)
{
	static const char *const files[] = { "usdt", "stripped", "static" };
	char path[512];

	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", (char *)*state, files[i]);
		assert_true(compare(path) >= 9); /* and the C library's own, in the static one */
	}
}

/* Compiled by others, with <sys/sdt.h>: PostgreSQL is here for its own tests; what else is not here is passed over. */
static void so_are_those_of_the_machines_programs(void **state)
{
	static const char *const patterns[] = { "/usr/lib/postgresql/*/bin/postgres", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/bin/python3.[0-9][0-9]" };
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t files;

		if (!glob(patterns[i], 0, NULL, &files)) {
			for (size_t k = 0; k < files.gl_pathc; k++)
				found += compare(files.gl_pathv[k]);
			globfree(&files);
		}
	}
	assert_true(found > 50);
}

static struct usdt_operand one(const char *text)
{
	struct usdt_operand operands[USDT_OPERANDS_MAX];

	assert_int_equal(usdt_operands_parse(text, operands), 1);
	assert_ptr_equal(operands[0].text, text);
	assert_int_equal(operands[0].text_length, strlen(text));
	return operands[0];
}

static void check_constant(const char *text, unsigned size, bool is_signed, int64_t value)
{
	struct usdt_operand o = one(text);

	assert_int_equal(o.kind, USDT_CONSTANT);
	assert_int_equal(o.size, size);
	assert_int_equal(o.is_signed, is_signed);
	assert_int_equal(o.value, value);
}

static void check_register(const char *text, unsigned size, bool is_signed, unsigned number, bool high)
{
	struct usdt_operand o = one(text);

	assert_int_equal(o.kind, USDT_REGISTER);
	assert_int_equal(o.size, size);
	assert_int_equal(o.is_signed, is_signed);
	assert_int_equal(o.base, number);
	assert_int_equal(o.high_byte, high);
}

static void check_memory(const char *text, unsigned base, unsigned index, unsigned scale, int64_t value)
{
	struct usdt_operand o = one(text);

	assert_int_equal(o.kind, USDT_MEMORY);
	assert_int_equal(o.base, base);
	assert_int_equal(o.index, index);
	assert_int_equal(o.scale, scale);
	assert_int_equal(o.value, value);
	assert_null(o.symbol);
}

static void check_object(const char *text, const char *name, int64_t value)
{
	struct usdt_operand o = one(text);

	assert_int_equal(o.kind, USDT_MEMORY);
	assert_int_equal(o.base, WEIR_MACHINE_REGISTERS);
	assert_int_equal(o.symbol_length, strlen(name));
	assert_memory_equal(o.symbol, name, strlen(name));
	assert_int_equal(o.value, value);
}

static void every_form_of_an_operand_is_read(void **state)
{
	const unsigned none = WEIR_MACHINE_REGISTERS;

	(void)state;
	check_constant("4@$0", 4, false, 0);
	check_constant("-4@$-7", 4, true, -7);
	check_constant("8@$0xffffffffffffffff", 8, false, -1);
	check_constant("$5", 8, false, 5);
	check_register("8@%rax", 8, false, WEIR_RAX, false);
	check_register("-4@%edx", 4, true, WEIR_RDX, false);
	check_register("-4@%r13d", 4, true, WEIR_R13, false);
	check_register("2@%si", 2, false, WEIR_RSI, false);
	check_register("1@%dil", 1, false, WEIR_RDI, false);
	check_register("1@%r8b", 1, false, WEIR_R8, false);
	check_register("2@%r9w", 2, false, WEIR_R9, false);
	check_register("1@%bh", 1, false, WEIR_RBX, true);
	check_register("8@%ebp", 4, false, WEIR_RBP, false);
	check_register("%rsp", 8, false, WEIR_RSP, false);
	check_memory("8@-16(%rbp)", WEIR_RBP, none, 1, -16);
	check_memory("4@(%r12)", WEIR_R12, none, 1, 0);
	check_memory("-4@0x10(%rax,%rbx,8)", WEIR_RAX, WEIR_RBX, 8, 16);
	check_memory("-4@8+16(%rax)", WEIR_RAX, none, 1, 24);
	check_memory("-4@-8+-16(%rax)", WEIR_RAX, none, 1, -24);
	check_memory("8@(%rax,%r15)", WEIR_RAX, WEIR_R15, 1, 0);
	check_memory("8@64(,%rcx,4)", none, WEIR_RCX, 4, 64);
	check_object("-4@NBuffers(%rip)", "NBuffers", 0);
	check_object("-4@64+CheckpointStats(%rip)", "CheckpointStats", 64);
	check_object("-4@CheckpointStats+64(%rip)", "CheckpointStats", 64);
	check_object("8@local.5-8(%rip)", "local.5", -8);
	check_object("8@object", "object", 0);
}

static void what_cannot_be_read_says_so(void **state)
{
	static const char *const texts[] = {
		"8f@%xmm0", "8@%xmm0", "8@%fs:8", "8@%fs:(%rax)", "8@x@GOTPCREL(%rip)", "3@%eax", "16@%rax", "8@", "@", "-@", "-8@", "8@%", "8@%rip",
		"8@$", "8@$x", "8@(", "8@()", "8@(%rax", "8@(%eax)", "8@(%rax,%rsp,2)", "8@(%rax,%rbx,3)", "8@(%rax,%rbx,", "8@(,)", "8@8(%rip)",
		"8@a+b(%rip)", "8@-a(%rip)", "8@8", "8@0x(%rax)", "8@99999999999999999999(%rax)", "8@%raxx", "8@%rax)", "8@(%rax))", "8@+", "8@8+",
		"8@0x10000000000000000", "8@sym(%rax)", "-", "8", "%", "$",
	};
	struct usdt_operand operands[USDT_OPERANDS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(usdt_operands_parse(texts[i], operands), 1);
		if (operands[0].kind != USDT_NOTHING)
			fail_msg("%s: taken for one of kind %d", texts[i], operands[0].kind);
	}
}

static void operands_are_kept_apart(void **state)
{
	struct usdt_operand operands[USDT_OPERANDS_MAX];

	(void)state;
	assert_int_equal(usdt_operands_parse("", operands), 0);
	assert_int_equal(usdt_operands_parse("  ", operands), 0);
	assert_int_equal(usdt_operands_parse(" 8@%rax  8f@%xmm1\t-4@$-1 ", operands), 3);
	assert_int_equal(operands[0].kind, USDT_REGISTER);
	assert_int_equal(operands[1].kind, USDT_NOTHING);
	assert_int_equal(operands[2].value, -1);
	assert_int_equal(usdt_operands_parse("1@$1 1@$2 1@$3 1@$4 1@$5 1@$6 1@$7 1@$8", operands), USDT_OPERANDS_MAX);
	assert_int_equal(operands[USDT_OPERANDS_MAX - 1].value, USDT_OPERANDS_MAX);
}

/* ---- files that were moved, or are broken */

struct copy {
	char path[512];
	Elf64_Shdr section;
	off_t header_at; /* of the section's header */
	int fd;
};

static struct copy copy_with(const char *dir, const char *name)
{
	struct copy copy;
	Elf64_Ehdr header;
	Elf64_Shdr strings;
	char text[64], *line;

	snprintf(copy.path, sizeof(copy.path), "%s/copy", dir);
	assert_true(asprintf(&line, "cp \"$DIR/usdt\" '%s'", copy.path) > 0);
	shell(dir, line);
	free(line);
	copy.fd = open(copy.path, O_RDWR);
	assert_true(copy.fd >= 0);
	assert_int_equal(pread(copy.fd, &header, sizeof(header), 0), sizeof(header));
	assert_true(pread(copy.fd, &strings, sizeof(strings), (off_t)(header.e_shoff + header.e_shstrndx * sizeof(strings))) > 0);
	for (unsigned i = 0; i < header.e_shnum; i++) {
		copy.header_at = (off_t)(header.e_shoff + i * sizeof(copy.section));
		assert_true(pread(copy.fd, &copy.section, sizeof(copy.section), copy.header_at) > 0);
		assert_true(pread(copy.fd, text, sizeof(text), (off_t)(strings.sh_offset + copy.section.sh_name)) > 0);
		if (!strncmp(text, name, sizeof(text)))
			return copy;
	}
	fail_msg("there is no section %s", name);
	return copy;
}

static size_t sites_of(struct copy *copy, struct usdt_site *ret_first)
{
	const struct usdt_site *sites;
	struct module *module = NULL;
	size_t count;

	assert_int_equal(module_open(copy->path, copy->path, "", &module), 0);
	assert_int_equal(module_usdt(module, &sites, &count), 0);
	*ret_first = count ? sites[0] : (struct usdt_site){ 0 };
	module_free(&module);
	return count;
}

static void places_move_with_the_base(void **state)
{
	struct copy copy = copy_with(*state, ".stapsdt.base");
	struct usdt_site before, after;
	size_t count = sites_of(&copy, &before);

	copy.section.sh_addr += 16;
	assert_true(pwrite(copy.fd, &copy.section, sizeof(copy.section), copy.header_at) > 0);
	assert_int_equal(sites_of(&copy, &after), count);
	assert_int_equal(after.address, before.address + 16);
	assert_int_equal(after.file_offset, before.file_offset + 16);
	copy.section.sh_addr += 1UL << 40; /* out of the code: no site at all */
	assert_true(pwrite(copy.fd, &copy.section, sizeof(copy.section), copy.header_at) > 0);
	assert_int_equal(sites_of(&copy, &after), 0);
	close(copy.fd);
}

static void a_semaphore_outside_of_the_data_is_lost(void **state)
{
	struct copy copy = copy_with(*state, ".note.stapsdt");
	const struct usdt_site *sites;
	struct module *module = NULL;
	uint64_t nowhere = 1UL << 40;
	size_t count, lost = 0;

	/* The third address of the first note, which has none. */
	assert_int_equal(pwrite(copy.fd, &nowhere, 8, (off_t)copy.section.sh_offset + 12 + 8 + 16), 8);
	assert_int_equal(module_open(copy.path, copy.path, "", &module), 0);
	assert_int_equal(module_usdt(module, &sites, &count), 0);
	for (size_t i = 0; i < count; i++)
		lost += sites[i].semaphore_lost;
	assert_int_equal(lost, 1);
	module_free(&module);
	close(copy.fd);
}

/* Each byte of the notes, set to what breaks lengths and texts, and each cut: never more sites, never a crash. */
static void broken_notes_cost_sites_and_no_more(void **state)
{
	struct copy copy = copy_with(*state, ".note.stapsdt");
	const unsigned char bad[] = { 0x00, 0x01, 0x7f, 0xff };
	struct usdt_site first;
	size_t all = sites_of(&copy, &first);

	for (uint64_t at = 0; at < copy.section.sh_size; at += 3) {
		unsigned char was;

		assert_int_equal(pread(copy.fd, &was, 1, (off_t)(copy.section.sh_offset + at)), 1);
		for (size_t i = 0; i < sizeof(bad); i++) {
			assert_int_equal(pwrite(copy.fd, &bad[i], 1, (off_t)(copy.section.sh_offset + at)), 1);
			assert_true(sites_of(&copy, &first) <= all);
		}
		assert_int_equal(pwrite(copy.fd, &was, 1, (off_t)(copy.section.sh_offset + at)), 1);
	}
	for (uint64_t size = copy.section.sh_size; size > 0; size -= size < 5 ? size : 5) {
		copy.section.sh_size = size;
		assert_true(pwrite(copy.fd, &copy.section, sizeof(copy.section), copy.header_at) > 0);
		assert_true(sites_of(&copy, &first) <= all);
	}
	close(copy.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sites_are_those_that_readelf_shows),
		cmocka_unit_test(so_are_those_of_the_machines_programs),
		cmocka_unit_test(every_form_of_an_operand_is_read),
		cmocka_unit_test(what_cannot_be_read_says_so),
		cmocka_unit_test(operands_are_kept_apart),
		cmocka_unit_test(places_move_with_the_base),
		cmocka_unit_test(a_semaphore_outside_of_the_data_is_lost),
		cmocka_unit_test(broken_notes_cost_sites_and_no_more),
	};

	return cmocka_run_group_tests_name("symbols/usdt", tests, setup, directory_remove);
}
