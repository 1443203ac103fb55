/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of the nodes: the kernel side charges the innermost call alone; what is below it is added up here. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
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

static void add_totals(struct counters *to, const struct counters *from)
{
	to->total_rss_grown_bytes += from->total_rss_grown_bytes;
	to->total_rss_shrunk_bytes += from->total_rss_shrunk_bytes;
	to->total_mapped_bytes += from->total_mapped_bytes;
	to->total_unmapped_bytes += from->total_unmapped_bytes;
}

/* The whole target's: all that belongs to some node, and what belongs to none. */
static void fill_whole(struct snapshot *snapshot)
{
	struct counters *whole = &snapshot->memory;

	add_totals(whole, &snapshot->outside);
	whole->have = snapshot->outside.have;
	whole->rss_grown_bytes = whole->total_rss_grown_bytes;
	whole->rss_shrunk_bytes = whole->total_rss_shrunk_bytes;
	whole->mapped_bytes = whole->total_mapped_bytes;
	whole->unmapped_bytes = whole->total_unmapped_bytes;
}

int collect_memory(const struct tracer_tables *tables, struct snapshot *snapshot)
{
	_cleanup_free_ struct counters **by_id = NULL;

	if (!tables->pages)
		return 0;
	by_id = calloc(tables->slots_count, sizeof(*by_id));
	if (!by_id)
		return -ENOMEM;
	snapshot->memory_mode = tables->memory;
	read_pages(tables, WEIR_NODE_ROOT, &snapshot->outside);
	for (size_t i = 0; i < snapshot->nodes_count; i++) {
		struct snapshot_node *node = &snapshot->nodes[i];

		read_pages(tables, node->id, &node->counters);
		by_id[node->id] = &node->counters;
	}
	/* Parents stand before their children. */
	for (size_t i = snapshot->nodes_count; i--;) {
		struct snapshot_node *node = &snapshot->nodes[i];
		struct counters *parent = node->parent != WEIR_NODE_ROOT ? by_id[node->parent] : NULL;

		add_totals(parent ? parent : &snapshot->memory, &node->counters);
	}
	fill_whole(snapshot);
	return 0;
}
