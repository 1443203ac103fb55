/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files behind module.h share. */
#ifndef WEIR_MODULE_INTERNAL_H
#define WEIR_MODULE_INTERNAL_H

#include "symbols/eh_frame.h"
#include "symbols/elf_file.h"
#include "symbols/module.h"
#include "symbols/symtab.h"
#include "symbols/usdt.h"

enum {
	DISPLAYS_MAX_BYTES = 1 << 30, /* of demangled names; beyond it names are shown as they are */
};

struct module {
	char *path, *root;
	struct elf_file *file;
	bool is_go; /* known from the start: see file_is_go() */
	bool symbols_read, frame_read;
	struct symbols symbols;
	struct eh_frame frame;
	uint32_t *bare_lengths;  /* per function that has a display: its length without the parameter list */
	size_t displays_bytes;
	char **strings;          /* further strings that were handed out */
	size_t strings_count, strings_capacity;
	struct vtables *vtables; /* NULL: not read; vtables.c */
	bool unwinds_read;
	char unwinds[96];        /* "": it does not */
	bool usdt_read;
	char *usdt_notes; /* the texts of `usdt` */
	struct usdt_site *usdt;
	size_t usdt_count;
	bool go_version_read;
	char go_version[48];     /* "": not known */
};

/*
 * Each reads on first use. A failure is logged once; what could be read stays usable. Returns 0 or -ENOMEM.
 */
int module_read_symbols(struct module *module);
int module_read_frame(struct module *module);

/* The display of functions[index], demangled on first use; never NULL. */
const char *module_display(struct module *module, size_t index);

/* Takes `string` over, also on failure; returns it as the module's, equal ones once, or NULL. */
const char *module_keep_string(struct module *module, char *string);

/* Does it bear a sign of Go's linker: a section, the note, or the build information? */
bool file_is_go(const struct elf_file *file);

/* Length of a demangled C++ name without its parameter list and what stands behind that. */
size_t display_bare_length(const char *display);

#endif
