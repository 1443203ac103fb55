/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits on memory: one line on stderr when a limit is passed, and one when it is kept again. */
#ifndef WEIR_WARNINGS_H
#define WEIR_WARNINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attach/tracer.h"
#include "plan/plan.h"
#include "target/target.h"

struct warning;

struct warnings {
	uint64_t rss_bytes, operator_live_bytes; /* limits; 0: none */
	struct warning *above; /* limits that are passed; owned */
	size_t above_count, above_capacity;
};

/* How often they are looked at. */
#define WARNINGS_INTERVAL_NS 250000000ULL

void warnings_free(struct warnings *warnings);
static inline bool warnings_wanted(const struct warnings *warnings)
{
	return warnings->rss_bytes || warnings->operator_live_bytes;
}

/* Look at all of them now. Returns 0 or -ENOMEM. */
int warnings_check(struct warnings *warnings, const struct tracer *tracer, const struct plan *plan, const struct target *target);

#endif
