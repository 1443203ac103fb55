/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/vtables.h"

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
	WINDOW_BYTES = 1 << 20,
	WORDS_MAX = 8 << 20,
	CLASSES_MAX = 1 << 14,   /* derived from one */
	NAME_MAX_BYTES = 512,    /* of a class, mangled */
	BASES_MAX = 64,          /* direct ones of a class */
	SLOTS_MAX = 4096,        /* of a virtual table */
};

/* What a slot holds that only derived classes fill. */
#define PURE_VIRTUAL UINT64_MAX

/* A word of data that is the address of something in the module. */
struct word {
	uint64_t address, target;
	bool filled; /* by the dynamic linker: what the file has there does not count */
};

struct vtables {
	struct word *words; /* by address */
	size_t count, capacity;
	size_t *by_target;  /* their indices */
	int err;
};

void vtables_free(struct vtables **vtables)
{
	if (!*vtables)
		return;
	free((*vtables)->words);
	free((*vtables)->by_target);
	free(*vtables);
	*vtables = NULL;
}

/* ---- the words */

static void word_add(struct vtables *v, uint64_t address, uint64_t target, bool filled)
{
	if (v->err || v->count == WORDS_MAX)
		return;
	if (VEC_RESERVE(v->words, v->count, v->capacity)) {
		v->err = -ENOMEM;
		return;
	}
	v->words[v->count++] = (struct word){ address, target, filled };
}

static void slot_add(void *context, const struct slot *slot)
{
	bool pure = slot->name && (!strcmp(slot->name, "__cxa_pure_virtual") || !strcmp(slot->name, "__cxa_deleted_virtual"));

	word_add(context, slot->address, pure ? PURE_VIRTUAL : slot->target, true);
}

static bool is_in_module(const struct elf_file *file, uint64_t address)
{
	for (size_t i = 0; i < file->segments_count; i++)
		if (file->segments[i].p_type == PT_LOAD && address - file->segments[i].p_vaddr < file->segments[i].p_memsz)
			return true;
	return false;
}

/* Addresses that the file itself has: of a program that is loaded where it was linked, and what packed relocations (DT_RELR) move. */
static int add_words_of_segment(const struct elf_file *file, const Elf64_Phdr *segment, struct vtables *v)
{
	_cleanup_free_ char *bytes = NULL;
	uint64_t skip = -segment->p_vaddr % 8, word;
	int err = elf_file_load(file, segment->p_offset, segment->p_filesz, &bytes);

	for (uint64_t at = skip; !err && at + sizeof(word) <= segment->p_filesz; at += sizeof(word)) {
		memcpy(&word, bytes + at, sizeof(word));
		if (word && is_in_module(file, word))
			word_add(v, segment->p_vaddr + at, word, false);
	}
	return err == -ENOMEM ? err : v->err;
}

static int compare_addresses(const void *left, const void *right)
{
	const struct word *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return b->filled - a->filled;
}

static int compare_targets(const void *left, const void *right, void *context)
{
	const struct vtables *v = context;
	size_t a = *(const size_t *)left, b = *(const size_t *)right;

	if (v->words[a].target != v->words[b].target)
		return v->words[a].target < v->words[b].target ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int words_sort(struct vtables *v)
{
	size_t kept = 0;

	if (v->count)
		qsort(v->words, v->count, sizeof(*v->words), compare_addresses);
	for (size_t i = 0; i < v->count; i++)
		if (!kept || v->words[kept - 1].address != v->words[i].address)
			v->words[kept++] = v->words[i];
	v->count = kept;
	v->by_target = calloc(v->count + 1, sizeof(*v->by_target));
	if (!v->by_target)
		return -ENOMEM;
	for (size_t i = 0; i < v->count; i++)
		v->by_target[i] = i;
	qsort_r(v->by_target, v->count, sizeof(*v->by_target), compare_targets, v);
	return 0;
}

static int vtables_read(struct module *module)
{
	struct vtables *v = module->vtables;
	const struct elf_file *file = module->file;
	int err;

	if (v)
		return v->err;
	v = module->vtables = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	err = slots_visit(file, slot_add, v);
	for (size_t i = 0; i < file->segments_count && err != -ENOMEM && !v->err; i++) {
		const Elf64_Phdr *segment = &file->segments[i];

		if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_X) && (segment->p_flags & PF_W || file->type == ET_EXEC))
			err = add_words_of_segment(file, segment, v);
	}
	v->err = v->err ?: words_sort(v);
	return v->err;
}

