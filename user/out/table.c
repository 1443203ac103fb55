/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "out/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/metrics.h"
#include "out/figures.h"
#include "out/utf8.h"

enum show { SHOW_VALUE, SHOW_RATE, SHOW_SHARE, SHOW_QUANTILE };

struct column {
	enum metric_id metric;
	const char *heading; /* NULL: the metric's own */
	enum show show;
	double q;
	unsigned rank;       /* the highest goes first where there is no room */
	bool only_nonzero;   /* not shown where it is 0 in all rows */
};

static const struct column columns[COLUMN_COUNT] = {
	[COLUMN_CALLS] = {METRIC_CALLS, .rank = 0},
	[COLUMN_OPEN] = {METRIC_OPEN, .rank = 9, .only_nonzero = true},
	[COLUMN_OLDEST] = {METRIC_OLDEST_OPEN, .rank = 9, .only_nonzero = true},
	[COLUMN_ROWS] = {METRIC_ROWS, .rank = 3},
	[COLUMN_ROWS_RATE] = {METRIC_ROWS, "rows/s", SHOW_RATE, .rank = 7},
	[COLUMN_BYTES] = {METRIC_BYTES, .rank = 10},
	[COLUMN_ERRORS] = {METRIC_ERRORS, .rank = 4},
	[COLUMN_HIT_SHARE] = {METRIC_HITS, "hit %", SHOW_SHARE, .rank = 6},
	[COLUMN_P50] = {METRIC_LATENCY, "p50", SHOW_QUANTILE, 0.5, .rank = 5},
	[COLUMN_P95] = {METRIC_LATENCY, "p95", SHOW_QUANTILE, 0.95, .rank = 8},
	[COLUMN_P99] = {METRIC_LATENCY, "p99", SHOW_QUANTILE, 0.99, .rank = 2},
	[COLUMN_TOTAL] = {METRIC_TOTAL, .rank = 1},
	[COLUMN_SELF] = {METRIC_SELF, .rank = 1},
	[COLUMN_CPU] = {METRIC_CPU, .rank = 11},
	[COLUMN_BLOCKED] = {METRIC_BLOCKED, .rank = 12},
	[COLUMN_READ] = {METRIC_READ_BYTES, .rank = 13, .only_nonzero = true},
	[COLUMN_WRITE] = {METRIC_WRITE_BYTES, .rank = 14, .only_nonzero = true},
	[COLUMN_RSS_GROWN] = {METRIC_RSS_GROWN, .rank = 15, .only_nonzero = true},
	[COLUMN_ALL_RSS_GROWN] = {METRIC_TOTAL_RSS_GROWN, "rss+", .rank = 15, .only_nonzero = true},
	/* asked for, so among the last to go */
	[COLUMN_ALLOCATED] = {METRIC_ALLOCATED, .rank = 3},
	[COLUMN_ALL_ALLOCATED] = {METRIC_TOTAL_ALLOCATED, "alloc", .rank = 3},
	[COLUMN_REQUESTED] = {METRIC_REQUESTED, .rank = 3},
	[COLUMN_ALL_REQUESTED] = {METRIC_TOTAL_REQUESTED, "asked", .rank = 3},
	[COLUMN_LIVE] = {METRIC_LIVE_BYTES, .rank = 2},
	[COLUMN_ALL_LIVE] = {METRIC_TOTAL_LIVE_BYTES, "live", .rank = 2},
	[COLUMN_LIVE_PEAK] = {METRIC_LIVE_PEAK, .rank = 3},
};

#define GAP 2
#define NAME_MIN 24

const char *table_heading(enum table_column column)
{
	return columns[column].heading ? columns[column].heading : metrics[columns[column].metric].column;
}

static struct figure cell_value(const struct metric *metric, const struct counters *counters)
{
	uint64_t value = metric_value(metric, counters);

	switch (metric->unit) {
	case METRIC_UNIT_NS:
		return figure_duration(value);
	case METRIC_UNIT_BYTES:
		return figure_bytes(value);
	default:
		return figure_count(value);
	}
}

/* The text of a cell: empty where the column does not apply to the row, "-" where there is nothing to tell yet. */
static struct figure cell_figure(const struct column *column, const struct counters *counters, uint64_t duration_ns)
{
	static const struct figure unknown = {"-"}, empty = {""};
	const struct metric *metric = &metrics[column->metric];
	uint64_t lookups = counters->hits + counters->misses;

	if (!metric_applies(metric, counters))
		return empty;
	if ((metric->needs & HAVE_LATENCY) && !counters->completed)
		return unknown; /* all of these are known when a call ends */
	switch (column->show) {
	case SHOW_RATE:
		if (!duration_ns)
			return unknown;
		return figure_rate((double)metric_value(metric, counters) * 1e9 / (double)duration_ns);
	case SHOW_SHARE:
		return lookups ? figure_percent((double)counters->hits / (double)lookups) : unknown;
	case SHOW_QUANTILE:
		return figure_duration((uint64_t)llround(histogram_quantile_ns(
			&counters->latency, column->q, counters->min_ns, counters->max_ns)));
	default:
		return cell_value(metric, counters);
	}
}

