/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An x86-64 ELF file as bytes that nobody vouches for: program headers, section headers and bounded reads.
 * Read with pread and never mapped: a file that shrinks under a mapping would end weir with SIGBUS.
 * Works on a descriptor or, for .gnu_debugdata, on a buffer. Knows nothing of symbols.
 *
 * Layouts: System V gABI chapters 4 and 5, <elf.h>.
 */
#ifndef WEIR_ELF_FILE_H
#define WEIR_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ELF_LOAD_MAX_BYTES = 512 << 20, /* largest piece of a file that is read at once */
	ELF_SECTIONS_MAX = 1 << 20,
	ELF_BUILD_ID_MAX_BYTES = 64,
};

struct elf_file {
	int fd;        /* -1: the file is `memory` */
	char *memory;  /* owned */
	uint64_t size; /* bytes */
	uint16_t type; /* ET_EXEC or ET_DYN */
	Elf64_Phdr *segments;
	size_t segments_count;
	Elf64_Shdr *sections; /* NULL: stripped, or not readable */
	size_t sections_count;
	char *section_names; /* NUL-terminated; NULL without sections */
	size_t section_names_size;
	char build_id[2 * ELF_BUILD_ID_MAX_BYTES + 1]; /* lower-case hex; "": none */
	bool go_note;                                  /* it bears the build id of the Go linker */
};

/*
 * Take over `fd` (closed on failure too) or the buffer `memory` of `size` bytes (freed on failure too).
 * Returns 0, or -errno with *ret_reason a clause for the user: "it is a 32-bit file". -ENOEXEC where it
 * is no x86-64 executable or shared object. Whether it has something to load is the caller's to ask.
 */
int elf_file_open_fd(int fd, struct elf_file **ret_file, const char **ret_reason);
int elf_file_open_memory(char *memory, size_t size, struct elf_file **ret_file, const char **ret_reason);
void elf_file_free(struct elf_file **file);

/* Read exactly `size` bytes at `offset`. Returns 0, -ENODATA past the end of the file, or -errno. */
int elf_file_read(const struct elf_file *file, uint64_t offset, void *buffer, size_t size);

/*
 * The same into a new buffer with a NUL behind it, the caller's to free. -EFBIG above ELF_LOAD_MAX_BYTES.
 */
int elf_file_load(const struct elf_file *file, uint64_t offset, uint64_t size, char **ret_bytes);

/* The first section of that name or type that has bytes in the file; NULL if there is none. */
const Elf64_Shdr *elf_file_section(const struct elf_file *file, const char *name);
const Elf64_Shdr *elf_file_section_typed(const struct elf_file *file, uint32_t type);
const char *elf_file_section_name(const struct elf_file *file, const Elf64_Shdr *section);

/* The first program header of that type; NULL if there is none. */
const Elf64_Phdr *elf_file_segment(const struct elf_file *file, uint32_t type);

/*
 * The PT_LOAD whose bytes in the file hold `address` and whose flags include `flags` (PF_X or 0); NULL:
 * none.
 */
const Elf64_Phdr *elf_file_loaded(const struct elf_file *file, uint64_t address, uint32_t flags);

/* Link-time address to file offset. Returns 0 or -ENOENT. */
int elf_file_offset(const struct elf_file *file, uint64_t address, uint64_t *ret_offset);

#endif
