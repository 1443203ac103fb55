/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Function bounds from .eh_frame, which also stripped files keep: one range for each part of a function
 * that is laid out in one piece. Found by section or, without section headers, by PT_GNU_EH_FRAME.
 *
 * Format: LSB Core, "Exception Frames"; pointer encodings: ibid., "DWARF Exception Header Encoding".
 */
#ifndef WEIR_EH_FRAME_H
#define WEIR_EH_FRAME_H

#include "symbols/elf_file.h"

struct frame_range {
	uint64_t start, end; /* link-time addresses; end is the first byte behind */
};

struct eh_frame {
	struct frame_range *ranges; /* sorted by start */
	size_t count, capacity;
	bool personality; /* some function names a personality routine or has a language-specific area */
};

/* Read all of it; broken entries are passed over. Returns 0, -ENOENT where the file has none, or -errno. */
int eh_frame_read(const struct elf_file *file, struct eh_frame *ret_frame);
void eh_frame_free(struct eh_frame *frame);

/* The range that holds `address`; NULL if there is none. */
const struct frame_range *eh_frame_find(const struct eh_frame *frame, uint64_t address);

#endif
