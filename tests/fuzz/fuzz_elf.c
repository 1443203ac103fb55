/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a module: everything that module.h offers is called, and every result is read. libFuzzer
 * harness.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plan/allocator_rets.h"
#include "sites/narrow.h"
#include "symbols/module.h"
#include "symbols/vtables.h"
#include "symbols/pairs.h"
#include "symbols/usdt.h"

enum {
	NAMES = 4,
	FUNCTIONS_ASKED = 8, /* of which bounds and code are read */
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * glibc lets a program assign stderr: messages of refusal go nowhere, reports of the sanitizers still do.
 */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	FILE *nowhere = fopen("/dev/null", "w");

	(void)argc;
	(void)argv;
	if (nowhere)
		stderr = nowhere;
	return 0;
}

static size_t string_touch(const char *string)
{
	size_t length = strlen(string);

	if (length > 1 << 20)
		abort();
	return length;
}

static void function_check(struct module *module, const struct function *function)
{
	unsigned char code[64];
	uint64_t start, end, offset;
	long count;

	string_touch(function->name);
	string_touch(function->display);
	if (module_file_offset(module, function->address, &offset) ||
	    function->address + function->size < function->size)
		abort();
	if (!module_bounds(module, function->address, &start, &end) &&
	    (function->address < start || function->address >= end))
		abort();
	count = module_code(module, function->address, code, sizeof(code));
	if (count > (long)sizeof(code))
		abort();
}

/* Every function as if it were operator new. */
static void rets_check(struct module *module, const struct function *function)
{
	struct tracer_alloc_site *sites = NULL;
	size_t count = 0, capacity = 0;
	bool all;

	allocator_find_rets(module, function, &sites, &count, &capacity, &all);
	for (size_t i = 0; i < count; i++)
		if (!(sites[i].cookie & WEIR_ALLOC_RET))
			abort();
	free(sites);
}

static void functions_check(struct module *module)
{
	const struct function *functions;
	size_t count;

	if (module_functions(module, &functions, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && functions[i].address < functions[i - 1].address)
			abort();
		string_touch(functions[i].display);
		if (i < FUNCTIONS_ASKED)
			function_check(module, &functions[i]);
		if (i < FUNCTIONS_ASKED)
			rets_check(module, &functions[i]);
	}
}

static void find_check(struct module *module, const char *pattern)
{
	struct function *functions;
	size_t count;

	if (module_find(module, pattern, &functions, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && functions[i].address <= functions[i - 1].address)
			abort();
		if (i < FUNCTIONS_ASKED)
			function_check(module, &functions[i]);
	}
	free(functions);
}

/* A corpus has no table with this name; a byte of it can make one. */
static void pairs_check(struct module *module)
{
	static const struct pair_layout layouts[] = {{16, 0, 8}, {24, 16, 0}};
	struct pair *pairs;
	size_t count;

	for (size_t i = 0; i < 2; i++) {
		if (module_pairs(module, "f", "", &layouts[i], &pairs, &count))
			continue;
		for (size_t k = 0; k < count; k++)
			string_touch(pairs[k].names);
		free(pairs);
	}
}

static void operands_check(const char *text)
{
	struct usdt_operand operands[USDT_OPERANDS_MAX];
	const char *end = text + string_touch(text);

	for (size_t i = usdt_operands_parse(text, operands); i > 0; i--) {
		const struct usdt_operand *o = &operands[i - 1];

		if (o->text < text || o->text + o->text_length > end)
			abort();
		if (o->symbol && (o->symbol < o->text || o->symbol + o->symbol_length > o->text + o->text_length))
			abort();
		if (o->kind != USDT_NOTHING && o->size != 1 && o->size != 2 && o->size != 4 && o->size != 8)
			abort();
	}
}

static void usdt_check(struct module *module)
{
	const struct usdt_site *sites;
	uint64_t offset;
	size_t count;

	if (module_usdt(module, &sites, &count))
		return;
	if (count > USDT_SITES_MAX)
		abort();
	for (size_t i = 0; i < count; i++) {
		string_touch(sites[i].name);
		operands_check(sites[i].operands);
		if (module_file_offset(module, sites[i].address, &offset))
			abort();
	}
}

static void module_check(struct module *module)
{
	static const char *const patterns[] = {"_Z*", "*", "f*o", "a::b", "+0x1000", "[a-z]*(*)"};
	static const char *const held[] = {"main", "fuzz_function"};
	const char *names[NAMES], *why;
	uint64_t address, size, *addresses = NULL;
	size_t count;

	module_holds(module, held, sizeof(held) / sizeof(held[0])); /* by the file, while symbols are not read */
	string_touch(module_build_id(module));
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		find_check(module, patterns[i]);
	for (size_t i = module_nearest(module, "fuzz_nme", names, NAMES); i > 0; i--)
		string_touch(names[i - 1]);
	module_holds(module, held, sizeof(held) / sizeof(held[0]));
	module_object(module, "fuzz_data", &address, &size);
	if (!module_virtual_functions(module, "fuzz::Base", true, 1, &addresses, &count))
		free(addresses);
	module_vtable_size(module, "_ZTVN4fuzz4BaseE", &size);
	why = module_unwinds(module);
	if (why)
		string_touch(why);
	pairs_check(module);
	functions_check(module);
	usdt_check(module);
}

/* The same bytes as a function's code, with a question from their end. */
static void narrow_check(const uint8_t *data, size_t size)
{
	struct weir_guard guard = {.arg = 1, .op = WEIR_OP_SGE, .value = 21};
	struct narrow_exits exits;
	struct entry_site site;

	if (size > 2) {
		guard.arg = data[size - 1] % 8;
		guard.op = (uint8_t)(WEIR_OP_EQ + data[size - 2] % 10);
		guard.value = data[size - 3];
	}
	if (!site_narrow(data, size, 0x1000, &guard, size ? data[0] & 63 : 0, &site, &exits) &&
	    (site.offset >= size || site.class != SITE_EMULATED || exits.count > NARROW_EXITS_MAX))
		abort();
	site_leads_between(data, size, 0x1000, 0x1001, 0x1010);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct module *module;
	char path[64], *text;
	int fd;

	narrow_check(data, size);
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!module_open(path, path, "/nonexistent", &module)) {
		module_check(module);
		module_free(&module);
	}
	close(fd);
	text = strndup((const char *)data, size); /* as it is for the one parser of text here */
	operands_check(text);
	free(text);
	return 0;
}
