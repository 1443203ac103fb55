/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text to nodes: a parser by precedence climbing which knows units, and what has a value for each row. A fault is filled
 * in once; from then on every function returns -1 up to alert_expression_parse.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert_parser.h"
#include "base/cleanup.h"

struct binary_word {
	const char *sign;
	unsigned precedence;
	enum alert_node_kind kind;
};

static const struct binary_word binary_words[] = {
	{ "or", 1, ALERT_NODE_OR }, { "and", 2, ALERT_NODE_AND },
	{ ">", 3, ALERT_NODE_GREATER }, { ">=", 3, ALERT_NODE_GREATER_EQUAL }, { "<", 3, ALERT_NODE_LESS },
	{ "<=", 3, ALERT_NODE_LESS_EQUAL }, { "==", 3, ALERT_NODE_EQUAL }, { "!=", 3, ALERT_NODE_NOT_EQUAL },
	{ "+", 4, ALERT_NODE_ADD }, { "-", 4, ALERT_NODE_SUBTRACT },
	{ "*", 5, ALERT_NODE_MULTIPLY }, { "/", 5, ALERT_NODE_DIVIDE },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char expected_value[] = "a value: a metric, a number, rate(...), p99(...), sum(...) or (";

static int parse_binary(struct alert_parser *p, unsigned lowest);

/* ---- nodes --------------------------------------------------------------------------------------- */

static struct alert_node *node_at(struct alert_parser *p, int index)
{
	return &p->expression->nodes[index];
}

static int add_node(struct alert_parser *p, struct alert_node node)
{
	struct alert_expression *x = p->expression;

	if (p->failed)
		return -1;
	if (x->nodes_count == ALERT_NODES_MAX)
		return parser_fail_at(p, p->token.position, "more than %d operations, expected fewer", ALERT_NODES_MAX);
	x->nodes[x->nodes_count] = node;
	return (int)x->nodes_count++;
}

static int add_number(struct alert_parser *p, double value, enum alert_unit unit)
{
	return add_node(p, (struct alert_node){ .kind = ALERT_NODE_NUMBER, .value = value, .unit = unit, .left = -1,
						.right = -1 });
}

/* Numbers, ratios and rates go together; so do bytes and bytes per second. */
static enum alert_unit class_of(enum alert_unit unit)
{
	switch (unit) {
	case ALERT_UNIT_TIME:
		return ALERT_UNIT_TIME;
	case ALERT_UNIT_BYTES:
	case ALERT_UNIT_BYTES_PER_SECOND:
		return ALERT_UNIT_BYTES;
	default:
		return ALERT_UNIT_NUMBER;
	}
}

static const char *class_sentence(enum alert_unit unit)
{
	switch (class_of(unit)) {
	case ALERT_UNIT_TIME:
		return "a time, as 30s or 5ms";
	case ALERT_UNIT_BYTES:
		return "bytes, as 64MiB";
	default:
		return "a number, as 10 or 5%";
	}
}

static bool is_zero(const struct alert_node *n)
{
	return n->kind == ALERT_NODE_NUMBER && n->value == 0;
}

static bool is_comparison(enum alert_node_kind kind)
{
	return kind >= ALERT_NODE_GREATER && kind <= ALERT_NODE_NOT_EQUAL;
}

/* The unit of left `kind` right. Returns 0, or -1 after the fault. */
static int unit_of(struct alert_parser *p, enum alert_node_kind kind, size_t position, const struct alert_node *l,
		   const struct alert_node *r, enum alert_unit *ret_unit)
{
	enum alert_unit left = class_of(l->unit), right = class_of(r->unit);

	*ret_unit = l->unit;
	if (kind == ALERT_NODE_MULTIPLY) {
		if (left != ALERT_UNIT_NUMBER && right != ALERT_UNIT_NUMBER)
			return parser_fail_at(p, position, "a product of two times or bytes, expected a number on one side");
		if (left == ALERT_UNIT_NUMBER && (right != ALERT_UNIT_NUMBER || l->kind == ALERT_NODE_NUMBER))
			*ret_unit = r->unit;
		return 0;
	}
	if (kind == ALERT_NODE_DIVIDE && right == ALERT_UNIT_NUMBER) {
		if (left == ALERT_UNIT_NUMBER && r->kind != ALERT_NODE_NUMBER)
			*ret_unit = ALERT_UNIT_RATIO;
		return 0;
	}
	if (left != right && !is_zero(l) && !is_zero(r))
		return parser_fail_at(p, position, "the left side is %s, the right side is not, expected the same kind on both",
			       class_sentence(l->unit));
	if (is_zero(l))
		*ret_unit = r->unit;
	if (kind == ALERT_NODE_DIVIDE)
		*ret_unit = ALERT_UNIT_RATIO;
	return 0;
}

static int add_binary(struct alert_parser *p, enum alert_node_kind kind, size_t position, int left, int right)
{
	struct alert_node node = { .kind = kind, .left = left, .right = right };
	const struct alert_node *l, *r;

	if (left < 0 || right < 0)
		return -1;
	l = node_at(p, left);
	r = node_at(p, right);
	node.is_row = l->is_row || r->is_row;
	if (kind == ALERT_NODE_AND || kind == ALERT_NODE_OR) {
		if (!l->is_condition || !r->is_condition)
			return parser_fail_at(p, position, "\"%s\" joins what is no condition, expected a comparison on both sides",
				       kind == ALERT_NODE_AND ? "and" : "or");
		node.unit = l->unit;
		node.is_condition = true;
		return add_node(p, node);
	}
	if (l->is_condition || r->is_condition)
		return parser_fail_at(p, position, "a condition is no number, expected \"and\" or \"or\" between conditions");
	node.is_condition = is_comparison(kind);
	if (unit_of(p, kind, position, l, r, &node.unit))
		return -1;
	return add_node(p, node);
}

/* A node that reads `name` in this way; `source` and `metric` may be other ones than its own. */
static int add_series(struct alert_parser *p, const struct alert_metric_name *name, enum alert_source source, enum metric_id metric,
		      enum alert_reading reading, double quantile, enum alert_unit unit)
{
	struct alert_expression *x = p->expression;
	struct alert_series *series = &x->series[x->series_count];
	const struct alert_series *of = &name->series;

	if (p->failed)
		return -1;
	if (x->series_count == ALERT_SERIES_MAX)
		return parser_fail_at(p, name->position, "more than %d metrics, expected fewer", ALERT_SERIES_MAX);
	*series = (struct alert_series){ .reading = reading, .source = source, .metric = metric, .quantile = quantile,
					 .window_ns = reading == ALERT_READ_NOW ? 0 : of->window_ns };
	if (reading != ALERT_READ_NOW && !series->window_ns)
		series->window_ns = ALERT_WINDOW_DEFAULT_NS;
	if (alert_selector_copy(&of->selector, &series->selector))
		return parser_fail_memory(p);
	x->series_count++;
	if (of->name && !(series->name = strdup(of->name)))
		return parser_fail_memory(p);
	return add_node(p, (struct alert_node){ .kind = ALERT_NODE_SERIES, .unit = unit, .left = -1, .right = -1,
						.is_row = ALERT_SOURCE_IS_ROW(source),
						.series = (unsigned)x->series_count - 1 });
}

static int add_growth(struct alert_parser *p, const struct alert_metric_name *name, enum alert_source source, enum metric_id metric)
{
	return add_series(p, name, source, metric, ALERT_READ_GROWTH, 0, ALERT_UNIT_NUMBER);
}

static int add_quotient(struct alert_parser *p, int left, int right)
{
	if (left < 0 || right < 0)
		return -1;
	return add_node(p, (struct alert_node){ .kind = ALERT_NODE_DIVIDE, .unit = ALERT_UNIT_RATIO, .left = left,
						.right = right,
						.is_row = node_at(p, left)->is_row || node_at(p, right)->is_row });
}

static int add_special_ratio(struct alert_parser *p, const struct alert_metric_name *name)
{
	enum metric_id metric = name->series.metric;
	int part, whole, rest;

	part = add_growth(p, name, name->series.source, metric);
	if (name->series.source == ALERT_SOURCE_OVERHEAD_CPU) {
		whole = add_growth(p, name, ALERT_SOURCE_TARGET_CPU, METRIC_COUNT);
	} else if (metric == METRIC_HITS) {
		whole = add_growth(p, name, ALERT_SOURCE_METRIC, METRIC_HITS);
		rest = add_growth(p, name, ALERT_SOURCE_METRIC, METRIC_MISSES);
		whole = add_binary(p, ALERT_NODE_ADD, name->position, whole, rest);
	} else {
		whole = add_growth(p, name, ALERT_SOURCE_ROWS_IN, METRIC_COUNT);
	}
	return add_quotient(p, part, whole);
}

/* ---- calls --------------------------------------------------------------------------------------- */

static int check_counter(struct alert_parser *p, const struct alert_metric_name *name, const char *function, bool gauges_too)
{
	const char *text = p->text + name->position;
	int shown = alert_shown_length(name->length);

	if (name->ratio)
		return parser_fail_at(p, name->position, "%.*s is a ratio already, expected a counter in %s()", shown, text,
			       function);
	if (name->kind == METRIC_KIND_HISTOGRAM)
		return parser_fail_at(p, name->position, "%.*s is a histogram, expected p50(), p99() or max() of it", shown, text);
	if (name->kind == METRIC_KIND_GAUGE && !gauges_too)
		return parser_fail_at(p, name->position, "%.*s goes up and down, expected growth() of it, or a counter in %s()",
			       shown, text, function);
	return 0;
}

/* [, window] ) */
static int parse_call_end(struct alert_parser *p, struct alert_metric_name *name, struct alert_metric_name *second)
{
	uint64_t window_ns;

	if (parser_accept(p, ",")) {
		if (name->series.window_ns || (second && second->series.window_ns))
			return parser_fail_expected(p, "one window, in brackets or behind the comma");
		if (parser_window(p, &window_ns))
			return -1;
		name->series.window_ns = window_ns;
		if (second)
			second->series.window_ns = window_ns;
	}
	return parser_require(p, ")", "\")\"") ? 0 : -1;
}

static int parse_growth(struct alert_parser *p, bool is_rate)
{
	_cleanup_(alert_metric_name_clear) struct alert_metric_name name = { 0 };
	enum alert_unit unit;

	if (parser_metric(p, &name) || check_counter(p, &name, is_rate ? "rate" : "growth", !is_rate) ||
	    parse_call_end(p, &name, NULL))
		return -1;
	unit = name.unit;
	if (is_rate)
		unit = unit == ALERT_UNIT_TIME	  ? ALERT_UNIT_RATIO
		       : unit == ALERT_UNIT_BYTES ? ALERT_UNIT_BYTES_PER_SECOND
						  : ALERT_UNIT_PER_SECOND;
	return add_series(p, &name, name.series.source, name.series.metric,
			  is_rate ? ALERT_READ_RATE : ALERT_READ_GROWTH, 0, unit);
}

static int parse_quantile(struct alert_parser *p, double quantile)
{
	_cleanup_(alert_metric_name_clear) struct alert_metric_name name = { 0 };

	if (parser_metric(p, &name))
		return -1;
	if (name.series.source != ALERT_SOURCE_METRIC || name.series.metric != METRIC_LATENCY || name.ratio)
		return parser_fail_at(p, name.position, "%.*s has no quantiles, expected latency",
			       alert_shown_length(name.length), p->text + name.position);
	if (parse_call_end(p, &name, NULL))
		return -1;
	return add_series(p, &name, ALERT_SOURCE_METRIC, METRIC_LATENCY, ALERT_READ_QUANTILE, quantile,
			  ALERT_UNIT_TIME);
}

static int parse_ratio(struct alert_parser *p)
{
	_cleanup_(alert_metric_name_clear) struct alert_metric_name part = { 0 }, whole = { 0 };
	size_t position;
	int left, right;

	if (parser_metric(p, &part) || check_counter(p, &part, "ratio", false))
		return -1;
	if (!parser_require(p, ",", "\",\" and the metric to divide by"))
		return -1;
	position = p->token.position;
	if (parser_metric(p, &whole) || check_counter(p, &whole, "ratio", false) || parse_call_end(p, &part, &whole))
		return -1;
	if (class_of(part.unit) != class_of(whole.unit))
		return parser_fail_at(p, position, "a ratio of different kinds, expected %s", class_sentence(part.unit));
	left = add_growth(p, &part, part.series.source, part.series.metric);
	right = add_growth(p, &whole, whole.series.source, whole.series.metric);
	return add_quotient(p, left, right);
}

static int parse_aggregate(struct alert_parser *p, enum alert_node_kind kind, size_t position)
{
	struct alert_node node = { .kind = kind, .right = -1, .is_condition = kind == ALERT_NODE_ABSENT };
	const char *function = kind == ALERT_NODE_SUM ? "sum" : "absent";

	if (p->in_aggregate)
		return parser_fail_at(p, position, "%s() inside sum() or absent(), expected a metric of rows", function);
	p->in_aggregate = true;
	node.left = parse_binary(p, 1);
	p->in_aggregate = false;
	if (node.left < 0 || !parser_require(p, ")", "\")\""))
		return -1;
	if (node_at(p, node.left)->is_condition || (kind == ALERT_NODE_SUM && !node_at(p, node.left)->is_row))
		return parser_fail_at(p, position, "%s() of what has no value for each row, expected %s", function,
			       kind == ALERT_NODE_SUM ? "a metric of rows, as sum(rate(rows))" : ALERT_EXPECTED_METRIC);
	if (kind == ALERT_NODE_SUM)
		node.unit = node_at(p, node.left)->unit;
	return add_node(p, node);
}

/* "p99.9" -> 0.999 */
static bool quantile_of(const char *name, size_t length, double *ret_quantile)
{
	struct alert_fault fault;
	struct alert_token t;
	char digits[16];

	if (length < 2 || length > sizeof(digits) || name[0] != 'p' || name[1] < '0' || name[1] > '9')
		return false;
	snprintf(digits, sizeof(digits), "%.*s", (int)length - 1, name + 1);
	t = alert_token_next(digits, 0, &fault);
	if (t.kind != ALERT_TOKEN_NUMBER || t.length != length - 1 || t.unit != ALERT_UNIT_NUMBER)
		return false;
	*ret_quantile = t.number / 100;
	return t.number > 0 && t.number < 100;
}

/* The parenthesis is behind the name. */
static int parse_call(struct alert_parser *p)
{
	const char *name = p->text + p->token.position;
	size_t position = p->token.position, length = p->token.length;
	double quantile;

	parser_advance(p);
	parser_advance(p);
	if (p->failed)
		return -1;
	if (alert_name_equals("rate", name, length) || alert_name_equals("growth", name, length))
		return parse_growth(p, name[0] == 'r');
	if (alert_name_equals("max", name, length))
		return parse_quantile(p, 1);
	if (quantile_of(name, length, &quantile))
		return parse_quantile(p, quantile);
	if (alert_name_equals("ratio", name, length))
		return parse_ratio(p);
	if (alert_name_equals("sum", name, length))
		return parse_aggregate(p, ALERT_NODE_SUM, position);
	if (alert_name_equals("absent", name, length))
		return parse_aggregate(p, ALERT_NODE_ABSENT, position);
	return parser_fail_at(p, position,
		       "there is no function \"%.*s\", expected rate, growth, p50 to p99.9, max, ratio, sum or absent",
		       alert_shown_length(length), name);
}

/* ---- expressions --------------------------------------------------------------------------------- */

/* A metric as it is now, or one that is a ratio by itself. */
static int parse_plain(struct alert_parser *p)
{
	_cleanup_(alert_metric_name_clear) struct alert_metric_name name = { 0 };

	if (parser_metric(p, &name))
		return -1;
	if (name.ratio)
		return add_special_ratio(p, &name);
	if (name.kind == METRIC_KIND_HISTOGRAM)
		return parser_fail_at(p, name.position, "%.*s is a histogram, expected p50(), p99() or max() of it",
			       alert_shown_length(name.length), p->text + name.position);
	if (name.series.window_ns)
		return parser_fail_at(p, name.position, "a window without a function, expected rate() or growth() of it");
	return add_series(p, &name, name.series.source, name.series.metric, ALERT_READ_NOW, 0, name.unit);
}

static bool is_call(const struct alert_parser *p)
{
	const char *behind = p->text + p->token.position + p->token.length;

	return behind[strspn(behind, " \t\r\n")] == '(';
}

static int parse_primary(struct alert_parser *p)
{
	int node;

	if (p->failed)
		return -1;
	if (p->token.kind == ALERT_TOKEN_NUMBER) {
		node = add_number(p, p->token.number, p->token.unit);
		parser_advance(p);
		return p->failed ? -1 : node;
	}
	if (p->token.kind == ALERT_TOKEN_NAME && !parser_is(p, ALERT_TOKEN_NAME, "and") &&
	    !parser_is(p, ALERT_TOKEN_NAME, "or"))
		return is_call(p) ? parse_call(p) : parse_plain(p);
	if (!parser_accept(p, "("))
		return parser_fail_expected(p, expected_value);
	node = parse_binary(p, 1);
	return node >= 0 && parser_require(p, ")", "\")\"") ? node : -1;
}

static int parse_unary(struct alert_parser *p)
{
	struct alert_node node = { .kind = ALERT_NODE_NEGATE, .right = -1 };
	size_t position = p->token.position;

	if (p->nesting == ALERT_NESTING_MAX)
		return parser_fail_at(p, position, "nested more than %d levels deep, expected fewer", ALERT_NESTING_MAX);
	p->nesting++;
	if (parser_accept(p, "-")) {
		node.left = parse_unary(p);
		if (node.left >= 0) {
			const struct alert_node *of = node_at(p, node.left);

			node.unit = of->unit;
			node.is_row = of->is_row;
			node.left = of->is_condition ? parser_fail_at(p, position, "a condition is no number, expected a value")
						     : node.left;
		}
		node.left = node.left < 0 ? -1 : add_node(p, node);
	} else {
		node.left = parse_primary(p);
	}
	p->nesting--;
	return node.left;
}

static const struct binary_word *binary_word(const struct alert_parser *p)
{
	for (size_t i = 0; i < COUNT(binary_words); i++) {
		enum alert_token_kind kind = i < 2 ? ALERT_TOKEN_NAME : ALERT_TOKEN_SIGN;

		if (parser_is(p, kind, binary_words[i].sign))
			return &binary_words[i];
	}
	return NULL;
}

static int parse_binary(struct alert_parser *p, unsigned lowest)
{
	int left = parse_unary(p), right;
	const struct binary_word *word;

	while (left >= 0 && (word = binary_word(p)) && word->precedence >= lowest) {
		size_t position = p->token.position;

		parser_advance(p);
		right = parse_binary(p, word->precedence + 1);
		left = add_binary(p, word->kind, position, left, right);
	}
	return p->failed ? -1 : left;
}

static void parse_whole(struct alert_parser *p)
{
	int root;

	parser_advance(p);
	root = parse_binary(p, 1);
	if (root < 0)
		return;
	if (p->token.kind != ALERT_TOKEN_END)
		parser_fail_expected(p, "an operator or the end");
	else if (!node_at(p, root)->is_condition)
		parser_fail_at(p, p->token.position, "no condition, expected a comparison, as p99(latency{level=\"query\"}) > 30s");
	else if (!p->expression->series_count)
		parser_fail_at(p, 0, "nothing is measured, expected %s", ALERT_EXPECTED_METRIC);
}

void alert_expression_free(struct alert_expression **expression)
{
	struct alert_expression *x = *expression;

	if (!x)
		return;
	for (size_t i = 0; i < x->series_count; i++)
		alert_series_clear(&x->series[i]);
	free(x->series);
	free(x->nodes);
	free(x->text);
	free(x);
	*expression = NULL;
}

/* Room for the most that may be becomes room for what there is. */
static void shrink(struct alert_expression *x)
{
	void *nodes = realloc(x->nodes, x->nodes_count * sizeof(*x->nodes));
	void *series = realloc(x->series, x->series_count * sizeof(*x->series));

	x->nodes = nodes ?: x->nodes;
	x->series = series ?: x->series;
}

int alert_expression_parse(const char *text, struct alert_expression **ret_expression, struct alert_fault *ret_fault)
{
	_cleanup_(alert_expression_free) struct alert_expression *x = calloc(1, sizeof(*x));
	struct alert_fault fault = { 0 };
	struct alert_parser p = { .expression = x, .fault = &fault };

	if (!x)
		return -ENOMEM;
	x->text = strdup(text);
	x->nodes = calloc(ALERT_NODES_MAX, sizeof(*x->nodes));
	x->series = calloc(ALERT_SERIES_MAX, sizeof(*x->series));
	if (!x->text || !x->nodes || !x->series)
		return -ENOMEM;
	p.text = x->text;
	if (strlen(text) > ALERT_TEXT_MAX)
		parser_fail_at(&p, 0, "an expression of more than %d bytes, expected fewer", ALERT_TEXT_MAX);
	else
		parse_whole(&p);
	if (p.failed && p.err == -EINVAL)
		*ret_fault = fault;
	if (p.failed)
		return p.err;
	shrink(x);
	*ret_expression = TAKE_PTR(x);
	return 0;
}
