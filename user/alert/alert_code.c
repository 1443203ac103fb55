/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alert_code.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct run {
	struct alert_machine *machine;
	const struct alert_code *code;
	enum alert_domain_kind rows;
	size_t block;
	uint64_t mask;
};

/* ---- making -------------------------------------------------------------------------------------- */

int alert_machine_init(struct alert_machine *machine)
{
	*machine = (struct alert_machine){ 0 };
	for (int i = 0; i < ALERT_DOMAIN_COUNT; i++) {
		int err = alert_domain_init(&machine->domains[i], (enum alert_domain_kind)i);

		if (err)
			return err;
		alert_history_init(&machine->histories[i], &machine->domains[i]);
	}
	return 0;
}

void alert_machine_clear(struct alert_machine *machine)
{
	for (int i = 0; i < ALERT_DOMAIN_COUNT; i++) {
		if (machine->histories[i].domain)
			alert_history_clear(&machine->histories[i]);
		alert_domain_clear(&machine->domains[i]);
	}
}

void alert_code_clear(struct alert_code *code)
{
	free(code->columns);
	free(code->selectors);
	free(code->inner);
	free(code->aggregates);
	*code = (struct alert_code){ 0 };
}

static bool is_aggregate(const struct alert_node *node)
{
	return node->kind == ALERT_NODE_SUM || node->kind == ALERT_NODE_ABSENT;
}

static void mark_inner(struct alert_code *code, int index, bool inner)
{
	const struct alert_node *node = &code->expression->nodes[index];

	inner |= is_aggregate(node);
	if (node->kind == ALERT_NODE_SERIES)
		code->inner[node->series] = inner;
	if (node->left >= 0 && node->kind > ALERT_NODE_SERIES)
		mark_inner(code, node->left, inner);
	if (node->right >= 0 && node->kind > ALERT_NODE_SERIES)
		mark_inner(code, node->right, inner);
}

static int compile_series(struct alert_machine *machine, struct alert_code *code, size_t i)
{
	const struct alert_series *series = &code->expression->series[i];
	enum alert_domain_kind domain = ALERT_SOURCE_IS_ROW(series->source) ? code->rows : ALERT_DOMAIN_WHOLE;
	int err = alert_domain_selector(&machine->domains[domain], &series->selector, &code->selectors[i]);

	return err ?: alert_history_column(&machine->histories[domain], series, code->selectors[i], &code->columns[i]);
}

int alert_code_compile(struct alert_machine *machine, const struct alert_expression *expression, struct alert_code *ret_code)
{
	struct alert_code code = {
		.expression = expression,
		.rows = expression->by_path ? ALERT_DOMAIN_PATHS : ALERT_DOMAIN_FLAT,
		.is_row = alert_expression_root(expression)->is_row,
		.columns = calloc(expression->series_count, sizeof(*code.columns)),
		.selectors = calloc(expression->series_count, sizeof(*code.selectors)),
		.inner = calloc(expression->series_count, sizeof(*code.inner)),
		.aggregates = calloc(expression->nodes_count, sizeof(*code.aggregates)),
	};
	int err = code.columns && code.selectors && code.inner && code.aggregates ? 0 : -ENOMEM;

	if (!err)
		mark_inner(&code, (int)expression->nodes_count - 1, false);
	for (size_t i = 0; !err && i < expression->series_count; i++)
		err = compile_series(machine, &code, i);
	if (err)
		alert_code_clear(&code);
	else
		*ret_code = code;
	return err;
}

/* ---- 64 values at once --------------------------------------------------------------------------- */

static void run_node(const struct run *run, int index, struct alert_lanes *ret_lanes);

static void fill(struct alert_lanes *lanes, double value, uint64_t data)
{
	for (int i = 0; i < 64; i++)
		lanes->value[i] = value;
	lanes->data = data;
}

static void run_series(const struct run *run, unsigned series, struct alert_lanes *lanes)
{
	const struct alert_series *s = &run->code->expression->series[series];
	unsigned column = run->code->columns[series];
	const double *values;
	uint64_t taken;

	if (!ALERT_SOURCE_IS_ROW(s->source)) {
		values = alert_history_read(&run->machine->histories[ALERT_DOMAIN_WHOLE], column, 0, 1);
		fill(lanes, values[0], isnan(values[0]) ? 0 : run->mask);
		return;
	}
	taken = run->mask & run->machine->domains[run->rows].selectors[run->code->selectors[series]].bits[run->block];
	lanes->data = 0;
	if (!taken)
		return;
	values = alert_history_read(&run->machine->histories[run->rows], column, run->block, taken);
	for (; taken; taken &= taken - 1) {
		unsigned lane = (unsigned)__builtin_ctzll(taken);

		lanes->value[lane] = values[lane];
		lanes->data |= (uint64_t)!isnan(values[lane]) << lane;
	}
}

#define EACH(lane) for (uint64_t _left = l->data; _left && ((lane) = (unsigned)__builtin_ctzll(_left), true); _left &= _left - 1)

/* Both have data here; a result that is no number is none. */
static void calculate(enum alert_node_kind kind, struct alert_lanes *l, const struct alert_lanes *r)
{
	unsigned i;

	l->data &= r->data;
	EACH(i) {
		double a = l->value[i], b = r->value[i];

		l->value[i] = kind == ALERT_NODE_ADD	    ? a + b
			      : kind == ALERT_NODE_SUBTRACT ? a - b
			      : kind == ALERT_NODE_MULTIPLY ? a * b
							    : a / b;
		if (!isfinite(l->value[i]))
			l->data &= ~(1ULL << i);
	}
}

