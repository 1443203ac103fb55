/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/module_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/vec.h"
#include "symbols/glob.h"

struct matches {
	struct function *items; /* owned */
	size_t count, capacity;
};

static int matches_append(struct matches *matches, const struct function *function)
{
	if (VEC_RESERVE(matches->items, matches->count, matches->capacity))
		return -ENOMEM;
	matches->items[matches->count++] = *function;
	return 0;
}

static int matches_add(struct matches *matches, struct module *module, size_t index)
{
	module_display(module, index);
	return matches_append(matches, &module->symbols.functions[index]);
}

/* The first function at `address` or above it. */
static size_t function_index(const struct symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->functions_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (symbols->functions[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool address_parse(const char *pattern, uint64_t *ret_address)
{
	char *end;

	if (strncmp(pattern, "+0x", 3) != 0 || !isxdigit((unsigned char)pattern[3]))
		return false;
	errno = 0;
	*ret_address = strtoull(pattern + 3, &end, 16);
	return errno == 0 && *end == '\0';
}

/* Without a symbol the name is the address; the size then reaches to the end of the function around it. */
static int find_address(struct module *module, uint64_t address, struct matches *matches)
{
	const struct symbols *symbols = &module->symbols;
	size_t index = function_index(symbols, address);
	struct function function = {.address = address, .source = FUNCTION_SYMTAB};
	uint64_t start, end;
	char *name;

	if (!elf_file_loaded(module->file, address, PF_X))
		return 0;
	if (index < symbols->functions_count && symbols->functions[index].address == address)
		return matches_add(matches, module, index);
	if (asprintf(&name, "+0x%llx", (unsigned long long)address) < 0)
		return -ENOMEM;
	function.name = function.display = module_keep_string(module, name);
	if (!function.name)
		return -ENOMEM;
	if (!module_bounds(module, address, &start, &end))
		function.size = end - address;
	elf_file_offset(module->file, address, &function.file_offset);
	return matches_append(matches, &function);
}

/* A pattern that begins as mangled names do can match nothing else: demangling is spared. */
static bool pattern_is_mangled(const char *pattern)
{
	return !strncmp(pattern, "_Z", 2) || !strncmp(pattern, "_R", 2);
}

static bool function_matches(struct module *module, size_t index, const char *pattern)
{
	const char *name = module->symbols.functions[index].name, *display;
	size_t length, bare_length;

	if (glob_match(pattern, name, strlen(name)) || !strcmp(pattern, name))
		return true; /* names of Go hold brackets and stars: slices.Sort[...], bytes.(*Buffer).Read */
	if (pattern_is_mangled(pattern))
		return false;
	display = module_display(module, index);
	if (display == name)
		return false;
	length = strlen(display);
	if (glob_match(pattern, display, length))
		return true;
	bare_length = module->bare_lengths[index];
	return bare_length < length && glob_match(pattern, display, bare_length);
}

static int find_names(struct module *module, const char *pattern, struct matches *matches)
{
	const struct function *functions = module->symbols.functions;
	int err = 0;

	for (size_t i = 0; i < module->symbols.functions_count && !err; i++) {
		if (matches->count && matches->items[matches->count - 1].address == functions[i].address)
			continue;
		if (function_matches(module, i, pattern))
			err = matches_add(matches, module, i);
	}
	return err;
}

int module_find(struct module *module, const char *pattern, struct function **ret_functions, size_t *ret_count)
{
	struct matches matches = {0};
	uint64_t address;
	int err;

	err = module_read_symbols(module);
	if (err)
		return err;
	if (address_parse(pattern, &address))
		err = find_address(module, address, &matches);
	else
		err = find_names(module, pattern, &matches);
	if (err) {
		free(matches.items);
		log_error("memory ran out while %s was looked for in %s.", pattern, module->path);
		return err;
	}
	*ret_functions = matches.items;
	*ret_count = matches.count;
	return 0;
}
