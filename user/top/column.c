/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/column.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

#define V(view) (1U << (view))
#define CALLS (V(VIEW_TREE) | V(VIEW_OPERATORS) | V(VIEW_QUERIES))
#define ALL (CALLS | V(VIEW_MEMORY))

static const struct {
	enum metric_id metric;
	enum column_show show;
	double q;
	const char *heading; /* NULL: the metric's own */
	const char *help;    /* NULL: the metric's own */
	unsigned rank;
	uint32_t views;
	bool only_nonzero;
} known[] = {
	{METRIC_CALLS, SHOW_RATE, 0, "calls/s", "Calls entered, per second", 1, ALL, false},
	{METRIC_CALLS, SHOW_VALUE, 0, NULL, NULL, 15, CALLS, false},
	{METRIC_OPEN, SHOW_VALUE, 0, NULL, NULL, 9, CALLS, true},
	{METRIC_OLDEST_OPEN, SHOW_VALUE, 0, NULL, "How long the call that has been running longest has", 9, CALLS, true},
	{METRIC_ROWS, SHOW_RATE, 0, "rows/s", "Rows produced, per second", 3, CALLS, false},
	{METRIC_ROWS, SHOW_PASS, 0, "pass %", "Rows produced, of the rows that the calls below produced", 14, CALLS, false},
	{METRIC_BYTES, SHOW_RATE, 0, "bytes/s", "Bytes handled, per second", 18, CALLS, false},
	{METRIC_ERRORS, SHOW_RATE, 0, "errors/s", "Calls that failed, per second", 4, CALLS, false},
	{METRIC_HITS, SHOW_HIT, 0, "hit %", "Cache look-ups answered from the cache", 6, CALLS, false},
	{METRIC_LATENCY, SHOW_QUANTILE, 0.5, "p50", "Half of the calls took no longer", 7, CALLS, false},
	{METRIC_LATENCY, SHOW_QUANTILE, 0.95, "p95", "95 % of the calls took no longer", 2, CALLS, false},
	{METRIC_LATENCY, SHOW_QUANTILE, 0.99, "p99", "99 % of the calls took no longer", 8, CALLS, false},
	{METRIC_LATENCY, SHOW_MAX, 0, "max", "The longest call", 11, CALLS, false},
	{METRIC_TOTAL, SHOW_VALUE, 0, NULL, NULL, 10, CALLS, false},
	{METRIC_SELF, SHOW_VALUE, 0, NULL, NULL, 16, CALLS, false},
	{METRIC_SELF, SHOW_SELF_SHARE, 0, "self %", "Self time, of that of all rows", 5, CALLS, false},
	{METRIC_CPU, SHOW_TIME_SHARE, 0, "cpu %", "Time on a CPU, of the row's total time", 12, CALLS, false},
	{METRIC_BLOCKED, SHOW_TIME_SHARE, 0, "blocked %", "Time blocked, of the row's total time", 13, CALLS, false},
	{METRIC_WAIT, SHOW_TIME_SHARE, 0, "wait %", "Time runnable but not running, of the row's total time", 17, CALLS, true},
	{METRIC_READ_BYTES, SHOW_RATE, 0, "read/s", "Bytes read from storage, per second", 19, CALLS, true},
	{METRIC_WRITE_BYTES, SHOW_RATE, 0, "write/s", "Bytes sent to storage, per second", 20, CALLS, true},
	{METRIC_MINOR_FAULTS, SHOW_RATE, 0, "minflt/s", "Page faults that needed no I/O, per second", 28, V(VIEW_MEMORY), false},
	{METRIC_MAJOR_FAULTS, SHOW_RATE, 0, "majflt/s", "Page faults that waited for I/O, per second", 29, V(VIEW_MEMORY), false},
};

#define KNOWN (sizeof(known) / sizeof(known[0]))
#define RANK_UNKNOWN 30

/* How a call ended is told by calls, p50 and errors: these would only fill the screen. */
static bool has_column(enum metric_id id)
{
	if (id == METRIC_COMPLETED || id == METRIC_MISSES)
		return true;
	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].metric == id)
			return true;
	return false;
}

