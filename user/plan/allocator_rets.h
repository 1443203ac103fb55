/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WEIR_ALLOCATOR_RETS_H
#define WEIR_ALLOCATOR_RETS_H

#include <stdbool.h>
#include <stddef.h>

#include "attach/tracer.h"
#include "symbols/module.h"

/*
 * Add to *sites, which is a vector, the ret instructions by which `function` can end: its own, and those of the functions of the module that it jumps on
 * to. *ret_all: there is no other way in which it returns, such as a jump through a register. Returns 0 or -ENOMEM.
 */
int allocator_find_rets(struct module *module, const struct function *function, struct tracer_alloc_site **sites, size_t *count,
			size_t *capacity, bool *ret_all);

#endif
