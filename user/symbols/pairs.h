/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables in a module's data whose entries hold the address of a name and that of a function: how a program that was stripped still tells what
 * its functions are called by its users.
 */
#ifndef WEIR_PAIRS_H
#define WEIR_PAIRS_H

#include <stddef.h>
#include <stdint.h>

struct module;

enum { PAIR_NAME_MAX = 64 /* bytes of one name */, PAIRS_MAX = 4096, PAIR_STRIDE_MAX = 4096 /* bytes */ };

/* Where an entry has what; bytes. */
struct pair_layout {
	uint64_t stride, name_at, function_at; /* both words lie within the stride, which is 16 to 4096 */
};

struct pair {
	const char *names; /* `prefix` and those of all entries with this function, in the table's order, "/" between: "min/max"; the module's */
	uint64_t address;  /* of the function, link-time */
};

/*
 * The functions of the table that has an entry named `holding`, and goes on before and behind it as long as entries hold a name (printable ASCII
 * without blanks) and the beginning of a function by .eh_frame, or nothing in its place. What the dynamic linker relocates is read as it will be. Of several tables the
 * longest; one entry alone is none. In the order of the table, each function once. *ret_pairs is the caller's to free (not the strings). Returns 0
 * (also with none), or -errno.
 */
int module_pairs(struct module *module, const char *holding, const char *prefix, const struct pair_layout *layout,
		 struct pair **ret_pairs, size_t *ret_count);

#endif
