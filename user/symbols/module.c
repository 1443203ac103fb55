/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/module_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/vec.h"
#include "symbols/debuginfo.h"
#include "symbols/go_table.h"
#include "symbols/slots.h"
#include "symbols/vtables.h"

/*
 * The kernel and the dynamic linker map PT_LOAD segments; a file whose bytes are elsewhere has no code to
 * probe.
 */
static bool file_has_code(const struct elf_file *file)
{
	const Elf64_Phdr *segment;

	for (size_t i = 0; i < file->segments_count; i++) {
		segment = &file->segments[i];
		if (segment->p_type == PT_LOAD && segment->p_flags & PF_X && segment->p_filesz &&
		    elf_file_loaded(file, segment->p_vaddr, PF_X))
			return true;
	}
	return false;
}

static int file_open(const char *path, const char *display_path, bool quiet, struct elf_file **ret_file)
{
	struct elf_file *file = NULL;
	const char *reason = "";
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		err = -errno;
		if (!quiet)
			log_error("cannot open %s: %s.", display_path, strerror(-err));
		return err;
	}
	err = elf_file_open_fd(fd, &file, &reason);
	if (!err && !file_has_code(file)) {
		elf_file_free(&file);
		reason = "it holds no code that can be run";
		err = -ENOEXEC;
	}
	if (err) {
		if (!quiet)
			log_error("cannot use %s: %s.", display_path, reason);
		return err;
	}
	*ret_file = file;
	return 0;
}

static int open_module(const char *path, const char *display_path, const char *root, bool quiet, struct module **ret_module)
{
	struct module *module;
	int err;

	module = calloc(1, sizeof(*module));
	if (module) {
		module->path = strdup(display_path);
		module->root = strdup(root);
	}
	if (!module || !module->path || !module->root) {
		module_free(&module);
		log_error("memory ran out while %s was opened.", display_path);
		return -ENOMEM;
	}
	err = file_open(path, display_path, quiet, &module->file);
	if (err) {
		module_free(&module);
		return err;
	}
	module->is_go = file_is_go(module->file);
	*ret_module = module;
	return 0;
}

int module_open(const char *path, const char *display_path, const char *root, struct module **ret_module)
{
	return open_module(path, display_path, root, false, ret_module);
}

int module_open_quietly(const char *path, const char *display_path, const char *root, struct module **ret_module)
{
	return open_module(path, display_path, root, true, ret_module);
}

void module_free(struct module **module)
{
	struct module *old = *module;

	if (!old)
		return;
	for (size_t i = 0; i < old->symbols.functions_count; i++) {
		if (old->symbols.functions[i].display != old->symbols.functions[i].name)
			free((char *)old->symbols.functions[i].display);
	}
	for (size_t i = 0; i < old->strings_count; i++)
		free(old->strings[i]);
	vtables_free(&old->vtables);
	free(old->strings);
	free(old->bare_lengths);
	free(old->usdt_notes);
	free(old->usdt);
	symbols_free(&old->symbols);
	eh_frame_free(&old->frame);
	elf_file_free(&old->file);
	free(old->path);
	free(old->root);
	free(old);
	*module = NULL;
}

const char *module_path(const struct module *module)
{
	return module->path;
}

const char *module_name(const struct module *module)
{
	const char *slash = strrchr(module->path, '/');

	return slash ? slash + 1 : module->path;
}

bool module_is_stripped(struct module *module)
{
	if (module_read_symbols(module))
		return false;
	for (size_t i = 0; i < module->symbols.functions_count; i++)
		if (module->symbols.functions[i].source != FUNCTION_DYNSYM)
			return false;
	return true;
}

bool module_is_static(const struct module *module)
{
	return !elf_file_segment(module->file, PT_INTERP);
}

const char *module_build_id(const struct module *module)
{
	return module->file->build_id;
}

