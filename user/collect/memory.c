/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the nodes: the kernel side charges the innermost call alone; what is below it is added up here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/vec.h"
#include "collect/collect.h"
#include "collect/memory.h"

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static void read_pages(const struct tracer_tables *t, uint32_t node, struct counters *c)
{
	for (uint32_t i = 0; i < t->shards_per_node; i++) {
		const struct weir_pages *p = &t->pages[(size_t)node * t->shards_per_node + i];

		c->rss_grown_bytes += load(&p->rss_grown_bytes);
		c->rss_shrunk_bytes += load(&p->rss_shrunk_bytes);
		c->mapped_bytes += load(&p->mapped_bytes);
		c->unmapped_bytes += load(&p->unmapped_bytes);
	}
	c->have |= HAVE_PAGES | (t->mappings ? HAVE_MAPPINGS : 0);
	c->total_rss_grown_bytes = c->rss_grown_bytes;
	c->total_rss_shrunk_bytes = c->rss_shrunk_bytes;
	c->total_mapped_bytes = c->mapped_bytes;
	c->total_unmapped_bytes = c->unmapped_bytes;
	c->faults = c->minor_faults + c->major_faults;
}

/* The counters of a node in one table of allocations, its shards added up. */
struct allocs_sum {
	uint64_t count, bytes, min_bytes, max_bytes;
};

/* An inverted minimum of 0: there was none. */
static void note_extremes(const struct weir_allocs *a, struct allocs_sum *sum)
{
	uint64_t max = load(&a->max_bytes), inverted = load(&a->min_inverted);

	if (max > sum->max_bytes)
		sum->max_bytes = max;
	if (inverted && ~inverted < sum->min_bytes)
		sum->min_bytes = ~inverted;
}

static int sum_allocs(const struct tracer_tables *t, const struct weir_allocs *table, uint32_t node, struct allocs_sum *ret_sum,
		      struct histogram *ret_sizes)
{
	uint64_t slots[WEIR_HIST_SLOTS] = { 0 };
	struct allocs_sum sum = { .min_bytes = UINT64_MAX };

	for (uint32_t i = 0; i < t->shards_per_node; i++) {
		const struct weir_allocs *a = &table[(size_t)node * t->shards_per_node + i];

		/* The count last: no histogram holds more than it. */
		collect_blocks(t, a->block, slots);
		note_extremes(a, &sum);
		sum.bytes += load(&a->allocated_bytes);
		sum.count += load(&a->allocations);
	}
	if (sum.min_bytes == UINT64_MAX)
		sum.min_bytes = 0;
	*ret_sum = sum;
	return histogram_from_slots(slots, ret_sizes);
}

static int read_allocs(const struct tracer_tables *t, uint32_t node, struct counters *c)
{
	struct allocs_sum sum;
	int err = sum_allocs(t, t->allocs, node, &sum, &c->sizes);

	c->have |= HAVE_SIZES;
	c->allocations = c->total_allocations = sum.count;
	c->allocated_bytes = c->total_allocated_bytes = sum.bytes;
	c->size_min_bytes = sum.min_bytes;
	c->size_max_bytes = sum.max_bytes;
	if (err || !t->requests)
		return err;
	err = sum_allocs(t, t->requests, node, &sum, &c->request_sizes);
	c->have |= HAVE_REQUESTS;
	c->requests = c->total_requests = sum.count;
	c->requested_bytes = c->total_requested_bytes = sum.bytes;
	c->request_min_bytes = sum.min_bytes;
	c->request_max_bytes = sum.max_bytes;
	return err;
}

/* While the target runs, a sum that is read between two of its parts can be below 0 for a moment. */
static uint64_t not_negative(uint64_t value)
{
	return (int64_t)value < 0 ? 0 : value;
}

static void read_held(const struct tracer_tables *t, uint32_t node, struct counters *c)
{
	const struct weir_held *h = &t->held[node];

	c->have |= HAVE_LIVE;
	c->frees = load(&h->frees);
	c->freed_bytes = load(&h->freed_bytes);
	c->abandoned = load(&h->abandoned);
	c->abandoned_bytes = load(&h->abandoned_bytes);
	c->live = c->total_live = not_negative(load(&h->live));
	c->live_bytes = c->total_live_bytes = not_negative(load(&h->live_bytes));
	c->live_bytes_peak = load(&h->live_bytes_peak);
}

