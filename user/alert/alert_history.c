/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alert_history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "weir/hist.h"

/* A window is cut into so many parts; one more sample covers its beginning, and one is being replaced. */
#define PARTS (ALERT_HISTORY_SAMPLES - 3)

/* ---- what is kept -------------------------------------------------------------------------------- */

static void histogram_drop(struct alert_histogram **kept)
{
	struct alert_histogram *h = *kept;

	*kept = NULL;
	if (!h || --h->references)
		return;
	histogram_free(&h->histogram);
	free(h);
}

static void sample_free(struct alert_sample **sample)
{
	struct alert_sample *s = *sample;

	if (!s)
		return;
	for (size_t i = 0; i < ALERT_SOURCES_MAX; i++)
		free(s->values[i]);
	for (size_t i = 0; s->histograms && i < s->rows_count; i++)
		histogram_drop(&s->histograms[i]);
	free(s->histograms);
	free(s);
	*sample = NULL;
}

static void window_forget(struct alert_window *window)
{
	for (size_t i = 0; i < window->samples_count; i++)
		sample_free(&window->samples[i]);
	window->samples_count = 0;
	window->base = NULL;
}

void alert_history_init(struct alert_history *history, struct alert_domain *domain)
{
	*history = (struct alert_history){ .domain = domain };
}

void alert_history_forget(struct alert_history *history)
{
	for (size_t i = 0; i < history->windows_count; i++)
		window_forget(&history->windows[i]);
	for (size_t i = 0; history->latest && i < history->room; i++)
		histogram_drop(&history->latest[i]);
}

void alert_history_clear(struct alert_history *history)
{
	alert_history_forget(history);
	for (size_t i = 0; i < history->sources_count; i++)
		free(history->now[i]);
	for (size_t i = 0; i < history->columns_count; i++) {
		free(history->columns[i].values);
		free(history->columns[i].done);
	}
	free(history->columns);
	free(history->histogram_selectors);
	free(history->latest);
	*history = (struct alert_history){ 0 };
}

/* ---- what is asked for --------------------------------------------------------------------------- */

