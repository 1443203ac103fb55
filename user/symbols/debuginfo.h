/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the symbols went that `strip` took out of a file: a separate debug file, found as GDB finds it
 * (GDB manual, "Debugging Information in Separate Files"), or the .gnu_debugdata section (ibid.,
 * "MiniDebugInfo").
 */
#ifndef WEIR_DEBUGINFO_H
#define WEIR_DEBUGINFO_H

#include "symbols/elf_file.h"

enum {
	MINI_DEBUG_MAX_BYTES = 256 << 20,   /* unpacked */
	MINI_DEBUG_MEMORY_BYTES = 128 << 20, /* of the unpacker; xz -9 asks for 65 MiB */
};

/*
 * The debug file of `file`, by build id, else by .gnu_debuglink with a fitting checksum, in
 * ROOT/usr/lib/debug and beside `path`. Symbolic links stay within `root`. Returns 0, or -ENOENT where
 * there is none.
 */
int debuginfo_open(const struct elf_file *file, const char *path, const char *root,
		   struct elf_file **ret_debug);

/* The file packed into .gnu_debugdata. Returns 0, -ENOENT where there is none, or -errno. */
int mini_debug_open(const struct elf_file *file, struct elf_file **ret_debug);

#endif
