/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/pairs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "symbols/module_internal.h"
#include "symbols/slots.h"

enum {
	DATA_MAX_BYTES = 64 << 20, /* of a segment that is looked through */
	POINTERS_MAX = 4 << 20,
	PLACES_MAX = 64,           /* of the name, and of pointers to it */
	NAMES_MAX_BYTES = 40,      /* of all names of one function: then come dots */
};

struct pointer {
	uint64_t address; /* of the word */
	uint64_t target;
};

struct pointers {
	struct module *module;
	struct pointer *items; /* sorted by address; a word once */
	size_t count, capacity;
	int err;
};

/* ---- the words that hold addresses --------------------------------------------------------------- */

/* In what is mapped of the module, what is zero at first included. */
static bool is_inside(const struct elf_file *file, uint64_t address)
{
	for (size_t i = 0; i < file->segments_count; i++) {
		const Elf64_Phdr *segment = &file->segments[i];

		if (segment->p_type == PT_LOAD && address >= segment->p_vaddr && address - segment->p_vaddr < segment->p_memsz)
			return true;
	}
	return false;
}

static void add_pointer(struct pointers *p, uint64_t address, uint64_t target)
{
	if (p->err || p->count == POINTERS_MAX || !is_inside(p->module->file, target))
		return;
	p->err = VEC_RESERVE(p->items, p->count, p->capacity);
	if (!p->err)
		p->items[p->count++] = (struct pointer){ address, target };
}

static void add_slot(void *context, const struct slot *slot)
{
	if (slot->target)
		add_pointer(context, slot->address, slot->target);
}

/*
 * Words that hold an address already in the file: where nothing is relocated, and where relocations are packed (DT_RELR), which are added to
 * what stands there. Numbers that look like addresses among them do no harm.
 */
static int add_words(struct pointers *p, const Elf64_Phdr *segment)
{
	_cleanup_free_ char *bytes = NULL;
	uint64_t first = -segment->p_vaddr & 7, word;
	int err;

	if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W) || segment->p_filesz > DATA_MAX_BYTES)
		return 0;
	err = elf_file_load(p->module->file, segment->p_offset, segment->p_filesz, &bytes);
	if (err)
		return err == -ENOMEM ? err : 0;
	for (uint64_t at = first; at + sizeof(word) <= segment->p_filesz && !p->err; at += sizeof(word)) {
		memcpy(&word, bytes + at, sizeof(word));
		if (word)
			add_pointer(p, segment->p_vaddr + at, word);
	}
	return p->err;
}

static int compare_pointers(const void *left, const void *right)
{
	const struct pointer *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->target < b->target ? -1 : a->target > b->target;
}

static int pointers_read(struct pointers *p)
{
	const struct elf_file *file = p->module->file;
	size_t kept = 0;
	int err = slots_visit(file, add_slot, p) ?: p->err;

	if (err == -ENOMEM)
		return err;
	p->err = 0;
	for (size_t i = 0; i < file->segments_count; i++)
		if (add_words(p, &file->segments[i]) == -ENOMEM)
			return -ENOMEM;
	if (p->count)
		qsort(p->items, p->count, sizeof(*p->items), compare_pointers);
	for (size_t i = 0; i < p->count; i++)
		if (!kept || p->items[kept - 1].address != p->items[i].address)
			p->items[kept++] = p->items[i];
	p->count = kept;
	return 0;
}

/* What the word holds; 0: no address. */
static uint64_t pointer_at(const struct pointers *p, uint64_t address)
{
	const struct pointer key = { .address = address };
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->items[middle].address < key.address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->count && p->items[low].address == address ? p->items[low].target : 0;
}

/* ---- entries ------------------------------------------------------------------------------------- */

/* False where no name stands there. */
static bool read_name(struct module *module, uint64_t address, char ret_name[PAIR_NAME_MAX + 1])
{
	long n = module_data(module, address, ret_name, PAIR_NAME_MAX + 1);
	size_t length;

	if (n <= 1 || ret_name[0] == '\0' || !memchr(ret_name, '\0', (size_t)n))
		return false;
	length = strlen(ret_name);
	for (size_t i = 0; i < length; i++)
		if (!isgraph((unsigned char)ret_name[i]) || (unsigned char)ret_name[i] > 126)
			return false;
	return true;
}

static bool is_function(struct module *module, uint64_t address)
{
	uint64_t start, end;

	return elf_file_loaded(module->file, address, PF_X) && !module_bounds(module, address, &start, &end) && start == address;
}

