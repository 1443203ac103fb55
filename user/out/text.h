/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot for people: header, queries, the flow tree and a flat table, widest cost first, losses and overhead. */
#ifndef WEIR_OUT_TEXT_H
#define WEIR_OUT_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "model/snapshot.h"

struct text_style {
	unsigned columns; /* width of the terminal; 0: not a terminal, nothing is cut */
	bool color;
	bool utf8;        /* tree lines and ellipses; else ASCII */
};

/* The style that suits `out`: isatty, window size, NO_COLOR, the locale. */
struct text_style text_style_for(FILE *out);

/* Returns 0 or -errno (a failed write included: the stream is flushed). */
int text_write(const struct snapshot *snapshot, const struct text_style *style, FILE *out);

#endif