static int read_memory(const struct tracer_tables *t, uint32_t node, struct counters *c)
{
	read_pages(t, node, c);
	if (t->held)
		read_held(t, node, c);
	return t->allocs ? read_allocs(t, node, c) : 0;
}

static void add_totals(struct counters *to, const struct counters *from)
{
	to->total_rss_grown_bytes += from->total_rss_grown_bytes;
	to->total_rss_shrunk_bytes += from->total_rss_shrunk_bytes;
	to->total_mapped_bytes += from->total_mapped_bytes;
	to->total_unmapped_bytes += from->total_unmapped_bytes;
	to->total_allocations += from->total_allocations;
	to->total_allocated_bytes += from->total_allocated_bytes;
	to->total_requests += from->total_requests;
	to->total_requested_bytes += from->total_requested_bytes;
	to->total_live += from->total_live;
	to->total_live_bytes += from->total_live_bytes;
}

/* What adds up whichever node it is of; the rest is added by add_totals. */
static int add_to_whole(struct counters *whole, const struct counters *part)
{
	struct counters own = *part;

	/* Memory alone: no calls, and no latencies of theirs. */
	own.have &= HAVE_PAGES | HAVE_MAPPINGS | HAVE_SIZES | HAVE_LIVE | HAVE_REQUESTS;
	own.completed = 0;
	own.latency = (struct histogram){ 0 };
	memset(own.extra_names, 0, sizeof(own.extra_names));
	return counters_add(whole, &own, false);
}

/* The whole target's: all that belongs to some node, and what belongs to none. */
static int fill_whole(const struct tracer_tables *t, struct snapshot *snapshot)
{
	struct counters *whole = &snapshot->memory;
	int err = add_to_whole(whole, &snapshot->outside);

	add_totals(whole, &snapshot->outside);
	for (size_t i = 0; !err && i < snapshot->nodes_count; i++)
		err = add_to_whole(whole, &snapshot->nodes[i].counters);
	if (t->held) {
		whole->live_bytes_peak = load(t->live_bytes_peak);
		snapshot->unknown_frees = load(t->unknown_frees);
	}
	return err;
}

/* ---- what is held */

struct held_walk {
	struct snapshot *snapshot;
	struct counters **by_id;
	uint32_t ids;
	uint64_t now_ns;
	uint64_t (*ages)[WEIR_HIST_SLOTS]; /* by node id, for those that hold something; owned */
	uint32_t *age_index;               /* by node id: 1 + index in ages; owned */
	size_t ages_count, ages_capacity;
	int err;
};

static struct counters *counters_of(struct held_walk *w, uint32_t node)
{
	return node == WEIR_NODE_ROOT ? &w->snapshot->outside : node < w->ids ? w->by_id[node] : NULL;
}

static struct snapshot_leak *leak_of(struct snapshot *s, uint32_t node)
{
	for (size_t i = 0; i < s->leaks_count; i++)
		if (s->leaks[i].node == node)
			return &s->leaks[i];
	s->leaks[s->leaks_count] = (struct snapshot_leak){ .node = node };
	return &s->leaks[s->leaks_count++];
}

static void note_leak(struct held_walk *w, const struct weir_allocation *allocation, uint64_t age_ns)
{
	struct snapshot_leak *leak;

	if (!w->snapshot->leak_age_ns || age_ns < w->snapshot->leak_age_ns)
		return;
	leak = leak_of(w->snapshot, allocation->node);
	leak->count++;
	leak->bytes += allocation->bytes;
	if (age_ns > leak->oldest_ns)
		leak->oldest_ns = age_ns;
}

