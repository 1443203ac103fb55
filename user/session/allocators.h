/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocators of the target's processes. The C library is everybody's: its functions are probed for each process by itself, so that others
 * that map it pay nothing. Where several modules of a process define malloc, the one is taken that the dynamic linker takes: the
 * executable, else a library that is preloaded or linked before the C library, else that.
 */
#ifndef WEIR_ALLOCATORS_H
#define WEIR_ALLOCATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attach/tracer.h"
#include "plan/plan.h"
#include "target/process.h"

struct allocator_module;
struct allocator_use;

struct allocators {
	bool live;   /* allocations are followed */
	bool by_pid; /* breakpoints can be for one process */
	bool late;   /* processes run already when they are found: what they did before is not counted */
	struct allocator_module *modules; /* looked at; owned */
	size_t modules_count, modules_capacity;
	struct allocator_use *uses; /* which process uses which; owned */
	size_t uses_count, uses_capacity;
};

void allocators_free(struct allocators *allocators);

/* Look at the mappings of process `pid`. What a plan's profile or -f names is searched for allocators of a prefix. Returns 0 or -ENOMEM. */
int allocators_look(struct allocators *allocators, const struct plan *plan, uint32_t pid, const struct mapping *mappings,
		    size_t count);
/* `child` was forked by `parent` and maps what it maps. */
int allocators_fork(struct allocators *allocators, uint32_t parent, uint32_t child);
void allocators_ended(struct allocators *allocators, struct tracer *tracer, uint32_t pid);

/* Attach what came since. Returns 0 or -errno (logged). */
int allocators_attach(struct allocators *allocators, struct tracer *tracer);

#endif
