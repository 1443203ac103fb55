/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/holds.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "symbols/debuginfo.h"
#include "symbols/module_internal.h"
#include "symbols/symtab.h"

enum {
	WINDOW_BYTES = 1 << 18,  /* of a table that is searched */
	CHAIN_MAX = 1 << 16,     /* symbols of one bucket */
	CHAIN_BYTES = 64 * 4,    /* that are read at once */
	PLACES_MAX = 64,         /* where a name stands in a string table: linkers put one behind another that ends in it */
};

static bool is_function(const Elf64_Sym *symbol)
{
	return symbol->st_shndx != SHN_UNDEF && symbol->st_value && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC;
}

/* ---- by the hash table of the dynamic linker */

struct hash_table {
	uint32_t buckets, first, bloom_words, bloom_shift;
	uint64_t bloom_at, buckets_at, chains_at; /* offsets in the file */
};

static int hash_table_read(const struct elf_file *file, uint64_t address, struct hash_table *ret_table)
{
	uint32_t head[4];
	uint64_t offset;
	int err = elf_file_offset(file, address, &offset);

	err = err ?: elf_file_read(file, offset, head, sizeof(head));
	if (err)
		return err;
	if (!head[0] || !head[2])
		return -EINVAL;
	*ret_table = (struct hash_table){ .buckets = head[0], .first = head[1], .bloom_words = head[2], .bloom_shift = head[3] };
	ret_table->bloom_at = offset + sizeof(head);
	ret_table->buckets_at = ret_table->bloom_at + 8ULL * head[2];
	ret_table->chains_at = ret_table->buckets_at + 4ULL * head[0];
	return 0;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	for (const unsigned char *at = (const unsigned char *)name; *at; at++)
		hash = hash * 33 + *at;
	return hash;
}

/* The filter says no for most names that are not there, with a single read. */
static bool filter_lets_pass(const struct elf_file *file, const struct hash_table *table, uint32_t hash)
{
	uint64_t word, bits = 1ULL << (hash % 64) | 1ULL << ((hash >> (table->bloom_shift % 32)) % 64);

	return !elf_file_read(file, table->bloom_at + 8ULL * (hash / 64 % table->bloom_words), &word, sizeof(word)) &&
	       (word & bits) == bits;
}

static bool is_named(const struct elf_file *file, const struct symbol_table *symbols, uint64_t index, const char *name)
{
	char text[SYMBOL_NAME_MAX];
	size_t length = strlen(name) + 1;
	Elf64_Sym symbol;

	return index < symbols->symbols_count && length <= sizeof(text) &&
	       !elf_file_read(file, symbols->symbols_offset + index * sizeof(symbol), &symbol, sizeof(symbol)) && is_function(&symbol) &&
	       symbol.st_name < symbols->strings_size && length <= symbols->strings_size - symbol.st_name &&
	       !elf_file_read(file, symbols->strings_offset + symbol.st_name, text, length) && !memcmp(text, name, length);
}

static bool hash_table_has(const struct elf_file *file, const struct symbol_table *symbols, const struct hash_table *table, const char *name)
{
	uint32_t hash = gnu_hash(name), chain[CHAIN_BYTES / 4], index;

	if (!filter_lets_pass(file, table, hash) ||
	    elf_file_read(file, table->buckets_at + 4ULL * (hash % table->buckets), &index, sizeof(index)) || index < table->first)
		return false;
	for (uint32_t links = 0; links < CHAIN_MAX; links++, index++) {
		uint32_t *link = &chain[links % (CHAIN_BYTES / 4)];
		uint64_t at = table->chains_at + 4ULL * (index - table->first);

		/* The last chain may end where the file does. */
		if (link == chain && elf_file_read(file, at, chain, sizeof(chain)))
			memset(chain, 0, sizeof(chain));
		if (link == chain && !*link && elf_file_read(file, at, chain, sizeof(*chain)))
			return false;
		if ((*link ^ hash) < 2 && is_named(file, symbols, index, name))
			return true;
		if (*link & 1)
			return false;
	}
	return false;
}

/* ---- by the bytes of the names */

/* Where in its string table one name stands. */
struct places {
	uint64_t at[PLACES_MAX];
	size_t count;
};

static void window_search(const char *window, size_t size, uint64_t base, const char *name, struct places *places)
{
	size_t length = strlen(name) + 1;

	for (const char *at = window; (at = memmem(at, size - (size_t)(at - window), name, length)); at++) {
		uint64_t place = base + (uint64_t)(at - window);

		/* What stands where two windows overlap is seen twice. */
		if (places->count < PLACES_MAX && (!places->count || places->at[places->count - 1] < place))
			places->at[places->count++] = place;
	}
}

