/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ret instructions of functions that are left at return sites. They are probed from the start, so that the first call from each
 * caller is exact too; they are single-stepped, so a function's go as soon as it was called and no new caller of it has come for a
 * while. A function with a caller that can have no return site keeps them.
 */
#ifndef WEIR_RETS_H
#define WEIR_RETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attach/tracer.h"
#include "plan/plan.h"

struct rets {
	struct ret_state *states; /* by probe id; owned */
	size_t states_count;
	bool any_missed;          /* rets_restore() has something to do */
	uint32_t restored_groups;
};

void rets_free(struct rets *rets);

/* Attach the rets of a module that was planned: before its entries. Returns 0 or -errno (logged). */
int rets_attach(struct rets *rets, struct tracer *tracer, const struct plan *plan, size_t module);

/* Has the function no ret that can be probed? Then each of its callers needs a return site, whatever that costs. */
bool rets_are_none(const struct rets *rets, uint32_t probe);

void rets_caller_came(struct rets *rets, uint32_t probe);
/* A caller came that can have no return site. */
void rets_keep(struct rets *rets, uint32_t probe);

/* Attach those again that a caller without a return site has come for since. Returns 0 or -errno (logged). */
int rets_restore(struct rets *rets, struct tracer *tracer, const struct plan *plan);

/* Let go of those that have served. To be called now and then. Returns 0 or -errno (logged). */
int rets_drop(struct rets *rets, struct tracer *tracer, const struct plan *plan);

#endif
