/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is shown of a target that no profile matches: why, what its processes use, what of it could be measured. */
#ifndef WEIR_OUT_UNMATCHED_H
#define WEIR_OUT_UNMATCHED_H

#include "out/text.h"

/*
 * Plain lines, none longer than style->columns where that is not 0 but the arguments for -f, which are never cut. Nothing where
 * snapshot->unmatched is NULL. Returns 0 or -ENOMEM.
 */
int unmatched_write(const struct snapshot *snapshot, const struct text_style *style, FILE *out);

#endif