/* What was asked for by --memory is among the last to go. */
static unsigned memory_rank(enum metric_id id)
{
	static const enum metric_id first[] = {
		METRIC_LIVE_BYTES, METRIC_LIVE_PEAK, METRIC_ALLOCATED, METRIC_REQUESTED, METRIC_RSS_GROWN, METRIC_LIVE,
	};

	for (unsigned i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		if (first[i] == id)
			return 2 + i;
	return (unsigned)id;
}

/* A metric that is not in the table above. */
static struct column column_of_metric(enum metric_id id)
{
	const struct metric *metric = &metrics[id];
	struct column column = {
		.metric = metric, .help = metric->help, .rank = (unsigned)id, .only_nonzero = true,
		.show = metric->kind == METRIC_KIND_GAUGE ? SHOW_VALUE : SHOW_RATE, .views = CALLS,
	};

	if (metric->group && !strcmp(metric->group, "memory")) {
		column.views = V(VIEW_MEMORY);
		column.rank = memory_rank(id);
		column.only_nonzero = false; /* that nothing grows is what one looks for there */
	} else {
		column.rank += RANK_UNKNOWN;
	}
	snprintf(column.heading, sizeof(column.heading), "%.12s%s", metric->column,
		 column.show == SHOW_RATE ? "/s" : "");
	return column;
}

int columns_new(struct columns *ret_columns)
{
	struct columns columns = {calloc(KNOWN + METRIC_COUNT, sizeof(*columns.items)), 0};

	if (!columns.items)
		return -ENOMEM;
	for (size_t i = 0; i < KNOWN; i++) {
		const struct metric *metric = &metrics[known[i].metric];
		struct column *column = &columns.items[columns.count++];

		*column = (struct column){
			.metric = metric, .show = known[i].show, .q = known[i].q, .rank = known[i].rank,
			.views = known[i].views, .only_nonzero = known[i].only_nonzero,
			.help = known[i].help ? known[i].help : metric->help};
		snprintf(column->heading, sizeof(column->heading), "%s",
			 known[i].heading ? known[i].heading : metric->column);
	}
	for (size_t id = 0; id < METRIC_COUNT; id++)
		if (!has_column(id) && metrics[id].kind != METRIC_KIND_HISTOGRAM)
			columns.items[columns.count++] = column_of_metric(id);
	*ret_columns = columns;
	return 0;
}

void columns_free(struct columns *columns)
{
	free(columns->items);
	*columns = (struct columns){0};
}

static bool same_heading(const char *heading, const char *text)
{
	for (;; heading++) {
		if (*heading == ' ')
			continue;
		while (*text == ' ')
			text++;
		if (*heading != *text)
			return false;
		if (!*heading)
			return true;
		text++;
	}
}

long columns_find(const struct columns *columns, const char *heading)
{
	for (size_t i = 0; i < columns->count; i++)
		if (same_heading(columns->items[i].heading, heading))
			return (long)i;
	return -1;
}

bool column_applies(const struct column *column, const struct reading *reading)
{
	if (!metric_applies(column->metric, reading->counters))
		return false;
	return column->show != SHOW_PASS || reading->has_rows_in;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

double column_value(const struct column *column, const struct reading *r)
{
	const struct metric *metric = column->metric;
	const struct counters *c = r->counters;

	if (!column_applies(column, r))
		return NAN;
	switch (column->show) {
	case SHOW_RATE:
		return r->duration_ns ? (double)metric_value(metric, c) * 1e9 / (double)r->duration_ns : NAN;
	case SHOW_QUANTILE:
		return c->completed ? histogram_quantile_ns(&c->latency, column->q, c->min_ns, c->max_ns) : NAN;
	case SHOW_MAX:
		return c->completed ? (double)c->max_ns : NAN;
	case SHOW_HIT:
		return share(c->hits, c->hits + c->misses);
	case SHOW_PASS:
		return share(c->rows, r->rows_in);
	case SHOW_SELF_SHARE:
		return share(c->self_ns, r->self_sum_ns);
	case SHOW_TIME_SHARE:
		return share(metric_value(metric, c), c->total_ns);
	case SHOW_VALUE:
		break;
	}
	return (double)metric_value(metric, c);
}

static bool is_share(const struct column *column)
{
	return column->show >= SHOW_HIT;
}

struct figure column_figure(const struct column *column, double value)
{
	struct figure figure = {"-"};

	if (isnan(value))
		return figure;
	if (is_share(column))
		return figure_percent(value);
	if (column->metric->unit == METRIC_UNIT_BYTES) {
		if (column->show == SHOW_RATE && value > 0 && value < 1)
			snprintf(figure.text, sizeof(figure.text), "<1 B");
		else
			figure = figure_bytes((uint64_t)llround(value));
	} else if (column->show == SHOW_RATE) {
		figure = figure_rate(value);
	} else if (column->metric->unit == METRIC_UNIT_NS) {
		figure = figure_duration((uint64_t)llround(value));
	} else {
		count_format((uint64_t)value, figure.text);
	}
	return figure;
}

/* The same whatever the values are, so that columns do not jump. */
unsigned column_width(const struct column *column)
{
	unsigned heading = (unsigned)strlen(column->heading) + 1; /* and the mark of the sorted one */
	unsigned values = is_share(column) ? 5 : column->metric->unit == METRIC_UNIT_BYTES ? 8 : 7;

	return heading > values ? heading : values;
}