const char *module_keep_string(struct module *module, char *string)
{
	for (size_t i = 0; i < module->strings_count; i++) {
		if (!strcmp(module->strings[i], string)) {
			free(string);
			return module->strings[i];
		}
	}
	if (VEC_RESERVE(module->strings, module->strings_count, module->strings_capacity)) {
		free(string);
		return NULL;
	}
	module->strings[module->strings_count++] = string;
	return string;
}

/*
 * Only what the file itself lacks is looked for elsewhere; the packed names are a part of the debug file's.
 */
static int read_debug_symbols(struct module *module)
{
	struct elf_file *debug = NULL;
	int err;

	err = debuginfo_open(module->file, module->path, module->root, &debug);
	if (!err) {
		err = symbols_add_symtab(&module->symbols, module->file, debug, FUNCTION_DEBUG);
		elf_file_free(&debug);
		if (err != -ENOENT)
			return err;
	}
	err = mini_debug_open(module->file, &debug);
	if (!err) {
		err = symbols_add_symtab(&module->symbols, module->file, debug, FUNCTION_MINI_DEBUG);
		elf_file_free(&debug);
	}
	return err;
}

/* A table that is broken costs its own names, not those of the other tables. Returns 0 or -ENOMEM. */
static int read_failure(const struct module *module, const char *table, int err)
{
	if (err && err != -ENOENT)
		log_warning("cannot read the %s of %s (%s); names are missing.", table, module->path,
			    strerror(-err));
	return err == -ENOMEM ? err : 0;
}

static int read_tables(struct module *module)
{
	struct symbols *symbols = &module->symbols;
	int symtab, err;

	symtab = symbols_add_symtab(symbols, module->file, module->file, FUNCTION_SYMTAB);
	err = read_failure(module, "symbol table", symtab);
	if (!err)
		err = read_failure(module, "dynamic symbols", symbols_add_dynamic(symbols, module->file));
	if (!err && symtab)
		err = read_failure(module, "separate symbols", read_debug_symbols(module));
	if (!err && module->is_go)
		err = read_failure(module, "Go function table", symbols_add_go(symbols, module->file));
	return err;
}

static int fill_sizes(struct module *module)
{
	const struct frame_range *range;
	struct function *function;
	int err;

	for (size_t i = 0; i < module->symbols.functions_count; i++) {
		function = &module->symbols.functions[i];
		if (function->size)
			continue;
		err = module_read_frame(module);
		if (err)
			return err;
		range = eh_frame_find(&module->frame, function->address);
		if (range && range->start == function->address)
			function->size = range->end - range->start;
	}
	return 0;
}

int module_read_symbols(struct module *module)
{
	int err;

	if (module->symbols_read)
		return 0;
	err = read_tables(module);
	if (err) {
		symbols_free(&module->symbols);
		return err;
	}
	symbols_finish(&module->symbols);
	if (module->symbols.cut)
		log_warning("%s has more symbols than weir reads; names are missing.", module->path);
	module->bare_lengths = calloc(module->symbols.functions_count + 1, sizeof(*module->bare_lengths));
	if (!module->bare_lengths) {
		symbols_free(&module->symbols);
		log_error("memory ran out while the names of %s were read.", module->path);
		return -ENOMEM;
	}
	module->symbols_read = true;
	return fill_sizes(module);
}

int module_read_frame(struct module *module)
{
	int err;

	if (module->frame_read)
		return 0;
	err = eh_frame_read(module->file, &module->frame);
	if (err == -ENOMEM) {
		log_error("memory ran out while the frame table of %s was read.", module->path);
		return err;
	}
	if (err && err != -ENOENT)
		log_warning("cannot read the frame table of %s: %s.", module->path, strerror(-err));
	module->frame_read = true;
	return 0;
}

int module_functions(struct module *module, const struct function **ret_functions, size_t *ret_count)
{
	int err;

	err = module_read_symbols(module);
	if (err)
		return err;
	for (size_t i = 0; i < module->symbols.functions_count; i++)
		module_display(module, i);
	*ret_functions = module->symbols.functions;
	*ret_count = module->symbols.functions_count;
	return 0;
}