static bool name_equals(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static int find_source(struct alert_history *history, const struct alert_series *series, unsigned *ret_source)
{
	for (size_t i = 0; i < history->sources_count; i++) {
		const struct alert_source_key *key = &history->sources[i];

		if (key->source == series->source && key->metric == series->metric &&
		    name_equals(key->name, series->name)) {
			*ret_source = (unsigned)i;
			return 0;
		}
	}
	if (history->sources_count == ALERT_SOURCES_MAX)
		return -E2BIG;
	*ret_source = (unsigned)history->sources_count;
	history->sources[history->sources_count++] =
		(struct alert_source_key){ series->source, series->metric, series->name };
	history->domain->wants_rows_in |= series->source == ALERT_SOURCE_ROWS_IN;
	return 0;
}

static int find_window(struct alert_history *history, uint64_t window_ns, unsigned *ret_window)
{
	for (size_t i = 0; i < history->windows_count; i++) {
		if (history->windows[i].window_ns == window_ns) {
			*ret_window = (unsigned)i;
			return 0;
		}
	}
	if (history->windows_count == ALERT_WINDOWS_MAX)
		return -E2BIG;
	*ret_window = (unsigned)history->windows_count;
	history->windows[history->windows_count++].window_ns = window_ns;
	return 0;
}

static int want_histograms(struct alert_history *history, unsigned selector)
{
	for (size_t i = 0; i < history->histogram_selectors_count; i++)
		if (history->histogram_selectors[i] == selector)
			return 0;
	if (VEC_RESERVE(history->histogram_selectors, history->histogram_selectors_count,
			history->histogram_selectors_capacity))
		return -ENOMEM;
	history->histogram_selectors[history->histogram_selectors_count++] = selector;
	return 0;
}

int alert_history_column(struct alert_history *history, const struct alert_series *series, unsigned selector,
			 unsigned *ret_column)
{
	struct alert_column column = { .reading = series->reading, .quantile = series->quantile };
	bool is_quantile = series->reading == ALERT_READ_QUANTILE;
	int err = find_source(history, series, &column.source);

	if (!err && series->reading != ALERT_READ_NOW)
		err = find_window(history, series->window_ns, &column.window);
	if (!err && is_quantile)
		err = want_histograms(history, selector);
	if (err)
		return err;
	if (series->reading != ALERT_READ_NOW) {
		history->windows[column.window].histograms |= is_quantile;
		history->windows[column.window].sources |= is_quantile ? 0 : 1ULL << column.source;
	}
	for (size_t i = 0; i < history->columns_count; i++) {
		const struct alert_column *c = &history->columns[i];

		if (c->reading == column.reading && c->source == column.source && c->window == column.window &&
		    c->quantile == column.quantile) {
			*ret_column = (unsigned)i;
			return 0;
		}
	}
	if (VEC_RESERVE(history->columns, history->columns_count, history->columns_capacity))
		return -ENOMEM;
	*ret_column = (unsigned)history->columns_count;
	history->columns[history->columns_count++] = column;
	return 0;
}

/* ---- now ----------------------------------------------------------------------------------------- */

static double value_of_row(const struct alert_source_key *key, const struct alert_domain_row *row)
{
	const struct counters *c = row->counters;

	if (!c)
		return NAN;
	if (key->source == ALERT_SOURCE_METRIC) {
		const struct metric *metric = &metrics[key->metric];

		return metric->kind != METRIC_KIND_HISTOGRAM && metric_applies(metric, c) ? (double)metric_value(metric, c)
											   : NAN;
	}
	if (key->source == ALERT_SOURCE_ROWS_IN)
		return row->has_rows_in ? (double)row->rows_in : NAN;
	for (size_t i = 0; key->source == ALERT_SOURCE_EXTRA && i < WEIR_EXTRA_MAX; i++)
		if (c->extra_names[i] && !strcmp(c->extra_names[i], key->name))
			return (double)c->extra[i];
	return NAN;
}

/* Of all processes that run. */
static double rss_of(const struct snapshot *snapshot)
{
	double bytes = NAN;

	for (size_t i = 0; i < snapshot->processes_count; i++) {
		const struct snapshot_process *p = &snapshot->processes[i];

		if (p->running && p->rss.known)
			bytes = (isnan(bytes) ? 0 : bytes) + (double)p->rss.now;
	}
	return bytes;
}

static double value_of_whole(const struct alert_source_key *key, const struct snapshot *snapshot)
{
	switch (key->source) {
	case ALERT_SOURCE_LOST:
		return (double)snapshot_lost(snapshot);
	case ALERT_SOURCE_OVERHEAD_CPU:
		return (double)snapshot->overhead_cpu_ns;
	case ALERT_SOURCE_TARGET_CPU:
		return snapshot->target_cpu_ns ? (double)snapshot->target_cpu_ns : NAN;
	default:
		return rss_of(snapshot);
	}
}

static int grow(void *array_ptr, size_t old, size_t room, size_t size)
{
	char **array = array_ptr, *moved = realloc(*array, room * size);

	if (!moved)
		return -ENOMEM;
	memset(moved + old * size, 0, (room - old) * size);
	*array = moved;
	return 0;
}

/* Room for whole blocks of rows. */
static int make_room(struct alert_history *history)
{
	size_t old = history->room, room = old ? old : 64;

	while (room < history->domain->rows_count)
		room *= 2;
	if (room == old)
		return 0;
	for (size_t i = 0; i < history->sources_count; i++)
		if (grow(&history->now[i], old, room, sizeof(double)))
			return -ENOMEM;
	for (size_t i = 0; i < history->columns_count; i++)
		if (grow(&history->columns[i].values, old, room, sizeof(double)) ||
		    grow(&history->columns[i].done, old / 64, room / 64, sizeof(uint64_t)))
			return -ENOMEM;
	if (grow(&history->latest, old, room, sizeof(*history->latest)))
		return -ENOMEM;
	history->room = room;
	return 0;
}

/* The newest sample that is at least a window old, else the beginning. Older ones are not needed any more. */
static void window_set_base(struct alert_window *window, const struct alert_history *history)
{
	size_t first = 0;

	while (first + 1 < window->samples_count &&
	       history->now_ns - window->samples[first + 1]->time_ns >= window->window_ns)
		first++;
	for (size_t i = 0; i < first; i++)
		sample_free(&window->samples[i]);
	window->samples_count -= first;
	memmove(window->samples, window->samples + first, window->samples_count * sizeof(window->samples[0]));
	window->base = NULL;
	window->base_ns = history->origin_ns;
	/* Before the first sample lies the beginning, which serves unless this history was begun long after it. */
	if (window->samples_count && (history->now_ns - window->samples[0]->time_ns >= window->window_ns ||
				      window->samples[0]->time_ns - history->origin_ns > window->window_ns)) {
		window->base = window->samples[0];
		window->base_ns = window->base->time_ns;
	}
}

int alert_history_take(struct alert_history *history, const struct snapshot *snapshot, uint64_t now_ns)
{
	const struct alert_domain *domain = history->domain;

	if (make_room(history))
		return -ENOMEM;
	history->now_ns = now_ns;
	history->origin_ns = now_ns > snapshot->duration_ns ? now_ns - snapshot->duration_ns : 0;
	for (size_t s = 0; s < history->sources_count; s++) {
		double *now = history->now[s];

		if (domain->kind == ALERT_DOMAIN_WHOLE)
			now[0] = value_of_whole(&history->sources[s], snapshot);
		for (size_t i = 0; domain->kind != ALERT_DOMAIN_WHOLE && i < domain->rows_count; i++)
			now[i] = value_of_row(&history->sources[s], &domain->rows[i]);
	}
	for (size_t i = 0; i < history->columns_count; i++)
		memset(history->columns[i].done, 0, history->room / 64 * sizeof(uint64_t));
	for (size_t i = 0; i < history->windows_count; i++)
		window_set_base(&history->windows[i], history);
	return 0;
}

/* ---- values -------------------------------------------------------------------------------------- */

/* A row that was not there had counted nothing; of the whole target, what was not known stays unknown. */
static double base_value(const struct alert_history *history, const struct alert_window *window, unsigned source,
			 size_t row)
{
	bool is_whole = history->domain->kind == ALERT_DOMAIN_WHOLE;
	double value;

	if (!window->base)
		return history->sources[source].source == ALERT_SOURCE_RSS ? NAN : 0;
	if (row >= window->base->rows_count)
		return 0;
	value = window->base->values[source][row];
	return isnan(value) && !is_whole ? 0 : value;
}

static double quantile_of(const struct alert_history *history, const struct alert_column *column, size_t row)
{
	const struct counters *c = history->domain->rows[row].counters;
	const struct alert_window *window = &history->windows[column->window];
	const struct alert_histogram *base = NULL;
	uint64_t counts[WEIR_HIST_SLOTS];
	struct histogram grown;

	if (!c || !metric_applies(&metrics[METRIC_LATENCY], c) || !c->latency.length)
		return NAN;
	if (window->base && row < window->base->rows_count)
		base = window->base->histograms[row];
	if (!base)
		return histogram_quantile_ns(&c->latency, column->quantile, c->min_ns, c->max_ns);
	if (c->completed <= base->completed)
		return NAN;
	grown = (struct histogram){ .counts = counts, .first = c->latency.first, .length = c->latency.length };
	memcpy(counts, c->latency.counts, c->latency.length * sizeof(*counts));
	for (uint32_t i = 0; i < base->histogram.length; i++) {
		uint32_t slot = base->histogram.first + i - grown.first;

		if (slot < grown.length && counts[slot] >= base->histogram.counts[i])
			counts[slot] -= base->histogram.counts[i];
	}
	while (grown.length > 1 && !grown.counts[grown.length - 1])
		grown.length--;
	return histogram_quantile_ns(&grown, column->quantile, c->min_ns, c->max_ns);
}

static bool is_time(const struct alert_source_key *key)
{
	return key->source == ALERT_SOURCE_METRIC && metrics[key->metric].unit == METRIC_UNIT_NS;
}

static double value_of(const struct alert_history *history, const struct alert_column *column, size_t row)
{
	const struct alert_window *window = &history->windows[column->window];
	double now, growth;

	if (column->reading == ALERT_READ_QUANTILE)
		return quantile_of(history, column, row);
	now = history->now[column->source][row];
	if (column->reading == ALERT_READ_NOW)
		return now;
	growth = now - base_value(history, window, column->source, row);
	if (column->reading == ALERT_READ_GROWTH)
		return growth;
	if (history->now_ns <= window->base_ns)
		return NAN;
	/* Time per time is a ratio, all else is per second. */
	growth /= (double)(history->now_ns - window->base_ns);
	return is_time(&history->sources[column->source]) ? growth : growth * 1e9;
}

const double *alert_history_read(struct alert_history *history, unsigned column, size_t block, uint64_t mask)
{
	struct alert_column *c = &history->columns[column];
	double *values = c->values + block * 64;
	uint64_t missing = mask & ~c->done[block];

	c->done[block] |= mask;
	for (; missing; missing &= missing - 1) {
		unsigned lane = (unsigned)__builtin_ctzll(missing);

		values[lane] = value_of(history, c, block * 64 + lane);
	}
	return values;
}

/* ---- keeping ------------------------------------------------------------------------------------- */

static bool wants_histogram(const struct alert_history *history, size_t row)
{
	for (size_t i = 0; i < history->histogram_selectors_count; i++) {
		const uint64_t *bits = history->domain->selectors[history->histogram_selectors[i]].bits;

		if (bits[row / 64] >> row % 64 & 1)
			return true;
	}
	return false;
}

/* The present histogram of a row, shared with the samples before where nothing has come since. NULL: out of memory. */
static struct alert_histogram *histogram_keep(struct alert_histogram **latest, const struct counters *c)
{
	struct alert_histogram *h = *latest;

	if (!h || h->completed != c->completed) {
		h = calloc(1, sizeof(*h));
		if (!h)
			return NULL;
		if (histogram_add(&h->histogram, &c->latency)) {
			free(h);
			return NULL;
		}
		h->completed = c->completed;
		h->references = 1;
		histogram_drop(latest);
		*latest = h;
	}
	h->references++;
	return h;
}

static int keep_histograms(struct alert_history *history, struct alert_sample *sample)
{
	sample->histograms = calloc(sample->rows_count + 1, sizeof(*sample->histograms));
	if (!sample->histograms)
		return -ENOMEM;
	for (size_t i = 0; i < sample->rows_count; i++) {
		const struct counters *c = history->domain->rows[i].counters;

		if (!c || !c->latency.length || !wants_histogram(history, i))
			continue;
		sample->histograms[i] = histogram_keep(&history->latest[i], c);
		if (!sample->histograms[i])
			return -ENOMEM;
	}
	return 0;
}

static int window_keep(struct alert_history *history, struct alert_window *window)
{
	_cleanup_(sample_free) struct alert_sample *sample = calloc(1, sizeof(*sample));

	if (!sample)
		return -ENOMEM;
	sample->time_ns = history->now_ns;
	sample->rows_count = history->domain->rows_count;
	for (size_t i = 0; i < history->sources_count; i++) {
		if (!(window->sources >> i & 1))
			continue;
		sample->values[i] = malloc((sample->rows_count + 1) * sizeof(double));
		if (!sample->values[i])
			return -ENOMEM;
		memcpy(sample->values[i], history->now[i], sample->rows_count * sizeof(double));
	}
	if (window->histograms && keep_histograms(history, sample))
		return -ENOMEM;
	if (window->samples_count == ALERT_HISTORY_SAMPLES) {
		sample_free(&window->samples[0]);
		window->samples_count--;
		memmove(window->samples, window->samples + 1, window->samples_count * sizeof(window->samples[0]));
	}
	window->samples[window->samples_count++] = TAKE_PTR(sample);
	return 0;
}

int alert_history_keep(struct alert_history *history)
{
	for (size_t i = 0; i < history->windows_count; i++) {
		struct alert_window *w = &history->windows[i];
		uint64_t newest = w->samples_count ? w->samples[w->samples_count - 1]->time_ns : 0;

		if (w->samples_count && history->now_ns - newest < w->window_ns / PARTS)
			continue;
		if (window_keep(history, w))
			return -ENOMEM;
	}
	return 0;
}
