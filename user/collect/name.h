/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's numbers of nodes and labels stand for. */
#ifndef WEIR_COLLECT_NAME_H
#define WEIR_COLLECT_NAME_H

#include "attach/tracer.h"
#include "model/snapshot.h"
#include "plan/plan.h"

/*
 * Fill what the key of a slot tells: parent, level, names, label, fingerprint, recursive (of node->id), and which counters apply. The key's probe is
 * one of the plan's. Strings are kept by `snapshot`; one that memory did not suffice for is NULL.
 */
void name_node(const struct tracer_tables *tables, const struct plan *plan, struct snapshot *snapshot, uint64_t key,
	       struct snapshot_node *node);

/*
 * The text of a CONSTANT label of the probe, with dots behind it where it is cut. Returns 0, or -ENOENT where there is none.
 */
int name_constant(const struct plan *plan, const struct plan_probe *p, const struct weir_label *label, char *buffer, size_t size);

/* A type's name as type_info has it, mangled: "N3foo3BarE". */
const char *name_type(struct snapshot *snapshot, const char *mangled_name);

#endif
