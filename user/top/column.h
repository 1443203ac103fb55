/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * THE table of columns: header of the tables, help, sort keys and the values themselves come from it, and it is made from the
 * metric registry (model/metrics.h): a metric that column.c does not know gets a column of its own (a rate for what grows, the
 * value for a gauge), shown where it applies.
 */
#ifndef WEIR_TOP_COLUMN_H
#define WEIR_TOP_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/metrics.h"
#include "out/figures.h"
#include "top/view.h"

enum column_show {
	SHOW_VALUE,
	SHOW_RATE,       /* per second */
	SHOW_QUANTILE,
	SHOW_MAX,
	SHOW_HIT,        /* hits of hits and misses */
	SHOW_PASS,       /* rows of the rows that came in from the calls below */
	SHOW_SELF_SHARE, /* of the self time of all rows */
	SHOW_TIME_SHARE, /* of the row's own total time */
};

struct column {
	const struct metric *metric;
	enum column_show show;
	double q;            /* SHOW_QUANTILE */
	char heading[16];
	const char *help;    /* one sentence without its full stop */
	unsigned rank;       /* the highest goes first where there is no room */
	uint32_t views;      /* mask of 1 << enum view */
	bool only_nonzero;   /* not shown where it is 0 in all rows */
};

struct columns {
	struct column *items; /* owned */
	size_t count;
};

int columns_new(struct columns *ret_columns); /* 0 or -ENOMEM */
void columns_free(struct columns *columns);
/* The place of the column with this heading, blanks left out ("p95", "hit%"); -1 where there is none. */
long columns_find(const struct columns *columns, const char *heading);

/* What a row is read from. */
struct reading {
	const struct counters *counters;
	uint64_t duration_ns;  /* that they were counted in */
	uint64_t self_sum_ns;  /* self time of all rows */
	uint64_t rows_in;      /* rows of the calls below */
	bool has_rows_in;      /* these count rows */
};

bool column_applies(const struct column *column, const struct reading *reading);
/* NAN where there is nothing to tell (nothing ended, no look-ups). */
double column_value(const struct column *column, const struct reading *reading);
/* As text of at most column_width; "-" for NAN. */
struct figure column_figure(const struct column *column, double value);
unsigned column_width(const struct column *column);

#endif
