/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of several nodes added up, driven by the metric registry. */
#include <string.h>

#include "base/log.h"
#include "model/metrics.h"
#include "model/snapshot.h"

static uint64_t *counters_at(struct counters *counters, const struct metric *metric)
{
	return (uint64_t *)((char *)counters + metric->offset);
}

/* Place of the extra counter `name` in `sum`, made where there is none; NULL: all places are taken. */
static uint64_t *counters_extra(struct counters *sum, const char *name)
{
	for (size_t i = 0; i < WEIR_EXTRA_MAX; i++) {
		if (!sum->extra_names[i])
			sum->extra_names[i] = name;
		if (!strcmp(sum->extra_names[i], name))
			return &sum->extra[i];
	}
	return NULL;
}

static void counters_add_extras(struct counters *sum, const struct counters *other)
{
	for (size_t i = 0; i < WEIR_EXTRA_MAX; i++) {
		uint64_t *place;

		if (!other->extra_names[i])
			continue;
		place = counters_extra(sum, other->extra_names[i]);
		if (place)
			*place += other->extra[i];
		else /* two probes of one name that both count things of their own: their nodes still show them */
			log_warning("counter \"%s\" is left out of a sum: a row holds %d counters of the profile's own",
				    other->extra_names[i], WEIR_EXTRA_MAX);
	}
}

static void add_extremes(bool first, uint64_t *min, uint64_t *max, uint64_t other_min, uint64_t other_max)
{
	if (first || other_min < *min)
		*min = other_min;
	if (other_max > *max)
		*max = other_max;
}

/* Before the histograms are added: they tell whether there is anything yet. */
static void add_memory_extremes(struct counters *sum, const struct counters *other)
{
	if (other->sizes.length)
		add_extremes(!sum->sizes.length, &sum->size_min_bytes, &sum->size_max_bytes, other->size_min_bytes,
			     other->size_max_bytes);
	if (other->request_sizes.length)
		add_extremes(!sum->request_sizes.length, &sum->request_min_bytes, &sum->request_max_bytes,
			     other->request_min_bytes, other->request_max_bytes);
	if (other->ages.length)
		add_extremes(!sum->ages.length, &sum->age_min_ns, &sum->age_max_ns, other->age_min_ns, other->age_max_ns);
	sum->age_sum_ns += other->age_sum_ns;
}

int counters_add(struct counters *sum, const struct counters *other, bool inclusive)
{
	sum->have |= other->have;
	if (other->completed) {
		if (!sum->completed || other->min_ns < sum->min_ns)
			sum->min_ns = other->min_ns;
		if (other->max_ns > sum->max_ns)
			sum->max_ns = other->max_ns;
	}
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric *metric = &metrics[i];

		uint64_t *place = counters_at(sum, metric);

		if (metric->greatest && metric_value(metric, other) > *place)
			*place = metric_value(metric, other);
		else if (!metric->greatest && metric->kind != METRIC_KIND_HISTOGRAM && (inclusive || !metric->inclusive))
			*place += metric_value(metric, other);
	}
	sum->latency_sum_ns += other->latency_sum_ns;
	add_memory_extremes(sum, other);
	counters_add_extras(sum, other);
	return histogram_add(&sum->latency, &other->latency) ?: histogram_add(&sum->sizes, &other->sizes) ?:
	       histogram_add(&sum->ages, &other->ages) ?: histogram_add(&sum->request_sizes, &other->request_sizes);
}

bool counters_are_elsewhere(const struct counters *counters)
{
	for (size_t i = 0; i < WEIR_EXTRA_MAX; i++)
		if (counters->extra[i])
			return false;
	return counters->have & HAVE_ELSEWHERE && !counters->rows && !counters->bytes && !counters->hits && !counters->misses && !counters->errors;
}

void counters_free(struct counters *counters)
{
	if (!counters)
		return;
	histogram_free(&counters->latency);
	histogram_free(&counters->sizes);
	histogram_free(&counters->ages);
	histogram_free(&counters->request_sizes);
	*counters = (struct counters){0};
}
