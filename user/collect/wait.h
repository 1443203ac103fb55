/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WEIR_COLLECT_WAIT_H
#define WEIR_COLLECT_WAIT_H

#include "attach/tracer.h"
#include "model/snapshot.h"
#include "plan/plan.h"

/* What the nodes of `snapshot` were blocked for. Returns 0 or -errno. */
int collect_waits(const struct tracer *tracer, const struct plan *plan, struct snapshot *snapshot);

/* What the profile of probe number `probe` calls it; NULL when out of memory. */
const char *collect_wait_name(const struct plan *plan, uint32_t probe, uint32_t code, struct snapshot *strings);

#endif
