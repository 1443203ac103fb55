/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WEIR_COLLECT_MEMORY_H
#define WEIR_COLLECT_MEMORY_H

#include "attach/tracer.h"
#include "model/snapshot.h"

/* Add the counts of histogram blocks (one number for each octave) to WEIR_HIST_SLOTS slots. */
void collect_blocks(const struct tracer_tables *tables, const uint32_t *octaves, uint64_t *slots);

/*
 * Fill the memory of the nodes that `snapshot` has (parents before children), of the whole target, and of what belongs to no call.
 * Nothing where memory is not measured. Returns 0 or -ENOMEM.
 */
int collect_memory(const struct tracer *tracer, struct snapshot *snapshot);

#endif