static const struct word *word_at(const struct vtables *v, uint64_t address)
{
	size_t low = 0, high = v->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->words[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < v->count && v->words[low].address == address ? &v->words[low] : NULL;
}

/* The index in by_target of the first word with this target. */
static size_t first_with(const struct vtables *v, uint64_t target)
{
	size_t low = 0, high = v->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->words[v->by_target[middle]].target < target)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Visit the words with this target: for (WITH_TARGET(v, target, w)) */
#define WITH_TARGET(v, wanted, w)                                                                                                           \
	size_t next_ = first_with((v), (wanted)); next_ < (v)->count && ((w) = &(v)->words[(v)->by_target[next_]])->target == (wanted); next_++

/* ---- names */

bool class_name_is_plain(const char *name)
{
	bool begins = true;

	if (strlen(name) > NAME_MAX_BYTES / 2)
		return false;
	for (const char *at = name; *at; at++) {
		if (!begins && at[0] == ':' && at[1] == ':') {
			begins = true;
			at++;
			continue;
		}
		if (!(isalpha((unsigned char)*at) || *at == '_' || (!begins && isdigit((unsigned char)*at))))
			return false;
		begins = false;
	}
	return !begins;
}

/* "N6duckdb8ExecutorE", as type information spells duckdb::Executor. */
static void mangle(const char *name, char *ret_mangled, size_t size)
{
	bool nested = strstr(name, "::");
	size_t length = (size_t)snprintf(ret_mangled, size, "%s", nested ? "N" : "");

	for (const char *at = name; *at && length < size;) {
		size_t part = strcspn(at, ":");

		length += (size_t)snprintf(ret_mangled + length, size - length, "%zu%.*s", part, (int)part, at);
		at += part;
		at += strspn(at, ":");
	}
	if (nested && length < size)
		snprintf(ret_mangled + length, size - length, "E");
}

static uint64_t name_in_segment(const struct elf_file *file, const Elf64_Phdr *segment, const char *name)
{
	_cleanup_free_ char *window = malloc(WINDOW_BYTES);
	size_t length = strlen(name) + 1;

	for (uint64_t at = 0; window && at < segment->p_filesz; at += WINDOW_BYTES - NAME_MAX_BYTES) {
		uint64_t left = segment->p_filesz - at, size = left < WINDOW_BYTES ? left : WINDOW_BYTES;

		if (elf_file_read(file, segment->p_offset + at, window, size))
			return 0;
		/* A name stands behind the end of another text, or before all else. Windows overlap. */
		for (char *found = window; (found = memmem(found, size - (size_t)(found - window), name, length)); found++)
			if (found == window ? !at : !found[-1])
				return segment->p_vaddr + at + (uint64_t)(found - window);
	}
	return 0;
}

/* Constants have a segment of their own, or share that of the code. */
static uint64_t name_find(const struct elf_file *file, const char *name)
{
	static const uint32_t flags[] = { PF_R, PF_R | PF_X, PF_R | PF_W };
	uint64_t address = 0;

	for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]) && !address; k++)
		for (size_t i = 0; i < file->segments_count && !address; i++)
			if (file->segments[i].p_type == PT_LOAD && (file->segments[i].p_flags & (PF_R | PF_W | PF_X)) == flags[k])
				address = name_in_segment(file, &file->segments[i], name);
	return address;
}

static bool is_name(struct module *module, uint64_t address)
{
	char text[NAME_MAX_BYTES];
	long n = module_data(module, address, text, sizeof(text));
	long at = n > 0 && text[0] == '*';

	if (n <= at || !(isdigit((unsigned char)text[at]) || text[at] == 'N' || text[at] == 'S'))
		return false;
	for (; at < n && text[at]; at++)
		if (!isgraph((unsigned char)text[at]))
			return false;
	return at == n || at > 1; /* longer ones are cut */
}

/* ---- type information: a pointer to how it is to be read, the name, the bases */

static bool is_type(struct module *module, uint64_t type)
{
	const struct word *name = word_at(module->vtables, type + 8);

	return name && name->target != PURE_VIRTUAL && is_name(module, name->target);
}

/* The object that describes a class, by its name. 0: there is none. */
static uint64_t type_find(struct module *module, const char *mangled)
{
	uint64_t name = name_find(module->file, mangled);
	const struct word *w;

	for (WITH_TARGET(module->vtables, name, w))
		if (name)
			return w->address - 8;
	return 0;
}

/* Of a class with one base that stands first (__si_class_type_info), or with several (__vmi_class_type_info): the class whose base this word names. */
static uint64_t derived_by(struct module *module, const struct word *base)
{
	uint64_t type = base->address - 16;
	uint32_t head[2];
	int64_t offset;

	if (is_type(module, type))
		return type;
	for (unsigned k = 0; k < BASES_MAX; k++) {
		type = base->address - 24 - 16 * k;
		if (!is_type(module, type))
			continue;
		if (module_data(module, type + 16, head, sizeof(head)) != sizeof(head) || head[1] <= k || head[1] > BASES_MAX)
			return 0;
		/* A base that stands elsewhere in the object has a table of its own, with other slots. */
		return module_data(module, base->address + 8, &offset, sizeof(offset)) == sizeof(offset) && !(offset >> 8) && !(offset & 1) ? type : 0;
	}
	return 0;
}

