/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the flow tree to flat tables: the same counters, summed by what was called and no longer by the path to it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/snapshot.h"

struct flats {
	struct snapshot_flat *items;
	size_t count;
};

static void flats_free(struct flats *flats)
{
	for (size_t i = 0; i < flats->count; i++)
		counters_free(&flats->items[i].counters);
	free(flats->items);
	*flats = (struct flats){0};
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* NULL comes first. */
static int compare_text(const char *a, const char *b)
{
	if (a == b)
		return 0;
	if (!a || !b)
		return a ? 1 : -1;
	return strcmp(a, b);
}

#define COMPARE_IDENTITY(a, b) \
	({ \
		int _c = compare_u64((a)->level, (b)->level); \
		_c = _c ? _c : compare_text((a)->function, (b)->function); \
		_c = _c ? _c : compare_text((a)->label, (b)->label); \
		_c = _c ? _c : compare_text((a)->module, (b)->module); \
		_c ? _c : compare_text((a)->profile, (b)->profile); \
	})

/* By identity, and by place in the tree among equals: sums never depend on qsort's whims. */
static int compare_nodes(const void *a, const void *b)
{
	const struct snapshot_node *x = *(const struct snapshot_node *const *)a;
	const struct snapshot_node *y = *(const struct snapshot_node *const *)b;
	int c = COMPARE_IDENTITY(x, y);

	return c ? c : (x < y ? -1 : x > y);
}

static int compare_self(const void *a, const void *b)
{
	const struct snapshot_flat *x = a, *y = b;
	int c = compare_u64(y->counters.self_ns, x->counters.self_ns);

	c = c ? c : compare_u64(y->counters.calls, x->counters.calls);
	return c ? c : COMPARE_IDENTITY(x, y);
}

static int compare_total(const void *a, const void *b)
{
	const struct snapshot_flat *x = a, *y = b;
	int c = compare_u64(y->counters.total_ns, x->counters.total_ns);

	c = c ? c : compare_u64(y->counters.calls, x->counters.calls);
	return c ? c : COMPARE_IDENTITY(x, y);
}

static bool level_is_query(enum weir_level level)
{
	return level == WEIR_LEVEL_RUN || level == WEIR_LEVEL_QUERY;
}

/* Sum the nodes of `order` (equal ones side by side) whose level is one of a query, or is not. */
static int flats_fill(struct flats *flats, const struct snapshot_node **order, size_t count, bool queries)
{
	const struct snapshot_node *last = NULL;

	flats->items = calloc(count ? count : 1, sizeof(*flats->items));
	if (!flats->items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct snapshot_node *node = order[i];
		int r;

		if (level_is_query(node->level) != queries)
			continue;
		if (!last || COMPARE_IDENTITY(last, node))
			flats->items[flats->count++] = (struct snapshot_flat){
				.level = node->level, .profile = node->profile, .module = node->module,
				.function = node->function, .label = node->label, .fingerprint = node->fingerprint};
		last = node;
		r = counters_add(&flats->items[flats->count - 1].counters, &node->counters, !node->recursive);
		if (r < 0)
			return r;
	}
	qsort(flats->items, flats->count, sizeof(*flats->items), queries ? compare_total : compare_self);
	return 0;
}

static void flats_replace(struct flats flats, struct snapshot_flat **items, size_t *count)
{
	struct flats old = {*items, *count};

	flats_free(&old);
	*items = flats.items;
	*count = flats.count;
}

int snapshot_flatten(struct snapshot *snapshot)
{
	_cleanup_free_ const struct snapshot_node **order = NULL;
	struct flats operators = {0}, queries = {0};
	int r = -ENOMEM;

	order = calloc(snapshot->nodes_count + 1, sizeof(*order));
	if (order) {
		for (size_t i = 0; i < snapshot->nodes_count; i++)
			order[i] = &snapshot->nodes[i];
		qsort(order, snapshot->nodes_count, sizeof(*order), compare_nodes);
		r = flats_fill(&operators, order, snapshot->nodes_count, false);
		if (!r)
			r = flats_fill(&queries, order, snapshot->nodes_count, true);
	}
	if (r < 0) {
		flats_free(&operators);
		flats_free(&queries);
	}
	flats_replace(operators, &snapshot->operators, &snapshot->operators_count);
	flats_replace(queries, &snapshot->queries, &snapshot->queries_count);
	return r;
}

void snapshot_drop_flats(struct snapshot *snapshot)
{
	flats_replace((struct flats){0}, &snapshot->operators, &snapshot->operators_count);
	flats_replace((struct flats){0}, &snapshot->queries, &snapshot->queries_count);
}
