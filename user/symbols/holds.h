/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a file defines functions of given names: asked of every module of a process, so symbols are not read for it. The dynamic ones are
 * looked up in the hash table that the dynamic linker uses; others are searched for by the bytes of their names, and only where all are there
 * is the table itself gone through.
 *
 * Formats: gABI, "Symbol Table"; for .gnu.hash, glibc's elf/dl-lookup.c and binutils' bfd/elflink.c.
 */
#ifndef WEIR_HOLDS_H
#define WEIR_HOLDS_H

#include "symbols/elf_file.h"

enum { HOLDS_NAMES_MAX = 16 };

/* Those of the `count` names (HOLDS_NAMES_MAX at most) that the file's dynamic symbols define as functions: a mask by index. */
uint32_t holds_dynamic(const struct elf_file *file, const char *const *names, size_t count);

/* The same of its .symtab; 0 unless all of the names that `missing` has a bit for are somewhere in it. */
uint32_t holds_symtab(const struct elf_file *file, const char *const *names, size_t count, uint32_t missing);

#endif