/* Sorted by address, so that the last one that begins at `address` or below holds it, if any does. */
static int symbol_bounds(struct module *module, uint64_t address, uint64_t *ret_start, uint64_t *ret_end)
{
	const struct function *functions = module->symbols.functions;
	size_t low = 0, high = module->symbols.functions_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (functions[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low > 0 && functions[low - 1].size == 0; low--)
		; /* marks, such as runtime.text */
	if (low == 0 || address - functions[low - 1].address >= functions[low - 1].size)
		return -ENOENT;
	*ret_start = functions[low - 1].address;
	*ret_end = functions[low - 1].address + functions[low - 1].size;
	return 0;
}

int module_bounds(struct module *module, uint64_t address, uint64_t *ret_start, uint64_t *ret_end)
{
	const struct frame_range *range;

	if (module_read_frame(module))
		return -ENOENT;
	range = eh_frame_find(&module->frame, address);
	if (!range && module->is_go && !module_read_symbols(module))
		return symbol_bounds(module, address, ret_start, ret_end);
	if (!range)
		return -ENOENT;
	*ret_start = range->start;
	*ret_end = range->end;
	return 0;
}

static long read_segment(struct module *module, uint64_t address, uint32_t flags, void *buffer, size_t size)
{
	const Elf64_Phdr *segment = elf_file_loaded(module->file, address, flags);
	uint64_t room;
	int err;

	if (!segment)
		return -ENOENT;
	room = segment->p_filesz - (address - segment->p_vaddr);
	if (size > room)
		size = room;
	err = elf_file_read(module->file, segment->p_offset + (address - segment->p_vaddr), buffer, size);
	return err ? err : (long)size;
}

long module_code(struct module *module, uint64_t address, void *buffer, size_t size)
{
	return read_segment(module, address, PF_X, buffer, size);
}

long module_data(struct module *module, uint64_t address, void *buffer, size_t size)
{
	return read_segment(module, address, 0, buffer, size);
}

uint64_t module_constant_end(const struct module *module)
{
	const struct elf_file *file = module->file;
	uint64_t end = 0, written = UINT64_MAX;

	for (size_t i = 0; i < file->segments_count; i++) {
		const Elf64_Phdr *segment = &file->segments[i];

		if (segment->p_type == PT_LOAD && segment->p_flags & PF_W && segment->p_vaddr < written)
			written = segment->p_vaddr;
	}
	for (size_t i = 0; i < file->segments_count; i++) {
		const Elf64_Phdr *segment = &file->segments[i];

		if (segment->p_type == PT_LOAD && segment->p_vaddr < written && segment->p_filesz < written - segment->p_vaddr &&
		    segment->p_vaddr + segment->p_filesz > end)
			end = segment->p_vaddr + segment->p_filesz;
	}
	return end;
}

int module_file_offset(const struct module *module, uint64_t address, uint64_t *ret_offset)
{
	return elf_file_offset(module->file, address, ret_offset);
}

struct slot_search {
	uint64_t address, target;
};

static void look_for_slot(void *context, const struct slot *slot)
{
	struct slot_search *search = context;

	if (slot->address == search->address)
		search->target = slot->target;
}

int module_slot(struct module *module, uint64_t address, uint64_t *ret_target)
{
	struct slot_search search = { .address = address };
	int err = slots_visit(module->file, look_for_slot, &search);

	if (err || !search.target)
		return err ?: -ENOENT;
	*ret_target = search.target;
	return 0;
}

int module_object(struct module *module, const char *name, uint64_t *ret_address, uint64_t *ret_size)
{
	const struct symbols *symbols = &module->symbols;
	size_t low = 0, high, middle;

	if (module_read_symbols(module))
		return -ENOENT;
	for (high = symbols->objects_count; low < high;) {
		middle = low + (high - low) / 2;
		if (strcmp(symbols->objects[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == symbols->objects_count || strcmp(symbols->objects[low].name, name) != 0)
		return -ENOENT;
	*ret_address = symbols->objects[low].address;
	*ret_size = symbols->objects[low].size;
	return 0;
}
