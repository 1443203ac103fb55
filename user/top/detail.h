/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The selected row in detail: four sections, each a file. */
#ifndef WEIR_TOP_DETAIL_H
#define WEIR_TOP_DETAIL_H

#include "top/picture.h"

struct detail {
	const struct picture *picture;
	const struct row *row;
	const size_t *places; /* of its nodes: one of the tree, or all that a flat row sums up */
	size_t places_count;
};

/* Each writes its heading into the first line. Returns 0 or -ENOMEM. */
int distribution_draw(const struct detail *detail, const struct area *area);
int heat_draw(const struct detail *detail, const struct area *area);
int relatives_draw(const struct detail *detail, const struct area *area);
/* Into the last lines of the area, which is shorter then; nothing where there are none. */
int waits_draw(const struct detail *detail, struct area *area);
int slowest_draw(const struct detail *detail, const struct area *area);

/* What the row is called, as a node's place names it: "sqlite3_step SELECT ?". The caller frees; NULL: out of memory. */
char *detail_node_name(const struct detail *detail, size_t place, bool utf8);

#endif
