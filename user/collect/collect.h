/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the kernel's tables to a snapshot: the only reader of the tables, and it formats nothing. */
#ifndef WEIR_COLLECT_H
#define WEIR_COLLECT_H

#include "attach/calibrate.h"
#include "attach/tracer.h"
#include "model/snapshot.h"
#include "plan/plan.h"

/*
 * Fill the nodes, errors, losses and overhead of `snapshot` from the tables, then its operators and queries. Counters are read
 * so that calls >= completed + unwound + untimed holds in every snapshot. Returns 0 or -errno.
 */
int collect(const struct tracer *tracer, const struct plan *plan, const struct calibration *costs,
	    struct snapshot *snapshot);

/* Add each probe's calls to `calls`, which has plan->probes_count counters. Those of a full node table are nobody's. */
void collect_calls(const struct tracer *tracer, const struct plan *plan, uint64_t *calls);

#endif
