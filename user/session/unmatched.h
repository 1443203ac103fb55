/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A target that no profile matches: why none does, and what of it looks like work, as arguments for -f with what a call would
 * cost. Nothing is probed for it; the process itself is shown.
 */
#ifndef WEIR_UNMATCHED_H
#define WEIR_UNMATCHED_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"
#include "target/target.h"

struct unmatched_function {
	char *argument; /* for -f: MODULE:NAME; owned */
	enum site_class class;
	enum plan_leave leave;
};

struct unmatched {
	char *reason; /* one sentence; NULL: nothing was looked at yet; owned */
	struct unmatched_function *functions; /* best first; owned */
	size_t functions_count;
};

void unmatched_free(struct unmatched *unmatched);

/*
 * Look at what the running processes map, and replace what *unmatched held. `plan` tells what was looked for; `catalog` is for the
 * prediction. Returns 0 or -ENOMEM; what cannot be read is left out.
 */
int unmatched_look(struct unmatched *unmatched, const struct plan *plan, struct catalog *catalog, const struct target *target);

#endif
