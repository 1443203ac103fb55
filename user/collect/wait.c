/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/wait.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "profile/profile_wait.h"

struct collection {
	const struct plan *plan;
	struct snapshot *snapshot;
	const struct snapshot_node **by_id;
	size_t ids;
	int err;
};

const char *collect_wait_name(const struct plan *plan, uint32_t probe, uint32_t code, struct snapshot *strings)
{
	const struct plan_probe *p = probe && probe <= plan->probes_count ? &plan->probes[probe - 1] : NULL;
	char name[256];

	if (p && p->profile)
		wait_name(p->profile, p->layout, code, name, sizeof(name));
	else
		snprintf(name, sizeof(name), "%" PRIu32, code);
	return snapshot_string(strings, name);
}

static const struct snapshot_node *node_of(const struct collection *x, uint32_t id)
{
	return id < x->ids ? x->by_id[id] : NULL;
}

static void add_wait(void *context, const struct weir_wait_key *key, const struct weir_waited *waited)
{
	struct collection *x = context;
	struct snapshot *s = x->snapshot;
	const struct snapshot_node *node = node_of(x, key->node), *query = node;
	struct snapshot_wait *wait = &s->waits[s->waits_count];

	if (!node || s->waits_count >= WEIR_WAITS)
		return;
	while (query && query->level != WEIR_LEVEL_QUERY)
		query = node_of(x, query->parent);
	*wait = (struct snapshot_wait){
		.node = node->id, .function = node->function, .label = node->label, .code = key->unreadable ? 0 : key->code,
		.query_function = query ? query->function : NULL, .query_label = query ? query->label : NULL,
		.unreadable = key->unreadable, .count = waited->count, .blocked_ns = waited->blocked_ns,
		.name = key->unreadable ? snapshot_string(s, "not readable") : collect_wait_name(x->plan, key->probe, key->code, s),
	};
	if (wait->name)
		s->waits_count++;
	else
		x->err = -ENOMEM;
}

static int compare_waits(const void *a, const void *b)
{
	const struct snapshot_wait *x = a, *y = b;

	if (x->blocked_ns != y->blocked_ns)
		return x->blocked_ns < y->blocked_ns ? 1 : -1;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->code < y->code ? -1 : x->code > y->code;
}

static size_t ids_of(const struct snapshot *s)
{
	size_t ids = 0;

	for (size_t i = 0; i < s->nodes_count; i++)
		if (s->nodes[i].id >= ids)
			ids = s->nodes[i].id + 1;
	return ids;
}

int collect_waits(const struct tracer *tracer, const struct plan *plan, struct snapshot *snapshot)
{
	_cleanup_free_ const struct snapshot_node **by_id = NULL;
	struct collection x = { .plan = plan, .snapshot = snapshot, .ids = ids_of(snapshot) };
	int err;

	for (size_t i = 0; i < plan->probes_count; i++)
		snapshot->tells_waits |= plan->probes[i].record.wait.address != 0;
	if (!snapshot->tells_waits)
		return 0;
	x.by_id = by_id = calloc(x.ids + 1, sizeof(*by_id));
	snapshot->waits = calloc(WEIR_WAITS, sizeof(*snapshot->waits));
	if (!by_id || !snapshot->waits)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->nodes_count; i++)
		by_id[snapshot->nodes[i].id] = &snapshot->nodes[i];
	err = tracer_waits(tracer, add_wait, &x);
	qsort(snapshot->waits, snapshot->waits_count, sizeof(*snapshot->waits), compare_waits);
	return err ?: x.err;
}
