/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of counters: numbers on the left, the name last. Columns that apply to no row are not shown; in a terminal the
 * least important ones are left out until names have room, and names are cut.
 */
#ifndef WEIR_OUT_TABLE_H
#define WEIR_OUT_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/snapshot.h"
#include "out/text.h"

/* In the order in which they are shown. */
enum table_column {
	COLUMN_CALLS,
	COLUMN_OPEN,
	COLUMN_OLDEST,
	COLUMN_ROWS,
	COLUMN_ROWS_RATE,
	COLUMN_BYTES,
	COLUMN_ERRORS,
	COLUMN_HIT_SHARE,
	COLUMN_P50,
	COLUMN_P95,
	COLUMN_P99,
	COLUMN_TOTAL,
	COLUMN_SELF,
	COLUMN_CPU,
	COLUMN_BLOCKED,
	COLUMN_READ,
	COLUMN_WRITE,
	COLUMN_RSS_GROWN,
	COLUMN_ALL_RSS_GROWN,
	COLUMN_ALLOCATED,
	COLUMN_REQUESTED,
	COLUMN_ALL_REQUESTED,
	COLUMN_ALL_ALLOCATED,
	COLUMN_LIVE,
	COLUMN_ALL_LIVE,
	COLUMN_LIVE_PEAK,
	COLUMN_COUNT
};

#define COLUMN_BIT(column) (1U << (column))

struct table_row {
	const struct counters *counters;
	char *lead; /* owned; tree lines before the name, or NULL */
	char *name; /* owned; flattened */
};

struct table {
	const char *title; /* heading of the names */
	uint32_t columns;  /* mask of COLUMN_BITs that may be shown */
	struct table_row *rows;
	size_t rows_count;
	uint64_t duration_ns;
};

/* Adds to `left_out` (mask of COLUMN_BITs) the columns that the terminal's width had no room for. */
void table_write(const struct table *table, const struct text_style *style, FILE *out, uint32_t *left_out);

const char *table_heading(enum table_column column);
void table_rows_free(struct table *table);

/* Write `text` (flattened), cut to `width` columns where the style is a terminal's. */
void table_put_cut(const char *text, size_t width, const struct text_style *style, FILE *out);

#endif
