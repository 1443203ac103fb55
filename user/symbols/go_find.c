/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where Go's tables are in a file, whose linker may have given them no section and left words to be relocated. */
#include "symbols/go_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	SCAN_CHUNK_BYTES = 1 << 20,
	SCAN_SLACK_BYTES = 1 << 20, /* segments may share pages of the file */
	WORD_BYTES = 8,
	HEADER_BYTES = 8 + 8 * WORD_BYTES, /* the longest pcHeader, of Go 1.18 to 1.25 and since */
	MODULE_DATA_NAMES = 1 * WORD_BYTES, /* moduledata.funcnametab */
	MODULE_DATA_TEXT = 22 * WORD_BYTES, /* moduledata.text: the same since Go 1.16 */
	MODULE_DATA_BYTES = 23 * WORD_BYTES,
};

/*
 * The magic number, two zeroes, the smallest instruction (1 byte on x86) and the size of a pointer; pcHeader in
 * src/runtime/symtab.go.
 */
static const uint64_t table_magics[] = {
	[GO_FORMAT_1_2] = 0x08010000fffffffb,
	[GO_FORMAT_1_16] = 0x08010000fffffffa,
	[GO_FORMAT_1_18] = 0x08010000fffffff0,
	[GO_FORMAT_1_20] = 0x08010000fffffff1,
};

enum { TABLE_MAGICS = sizeof(table_magics) / sizeof(table_magics[0]) };

/* ---- scanning ------------------------------------------------------------------------------------ */

static bool chunk_scan(const struct elf_file *file, const struct go_scan *scan, uint64_t address, const char *bytes,
		       uint64_t size)
{
	uint64_t word;

	for (uint64_t at = -address % WORD_BYTES; at + WORD_BYTES <= size; at += WORD_BYTES) {
		memcpy(&word, bytes + at, sizeof(word));
		for (size_t i = 0; i < scan->wanted_count; i++) {
			if (word == scan->wanted[i] && scan->accept(file, address + at, scan->context))
				return true;
		}
	}
	return false;
}

static int segment_scan(const struct elf_file *file, const struct go_scan *scan, uint64_t offset, uint64_t address,
			uint64_t size)
{
	_cleanup_free_ char *chunk = NULL;
	uint64_t part;
	int err;

	chunk = malloc(SCAN_CHUNK_BYTES + WORD_BYTES);
	if (!chunk)
		return -ENOMEM;
	for (uint64_t at = 0; at < size; at += SCAN_CHUNK_BYTES) {
		part = size - at; /* a word that begins in this chunk may end in the next */
		if (part > SCAN_CHUNK_BYTES + WORD_BYTES - 1)
			part = SCAN_CHUNK_BYTES + WORD_BYTES - 1;
		err = elf_file_read(file, offset + at, chunk, part);
		if (err)
			return err;
		if (chunk_scan(file, scan, address + at, chunk, part))
			return 0;
	}
	return -ENOENT;
}

