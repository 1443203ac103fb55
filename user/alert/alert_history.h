/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of a domain's rows, now and a window ago. What is asked for is declared first (alert_history_column); then each
 * snapshot is taken in, its values are read in blocks of 64 rows, and it is kept for later windows if it is due. A value
 * is worked out once for a snapshot, however many rules read it. NaN: no data. Private to alert/.
 */
#ifndef WEIR_ALERT_HISTORY_H
#define WEIR_ALERT_HISTORY_H

#include "alert/alert_domain.h"

enum { ALERT_SOURCES_MAX = 64 }; /* different ones of a domain */

struct alert_source_key {
	enum alert_source source;
	enum metric_id metric;
	const char *name; /* borrowed from its rule */
};

/* A latency histogram that several samples share as long as no call completes. */
struct alert_histogram {
	unsigned references;
	uint64_t completed;
	struct histogram histogram;
};

struct alert_sample {
	uint64_t time_ns;
	size_t rows_count;
	double *values[ALERT_SOURCES_MAX];    /* by source; NULL: not kept here */
	struct alert_histogram **histograms;  /* by row; NULL: not kept here */
};

struct alert_window {
	uint64_t window_ns, sources; /* mask of sources that are read over this window */
	bool histograms;
	struct alert_sample *samples[ALERT_HISTORY_SAMPLES]; /* oldest first */
	size_t samples_count;
	const struct alert_sample *base; /* what the present snapshot is compared with; NULL: the beginning, all 0 */
	uint64_t base_ns;
};

/* One way to read one source. */
struct alert_column {
	enum alert_reading reading;
	unsigned source, window;
	double quantile;
	double *values;
	uint64_t *done; /* bit set: rows whose value is worked out */
};

struct alert_history {
	struct alert_domain *domain;
	struct alert_source_key sources[ALERT_SOURCES_MAX];
	double *now[ALERT_SOURCES_MAX];
	size_t sources_count;
	struct alert_window windows[ALERT_WINDOWS_MAX];
	size_t windows_count;
	struct alert_column *columns;
	size_t columns_count, columns_capacity;
	unsigned *histogram_selectors; /* selectors of rows whose histograms are kept */
	size_t histogram_selectors_count, histogram_selectors_capacity;
	struct alert_histogram **latest; /* by row: the histogram that was kept last */
	size_t room;                     /* rows that the arrays have room for */
	uint64_t now_ns, origin_ns;      /* the present snapshot's time; when all was 0 */
};

void alert_history_init(struct alert_history *history, struct alert_domain *domain);
void alert_history_clear(struct alert_history *history);

/* The number of the column that reads `series`, whose selector has number `selector`. 0, -ENOMEM, or -E2BIG: too many. */
int alert_history_column(struct alert_history *history, const struct alert_series *series, unsigned selector,
			 unsigned *ret_column);

/* The present snapshot, of which the domain holds the rows already. Returns 0 or -ENOMEM. */
int alert_history_take(struct alert_history *history, const struct snapshot *snapshot, uint64_t now_ns);

/* The values of 64 rows from 64 x block on, worked out where bits of `mask` are set. */
const double *alert_history_read(struct alert_history *history, unsigned column, size_t block, uint64_t mask);

/* Keep the present snapshot's values where a window is due. Returns 0 or -ENOMEM. */
int alert_history_keep(struct alert_history *history);

void alert_history_forget(struct alert_history *history); /* all of the past */

#endif
