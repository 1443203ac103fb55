/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Go's linker leaves in every program, stripped or not: the table of functions (.gopclntab), without which
 * the runtime could not copy a stack, and the build information with the version.
 *
 * Formats: Go, src/runtime/symtab.go (pcHeader, moduledata, functab), src/runtime/runtime2.go (_func),
 * src/debug/buildinfo/buildinfo.go. Versions: src/internal/abi/symtab.go.
 */
#ifndef WEIR_GO_TABLE_H
#define WEIR_GO_TABLE_H

#include "symbols/elf_file.h"
#include "symbols/symtab.h"

enum go_format {
	GO_FORMAT_1_2,  /* magic 0xfffffffb, Go 1.2 to 1.15 */
	GO_FORMAT_1_16, /* 0xfffffffa, 1.16 and 1.17 */
	GO_FORMAT_1_18, /* 0xfffffff0, 1.18 and 1.19 */
	GO_FORMAT_1_20, /* 0xfffffff1, since 1.20; since 1.26 without the start of the text */
};

/* Where things are: offsets from the table's first byte, all within `size`. */
struct go_table {
	enum go_format format;
	uint64_t address;          /* link-time, of its first byte */
	uint64_t file_offset, size; /* to the end of its section, else of its segment */
	uint64_t count;            /* functions; 1 to SYMBOLS_MAX */
	uint64_t names, names_end;
	uint64_t pc_values;
	uint64_t index;            /* per function its address and the offset of its record, and one address behind */
	uint64_t records;          /* what offsets of records count from */
};

/*
 * Find it by its section or, where no section bears the name, by its magic number in what is loaded without being
 * executable. Returns 0, -ENOENT, or -errno.
 */
int go_table_find(const struct elf_file *file, struct go_table *ret_table);

/*
 * Add the functions whose address has none yet, with FUNCTION_GO; sizes without the padding behind a function.
 * Returns 0, -ENOENT where there is no table, -EINVAL where it is one that cannot be read, or -errno.
 */
int symbols_add_go(struct symbols *symbols, const struct elf_file *main);

/*
 * The version that the build information names, "1.19.8", without the "go" and without what experiments add.
 * Returns 0; -ENOENT where there is none or where it names no release (a development version).
 */
int go_version_read(const struct elf_file *file, char *ret_version, size_t size);

/* Does a segment that is written to hold Go's build information? Looks at no more than `limit` bytes of each. */
bool go_build_info_exists(const struct elf_file *file, uint64_t limit);

/* ---- shared by the readers ----------------------------------------------------------------------- */

/* What the dynamic linker adds to the file: 8 bytes at `place`, relative to the load address. */
struct go_relocation {
	uint64_t place, value;
};

struct go_relocations {
	struct go_relocation *items; /* sorted by place; owned */
	size_t count;
};

/* Returns 0, also where there are none, or -ENOMEM. */
int go_relocations_read(const struct elf_file *file, struct go_relocations *ret_relocations);
void go_relocations_free(struct go_relocations *relocations);

/* As the program will see the `size` bytes from link-time `address`. */
void go_relocations_apply(const struct go_relocations *relocations, uint64_t address, char *bytes, size_t size);

/*
 * Call `accept` with each address divisible by 8 at which one of `wanted` stands, in the file's bytes of segments
 * that are loaded with `flags` and not executable, until it returns true. Returns 0, -ENOENT, or -errno.
 */
struct go_scan {
	uint32_t flags;
	uint64_t limit; /* bytes of each segment */
	const uint64_t *wanted;
	size_t wanted_count;
	bool (*accept)(const struct elf_file *file, uint64_t address, void *context);
	void *context;
};
int go_scan_words(const struct elf_file *file, const struct go_scan *scan);

/* The address that offsets of functions count from, since Go 1.18. Returns 0, -ENOENT, or -errno. */
int go_text_start(const struct elf_file *file, const struct go_table *table,
		  const struct go_relocations *relocations, uint64_t *ret_start);

#endif