int go_scan_words(const struct elf_file *file, const struct go_scan *scan)
{
	uint64_t budget = file->size + SCAN_SLACK_BYTES, size;
	const Elf64_Phdr *segment;
	int err;

	for (size_t i = 0; i < file->segments_count; i++) {
		segment = &file->segments[i];
		if (segment->p_type != PT_LOAD || segment->p_flags & PF_X ||
		    (segment->p_flags & scan->flags) != scan->flags || segment->p_filesz == 0 ||
		    !elf_file_loaded(file, segment->p_vaddr, 0))
			continue;
		size = segment->p_filesz < scan->limit ? segment->p_filesz : scan->limit;
		if (size > budget)
			return -ENOENT; /* more than a linker would lay out: segments that share their bytes */
		budget -= size;
		err = segment_scan(file, scan, segment->p_offset, segment->p_vaddr, size);
		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

/* ---- relocations --------------------------------------------------------------------------------- */

static int compare_relocations(const void *left, const void *right)
{
	const struct go_relocation *a = left, *b = right;

	return a->place < b->place ? -1 : a->place > b->place;
}

int go_relocations_read(const struct elf_file *file, struct go_relocations *ret_relocations)
{
	struct go_relocations relocations = {0};
	_cleanup_free_ char *bytes = NULL;
	uint64_t offset, size;
	const Elf64_Rela *entries;
	int err;

	*ret_relocations = relocations;
	if (dynamic_relocations(file, &offset, &size) || size < sizeof(*entries))
		return 0;
	err = elf_file_load(file, offset, size, &bytes);
	if (err)
		return err == -ENOMEM ? err : 0;
	entries = (const Elf64_Rela *)(const void *)bytes;
	relocations.items = calloc(size / sizeof(*entries), sizeof(*relocations.items));
	if (!relocations.items)
		return -ENOMEM;
	for (size_t i = 0; i < size / sizeof(*entries); i++) {
		if (ELF64_R_TYPE(entries[i].r_info) == R_X86_64_RELATIVE)
			relocations.items[relocations.count++] = (struct go_relocation){
				.place = entries[i].r_offset,
				.value = (uint64_t)entries[i].r_addend,
			};
	}
	qsort(relocations.items, relocations.count, sizeof(*relocations.items), compare_relocations);
	*ret_relocations = relocations;
	return 0;
}

void go_relocations_free(struct go_relocations *relocations)
{
	free(relocations->items);
	*relocations = (struct go_relocations){0};
}

void go_relocations_apply(const struct go_relocations *relocations, uint64_t address, char *bytes, size_t size)
{
	size_t low = 0, high = relocations->count, middle;
	const struct go_relocation *relocation;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (relocations->items[middle].place < address)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < relocations->count; low++) {
		relocation = &relocations->items[low];
		if (relocation->place - address >= size)
			return;
		if (size - (relocation->place - address) >= WORD_BYTES)
			memcpy(bytes + (relocation->place - address), &relocation->value, WORD_BYTES);
	}
}

/* ---- the table ----------------------------------------------------------------------------------- */

/* The parts of the header that differ between formats. `words` are those behind the magic number. */
static void header_places(const uint64_t *words, uint64_t size, struct go_table *table)
{
	unsigned int first;

	if (table->format == GO_FORMAT_1_2) { /* names and all else by offset from the start */
		table->names_end = size;
		table->index = 2 * WORD_BYTES;
		return;
	}
	first = table->format == GO_FORMAT_1_16 ? 2 : 3; /* behind the counts, and the start of the text */
	table->names = words[first];
	table->names_end = words[first + 1]; /* where the table of compilation units begins */
	table->pc_values = words[first + 3];
	table->index = table->records = words[first + 4];
}

static bool table_is_sound(const struct go_table *table)
{
	uint64_t field = table->format >= GO_FORMAT_1_18 ? sizeof(uint32_t) : WORD_BYTES, index_bytes;

	if (table->count == 0 || table->count > SYMBOLS_MAX)
		return false;
	index_bytes = (2 * table->count + 1) * field;
	return table->names < table->names_end && table->names_end <= table->size &&
	       table->pc_values < table->size && table->index < table->size &&
	       index_bytes <= table->size - table->index;
}

static int table_parse(const struct elf_file *file, uint64_t address, uint64_t offset, uint64_t size,
		       struct go_table *ret_table)
{
	struct go_table table = {.address = address, .file_offset = offset, .size = size};
	uint64_t words[HEADER_BYTES / WORD_BYTES];
	size_t format;
	int err;

	if (size < HEADER_BYTES)
		return -EINVAL;
	err = elf_file_read(file, offset, words, sizeof(words));
	if (err)
		return err;
	for (format = 0; format < TABLE_MAGICS && words[0] != table_magics[format]; format++)
		;
	if (format == TABLE_MAGICS)
		return -EINVAL;
	table.format = (enum go_format)format;
	table.count = words[1];
	header_places(words + 1, size, &table);
	if (!table_is_sound(&table))
		return -EINVAL;
	*ret_table = table;
	return 0;
}

static bool table_accept(const struct elf_file *file, uint64_t address, void *context)
{
	const Elf64_Phdr *segment = elf_file_loaded(file, address, 0);
	uint64_t at;

	if (!segment)
		return false;
	at = address - segment->p_vaddr;
	return !table_parse(file, address, segment->p_offset + at, segment->p_filesz - at, context);
}

int go_table_find(const struct elf_file *file, struct go_table *ret_table)
{
	static const char *const names[] = {".gopclntab", ".data.rel.ro.gopclntab"};
	const struct go_scan scan = {
		.limit = UINT64_MAX,
		.wanted = table_magics,
		.wanted_count = TABLE_MAGICS,
		.accept = table_accept,
		.context = ret_table,
	};
	const Elf64_Shdr *section;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		section = elf_file_section(file, names[i]);
		if (section && !table_parse(file, section->sh_addr, section->sh_offset, section->sh_size, ret_table))
			return 0;
	}
	return go_scan_words(file, &scan);
}

/* ---- the start of the text ----------------------------------------------------------------------- */

struct module_data_search {
	const struct go_table *table;
	const struct go_relocations *relocations;
	uint64_t text_start;
};

/* The linker's record of the module points at the table first, and at its names next. */
static bool module_data_accept(const struct elf_file *file, uint64_t address, void *context)
{
	struct module_data_search *search = context;
	char bytes[MODULE_DATA_BYTES];
	uint64_t offset, table, names, text;

	if (elf_file_offset(file, address, &offset) || elf_file_read(file, offset, bytes, sizeof(bytes)))
		return false;
	go_relocations_apply(search->relocations, address, bytes, sizeof(bytes));
	memcpy(&table, bytes, sizeof(table));
	memcpy(&names, bytes + MODULE_DATA_NAMES, sizeof(names));
	memcpy(&text, bytes + MODULE_DATA_TEXT, sizeof(text));
	if (table != search->table->address || names != table + search->table->names ||
	    !elf_file_loaded(file, text, PF_X))
		return false;
	search->text_start = text;
	return true;
}

static int module_data_find(const struct elf_file *file, struct module_data_search *search)
{
	const struct go_scan scan = {
		.flags = PF_W,
		.limit = UINT64_MAX,
		.wanted = &search->table->address,
		.wanted_count = 1,
		.accept = module_data_accept,
		.context = search,
	};
	const struct go_relocations *relocations = search->relocations;

	for (size_t i = 0; i < relocations->count; i++) {
		if (relocations->items[i].value == search->table->address &&
		    module_data_accept(file, relocations->items[i].place, search))
			return 0;
	}
	return go_scan_words(file, &scan);
}

int go_text_start(const struct elf_file *file, const struct go_table *table,
		  const struct go_relocations *relocations, uint64_t *ret_start)
{
	const uint64_t place = 3 * WORD_BYTES; /* pcHeader.textStart */
	struct module_data_search search = {.table = table, .relocations = relocations};
	uint64_t start;
	int err;

	err = elf_file_read(file, table->file_offset + place, &start, sizeof(start));
	if (err)
		return err;
	go_relocations_apply(relocations, table->address + place, (char *)&start, sizeof(start));
	if (start == 0) {
		err = module_data_find(file, &search);
		if (err)
			return err;
		start = search.text_start;
	}
	*ret_start = start;
	return 0;
}
