/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The expression of an alert rule, parsed and checked. Grammar, loosest first, all operators from left to right:
 *
 *     or < and < comparison (> >= < <= == !=, one at a time) < + - < * / < unary - < primary
 *     primary   number[unit] | series | call | (expression)
 *     series    METRIC[{matchers}][[window]]      matchers: FIELD="glob" or FIELD!="glob", with commas between
 *     call      rate(series[, window]) | growth(series[, window]) | pNN(series[, window]) | max(series[, window])
 *               | ratio(series, series[, window]) | sum(value) | absent(value)
 *
 * METRIC is a name of the metric registry (a trailing _ns may be left out), counters.NAME, or one of hit_ratio,
 * pass_ratio, rss_bytes, live_bytes, lost_total, overhead_ratio. FIELD is level, profile, module, function, label or
 * path. Units: ns us ms s m h d, B kB MB GB TB KiB MiB GiB TiB, %. Both sides of + - and of a comparison are of one kind: a
 * number, a time or bytes. hit_ratio, pass_ratio, overhead_ratio and ratio() become quotients of growths here, so that
 * those who evaluate know only four ways to read a metric.
 *
 * Plain data after alert_expression_parse; evaluated by alert_code.c, translated by alert_promql.c.
 */
#ifndef WEIR_ALERT_EXPRESSION_H
#define WEIR_ALERT_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/metrics.h"

enum {
	ALERT_TEXT_MAX = 4096, /* bytes of an expression */
	ALERT_NODES_MAX = 256,
	ALERT_NESTING_MAX = 32,
	ALERT_SERIES_MAX = 64,
	ALERT_MATCHERS_MAX = 16, /* of one selector */
};

#define ALERT_WINDOW_DEFAULT_NS (60 * 1000000000ULL)
#define ALERT_WINDOW_MAX_NS (24 * 3600 * 1000000000ULL)

/* Times are in ns. */
enum alert_unit {
	ALERT_UNIT_NUMBER,
	ALERT_UNIT_RATIO,
	ALERT_UNIT_PER_SECOND,
	ALERT_UNIT_TIME,
	ALERT_UNIT_BYTES,
	ALERT_UNIT_BYTES_PER_SECOND,
};

enum alert_field {
	ALERT_FIELD_LEVEL,
	ALERT_FIELD_PROFILE,
	ALERT_FIELD_MODULE,
	ALERT_FIELD_FUNCTION,
	ALERT_FIELD_LABEL,
	ALERT_FIELD_PATH,
	ALERT_FIELD_COUNT
};

struct alert_matcher {
	enum alert_field field;
	bool negated;
	char *pattern; /* a glob, see symbols/glob.h; what a row does not have is "" */
};

struct alert_selector {
	struct alert_matcher *matchers; /* all have to match */
	size_t count;
};

/* Where a value comes from. Those of rows first, then those of the whole snapshot. */
enum alert_source {
	ALERT_SOURCE_METRIC,       /* of the registry: struct alert_series.metric */
	ALERT_SOURCE_EXTRA,        /* a counter of the profile's own: .name */
	ALERT_SOURCE_ROWS_IN,      /* rows of the row's children */
	ALERT_SOURCE_LIVE,         /* live_bytes, where the registry does not have it */
	ALERT_SOURCE_RSS,          /* of all processes */
	ALERT_SOURCE_LOST,         /* the sum of all losses */
	ALERT_SOURCE_OVERHEAD_CPU,
	ALERT_SOURCE_TARGET_CPU,
};

#define ALERT_SOURCE_IS_ROW(source) ((source) < ALERT_SOURCE_RSS)

enum alert_reading {
	ALERT_READ_NOW,      /* as it is in the snapshot */
	ALERT_READ_RATE,     /* growth per second */
	ALERT_READ_GROWTH,   /* now less what it was a window ago */
	ALERT_READ_QUANTILE, /* of the samples of the window */
};

struct alert_series {
	enum alert_reading reading;
	enum alert_source source;
	enum metric_id metric; /* METRIC_COUNT: not of the registry */
	char *name;            /* ALERT_SOURCE_EXTRA */
	double quantile;       /* 0 to 1 */
	uint64_t window_ns;    /* 0: NOW */
	struct alert_selector selector;
};

enum alert_node_kind {
	ALERT_NODE_NUMBER, /* value */
	ALERT_NODE_SERIES, /* series: index */
	ALERT_NODE_NEGATE, /* left */
	ALERT_NODE_ADD, ALERT_NODE_SUBTRACT, ALERT_NODE_MULTIPLY, ALERT_NODE_DIVIDE, /* no data where divided by 0 */
	/* conditions: their value is that of their left side */
	ALERT_NODE_GREATER, ALERT_NODE_GREATER_EQUAL, ALERT_NODE_LESS, ALERT_NODE_LESS_EQUAL, ALERT_NODE_EQUAL,
	ALERT_NODE_NOT_EQUAL,
	ALERT_NODE_AND, ALERT_NODE_OR,
	/* of all rows that left's selectors take: one value */
	ALERT_NODE_SUM,    /* no data where no row has */
	ALERT_NODE_ABSENT, /* a condition: holds, with value 1, where no row has data */
};

struct alert_node {
	enum alert_node_kind kind;
	enum alert_unit unit;
	bool is_condition;
	bool is_row;   /* one value for each row; else one for the snapshot */
	double value;
	unsigned series;
	int left, right; /* indices of nodes before this one; -1: none */
};

struct alert_expression {
	char *text; /* as it was written */
	struct alert_node *nodes; /* the last one is the root, a condition */
	size_t nodes_count;
	struct alert_series *series;
	size_t series_count;
	bool by_path; /* a selector asks for a path: rows are those of the tree */
};

struct alert_fault {
	size_t position;   /* byte offset in the text */
	char message[240]; /* what was wrong and what was expected */
};

/* Returns 0, -EINVAL with *ret_fault filled, or -ENOMEM. Takes hostile bytes. */
int alert_expression_parse(const char *text, struct alert_expression **ret_expression, struct alert_fault *ret_fault);
void alert_expression_free(struct alert_expression **expression);

static inline const struct alert_node *alert_expression_root(const struct alert_expression *expression)
{
	return &expression->nodes[expression->nodes_count - 1];
}

/* The unit of what an alert's value is. */
static inline enum alert_unit alert_expression_unit(const struct alert_expression *expression)
{
	return alert_expression_root(expression)->unit;
}

const char *alert_unit_name(enum alert_unit unit);    /* "number", "ratio", "per_second", "ns", "bytes" ... */
const char *alert_field_name(enum alert_field field); /* "level" ... */

#endif
