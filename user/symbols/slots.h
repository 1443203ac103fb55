/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a module's data that the dynamic linker fills with addresses: the slots that calls to other modules and to symbols that
 * can be preempted go through. Found by PT_DYNAMIC, so in stripped files too. Packed relative relocations (DT_RELR) are not read: no
 * linker leaves a call through such a slot that it can make direct.
 *
 * Format: gABI, "Relocation" and "Dynamic Section"; x86-64 psABI, "Relocation Types".
 */
#ifndef WEIR_SLOTS_H
#define WEIR_SLOTS_H

#include "symbols/elf_file.h"

struct slot {
	uint64_t address; /* of the word, link-time */
	const char *name; /* of the symbol that it is filled with; NULL: it is relative to the module */
	uint64_t target;  /* the link-time address that it is filled with, unless the symbol is preempted; 0: not defined here */
};

/* Visit all of them. The name lasts as long as the visit. Returns 0 (also for a module that has none), or -errno. */
int slots_visit(const struct elf_file *file, void (*visit)(void *context, const struct slot *slot), void *context);

#endif