struct types {
	uint64_t *at;
	size_t count, capacity;
};

static void types_free(struct types *types)
{
	free(types->at);
}

static int types_add(struct types *types, uint64_t type)
{
	for (size_t i = 0; i < types->count; i++)
		if (types->at[i] == type)
			return 0;
	if (types->count == CLASSES_MAX)
		return 0;
	if (VEC_RESERVE(types->at, types->count, types->capacity))
		return -ENOMEM;
	types->at[types->count++] = type;
	return 0;
}

static int types_derive(struct module *module, struct types *types)
{
	for (size_t i = 0; i < types->count; i++) {
		const struct word *w;

		for (WITH_TARGET(module->vtables, types->at[i], w)) {
			uint64_t type = derived_by(module, w);

			if (type && types_add(types, type))
				return -ENOMEM;
		}
	}
	return 0;
}

/* ---- virtual tables: an offset, the type, the functions */

static bool is_in_section(const struct elf_file *file, const char *name, uint64_t address)
{
	const Elf64_Shdr *section = elf_file_section(file, name);

	return section && address - section->sh_addr < section->sh_size;
}

/* Does a slot hold this word? What is filled in by a symbol of another module is no code of this one. */
static bool is_function_word(struct module *module, const struct word *w)
{
	return w && (w->target == PURE_VIRTUAL || (w->target && elf_file_loaded(module->file, w->target, PF_X)));
}

static bool is_null(struct module *module, uint64_t address)
{
	uint64_t word;

	return !word_at(module->vtables, address) && module_data(module, address, &word, sizeof(word)) == sizeof(word) && !word;
}

/* Compilers leave the destructors of a class empty that has no objects of its own: two slots, mostly the first. */
static unsigned empty_slots(struct module *module, const struct word *type)
{
	unsigned count = 0;

	while (count < 2 && is_null(module, type->address + 8 + 8 * count))
		count++;
	return count;
}

/* Is the word the type in the virtual table of whole objects? Tables for bases further behind have an offset there that is not 0. */
static bool is_table(struct module *module, const struct word *w)
{
	return is_null(module, w->address - 8) &&
	       is_function_word(module, word_at(module->vtables, w->address + 8 + 8 * empty_slots(module, w))) && !is_in_section(module->file, ".got", w->address) &&
	       !is_in_section(module->file, ".got.plt", w->address);
}

static unsigned table_length(struct module *module, const struct word *type)
{
	unsigned length = empty_slots(module, type);

	while (length < SLOTS_MAX && is_function_word(module, word_at(module->vtables, type->address + 8 + 8 * length)))
		length++;
	return length;
}

static int compare_numbers(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static int slots_of_type(struct module *module, uint64_t type, unsigned slot, struct types *found)
{
	const struct word *w, *function;

	for (WITH_TARGET(module->vtables, type, w)) {
		if (!is_table(module, w) || slot >= table_length(module, w))
			continue;
		function = word_at(module->vtables, w->address + 8 + 8ULL * slot);
		if (function && function->target != PURE_VIRTUAL && types_add(found, function->target))
			return -ENOMEM;
	}
	return 0;
}

int module_virtual_functions(struct module *module, const char *class_name, bool derived, unsigned slot, uint64_t **ret_addresses, size_t *ret_count)
{
	_cleanup_(types_free) struct types types = { 0 }, found = { 0 };
	char mangled[NAME_MAX_BYTES];
	uint64_t type;
	int err = vtables_read(module);

	if (err)
		return err;
	mangle(class_name, mangled, sizeof(mangled));
	type = type_find(module, mangled);
	err = type ? types_add(&types, type) : 0;
	if (!err && derived)
		err = types_derive(module, &types);
	for (size_t i = 0; i < types.count && !err; i++)
		err = slots_of_type(module, types.at[i], slot, &found);
	if (err)
		return err;
	if (found.count)
		qsort(found.at, found.count, sizeof(*found.at), compare_numbers);
	*ret_addresses = TAKE_PTR(found.at);
	*ret_count = found.count;
	return 0;
}

int module_vtable_size(struct module *module, const char *symbol, uint64_t *ret_bytes)
{
	const struct word *w;
	uint64_t type;
	int err = strncmp(symbol, "_ZTV", 4) || strlen(symbol) >= NAME_MAX_BYTES ? -ENOENT : vtables_read(module);

	if (err)
		return err;
	type = type_find(module, symbol + 4);
	if (!type)
		return -ENOENT;
	for (WITH_TARGET(module->vtables, type, w)) {
		if (!is_table(module, w))
			continue;
		*ret_bytes = 16 + 8ULL * table_length(module, w);
		return 0;
	}
	return -ENOENT;
}