static bool compares(enum alert_node_kind kind, double a, double b)
{
	switch (kind) {
	case ALERT_NODE_GREATER:
		return a > b;
	case ALERT_NODE_GREATER_EQUAL:
		return a >= b;
	case ALERT_NODE_LESS:
		return a < b;
	case ALERT_NODE_LESS_EQUAL:
		return a <= b;
	case ALERT_NODE_EQUAL:
		return a == b;
	default:
		return a != b;
	}
}

static void compare(enum alert_node_kind kind, struct alert_lanes *l, const struct alert_lanes *r)
{
	unsigned i;

	l->data &= r->data;
	l->holds = 0;
	EACH(i)
		l->holds |= (uint64_t)compares(kind, l->value[i], r->value[i]) << i;
}

/* One side that does not hold is enough to know that "and" does not. */
static void join_and(struct alert_lanes *l, const struct alert_lanes *r)
{
	l->data = (l->data & r->data) | (l->data & ~l->holds) | (r->data & ~r->holds);
	l->holds &= r->holds;
}

static void join_or(struct alert_lanes *l, const struct alert_lanes *r)
{
	uint64_t right = r->holds & ~l->holds;

	for (; right; right &= right - 1)
		l->value[__builtin_ctzll(right)] = r->value[__builtin_ctzll(right)];
	l->data |= r->data;
	l->holds |= r->holds;
}

static void run_binary(const struct run *run, const struct alert_node *node, struct alert_lanes *l)
{
	struct alert_lanes r;

	run_node(run, node->left, l);
	/* Nothing on the left: nothing can come of it but by "or". */
	if (!l->data && node->kind != ALERT_NODE_OR && node->kind != ALERT_NODE_AND) {
		l->holds = 0;
		return;
	}
	run_node(run, node->right, &r);
	if (node->kind == ALERT_NODE_AND)
		join_and(l, &r);
	else if (node->kind == ALERT_NODE_OR)
		join_or(l, &r);
	else if (node->is_condition)
		compare(node->kind, l, &r);
	else
		calculate(node->kind, l, &r);
}

static void run_node(const struct run *run, int index, struct alert_lanes *lanes)
{
	const struct alert_node *node = &run->code->expression->nodes[index];
	double aggregate = run->code->aggregates[index];

	switch (node->kind) {
	case ALERT_NODE_NUMBER:
		fill(lanes, node->value, run->mask);
		break;
	case ALERT_NODE_SERIES:
		run_series(run, node->series, lanes);
		break;
	case ALERT_NODE_NEGATE:
		run_node(run, node->left, lanes);
		for (int i = 0; i < 64; i++)
			lanes->value[i] = lanes->data >> i & 1 ? -lanes->value[i] : 0;
		break;
	case ALERT_NODE_SUM:
		fill(lanes, aggregate, isnan(aggregate) ? 0 : run->mask);
		break;
	case ALERT_NODE_ABSENT:
		fill(lanes, 1, run->mask);
		lanes->holds = isnan(aggregate) ? run->mask : 0;
		break;
	default:
		run_binary(run, node, lanes);
		break;
	}
}

/* ---- expressions --------------------------------------------------------------------------------- */

static uint64_t mask_of(const struct alert_machine *machine, const struct alert_code *code, size_t block, bool inner)
{
	const struct alert_domain *domain = &machine->domains[code->rows];
	size_t rows = domain->rows_count - block * 64;
	uint64_t mask = 0;

	for (size_t i = 0; i < code->expression->series_count; i++)
		if (code->inner[i] == inner && ALERT_SOURCE_IS_ROW(code->expression->series[i].source))
			mask |= domain->selectors[code->selectors[i]].bits[block];
	return rows < 64 ? mask & ((1ULL << rows) - 1) : mask;
}

uint64_t alert_code_mask(const struct alert_machine *machine, const struct alert_code *code, size_t block)
{
	return code->is_row ? mask_of(machine, code, block, false) : 1;
}

/* The sum over all rows; NaN: none has data. */
static double aggregate_rows(struct alert_machine *machine, struct alert_code *code, int index)
{
	size_t words = alert_domain_words(&machine->domains[code->rows]);
	double sum = NAN;

	for (size_t block = 0; block < words; block++) {
		struct run run = { machine, code, code->rows, block, mask_of(machine, code, block, true) };
		struct alert_lanes lanes = { 0 }, *l = &lanes;
		unsigned i;

		if (!run.mask)
			continue;
		run_node(&run, index, &lanes);
		EACH(i)
			sum = isnan(sum) ? l->value[i] : sum + l->value[i];
	}
	return sum;
}

void alert_code_begin(struct alert_machine *machine, struct alert_code *code)
{
	for (size_t i = 0; i < code->expression->nodes_count; i++) {
		const struct alert_node *node = &code->expression->nodes[i];

		if (!is_aggregate(node))
			continue;
		if (code->expression->nodes[node->left].is_row) {
			code->aggregates[i] = aggregate_rows(machine, code, node->left);
		} else {
			struct run run = { machine, code, ALERT_DOMAIN_WHOLE, 0, 1 };
			struct alert_lanes lanes = { 0 };

			run_node(&run, node->left, &lanes);
			code->aggregates[i] = lanes.data ? lanes.value[0] : NAN;
		}
	}
}

void alert_code_block(struct alert_machine *machine, const struct alert_code *code, size_t block, uint64_t mask,
		      struct alert_lanes *ret_lanes)
{
	struct run run = { machine, code, code->is_row ? code->rows : ALERT_DOMAIN_WHOLE, block, mask };

	ret_lanes->holds = 0;
	run_node(&run, (int)code->expression->nodes_count - 1, ret_lanes);
	ret_lanes->holds &= ret_lanes->data;
}
