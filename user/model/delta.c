/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened between two snapshots: counters are cumulative, so an interval is a difference. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/metrics.h"
#include "model/snapshot.h"

static uint64_t since(uint64_t later, uint64_t earlier)
{
	return later > earlier ? later - earlier : 0;
}

/* The profile's own counters have the same place in both: they are of one probe. */
static void subtract_extras(struct counters *delta, const struct counters *later, const struct counters *earlier)
{
	for (size_t i = 0; i < WEIR_EXTRA_MAX; i++) {
		delta->extra_names[i] = later->extra_names[i];
		delta->extra[i] = since(later->extra[i], earlier->extra[i]);
	}
}

/* The interval set an extreme where it moved; elsewhere its samples lie within the old ones, and the histogram says where. */
static void find_extremes(struct counters *delta, const struct counters *later, const struct counters *earlier)
{
	if (!delta->completed)
		return;
	delta->min_ns = later->min_ns;
	delta->max_ns = later->max_ns;
	if (!earlier->completed)
		return;
	if (later->min_ns == earlier->min_ns)
		delta->min_ns = (uint64_t)llround(histogram_quantile_ns(&delta->latency, 0, later->min_ns, later->max_ns));
	if (later->max_ns == earlier->max_ns)
		delta->max_ns = (uint64_t)llround(histogram_quantile_ns(&delta->latency, 1, later->min_ns, later->max_ns));
}

