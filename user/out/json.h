/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot as JSON, schema "weir.snapshot/1" (docs/schema/weir.snapshot-1.schema.json). */
#ifndef WEIR_OUT_JSON_H
#define WEIR_OUT_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "model/snapshot.h"

/*
 * Write `snapshot` to `out`: indented, or on one line (NDJSON) with `compact`; ends with a newline.
 * Returns 0 or -errno (a failed write included: the stream is flushed).
 */
int json_write(const struct snapshot *snapshot, bool compact, FILE *out);

#endif