/* Does any row have something to show in the column? */
static bool column_used(const struct column *column, const struct table *table)
{
	const struct metric *metric = &metrics[column->metric];

	for (size_t i = 0; i < table->rows_count; i++) {
		const struct counters *counters = table->rows[i].counters;

		if (metric_applies(metric, counters) &&
		    (!column->only_nonzero || metric_value(metric, counters)))
			return true;
	}
	return false;
}

static size_t column_width(enum table_column id, const struct table *table)
{
	size_t width = strlen(table_heading(id));

	for (size_t i = 0; i < table->rows_count; i++) {
		struct figure figure = cell_figure(&columns[id], table->rows[i].counters, table->duration_ns);

		if (strlen(figure.text) > width)
			width = strlen(figure.text);
	}
	return width;
}

static size_t row_columns(const struct table_row *row)
{
	return (row->lead ? utf8_columns(row->lead) : 0) + utf8_columns(row->name);
}

/* What the names get at the least: all of the longest one, or 3/10 of the line. */
static size_t names_minimum(const struct table *table, const struct text_style *style)
{
	size_t longest = utf8_columns(table->title), least = style->columns * 3 / 10;

	for (size_t i = 0; i < table->rows_count; i++)
		if (row_columns(&table->rows[i]) > longest)
			longest = row_columns(&table->rows[i]);
	if (least < NAME_MIN)
		least = NAME_MIN;
	return longest < least ? longest : least;
}

/*
 * Widths of the columns, 0: not shown. Returns the width of all of them. Calls are always shown: without them
 * a row says nothing.
 */
static size_t columns_fit(const struct table *table, const struct text_style *style, size_t widths[COLUMN_COUNT],
			  uint32_t *left_out)
{
	size_t sum = 0, minimum = names_minimum(table, style);

	for (size_t id = 0; id < COLUMN_COUNT; id++) {
		bool shown = (table->columns & COLUMN_BIT(id)) && column_used(&columns[id], table);

		widths[id] = shown ? column_width(id, table) : 0;
		sum += shown ? widths[id] + GAP : 0;
	}
	while (style->columns && sum + minimum > style->columns) {
		size_t victim = COLUMN_CALLS;

		for (size_t id = 0; id < COLUMN_COUNT; id++)
			if (widths[id] && columns[id].rank > columns[victim].rank)
				victim = id;
		if (victim == COLUMN_CALLS)
			break;
		sum -= widths[victim] + GAP;
		widths[victim] = 0;
		*left_out |= COLUMN_BIT(victim);
	}
	return sum;
}

void table_put_cut(const char *text, size_t width, const struct text_style *style, FILE *out)
{
	const char *ellipsis = style->utf8 ? "\xe2\x80\xa6" : "...";
	size_t ellipsis_width = style->utf8 ? 1 : 3;

	if (!style->columns || utf8_columns(text) <= width)
		fputs(text, out);
	else if (width <= ellipsis_width)
		fwrite(text, 1, utf8_fit(text, width), out);
	else
		fprintf(out, "%.*s%s", (int)utf8_fit(text, width - ellipsis_width), text, ellipsis);
}

static void put_right(const char *text, size_t width, FILE *out)
{
	fprintf(out, "%*s%*s", (int)width, text, GAP, "");
}

static void write_heading(const struct table *table, const size_t widths[COLUMN_COUNT], size_t name_width,
			  const struct text_style *style, FILE *out)
{
	fputs(style->color ? "\033[1m" : "", out);
	for (size_t id = 0; id < COLUMN_COUNT; id++)
		if (widths[id])
			put_right(table_heading(id), widths[id], out);
	table_put_cut(table->title, name_width, style, out);
	fputs(style->color ? "\033[0m\n" : "\n", out);
}

static void write_row(const struct table *table, const struct table_row *row, const size_t widths[COLUMN_COUNT],
		      size_t name_width, const struct text_style *style, FILE *out)
{
	size_t lead = row->lead ? utf8_columns(row->lead) : 0;

	for (size_t id = 0; id < COLUMN_COUNT; id++) {
		struct figure figure;

		if (!widths[id])
			continue;
		figure = cell_figure(&columns[id], row->counters, table->duration_ns);
		put_right(figure.text, widths[id], out);
	}
	if (lead) {
		fputs(style->color ? "\033[2m" : "", out);
		table_put_cut(row->lead, name_width, style, out);
		fputs(style->color ? "\033[0m" : "", out);
	}
	table_put_cut(row->name, name_width > lead ? name_width - lead : 0, style, out);
	putc('\n', out);
}

void table_write(const struct table *table, const struct text_style *style, FILE *out, uint32_t *left_out)
{
	size_t widths[COLUMN_COUNT];
	size_t sum = columns_fit(table, style, widths, left_out);
	size_t name_width = style->columns > sum ? style->columns - sum : 0;

	write_heading(table, widths, name_width, style, out);
	for (size_t i = 0; i < table->rows_count; i++)
		write_row(table, &table->rows[i], widths, name_width, style, out);
}

void table_rows_free(struct table *table)
{
	for (size_t i = 0; i < table->rows_count; i++) {
		free(table->rows[i].lead);
		free(table->rows[i].name);
	}
	free(table->rows);
	table->rows = NULL;
	table->rows_count = 0;
}