/* Returns the names that stand in the table: a mask. */
static uint32_t strings_search(const struct elf_file *file, const struct symbol_table *table, const char *const *names, size_t count,
			       struct places *places)
{
	_cleanup_free_ char *window = malloc(WINDOW_BYTES);
	uint64_t step = WINDOW_BYTES - SYMBOL_NAME_MAX;
	uint32_t found = 0;

	for (uint64_t at = 0; window && at < table->strings_size; at += step) {
		uint64_t left = table->strings_size - at, size = left < WINDOW_BYTES ? left : WINDOW_BYTES;

		if (elf_file_read(file, table->strings_offset + at, window, size))
			break;
		for (size_t i = 0; i < count; i++)
			window_search(window, size, at, names[i], &places[i]);
	}
	for (size_t i = 0; i < count; i++)
		found |= places[i].count ? 1U << i : 0;
	return found;
}

static uint32_t symbol_names(const Elf64_Sym *symbol, const struct places *places, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < places[i].count; k++)
			if (symbol->st_name == places[i].at[k])
				return 1U << i;
	return 0;
}

static uint32_t table_search(const struct elf_file *file, const struct symbol_table *table, const char *const *names, size_t count,
			     uint32_t missing)
{
	_cleanup_free_ struct places *places = calloc(count, sizeof(*places));
	_cleanup_free_ Elf64_Sym *window = malloc(WINDOW_BYTES);
	uint64_t step = WINDOW_BYTES / sizeof(*window);
	uint32_t found = 0;

	if (!places || !window || (strings_search(file, table, names, count, places) & missing) != missing)
		return 0;
	for (uint64_t at = 0; at < table->symbols_count; at += step) {
		uint64_t left = table->symbols_count - at, entries = left < step ? left : step;

		if (elf_file_read(file, table->symbols_offset + at * sizeof(*window), window, entries * sizeof(*window)))
			break;
		for (uint64_t i = 0; i < entries; i++)
			if (is_function(&window[i]))
				found |= symbol_names(&window[i], places, count);
	}
	return found;
}

/* ---- of a file */

uint32_t holds_dynamic(const struct elf_file *file, const char *const *names, size_t count)
{
	struct symbol_table symbols;
	struct hash_table table;
	uint64_t address;
	uint32_t found = 0;

	assert(count <= HOLDS_NAMES_MAX);
	if (dynamic_symbol_table(file, &symbols))
		return 0;
	if (dynamic_gnu_hash(file, &address) || hash_table_read(file, address, &table))
		return table_search(file, &symbols, names, count, 0);
	for (size_t i = 0; i < count; i++)
		found |= hash_table_has(file, &symbols, &table, names[i]) ? 1U << i : 0;
	return found;
}

uint32_t holds_symtab(const struct elf_file *file, const char *const *names, size_t count, uint32_t missing)
{
	const Elf64_Shdr *section = elf_file_section_typed(file, SHT_SYMTAB);
	struct symbol_table table;

	assert(count <= HOLDS_NAMES_MAX);
	return section && !symbols_section_table(file, section, &table) ? table_search(file, &table, names, count, missing) : 0;
}

/* ---- of a module */

/* In the tables that have been read already. */
static uint32_t known_functions(const struct module *module, const char *const *names, size_t count)
{
	uint32_t found = 0;

	for (size_t i = 0; i < module->symbols.functions_count; i++)
		for (size_t k = 0; k < count; k++)
			if (!(found & 1U << k) && !strcmp(module->symbols.functions[i].name, names[k]))
				found |= 1U << k;
	return found;
}

static uint32_t debug_functions(const struct module *module, const char *const *names, size_t count, uint32_t missing)
{
	struct elf_file *debug = NULL;
	uint32_t found = 0;

	if (!debuginfo_open(module->file, module->path, module->root, &debug)) {
		found = holds_symtab(debug, names, count, missing);
		elf_file_free(&debug);
	}
	if (found || mini_debug_open(module->file, &debug))
		return found;
	found = holds_symtab(debug, names, count, missing);
	elf_file_free(&debug);
	return found;
}

bool module_holds(struct module *module, const char *const *names, size_t count)
{
	uint32_t all = (uint32_t)((1ULL << count) - 1), found;

	if (!count || count > HOLDS_NAMES_MAX)
		return false;
	if (module->symbols_read)
		return known_functions(module, names, count) == all;
	found = holds_dynamic(module->file, names, count);
	if (found != all)
		found |= elf_file_section_typed(module->file, SHT_SYMTAB) ? holds_symtab(module->file, names, count, all & ~found)
									  : debug_functions(module, names, count, all & ~found);
	return found == all;
}
