/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual functions by the names of their classes, where no symbol names either: run-time type information stays in a binary whose symbols are hidden or
 * stripped. The name of a class leads to the object that describes it, that to those of derived classes and to the virtual tables, which refer to it; the
 * references are what the dynamic linker fills in, or words of the data as they are in the file.
 *
 * Layouts: Itanium C++ ABI, "Virtual Table Layout" (2.5) and "RTTI Layout" (2.9.5).
 */
#ifndef WEIR_VTABLES_H
#define WEIR_VTABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/module.h"

struct vtables;
void vtables_free(struct vtables **vtables);

/* Is it a name that these functions take: "duckdb::PhysicalOperator", without templates? */
bool class_name_is_plain(const char *name);

/*
 * The addresses in slot `slot` (the first virtual function is 0) of the class's own virtual table or, with `derived`, of those of the class and all that are derived from it without
 * an offset; ascending, each once; those in code, without a word on whether they are beginnings of functions. *ret_addresses is the caller's to free. Returns 0 (also
 * where there is no such class) or -errno.
 */
int module_virtual_functions(struct module *module, const char *class_name, bool derived, unsigned slot, uint64_t **ret_addresses, size_t *ret_count);

/*
 * The size in bytes of the virtual table that a symbol of this name, "_ZTVN6duckdb8ExecutorE", would have, as far as the words behind it are functions. Returns 0, -ENOENT, or -errno.
 */
int module_vtable_size(struct module *module, const char *symbol, uint64_t *ret_bytes);

#endif
