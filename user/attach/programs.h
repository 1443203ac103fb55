/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which BPF programs are loaded when. What every target needs is loaded at the start; what only some need (spans, exceptions,
 * goroutines) when the first module that has it is attached: the verifier takes longer than anything else that weir does
 * before it measures. They then come from a second reading of the same object, over the same maps.
 */
#ifndef WEIR_PROGRAMS_H
#define WEIR_PROGRAMS_H

#include "attach/tracer_internal.h"

/* Before the skeleton is loaded: leave out what comes later, and say what is attached by uprobe_multi. Returns 0 or -errno. */
int programs_choose(struct tracer *tracer);

/*
 * The programs of a set, loaded now where they are not yet. The skeleton stays the tracer's.
 * Returns 0 or -errno (logged).
 */
int programs_need(struct tracer *tracer, enum program_set set, const struct weir_bpf **ret_skeleton);

#endif