static int subtract(struct counters *delta, const struct counters *later, const struct counters *earlier)
{
	int err = histogram_since(&later->latency, &earlier->latency, &delta->latency);

	if (err)
		return err;
	delta->have = later->have;
	delta->latency_sum_ns = since(later->latency_sum_ns, earlier->latency_sum_ns);
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric *metric = &metrics[i];
		uint64_t *to = (uint64_t *)((char *)delta + metric->offset);

		if (metric->kind == METRIC_KIND_COUNTER)
			*to = since(metric_value(metric, later), metric_value(metric, earlier));
		else if (metric->kind == METRIC_KIND_GAUGE)
			*to = metric_value(metric, later);
	}
	subtract_extras(delta, later, earlier);
	find_extremes(delta, later, earlier);
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	const struct snapshot_node *x = *(const struct snapshot_node *const *)a;
	const struct snapshot_node *y = *(const struct snapshot_node *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int delta_nodes(struct snapshot *delta, const struct snapshot *later, const struct snapshot *earlier)
{
	size_t count = earlier ? earlier->nodes_count : 0;
	_cleanup_free_ const struct snapshot_node **by_id = calloc(count + 1, sizeof(*by_id));
	static const struct counters none;
	int err = 0;

	delta->nodes = calloc(later->nodes_count + 1, sizeof(*delta->nodes));
	if (!delta->nodes || !by_id)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		by_id[i] = &earlier->nodes[i];
	qsort(by_id, count, sizeof(*by_id), compare_ids);
	for (size_t i = 0; !err && i < later->nodes_count; i++) {
		const struct snapshot_node *node = &later->nodes[i], **found;

		found = bsearch(&node, by_id, count, sizeof(*by_id), compare_ids);
		delta->nodes[i] = *node;
		delta->nodes[i].counters = (struct counters){0};
		delta->nodes_count++;
		err = subtract(&delta->nodes[i].counters, &node->counters, found ? &(*found)->counters : &none);
	}
	return err;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Errors are at most WEIR_ERRORS, and few where things are well. */
static uint64_t count_earlier(const struct snapshot *earlier, const struct snapshot_error *error)
{
	for (size_t i = 0; earlier && i < earlier->errors_count; i++) {
		const struct snapshot_error *e = &earlier->errors[i];

		if (e->node == error->node && e->code == error->code && same_text(e->exception, error->exception))
			return e->count;
	}
	return 0;
}

static int delta_errors(struct snapshot *delta, const struct snapshot *later, const struct snapshot *earlier)
{
	delta->errors = calloc(later->errors_count + 1, sizeof(*delta->errors));
	if (!delta->errors)
		return -ENOMEM;
	for (size_t i = 0; i < later->errors_count; i++) {
		delta->errors[i] = later->errors[i];
		delta->errors[i].count = since(later->errors[i].count, count_earlier(earlier, &later->errors[i]));
	}
	delta->errors_count = later->errors_count;
	return 0;
}

static const struct snapshot_wait *wait_earlier(const struct snapshot *earlier, const struct snapshot_wait *wait)
{
	for (size_t i = 0; earlier && i < earlier->waits_count; i++) {
		const struct snapshot_wait *w = &earlier->waits[i];

		if (w->node == wait->node && w->code == wait->code && w->unreadable == wait->unreadable && same_text(w->name, wait->name))
			return w;
	}
	return NULL;
}

static int delta_waits(struct snapshot *delta, const struct snapshot *later, const struct snapshot *earlier)
{
	delta->tells_waits = later->tells_waits;
	delta->waits = calloc(later->waits_count + 1, sizeof(*delta->waits));
	if (!delta->waits)
		return -ENOMEM;
	for (size_t i = 0; i < later->waits_count; i++) {
		const struct snapshot_wait *was = wait_earlier(earlier, &later->waits[i]);

		delta->waits[i] = later->waits[i];
		delta->waits[i].count = since(later->waits[i].count, was ? was->count : 0);
		delta->waits[i].blocked_ns = since(later->waits[i].blocked_ns, was ? was->blocked_ns : 0);
	}
	delta->waits_count = later->waits_count;
	return 0;
}

static int delta_target(struct snapshot *delta, const struct snapshot *later)
{
	delta->processes = calloc(later->processes_count + 1, sizeof(*delta->processes));
	delta->profiles = calloc(later->profiles_count + 1, sizeof(*delta->profiles));
	if (!delta->processes || !delta->profiles)
		return -ENOMEM;
	if (later->processes_count)
		memcpy(delta->processes, later->processes, later->processes_count * sizeof(*delta->processes));
	if (later->profiles_count)
		memcpy(delta->profiles, later->profiles, later->profiles_count * sizeof(*delta->profiles));
	delta->processes_count = later->processes_count;
	delta->profiles_count = later->profiles_count;
	return 0;
}

int snapshot_delta(const struct snapshot *later, const struct snapshot *earlier, struct snapshot **ret_delta)
{
	static const struct counters none;
	_cleanup_(snapshot_free) struct snapshot *delta = NULL;
	int err = snapshot_new(&delta);

	if (err)
		return err;
	delta->taken_at = later->taken_at;
	delta->duration_ns = since(later->duration_ns, earlier ? earlier->duration_ns : 0);
	delta->kernel = later->kernel;
	delta->cpus = later->cpus;
	delta->hits = since(later->hits, earlier ? earlier->hits : 0);
	delta->overhead_cpu_ns = since(later->overhead_cpu_ns, earlier ? earlier->overhead_cpu_ns : 0);
	delta->target_cpu_ns = since(later->target_cpu_ns, earlier ? earlier->target_cpu_ns : 0);
	for (size_t i = 0; i < WEIR_LOSS_COUNT; i++)
		delta->losses[i] = since(later->losses[i], earlier ? earlier->losses[i] : 0);
	delta->memory_mode = later->memory_mode;
	err = subtract(&delta->memory, &later->memory, earlier ? &earlier->memory : &none);
	err = err ?: subtract(&delta->outside, &later->outside, earlier ? &earlier->outside : &none);
	err = err ?: delta_target(delta, later);
	err = err ?: delta_nodes(delta, later, earlier);
	err = err ?: delta_errors(delta, later, earlier);
	err = err ?: delta_waits(delta, later, earlier);
	err = err ?: snapshot_flatten(delta);
	if (err)
		return err;
	*ret_delta = TAKE_PTR(delta);
	return 0;
}
