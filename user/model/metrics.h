/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * THE metric registry: each counter of a node, once. Its name is the JSON key, its column the heading in text;
 * exports, sums over the tree and docs/metrics.md come from the same constant table. What is not in it is not shown.
 */
#ifndef WEIR_METRICS_H
#define WEIR_METRICS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/snapshot.h"

/* In the order of the JSON keys. */
enum metric_id {
	METRIC_CALLS,
	METRIC_COMPLETED,
	METRIC_UNWOUND,
	METRIC_UNTIMED,
	METRIC_OPEN,
	METRIC_OLDEST_OPEN,
	METRIC_ERRORS,
	METRIC_ROWS,
	METRIC_BYTES,
	METRIC_HITS,
	METRIC_MISSES,
	METRIC_TOTAL,
	METRIC_SELF,
	METRIC_CPU,
	METRIC_BLOCKED,
	METRIC_WAIT,
	METRIC_MINOR_FAULTS,
	METRIC_MAJOR_FAULTS,
	METRIC_VOLUNTARY_SWITCHES,
	METRIC_INVOLUNTARY_SWITCHES,
	METRIC_READ_BYTES,
	METRIC_WRITE_BYTES,
	METRIC_LATENCY,
	/* of group memory */
	METRIC_RSS_GROWN,
	METRIC_RSS_SHRUNK,
	METRIC_MAPPED,
	METRIC_UNMAPPED,
	METRIC_TOTAL_RSS_GROWN,
	METRIC_TOTAL_RSS_SHRUNK,
	METRIC_TOTAL_MAPPED,
	METRIC_TOTAL_UNMAPPED,
	METRIC_FAULTS,
	METRIC_ALLOCATIONS,
	METRIC_ALLOCATED,
	METRIC_TOTAL_ALLOCATIONS,
	METRIC_TOTAL_ALLOCATED,
	METRIC_FREES,
	METRIC_FREED,
	METRIC_ABANDONED,
	METRIC_ABANDONED_BYTES,
	METRIC_LIVE,
	METRIC_LIVE_BYTES,
	METRIC_LIVE_PEAK,
	METRIC_TOTAL_LIVE,
	METRIC_TOTAL_LIVE_BYTES,
	METRIC_REQUESTS,
	METRIC_REQUESTED,
	METRIC_TOTAL_REQUESTS,
	METRIC_TOTAL_REQUESTED,
	METRIC_SIZES,
	METRIC_AGES,
	METRIC_REQUEST_SIZES,
	METRIC_COUNT
};

enum metric_unit { METRIC_UNIT_COUNT, METRIC_UNIT_NS, METRIC_UNIT_BYTES };

enum metric_kind {
	METRIC_KIND_COUNTER,   /* only grows */
	METRIC_KIND_GAUGE,
	METRIC_KIND_HISTOGRAM, /* struct histogram, with sum and extremes beside it */
};

struct metric {
	const char *name;   /* JSON key, with its unit where it has one */
	const char *group;  /* JSON object that holds the key; NULL: the node's own */
	const char *column; /* heading in text tables */
	const char *help;   /* one sentence without its full stop */
	enum metric_unit unit;
	enum metric_kind kind;
	uint32_t needs;     /* enum counters_have; 0: always applies */
	bool greatest;      /* several nodes together have the greatest of theirs, not the sum */
	bool inclusive;     /* holds child calls too, so that a recursive node's share is in the outermost one already */
	size_t offset;      /* in struct counters: what metric_value reads */
};

extern const struct metric metrics[METRIC_COUNT];

/* Does `metric` apply to what `counters` counts? If not, it is absent from every output. */
bool metric_applies(const struct metric *metric, const struct counters *counters);

/* The samples of a histogram, and what is known of them beside it. */
struct metric_samples {
	const struct histogram *histogram;
	uint64_t sum, min, max;
};
struct metric_samples metric_samples(const struct metric *metric, const struct counters *counters);
/* Their q-quantile, in the metric's unit. */
double metric_quantile(const struct metric *metric, const struct counters *counters, double q);

/* The value of a counter or a gauge (not of a histogram). */
static inline uint64_t metric_value(const struct metric *metric, const struct counters *counters)
{
	assert(metric->kind != METRIC_KIND_HISTOGRAM);
	return *(const uint64_t *)((const char *)counters + metric->offset);
}

const char *metric_unit_name(enum metric_unit unit); /* "count", "ns", "bytes" */
const char *metric_kind_name(enum metric_kind kind); /* "counter", "gauge", "histogram" */

/*
 * Its name in Prometheus: weir_GROUP_NAME, ns as seconds, the unit at the end, and _total behind a counter
 * (https://prometheus.io/docs/practices/naming/). Returns ret_name.
 */
enum { METRIC_PROMETHEUS_NAME = 96 };
const char *metric_prometheus_name(const struct metric *metric, char ret_name[METRIC_PROMETHEUS_NAME]);

/* docs/metrics.md. Returns 0 or -errno (a failed write included: the stream is flushed). */
int metrics_write_markdown(FILE *out);

#endif
