/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WEIR_COLLECT_OPEN_H
#define WEIR_COLLECT_OPEN_H

#include "attach/tracer.h"
#include "model/snapshot.h"

/*
 * How long the oldest running call of each node that `snapshot` has is running, of those that surely run. Nothing is there where that
 * cannot be told. Returns 0 or -ENOMEM.
 */
int collect_open(const struct tracer *tracer, struct snapshot *snapshot);

#endif
