/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WEIR_COLLECT_MEMORY_H
#define WEIR_COLLECT_MEMORY_H

#include "attach/tracer.h"
#include "model/snapshot.h"

/*
 * Fill the memory of the nodes that `snapshot` has (parents before children), of the whole target, and of what belongs to no call.
 * Nothing where memory is not measured. Returns 0 or -ENOMEM.
 */
int collect_memory(const struct tracer_tables *tables, struct snapshot *snapshot);

#endif
