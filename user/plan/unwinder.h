/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where exceptions and panics are thrown and where they land: sites in the target's own unwinder (libgcc_s, or a copy linked
 * into a module). With them, calls that an exception leaves are told from those that return, whoever catches it.
 */
#ifndef WEIR_UNWINDER_H
#define WEIR_UNWINDER_H

#include <stdbool.h>
#include <stdint.h>

struct module;

enum unwinder_site_kind {
	UNWINDER_RAISE, /* something is thrown, or thrown on; cookie: 1 where that is no error but the end of a thread */
	UNWINDER_LAND,  /* it lands in a frame; cookie: where its context holds the stack pointer */
	UNWINDER_CATCH, /* it was caught; the way to find landings where contexts are not understood */
};

struct unwinder_site {
	enum unwinder_site_kind kind;
	uint64_t file_offset, cookie;
};

enum { UNWINDER_SITES_MAX = 5 };

struct unwinder {
	struct unwinder_site sites[UNWINDER_SITES_MAX];
	unsigned sites_count;
};

/* May a module of this name be an unwinder's library? `display`: its path as the target sees it. */
bool unwinder_is_library(const char *display);

/* The sites of the unwinder that the module defines. Returns 0, or -ENOENT where none is found by its symbols. */
int unwinder_find(struct module *module, struct unwinder *ret_unwinder);

/*
 * The displacement of the stack pointer in an unwinder's context, from the code of _Unwind_GetCFA, which reads it:
 * [endbr64;] mov rax, [rdi + displacement]; ret. Returns 0, or -ENOTSUP where it is anything else.
 */
int unwinder_context_sp(const uint8_t *code, unsigned long size, uint32_t *ret_displacement);

#endif
