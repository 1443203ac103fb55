/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbol tables turned into functions and data objects. symbols_add_*() gather from any number of files,
 * symbols_finish() sorts and merges; after that the arrays stay as they are until symbols_free().
 */
#ifndef WEIR_SYMTAB_H
#define WEIR_SYMTAB_H

#include "symbols/elf_file.h"
#include "symbols/module.h"

enum {
	SYMBOLS_MAX = 4 << 20,        /* functions, and as many objects, of one module */
	SYMBOL_NAME_MAX = 16 << 10,   /* bytes; symbols with longer names are left out */
	SYMBOLS_NAMES_PER_BYTE = 8,   /* names may share the bytes of a string table so many times */
};

struct object {
	const char *name;
	uint64_t address;
	uint64_t size;
	bool local;
};

struct symbols {
	struct function *functions; /* display is NULL: not yet demangled */
	size_t functions_count, functions_capacity;
	struct object *objects; /* sorted by name, global ones first */
	size_t objects_count, objects_capacity;
	char **strings; /* the string tables that all names point into */
	size_t strings_count, strings_capacity;
	const char *unwinder; /* a symbol that only a module that unwinds has; NULL: none was seen */
	bool cut;             /* a limit was reached */
};

/*
 * Add the defined symbols of a file's .symtab, or its dynamic symbols, found by section or by PT_DYNAMIC.
 * `main` is the file that is mapped: functions outside its executable segments are left out, file offsets
 * are its. Returns 0, -ENOENT where there is no such table, or -errno.
 */
int symbols_add_symtab(struct symbols *symbols, const struct elf_file *main, const struct elf_file *file,
		       enum function_source source);
int symbols_add_dynamic(struct symbols *symbols, const struct elf_file *main);

/*
 * Sort, and merge entries of the same name and address: the first source stays, a known size wins over
 * none.
 */
void symbols_finish(struct symbols *symbols);
void symbols_free(struct symbols *symbols);

/* Where the dynamic symbols of a file without section headers are (gABI, "Dynamic Section"). */
struct symbol_table {
	uint64_t symbols_offset, symbols_count;
	uint64_t strings_offset, strings_size;
	uint64_t versions_offset; /* 0: none; else one 16-bit number per symbol */
};
int dynamic_symbol_table(const struct elf_file *file, struct symbol_table *ret_table);

/* The same of a section of symbols. Returns 0 or -EINVAL. */
int symbols_section_table(const struct elf_file *file, const Elf64_Shdr *section, struct symbol_table *ret_table);

/* The address of the GNU hash table. Returns 0, -ENOENT, or -errno. */
int dynamic_gnu_hash(const struct elf_file *file, uint64_t *ret_address);

/* Where the names of the dynamic symbols are. Returns 0, -ENOENT, or -errno. */
int dynamic_strings(const struct elf_file *file, uint64_t *ret_offset, uint64_t *ret_size);

/* Where the relocations with addends are that the dynamic linker applies at once. Returns 0, -ENOENT, or -errno. */
int dynamic_relocations(const struct elf_file *file, uint64_t *ret_offset, uint64_t *ret_size);

#endif
