/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An expression as PromQL. Three kinds of values: numbers (scalars there), values of rows (vectors with the row's labels) and values
 * of the whole target (vectors with nothing but job and instance), which are matched with rows on these two.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert_prometheus.h"
#include "base/cleanup.h"

#define TARGET "(job, instance)"

struct translation {
	const struct alert_expression *expression;
	FILE *out;
	const char *reason; /* NULL: all went well so far */
};

static void write_node(struct translation *t, int index);

static const struct alert_node *node_of(const struct translation *t, int index)
{
	return &t->expression->nodes[index];
}

static void refuse(struct translation *t, const char *reason)
{
	t->reason = t->reason ?: reason;
}

/* Numbers only: a scalar. */
static bool is_scalar(const struct translation *t, int index)
{
	const struct alert_node *n = node_of(t, index);

	if (n->kind == ALERT_NODE_NUMBER)
		return true;
	if (n->kind == ALERT_NODE_SERIES || n->kind == ALERT_NODE_SUM || n->kind == ALERT_NODE_ABSENT)
		return false;
	return is_scalar(t, n->left) && (n->right < 0 || is_scalar(t, n->right));
}

/* ---- selectors ----------------------------------------------------------------------------------- */

/* A character in a regular expression that stands in a text of PromQL. */
static void write_plain(FILE *out, char c, bool is_pattern)
{
	if (is_pattern && strchr(".+*?()|[]{}^$\\", c))
		fputs("\\\\", out);
	if (c == '\n')
		fputs("\\n", out);
	else if (!is_pattern && c == '\\')
		fputs("\\\\", out);
	else if (c == '\\')
		fputs("\\\\", out);
	else
		fprintf(out, "%s%c", c == '"' ? "\\" : "", c);
}

/* The end of a bracket expression as symbols/glob.h reads it, or NULL: the bracket stands for itself. */
static const char *write_bracket(FILE *out, const char *open)
{
	const char *at = open + 1, *close;
	bool negated = *at == '!' || *at == '^';

	at += negated;
	close = strchr(*at == ']' ? at + 1 : at, ']');
	if (!close)
		return NULL;
	fputs(negated ? "[^" : "[", out);
	for (; at < close; at++)
		fprintf(out, "%s%c", *at == '\\' ? "\\\\\\" : strchr("[]^\"", *at) ? *at == '"' ? "\\" : "\\\\" : "", *at);
	fputc(']', out);
	return close + 1;
}

static void write_glob(FILE *out, const char *glob)
{
	const char *behind;

	while (*glob) {
		if (*glob == '*' || *glob == '?') {
			fputs(*glob++ == '*' ? ".*" : ".", out);
		} else if (*glob == '[' && (behind = write_bracket(out, glob))) {
			glob = behind;
		} else {
			glob += *glob == '\\' && glob[1];
			write_plain(out, *glob++, true);
		}
	}
}

static void write_matcher(struct translation *t, const struct alert_matcher *matcher)
{
	bool is_pattern = strpbrk(matcher->pattern, "*?[\\");

	if (matcher->field == ALERT_FIELD_PATH)
		refuse(t, "its selector asks for a path, and series in Prometheus are of functions and labels, whatever calls them");
	fprintf(t->out, "%s%s\"", alert_field_name(matcher->field),
		matcher->negated ? is_pattern ? "!~" : "!=" : is_pattern ? "=~" : "=");
	for (const char *c = matcher->pattern; !is_pattern && *c; c++)
		write_plain(t->out, *c, false);
	if (is_pattern)
		write_glob(t->out, matcher->pattern);
	fputc('"', t->out);
}

static void write_selector(struct translation *t, const struct alert_series *series)
{
	bool extra = series->source == ALERT_SOURCE_EXTRA;

	if (!series->selector.count && !extra)
		return;
	fputc('{', t->out);
	if (extra)
		fprintf(t->out, "counter=\"%s\"", series->name); /* a word */
	for (size_t i = 0; i < series->selector.count; i++) {
		fputs(i || extra ? ", " : "", t->out);
		write_matcher(t, &series->selector.matchers[i]);
	}
	fputc('}', t->out);
}

/* ---- series -------------------------------------------------------------------------------------- */

static const char *series_name(const struct alert_series *series, char text[METRIC_PROMETHEUS_NAME])
{
	switch (series->source) {
	case ALERT_SOURCE_METRIC:
		return metric_prometheus_name(&metrics[series->metric], text);
	case ALERT_SOURCE_EXTRA:
		return "weir_counters_total";
	case ALERT_SOURCE_ROWS_IN:
		return "weir_rows_in_total";
	case ALERT_SOURCE_LIVE:
		return metric_prometheus_name(&metrics[METRIC_LIVE_BYTES], text);
	case ALERT_SOURCE_RSS:
		return "weir_target_rss_bytes";
	case ALERT_SOURCE_LOST:
		return "weir_lost_total";
	case ALERT_SOURCE_OVERHEAD_CPU:
		return "weir_overhead_estimated_cpu_seconds_total";
	case ALERT_SOURCE_TARGET_CPU:
		return "weir_target_cpu_seconds_total";
	}
	return "";
}

static bool goes_down(const struct alert_series *series)
{
	if (series->source == ALERT_SOURCE_METRIC)
		return metrics[series->metric].kind == METRIC_KIND_GAUGE;
	return series->source == ALERT_SOURCE_RSS || series->source == ALERT_SOURCE_LIVE;
}

/* "5m"; Prometheus counts in ms. */
static void write_window(FILE *out, uint64_t ns)
{
	static const struct {
		uint64_t ms;
		const char *name;
	} units[] = { { 3600000, "h" }, { 60000, "m" }, { 1000, "s" }, { 1, "ms" } };
	uint64_t ms = (ns + 999999) / 1000000;
	size_t i = 0;

	while (ms % units[i].ms)
		i++;
	fprintf(out, "[%" PRIu64 "%s]", ms / units[i].ms, units[i].name);
}

static void write_number(FILE *out, double value)
{
	char text[40];

	snprintf(text, sizeof(text), "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof(text), "%.17g", value);
	fputs(text, out);
}

static void write_series(struct translation *t, const struct alert_series *series)
{
	bool is_sum = series->source == ALERT_SOURCE_LOST; /* over its reasons */
	char name[METRIC_PROMETHEUS_NAME];

	if (is_sum)
		fputs("sum by " TARGET " (", t->out);
	if (series->reading == ALERT_READ_QUANTILE) {
		fputs("histogram_quantile(", t->out);
		write_number(t->out, series->quantile);
		fputs(", rate(", t->out);
	} else if (series->reading != ALERT_READ_NOW) {
		fputs(series->reading == ALERT_READ_RATE ? "rate(" : goes_down(series) ? "delta(" : "increase(", t->out);
	}
	fprintf(t->out, "%s%s", series_name(series, name), series->reading == ALERT_READ_QUANTILE ? "_bucket" : "");
	write_selector(t, series);
	if (series->reading != ALERT_READ_NOW)
		write_window(t->out, series->window_ns);
	fputs(series->reading == ALERT_READ_QUANTILE ? "))" : series->reading == ALERT_READ_NOW ? "" : ")", t->out);
	if (is_sum)
		fputc(')', t->out);
}

/* ---- operators ----------------------------------------------------------------------------------- */

static void write_operand(struct translation *t, int index)
{
	bool simple = node_of(t, index)->kind <= ALERT_NODE_SERIES;

	fputs(simple ? "" : "(", t->out);
	write_node(t, index);
	fputs(simple ? "" : ")", t->out);
}

static const char *sign_of(enum alert_node_kind kind)
{
	static const char *const signs[] = {
		[ALERT_NODE_ADD] = "+", [ALERT_NODE_SUBTRACT] = "-", [ALERT_NODE_MULTIPLY] = "*", [ALERT_NODE_DIVIDE] = "/",
		[ALERT_NODE_GREATER] = ">", [ALERT_NODE_GREATER_EQUAL] = ">=", [ALERT_NODE_LESS] = "<",
		[ALERT_NODE_LESS_EQUAL] = "<=", [ALERT_NODE_EQUAL] = "==", [ALERT_NODE_NOT_EQUAL] = "!=",
	};

	return signs[kind];
}

static void write_binary(struct translation *t, const struct alert_node *n)
{
	bool scalar = is_scalar(t, n->left) || is_scalar(t, n->right);
	bool left = node_of(t, n->left)->is_row, right = node_of(t, n->right)->is_row;

	if (n->is_condition && is_scalar(t, n->left) && is_scalar(t, n->right))
		refuse(t, "it compares two numbers, of which PromQL makes no condition");
	write_operand(t, n->left);
	fprintf(t->out, " %s ", sign_of(n->kind));
	if (!scalar && left != right)
		fprintf(t->out, "on " TARGET " %s () ", left ? "group_left" : "group_right");
	/* What is divided by 0 has no data here, and is infinite there. */
	if (n->kind == ALERT_NODE_DIVIDE && !is_scalar(t, n->right)) {
		fputc('(', t->out);
		write_operand(t, n->right);
		fputs(" != 0)", t->out);
	} else {
		write_operand(t, n->right);
	}
}

static void write_and(struct translation *t, const struct alert_node *n)
{
	const struct alert_node *l = node_of(t, n->left), *r = node_of(t, n->right);

	if (l->kind == ALERT_NODE_ABSENT)
		refuse(t, "absent() on the left of \"and\" has no labels that could match: write it on the right");
	if (!l->is_row && r->is_row)
		refuse(t, "its \"and\" has the whole target on the left and rows on the right: write them the other way round");
	write_operand(t, n->left);
	if (r->kind == ALERT_NODE_ABSENT) {
		fputs(" unless on " TARGET " ", t->out);
		write_operand(t, r->left);
		return;
	}
	fputs(l->is_row && !r->is_row ? " and on " TARGET " " : " and ", t->out);
	write_operand(t, n->right);
}

static void write_or(struct translation *t, const struct alert_node *n)
{
	if (node_of(t, n->left)->is_row != node_of(t, n->right)->is_row)
		refuse(t, "its \"or\" has rows on one side and the whole target on the other: make two rules of it");
	write_operand(t, n->left);
	fputs(" or ", t->out);
	write_operand(t, n->right);
}

static void write_node(struct translation *t, int index)
{
	const struct alert_node *n = node_of(t, index);

	switch (n->kind) {
	case ALERT_NODE_NUMBER:
		write_number(t->out, n->unit == ALERT_UNIT_TIME ? n->value / 1e9 : n->value);
		break;
	case ALERT_NODE_SERIES:
		write_series(t, &t->expression->series[n->series]);
		break;
	case ALERT_NODE_NEGATE:
		fputc('-', t->out);
		write_operand(t, n->left);
		break;
	case ALERT_NODE_AND:
		write_and(t, n);
		break;
	case ALERT_NODE_OR:
		write_or(t, n);
		break;
	case ALERT_NODE_SUM:
	case ALERT_NODE_ABSENT:
		fputs(n->kind == ALERT_NODE_SUM ? "sum by " TARGET " (" : "absent(", t->out);
		write_node(t, n->left);
		fputc(')', t->out);
		break;
	default:
		write_binary(t, n);
		break;
	}
}

int alert_prometheus_expression(const struct alert_expression *expression, char **ret_text, const char **ret_reason)
{
	struct translation t = { .expression = expression };
	_cleanup_free_ char *text = NULL;
	size_t size;

	t.out = open_memstream(&text, &size);
	if (!t.out)
		return -ENOMEM;
	write_node(&t, (int)expression->nodes_count - 1);
	if (fclose(t.out))
		return -ENOMEM;
	if (t.reason) {
		*ret_reason = t.reason;
		return -ENOTSUP;
	}
	*ret_text = TAKE_PTR(text);
	return 0;
}
