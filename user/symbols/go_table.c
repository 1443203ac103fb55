/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/go_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"

/* Offsets within a function's record (runtime._func) of 4-byte numbers, by the width of its address in front. */
enum {
	RECORD_NAME = 0,
	RECORD_STACK = 12, /* pcsp: where its table of stack depths begins */
	RECORD_BYTES = 16,
};

struct go_reader {
	struct symbols *symbols;
	const struct elf_file *main;
	struct go_table table;
	char *bytes;          /* the table, without the names since Go 1.16 */
	uint64_t skipped;     /* bytes at the start of the table that are not in `bytes` */
	const char *names;    /* NUL-terminated as a whole; owned by `symbols` */
	uint64_t names_size;
	uint64_t name_bytes_left;
	uint64_t text_start;  /* 0 before Go 1.18, whose addresses are whole */
	uint64_t reached;     /* where the function before ended */
	size_t known;         /* functions of other tables, which come first and are sorted */
	const Elf64_Phdr *segment; /* of the last function */
};

/* ---- bytes --------------------------------------------------------------------------------------- */

/* A number of `width` bytes at `at` within the table; false where it is not in there. */
static bool number_read(const struct go_reader *reader, uint64_t at, size_t width, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (at < reader->skipped || at > reader->table.size || width > reader->table.size - at)
		return false;
	memcpy(&number, reader->bytes + (at - reader->skipped), width);
	*ret_number = number;
	return true;
}

/* Base 128, lowest digits first; src/runtime/symtab.go, readvarint(). */
static bool varint_read(const struct go_reader *reader, uint64_t *at, uint32_t *ret_number)
{
	uint32_t number = 0;
	uint64_t byte;

	for (unsigned int shift = 0; shift < 32; shift += 7) {
		if (!number_read(reader, (*at)++, 1, &byte))
			return false;
		number |= (uint32_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_number = number;
			return true;
		}
	}
	return false;
}

/*
 * The table of stack depths is a list of (change, bytes of code) that ends with a change of 0 behind the first entry
 * and covers the function exactly, while the next function begins behind padding. Each entry covers a byte at least,
 * so that no table keeps this longer than the code is long. Returns `room` where the table cannot be followed.
 */
static uint64_t code_size(const struct go_reader *reader, uint64_t offset, uint64_t room)
{
	uint64_t at = reader->table.pc_values + offset, size = 0;
	uint32_t change, bytes;

	if (offset == 0)
		return room;
	for (;;) {
		if (!varint_read(reader, &at, &change))
			return room;
		if (change == 0 && size > 0)
			return size;
		if (!varint_read(reader, &at, &bytes) || bytes == 0 || bytes > room - size)
			return room;
		size += bytes;
	}
}

/* ---- functions ----------------------------------------------------------------------------------- */

static size_t address_width(const struct go_reader *reader)
{
	return reader->table.format >= GO_FORMAT_1_18 ? sizeof(uint32_t) : sizeof(uint64_t);
}

/* The address of function `index`; the one behind the last is where the last one ends. */
static bool address_read(const struct go_reader *reader, uint64_t index, uint64_t *ret_address)
{
	size_t width = address_width(reader);
	uint64_t address;

	if (!number_read(reader, reader->table.index + 2 * width * index, width, &address))
		return false;
	*ret_address = reader->text_start + address;
	return true;
}

/*
 * Marks and data that the linker lists among the functions: the build id in front of the text, and the bounds of
 * what a self-test covers (cmd/link/internal/ld, textbuildid() and fips140.go).
 */
static bool name_is_mark(const char *name)
{
	static const char *const marks[] = {"go.buildid", "go:buildid", "go:textfipsstart", "go:textfipsend"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!strcmp(name, marks[i]))
			return true;
	}
	return false;
}

static const char *name_read(struct go_reader *reader, uint64_t offset)
{
	const char *name;
	size_t length;

	if (offset >= reader->names_size)
		return NULL;
	name = reader->names + offset;
	length = strnlen(name, SYMBOL_NAME_MAX + 1);
	if (length == 0 || length > SYMBOL_NAME_MAX || name_is_mark(name))
		return NULL;
	if (length > reader->name_bytes_left) {
		reader->symbols->cut = true;
		return NULL;
	}
	reader->name_bytes_left -= length;
	return name;
}

