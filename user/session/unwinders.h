/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The unwinders of the target: libgcc_s and its like, and copies linked into probed modules. Probed as soon as a function is
 * whose calls are seen to leave at return sites.
 */
#ifndef WEIR_UNWINDERS_H
#define WEIR_UNWINDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attach/tracer.h"
#include "plan/plan.h"

struct unwinder_module;

struct unwinders {
	struct unwinder_module *libraries; /* owned */
	size_t libraries_count, libraries_capacity;
	size_t modules_seen; /* of the plan */
};

void unwinders_free(struct unwinders *unwinders);

/*
 * A process maps the library (unwinder_is_library) that can be opened at `path`; `root` is where its debug files are. Looked at when
 * it is needed. Returns 0, or -ENOMEM; a library that cannot be read is left out (logged).
 */
int unwinders_add_library(struct unwinders *unwinders, const char *path, const char *display, const char *root);

/* Attach to unwinders that came since. Returns 0 or -errno (logged). */
int unwinders_attach(struct unwinders *unwinders, struct tracer *tracer, struct plan *plan);

#endif
