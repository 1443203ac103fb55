/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions of a module allocate and free memory, and how each is to be probed. By the names of the C library's interface and of the
 * prefixes that allocators are built with (je_, mi_, tc_ ...). Knows no process: whose malloc a process calls is decided in session/.
 */
#ifndef WEIR_ALLOCATOR_H
#define WEIR_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attach/tracer.h"

struct module;

/* How early in the search for a symbol a module of this name comes: the lowest defines the malloc that is called. */
enum allocator_rank {
	ALLOCATOR_EXECUTABLE,
	ALLOCATOR_LIBRARY, /* preloaded, or linked before the C library */
	ALLOCATOR_LIBC,
};

/* Is the module of this path the C library, or the dynamic linker? */
bool allocator_is_libc(const char *path);

/* Does it define malloc and free? */
bool allocator_is_own(struct module *module);

/*
 * The functions to probe: where `own`, those of the C library's and of C++'s interface, and always those with a prefix. `live`: with frees, and the returns
 * of all that allocate. The caller frees *ret_sites. Returns 0 (also with none) or -errno.
 */
int allocator_find(struct module *module, bool own, bool live, struct tracer_alloc_site **ret_sites, size_t *ret_count);

#endif