static bool address_is_known(const struct go_reader *reader, uint64_t address)
{
	const struct function *functions = reader->symbols->functions;
	size_t low = 0, high = reader->known, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (functions[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < reader->known && functions[low].address == address;
}

/* The executable segment that holds `address`, mostly that of the function before. */
static const Elf64_Phdr *segment_find(struct go_reader *reader, uint64_t address)
{
	const Elf64_Phdr *segment = reader->segment;

	if (!segment || address < segment->p_vaddr || address - segment->p_vaddr >= segment->p_filesz)
		segment = elf_file_loaded(reader->main, address, PF_X);
	if (segment)
		reader->segment = segment;
	return segment;
}

static int function_append(struct go_reader *reader, const struct function *function)
{
	struct symbols *symbols = reader->symbols;

	if (symbols->functions_count == SYMBOLS_MAX) {
		symbols->cut = true;
		return 0;
	}
	if (VEC_RESERVE(symbols->functions, symbols->functions_count, symbols->functions_capacity))
		return -ENOMEM;
	symbols->functions[symbols->functions_count++] = *function;
	return 0;
}

/* Where the record of function `index` begins, behind its address. */
static bool record_find(const struct go_reader *reader, uint64_t index, uint64_t *ret_at)
{
	const struct go_table *table = &reader->table;
	size_t width = address_width(reader);
	uint64_t room = table->size - table->records, offset;

	if (!number_read(reader, table->index + 2 * width * index + width, width, &offset) || offset > room ||
	    RECORD_BYTES + width > room - offset)
		return false;
	*ret_at = table->records + offset + width;
	return true;
}

/* The linker sorts them; one that begins within another would be read from bytes that were paid for before. */
static int function_add(struct go_reader *reader, uint64_t index)
{
	uint64_t start, end, at, name_offset, stack_offset, room;
	struct function function = {.source = FUNCTION_GO};
	const Elf64_Phdr *segment;

	if (!address_read(reader, index, &start) || !address_read(reader, index + 1, &end) || start >= end ||
	    start < reader->reached)
		return 0;
	reader->reached = end;
	segment = segment_find(reader, start);
	if (!segment || address_is_known(reader, start) || !record_find(reader, index, &at) ||
	    !number_read(reader, at + RECORD_NAME, 4, &name_offset) ||
	    !number_read(reader, at + RECORD_STACK, 4, &stack_offset))
		return 0;
	function.name = name_read(reader, name_offset);
	if (!function.name)
		return 0;
	room = segment->p_vaddr + segment->p_filesz - start;
	function.address = start;
	function.size = code_size(reader, stack_offset, end - start < room ? end - start : room);
	function.file_offset = segment->p_offset + (start - segment->p_vaddr);
	return function_append(reader, &function);
}

/* ---- the table ----------------------------------------------------------------------------------- */

/* `symbols` takes over the names; all else of the table, which is four times as much, is freed with the reader. */
static int names_keep(struct go_reader *reader, char *names, uint64_t size)
{
	struct symbols *symbols = reader->symbols;

	if (VEC_RESERVE(symbols->strings, symbols->strings_count, symbols->strings_capacity)) {
		free(names);
		return -ENOMEM;
	}
	symbols->strings[symbols->strings_count++] = names;
	reader->names = names;
	reader->names_size = size;
	reader->name_bytes_left = SYMBOLS_NAMES_PER_BYTE * size + SYMBOL_NAME_MAX;
	return 0;
}

static int table_load(struct go_reader *reader, const struct go_relocations *relocations)
{
	struct go_table *table = &reader->table;
	uint64_t names_size = table->names_end - table->names;
	char *names;
	int err;

	err = elf_file_load(reader->main, table->file_offset + table->names, names_size, &names);
	if (!err)
		err = names_keep(reader, names, names_size);
	if (err)
		return err;
	reader->skipped = table->format == GO_FORMAT_1_2 ? 0 : table->pc_values;
	if (reader->skipped > table->index)
		return -EINVAL;
	err = elf_file_load(reader->main, table->file_offset + reader->skipped, table->size - reader->skipped,
			    &reader->bytes);
	if (err)
		return err;
	go_relocations_apply(relocations, table->address + reader->skipped, reader->bytes,
			     table->size - reader->skipped);
	return table->format >= GO_FORMAT_1_18
		       ? go_text_start(reader->main, table, relocations, &reader->text_start)
		       : 0;
}

static int compare_addresses(const void *left, const void *right)
{
	const struct function *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

int symbols_add_go(struct symbols *symbols, const struct elf_file *main)
{
	_cleanup_(go_relocations_free) struct go_relocations relocations = {0};
	struct go_reader reader = {.symbols = symbols, .main = main};
	_cleanup_free_ char *bytes = NULL;
	int err;

	err = go_table_find(main, &reader.table);
	if (!err)
		err = go_relocations_read(main, &relocations);
	if (err)
		return err;
	err = table_load(&reader, &relocations);
	bytes = reader.bytes;
	if (err)
		return err == -ENOENT ? -EINVAL : err;
	reader.known = symbols->functions_count;
	if (reader.known)
		qsort(symbols->functions, reader.known, sizeof(*symbols->functions), compare_addresses);
	for (uint64_t i = 0; i < reader.table.count && !err; i++)
		err = function_add(&reader, i);
	return err;
}