static void note_held(void *context, const struct weir_allocation *allocation)
{
	struct held_walk *w = context;
	struct counters *c = counters_of(w, allocation->node);
	uint64_t age_ns = w->now_ns > allocation->since_ns ? w->now_ns - allocation->since_ns : 0;

	if (!c || w->err)
		return;
	if (!w->age_index[allocation->node]) {
		w->err = VEC_RESERVE(w->ages, w->ages_count, w->ages_capacity);
		if (w->err)
			return;
		memset(w->ages[w->ages_count], 0, sizeof(w->ages[0]));
		w->age_index[allocation->node] = (uint32_t)++w->ages_count;
		c->age_min_ns = age_ns;
	}
	w->ages[w->age_index[allocation->node] - 1][weir_hist_slot(weir_hist_time_units(age_ns))]++;
	c->age_sum_ns += age_ns;
	if (age_ns < c->age_min_ns)
		c->age_min_ns = age_ns;
	if (age_ns > c->age_max_ns)
		c->age_max_ns = age_ns;
	note_leak(w, allocation, age_ns);
}

/* What processes that ended never freed. */
static void note_abandoned(struct held_walk *w, const struct tracer_abandoned *abandoned)
{
	for (uint32_t id = 0; w->snapshot->leak_age_ns && id < w->ids; id++) {
		struct snapshot_leak *leak;

		if (!abandoned[id].count || !counters_of(w, id))
			continue;
		leak = leak_of(w->snapshot, id);
		leak->count += abandoned[id].count;
		leak->bytes += abandoned[id].bytes;
		if (abandoned[id].oldest_ns > leak->oldest_ns)
			leak->oldest_ns = abandoned[id].oldest_ns;
	}
}

static int compare_leaks(const void *a, const void *b)
{
	const struct snapshot_leak *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static int walk_held(const struct tracer *tracer, struct held_walk *w)
{
	struct snapshot *s = w->snapshot;
	int err;

	w->age_index = calloc(w->ids, sizeof(*w->age_index));
	s->leaks = calloc(s->nodes_count + 1, sizeof(*s->leaks));
	if (!w->age_index || !s->leaks)
		return -ENOMEM;
	err = tracer_allocations(tracer, note_held, w) ?: w->err;
	if (!err && tracer_tables(tracer)->abandoned)
		note_abandoned(w, tracer_tables(tracer)->abandoned);
	for (uint32_t id = 0; !err && id < w->ids; id++)
		if (w->age_index[id])
			err = histogram_from_slots(w->ages[w->age_index[id] - 1], &counters_of(w, id)->ages);
	qsort(s->leaks, s->leaks_count, sizeof(*s->leaks), compare_leaks);
	return err;
}

static int add_held(const struct tracer *tracer, struct snapshot *snapshot, struct counters **by_id, uint32_t ids)
{
	struct held_walk w = { .snapshot = snapshot, .by_id = by_id, .ids = ids, .now_ns = clock_ns() };
	int err = walk_held(tracer, &w);

	free(w.ages);
	free(w.age_index);
	return err;
}

int collect_memory(const struct tracer *tracer, struct snapshot *snapshot)
{
	const struct tracer_tables *tables = tracer_tables(tracer);
	_cleanup_free_ struct counters **by_id = NULL;
	int err;

	if (!tables->pages)
		return 0;
	by_id = calloc(tables->slots_count, sizeof(*by_id));
	if (!by_id)
		return -ENOMEM;
	snapshot->memory_mode = tables->memory;
	err = read_memory(tables, WEIR_NODE_ROOT, &snapshot->outside);
	for (size_t i = 0; !err && i < snapshot->nodes_count; i++) {
		struct snapshot_node *node = &snapshot->nodes[i];

		err = read_memory(tables, node->id, &node->counters);
		by_id[node->id] = &node->counters;
	}
	if (!err && tables->held)
		err = add_held(tracer, snapshot, by_id, tables->slots_count);
	/* Parents stand before their children. */
	for (size_t i = snapshot->nodes_count; !err && i--;) {
		struct snapshot_node *node = &snapshot->nodes[i];
		struct counters *parent = node->parent != WEIR_NODE_ROOT ? by_id[node->parent] : NULL;

		add_totals(parent ? parent : &snapshot->memory, &node->counters);
	}
	return err ?: fill_whole(tables, snapshot);
}
