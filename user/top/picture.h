/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is on the screen: one file per panel, each a function from the frame, its rows and the state of the view to an area of the
 * screen. None of them knows a terminal, a clock or a live process.
 */
#ifndef WEIR_TOP_PICTURE_H
#define WEIR_TOP_PICTURE_H

#include "alert/alerts.h"
#include "top/column.h"
#include "top/frame.h"
#include "top/history.h"
#include "top/rows.h"
#include "top/screen.h"
#include "top/view.h"

struct picture {
	const struct frame *frame;
	const struct rows *rows;
	const struct columns *columns;
	const struct history *history;
	const struct alerts *alerts; /* NULL: no rules were asked for */
	struct view_state *state; /* its scroll positions are brought to where the selected row is seen */
	bool plain;               /* for a pipe: all rows, nothing selected, no keys */
};

/* All panels onto the screen. Returns 0 or -ENOMEM. */
int picture_draw(const struct picture *picture, struct screen *screen);

/* The size in which nothing is cut: lines of the table and the longest of them. Returns 0 or -ENOMEM. */
int picture_size(const struct picture *picture, bool utf8, unsigned *ret_rows, unsigned *ret_columns);

/* ---- the panels */

enum { HEADER_ROWS = 3 };

void header_draw(const struct picture *picture, const struct area *area);
void tabs_draw(const struct picture *picture, const struct area *area);
int table_draw(const struct picture *picture, const struct area *area);
int detail_draw(const struct picture *picture, const struct area *area); /* of the selected row */
/* Why nothing is probed, and what could be: in the place of the table. False where that is not so, or the view has something else to say. */
bool unmatched_draw(const struct picture *picture, const struct area *area);
unsigned unmatched_lines(const struct picture *picture); /* 0: not drawn */
void help_draw(const struct picture *picture, const struct area *area);
void footer_draw(const struct picture *picture, const struct area *area);

/* The columns before the names, and the columns that they take together with the gaps. */
unsigned table_columns_width(const struct picture *picture, unsigned columns);
/* Has the view this column, and any row something to show in it? */
bool table_has_column(const struct picture *picture, const struct column *column);
/* Lines of help_draw. */
size_t help_lines(const struct columns *columns);

/* Of what the view shows: the last interval, or all since weir attached. */
static inline const struct snapshot *picture_window(const struct picture *picture)
{
	return picture->state->since_start ? picture->frame->now : picture->frame->delta;
}

#endif