/* Does an entry begin there? *ret_function is 0 where it has a name and no function. */
static bool read_entry(const struct pointers *p, const struct pair_layout *layout, uint64_t address, char ret_name[PAIR_NAME_MAX + 1],
		       uint64_t *ret_function)
{
	uint64_t name = pointer_at(p, address + layout->name_at), function = pointer_at(p, address + layout->function_at);

	if (!name || (function && !is_function(p->module, function)) || !read_name(p->module, name, ret_name))
		return false;
	*ret_function = function;
	return true;
}

/* How many entries stand one behind the other from there on, by steps of the stride or of its opposite. */
static size_t count_entries(const struct pointers *p, const struct pair_layout *layout, uint64_t address, bool backwards)
{
	char name[PAIR_NAME_MAX + 1];
	uint64_t function;
	size_t count = 0;

	while (count < PAIRS_MAX && read_entry(p, layout, address, name, &function)) {
		address += backwards ? -layout->stride : layout->stride;
		count++;
	}
	return count;
}

/* ---- the table ----------------------------------------------------------------------------------- */

/* The longest table that an entry with that name is in. */
static size_t find_table(const struct pointers *p, const char *holding, const struct pair_layout *layout, uint64_t *ret_address)
{
	size_t longest = 0, length = strlen(holding), places = 0;

	for (size_t i = 0; i < p->count && places < PLACES_MAX; i++) {
		char name[PAIR_NAME_MAX + 1];
		uint64_t entry = p->items[i].address - layout->name_at;
		size_t before, behind;

		if (module_data(p->module, p->items[i].target, name, length + 1) != (long)length + 1 || memcmp(name, holding, length + 1) != 0)
			continue;
		places++;
		behind = count_entries(p, layout, entry, false);
		if (!behind)
			continue;
		before = count_entries(p, layout, entry - layout->stride, true);
		if (before + behind <= longest)
			continue;
		longest = before + behind;
		*ret_address = entry - before * layout->stride;
	}
	return longest < PAIRS_MAX ? longest : PAIRS_MAX;
}

struct entry {
	uint64_t function;
	char name[PAIR_NAME_MAX + 1];
	bool done; /* it is part of a pair */
};

static bool has_name(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = names; (at = strstr(at, name)); at++)
		if ((at == names || at[-1] == '/') && (at[length] == '\0' || at[length] == '/'))
			return true;
	return false;
}

/* The names of all entries with the function of the first one. NULL: there is no memory. */
static const char *join_names(struct module *module, const char *prefix, struct entry *entries, size_t count)
{
	char names[PAIR_NAME_MAX + NAMES_MAX_BYTES + 8] = "";
	bool full = false;
	char *whole;

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(names);

		if (entries[i].function != entries[0].function)
			continue;
		entries[i].done = true;
		if (full || has_name(names, entries[i].name))
			continue;
		full = length && length + strlen(entries[i].name) > NAMES_MAX_BYTES;
		snprintf(names + length, sizeof(names) - length, "%s%s", length ? "/" : "", full ? "..." : entries[i].name);
	}
	return asprintf(&whole, "%s%s", prefix, names) < 0 ? NULL : module_keep_string(module, whole);
}

static int read_table(const struct pointers *p, const struct pair_layout *layout, uint64_t table, size_t count, const char *prefix,
		      struct pair **ret_pairs, size_t *ret_count)
{
	_cleanup_free_ struct entry *entries = calloc(count, sizeof(*entries));
	_cleanup_free_ struct pair *pairs = calloc(count, sizeof(*pairs));
	size_t read = 0, made = 0;

	if (!entries || !pairs)
		return -ENOMEM;
	while (read < count && read_entry(p, layout, table + read * layout->stride, entries[read].name, &entries[read].function))
		read++;
	for (size_t i = 0; i < read; i++) {
		if (entries[i].done || !entries[i].function)
			continue;
		pairs[made].address = entries[i].function;
		pairs[made].names = join_names(p->module, prefix, entries + i, read - i);
		if (!pairs[made++].names)
			return -ENOMEM;
	}
	*ret_pairs = TAKE_PTR(pairs);
	*ret_count = made;
	return 0;
}

int module_pairs(struct module *module, const char *holding, const char *prefix, const struct pair_layout *layout,
		 struct pair **ret_pairs, size_t *ret_count)
{
	struct pointers p = { .module = module };
	struct pair *pairs = NULL;
	uint64_t table = 0;
	size_t count = 0, entries;
	int err;

	if (!*holding || strlen(holding) > PAIR_NAME_MAX)
		return -EINVAL;
	err = pointers_read(&p);
	if (!err) {
		entries = find_table(&p, holding, layout, &table);
		if (entries > 1)
			err = read_table(&p, layout, table, entries, prefix, &pairs, &count);
	}
	free(p.items);
	if (err)
		return err;
	*ret_pairs = pairs;
	*ret_count = count;
	return 0;
}
