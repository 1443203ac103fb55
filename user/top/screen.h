/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen as a value: a grid of cells, each with a character and an ink. Panels write into areas of it and know no terminal;
 * terminal.c paints it, screen_write prints it as text. What lies outside an area is clipped, so that panels need not care
 * about small terminals.
 */
#ifndef WEIR_TOP_SCREEN_H
#define WEIR_TOP_SCREEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* What a text is, not how it looks: palette.h says that. */
enum ink {
	INK_PLAIN,
	INK_TITLE,
	INK_FAINT,
	INK_HEADING,  /* headings of a table */
	INK_SORTED,   /* the heading of the column that the rows are sorted by */
	INK_SELECTED,
	INK_KEY,
	INK_GOOD,
	INK_WARNING,
	INK_BAD,
	INK_BAR,      /* of the last interval */
	INK_BAR_PAST, /* since the start */
	INK_COUNT
};

struct cell {
	char text[8];    /* UTF-8, NUL-padded: a character and what combines with it; "" behind a wide one */
	uint8_t columns; /* 0: the second half of a wide character */
	uint8_t ink;     /* enum ink */
};

struct screen {
	unsigned rows, columns;
	bool utf8;
	struct cell *cells; /* owned; rows x columns */
};

/* All blank. Returns 0 or -ENOMEM. */
int screen_init(unsigned rows, unsigned columns, bool utf8, struct screen *ret_screen);
void screen_clear(struct screen *screen); /* blank again */
void screen_free(struct screen *screen);

static inline struct cell *screen_cell(const struct screen *screen, unsigned row, unsigned column)
{
	return &screen->cells[(size_t)row * screen->columns + column];
}

/* As lines of text, blanks at their ends left out; with colours as escape sequences of 256-colour terminals. */
void screen_write(const struct screen *screen, bool color, FILE *out);

/* A part of a screen; rows and columns count from its corner. */
struct area {
	struct screen *screen;
	unsigned row, column, rows, columns;
};

struct area area_whole(struct screen *screen);
/* `rows` lines cut off the top of *area, or fewer where it has not as many. */
struct area area_take_rows(struct area *area, unsigned rows);
struct area area_take_columns(struct area *area, unsigned columns);

/* Write `text` (flattened: out/utf8.h) from `column` on. Returns the column behind it, also where it was clipped. */
unsigned area_put(const struct area *area, unsigned row, unsigned column, enum ink ink, const char *text);
unsigned area_printf(const struct area *area, unsigned row, unsigned column, enum ink ink, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* So that its last character stands before `end`. */
void area_put_right(const struct area *area, unsigned row, unsigned end, enum ink ink, const char *text);
/* The same as area_put, with an ellipsis where it does not fit. */
void area_put_cut(const struct area *area, unsigned row, unsigned column, enum ink ink, const char *text);
/* All of a row in one ink, whatever is written there. */
void area_ink_row(const struct area *area, unsigned row, enum ink ink);

/* A bar of `share` (0 to 1) of `columns`: eighths of a block in UTF-8, '#' in ASCII; never empty for more than 0. */
void area_bar(const struct area *area, unsigned row, unsigned column, unsigned columns, enum ink ink, double share);

#endif
