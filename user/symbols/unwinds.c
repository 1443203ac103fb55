/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/module_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "symbols/go_table.h"

enum {
	GO_MAGIC_SEARCH_BYTES = 64 << 10,
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

/* Go's own readers look no further than that where sections are named (Go, debug/buildinfo). */
static bool data_is_go(const struct elf_file *file)
{
	return go_build_info_exists(file, file->sections ? GO_MAGIC_SEARCH_BYTES : UINT64_MAX);
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
	} else if (module->is_go) {
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

bool file_is_go(const struct elf_file *file)
{
	static const char *const sections[] = {".gopclntab", ".data.rel.ro.gopclntab", ".go.buildinfo",
					       ".note.go.buildid"};

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (elf_file_section(file, sections[i]))
			return true;
	}
	return file->go_note || data_is_go(file);
}

bool module_is_go(const struct module *module)
{
	return module->is_go;
}

const char *module_go_version(struct module *module)
{
	if (!module->go_version_read) {
		if (!module->is_go ||
		    go_version_read(module->file, module->go_version, sizeof(module->go_version)))
			module->go_version[0] = '\0';
		module->go_version_read = true;
	}
	return module->go_version[0] ? module->go_version : NULL;
}
