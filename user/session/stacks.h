/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Targets whose threads switch stacks. Return probes would kill them, so the plan must know before it chooses; and the functions
 * that switch are probed, so that the frames of each stack are kept apart (bpf/stack.h).
 */
#ifndef WEIR_STACKS_H
#define WEIR_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attach/tracer.h"
#include "plan/plan.h"

struct stacks_module;

struct stacks {
	struct stacks_module *modules; /* all that were looked at; owned */
	size_t modules_count, modules_capacity;
	char why[512]; /* "": no module switches stacks */
};

void stacks_free(struct stacks *stacks);

/*
 * Look at a module that a process maps: it can be opened at `path`; (device, inode) is its identity, `root` where its debug files
 * are. Sets the plan's selection.switches. Returns 0 or -ENOMEM; a file that cannot be read is passed over.
 */
int stacks_look(struct stacks *stacks, struct plan *plan, uint64_t device, uint64_t inode, const char *path, const char *display,
		const char *root);

/* Probe the functions that switch, where the target does and calls are left at return sites. Returns 0 or -errno (logged). */
int stacks_attach(struct stacks *stacks, struct tracer *tracer, const struct plan *plan);

#endif
