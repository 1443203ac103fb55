/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/module_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	GO_MAGIC_SEARCH_BYTES = 64 << 10, /* debug/buildinfo of Go looks no further */
	GO_MAGIC_ALIGN = 16,
};

/* Exception tables may come as one section per function: ".gcc_except_table._Z1fv". */
static const char *section_unwinds(const struct elf_file *file)
{
	static const struct {
		const char *prefix, *why;
	} telling[] = {
		{".gcc_except_table", "it has exception tables (.gcc_except_table)"},
		{".gopclntab", "it is a Go program (.gopclntab)"},
		{".data.rel.ro.gopclntab", "it is a Go program (.gopclntab)"},
		{".go.buildinfo", "it is a Go program (.go.buildinfo)"},
		{".note.go.buildid", "it is a Go program (.note.go.buildid)"},
	};
	const size_t count = sizeof(telling) / sizeof(telling[0]);
	const char *name;

	for (size_t i = 0; i < file->sections_count; i++) {
		name = elf_file_section_name(file, &file->sections[i]);
		for (size_t k = 0; k < count && file->sections[i].sh_size; k++) {
			if (!strncmp(name, telling[k].prefix, strlen(telling[k].prefix)))
				return telling[k].why;
		}
	}
	return NULL;
}

/*
 * Go's linker puts this in front of its build information, at the start of the data (Go, debug/buildinfo).
 */
static bool bytes_are_go(const char *bytes, size_t size)
{
	static const char magic[] = "\xff Go buildinf:";

	for (size_t at = 0; at + sizeof(magic) <= size; at += GO_MAGIC_ALIGN) {
		if (!memcmp(bytes + at, magic, sizeof(magic) - 1))
			return true;
	}
	return false;
}

static bool data_is_go(const struct elf_file *file)
{
	const Elf64_Phdr *segment;
	uint64_t size;

	for (size_t i = 0; i < file->segments_count; i++) {
		_cleanup_free_ char *bytes = NULL;

		segment = &file->segments[i];
		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W))
			continue;
		size = segment->p_filesz < GO_MAGIC_SEARCH_BYTES ? segment->p_filesz : GO_MAGIC_SEARCH_BYTES;
		if (!elf_file_load(file, segment->p_offset, size, &bytes) && bytes_are_go(bytes, size))
			return true;
	}
	return false;
}

/*
 * From the surest sign to the weakest. That the C++ runtime or libgcc_s is among the needed libraries is
 * none: C programs link libgcc_s for arithmetic, and C++ ones may be built without exceptions.
 */
static void unwinds_read(struct module *module, char *why, size_t size)
{
	const char *section = section_unwinds(module->file);

	if (section) {
		snprintf(why, size, "%s", section);
	} else if (module->file->go_note || data_is_go(module->file)) {
		snprintf(why, size, "it is a Go program");
	} else if (!module_read_frame(module) && module->frame.personality) {
		snprintf(why, size, "its frame table (.eh_frame) names handlers for unwinding");
	} else if (!module_read_symbols(module) && module->symbols.unwinder) {
		snprintf(why, size, "it has the symbol %s", module->symbols.unwinder);
	}
}

const char *module_unwinds(struct module *module)
{
	if (!module->unwinds_read) {
		unwinds_read(module, module->unwinds, sizeof(module->unwinds));
		module->unwinds_read = true;
	}
	return module->unwinds[0] ? module->unwinds : NULL;
}

bool module_is_go(const struct module *module)
{
	static const char *const sections[] = { ".gopclntab", ".data.rel.ro.gopclntab", ".go.buildinfo", ".note.go.buildid" };
	const struct elf_file *file = module->file;

	for (size_t i = 0; i < file->sections_count; i++)
		for (size_t k = 0; k < sizeof(sections) / sizeof(sections[0]); k++)
			if (!strcmp(elf_file_section_name(file, &file->sections[i]), sections[k]))
				return true;
	return file->go_note || data_is_go(file);
}
