/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the view that is looked at, filtered and sorted: what the table shows and what keys move over. */
#ifndef WEIR_TOP_ROWS_H
#define WEIR_TOP_ROWS_H

#include "top/column.h"
#include "top/frame.h"
#include "top/view.h"

struct row {
	uint64_t key;    /* the same thing has the same key in each refresh; never 0 */
	size_t place;    /* of its node, flat row, process in `now`, or its error */
	const struct counters *all, *interval; /* NULL: errors and processes */
	uint64_t rows_in[2]; /* since the start, in the interval */
	bool has_rows_in;
	uint64_t errors[2];  /* the same */
	size_t depth;
	char *lead;      /* owned; the lines before a node of the tree; NULL: none */
	char *name;      /* owned; errors only: others are named when they are shown */
	bool capped, has_children, folded;
	double value;    /* what it is sorted by */
};

struct rows {
	struct row *items; /* owned */
	size_t count;
	uint64_t self_sum_ns[2];
};

/*
 * `columns`: width of the screen, where trees end to grow to the right. Returns 0 or -ENOMEM. Rows refer to the
 * frame.
 */
int rows_build(const struct frame *frame, const struct view_state *state, const struct columns *columns, unsigned width,
	       bool utf8, struct rows *ret_rows);
void rows_free(struct rows *rows);

/* The row that is selected: the place of the key, or where it was last, or the last row. 0 where there is none. */
size_t rows_selected(const struct rows *rows, const struct view_place *place);

struct reading row_reading(const struct rows *rows, const struct row *row, const struct frame *frame, bool since_start);

/* Its name, flattened. The caller frees; NULL when out of memory. */
char *row_name(const struct row *row, const struct frame *frame, enum view view, bool utf8);

/* One of the tree's rows: rows_tree.c. */
int rows_build_tree(const struct frame *frame, const struct view_state *state, const struct column *sort, unsigned width,
		    bool utf8, struct rows *rows);

#endif
