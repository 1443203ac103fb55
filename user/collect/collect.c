/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/collect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/cost.h"
#include "collect/memory.h"
#include "collect/name.h"
#include "collect/open.h"
#include "collect/wait.h"
#include "model/histogram.h"
#include "symbols/module.h"
#include "weir/hist.h"

struct collection {
	const struct tracer *tracer;
	const struct tracer_tables *tables;
	const struct plan *plan;
	const struct calibration *costs;
	struct snapshot *snapshot;
	uint32_t *order; /* node ids, parents first */
	size_t order_count;
	double overhead_ns;
	int err;
};

static uint64_t load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static bool is_node(const struct tracer_tables *t, uint32_t id)
{
	return id == WEIR_NODE_OTHER || (id > WEIR_NODE_OTHER && t->slots[id].key && t->slots[id].target == id);
}

/* ---- counters */

void collect_blocks(const struct tracer_tables *tables, const uint32_t *octaves, uint64_t *slots)
{
	for (uint32_t octave = 0; octave < WEIR_HIST_OCTAVES; octave++) {
		uint32_t number = __atomic_load_n(&octaves[octave], __ATOMIC_ACQUIRE);

		if (!number || number >= tables->blocks_count)
			continue;
		for (uint32_t place = 0; place < WEIR_HIST_PLACES; place++)
			slots[octave * WEIR_HIST_PLACES + place] += load(&tables->blocks[number].count[place]);
	}
}

struct raw {
	uint64_t sum_ns, folded_ns, folded_calls, child_ns;
};

static void add_shard(const struct weir_shard *s, struct counters *c, struct raw *raw)
{
	uint64_t max_ns = load(&s->max_ns), inverted = load(&s->min_inverted);

	raw->sum_ns += load(&s->sum_ns);
	raw->folded_ns += load(&s->folded_ns);
	raw->folded_calls += load(&s->folded_calls);
	raw->child_ns += load(&s->child_ns);
	c->blocked_ns += load(&s->blocked_ns);
	c->wait_ns += load(&s->wait_ns);
	c->minor_faults += load(&s->minor_faults);
	c->major_faults += load(&s->major_faults);
	c->voluntary_switches += load(&s->voluntary_switches);
	c->involuntary_switches += load(&s->involuntary_switches);
	c->read_bytes += load(&s->read_bytes);
	c->write_bytes += load(&s->write_bytes);
	c->errors += load(&s->errors);
	c->rows += load(&s->rows);
	c->bytes += load(&s->bytes);
	c->hits += load(&s->hits);
	c->misses += load(&s->misses);
	for (size_t i = 0; i < WEIR_EXTRA_MAX; i++)
		c->extra[i] += load(&s->extra[i]);
	if (max_ns > c->max_ns)
		c->max_ns = max_ns;
	if (inverted && (!c->min_ns || ~inverted < c->min_ns))
		c->min_ns = ~inverted;
}

/*
 * The kernel side counts a call in its bucket first, then in the sum and the extremes. Of one that is in between, its bucket tells what
 * those are at least.
 */
static void fit_to_histogram(struct counters *c, uint64_t *sum_ns)
{
	if (!c->completed)
		return;
	histogram_fit_extremes(&c->latency, &c->min_ns, &c->max_ns);
	if (*sum_ns < c->completed * c->min_ns)
		*sum_ns = c->completed * c->min_ns;
}

/* What happens last in a call is read first, so that no call is seen to end before it began. */
static int read_counters(const struct tracer_tables *t, uint32_t id, struct counters *c)
{
	const struct weir_shard *shards = &t->shards[(size_t)id * t->shards_per_node];
	uint64_t slots[WEIR_HIST_SLOTS] = { 0 };
	struct raw raw = { 0 };
	int err;

	for (uint32_t i = 0; i < t->shards_per_node; i++)
		add_shard(&shards[i], c, &raw);
	for (uint32_t i = 0; i < t->shards_per_node; i++) {
		collect_blocks(t, shards[i].block, slots);
		c->unwound += load(&shards[i].unwound);
		c->untimed += load(&shards[i].untimed);
	}
	for (uint32_t i = 0; i < t->shards_per_node; i++)
		c->calls += load(&shards[i].calls);
	err = histogram_from_slots(slots, &c->latency);
	if (err)
		return err;
	c->completed = histogram_count(&c->latency);
	c->open = c->calls - c->completed - c->unwound - c->untimed;
	fit_to_histogram(c, &raw.sum_ns);
	c->latency_sum_ns = raw.sum_ns;
	c->total_ns = raw.sum_ns - raw.folded_ns;
	c->self_ns = raw.sum_ns > raw.child_ns ? raw.sum_ns - raw.child_ns : 0;
	if (c->blocked_ns + c->wait_ns < c->total_ns)
		c->cpu_ns = c->total_ns - c->blocked_ns - c->wait_ns;
	return 0;
}

/* ---- the tree */

static void name_other(struct collection *x, struct snapshot_node *node)
{
	node->level = WEIR_LEVEL_FUNCTION;
	node->module = snapshot_string(x->snapshot, "(other)");
	node->function = node->module;
	node->counters.have = HAVE_LATENCY | HAVE_ROWS | HAVE_BYTES | HAVE_CACHE | HAVE_ERRORS;
}

static void count_overhead(struct collection *x, const struct snapshot_node *node, uint64_t key)
{
	const struct counters *c = &node->counters;
	enum plan_leave leave = LEAVE_TRAMPOLINE;
	enum site_class class = SITE_EMULATED;

	if (node->id != WEIR_NODE_OTHER) {
		const struct plan_probe *p = &x->plan->probes[WEIR_KEY_PROBE(key) - 1];

		leave = p->leave;
		class = plan_is_siteless(p) ? SITE_EMULATED : p->site.class;
	}
	x->snapshot->hits += c->calls + (leave != LEAVE_NONE ? c->completed : 0);
	x->overhead_ns += (double)c->calls * (cost_entry_ns(x->costs, class) + cost_leave_ns(x->costs, leave));
}

/* Parents come before children: walk up, then append on the way back. Paths are at most WEIR_DEPTH_MAX long. */
static void order_node(struct collection *x, uint32_t id, bool *seen, unsigned depth)
{
	if (seen[id] || depth > WEIR_DEPTH_MAX)
		return;
	seen[id] = true;
	if (id != WEIR_NODE_OTHER) {
		uint32_t parent = WEIR_KEY_PARENT(x->tables->slots[id].key);

		if (parent != WEIR_NODE_ROOT && is_node(x->tables, parent))
			order_node(x, parent, seen, depth + 1);
	}
	x->order[x->order_count++] = id;
}

static int order_nodes(struct collection *x)
{
	_cleanup_free_ bool *seen = calloc(x->tables->slots_count, sizeof(*seen));

	x->order = calloc(x->tables->slots_count, sizeof(*x->order));
	if (!seen || !x->order)
		return -ENOMEM;
	for (uint32_t id = WEIR_NODE_OTHER; id < x->tables->slots_count; id++)
		if (is_node(x->tables, id))
			order_node(x, id, seen, 0);
	return 0;
}

static int add_node(struct collection *x, uint32_t id)
{
	uint64_t key = __atomic_load_n(&x->tables->slots[id].key, __ATOMIC_ACQUIRE);
	struct snapshot_node *node = &x->snapshot->nodes[x->snapshot->nodes_count];
	int err;

	*node = (struct snapshot_node){ .id = id };
	if (id != WEIR_NODE_OTHER && (!WEIR_KEY_PROBE(key) || WEIR_KEY_PROBE(key) > x->plan->probes_count))
		return 0;
	err = read_counters(x->tables, id, &node->counters);
	if (err || (id == WEIR_NODE_OTHER && !node->counters.calls)) {
		histogram_free(&node->counters.latency);
		return err;
	}
	if (id == WEIR_NODE_OTHER)
		name_other(x, node);
	else
		name_node(x->tables, x->plan, x->snapshot, key, node);
	count_overhead(x, node, key);
	x->snapshot->nodes_count++;
	return 0;
}

/* Hits that belong to no call, such as those in allocators and in Go's scheduler: the root's calls. */
static void count_other_hits(struct collection *x)
{
	uint64_t hits = 0;

	for (uint32_t i = 0; i < x->tables->shards_per_node; i++)
		hits += load(&x->tables->shards[WEIR_NODE_ROOT * x->tables->shards_per_node + i].calls);
	x->snapshot->hits += hits;
	x->overhead_ns += (double)hits * cost_entry_ns(x->costs, SITE_EMULATED);
}

static int add_nodes(struct collection *x)
{
	int err = order_nodes(x);

	if (!err)
		x->snapshot->nodes = calloc(x->order_count + 1, sizeof(*x->snapshot->nodes));
	if (!err && !x->snapshot->nodes)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < x->order_count; i++)
		err = add_node(x, x->order[i]);
	free(x->order);
	count_other_hits(x);
	x->snapshot->overhead_cpu_ns = (uint64_t)x->overhead_ns;
	return err;
}

/* ---- errors and losses */

static const struct snapshot_node *find_node(const struct snapshot *s, uint32_t id)
{
	for (size_t i = 0; i < s->nodes_count; i++)
		if (s->nodes[i].id == id)
			return &s->nodes[i];
	return NULL;
}

/* What passed through the call; NULL where the error is one by its code. The label is a type's mangled name, as typeid() has it. */
static const char *exception_name(struct collection *x, const struct weir_error_key *key)
{
	const struct weir_label *label = &x->tables->labels[(uint32_t)key->code & (x->tables->labels_count - 1)];

	if (key->kind == WEIR_ERROR_CODE)
		return NULL;
	if (key->kind == WEIR_ERROR_PANIC)
		return "panic";
	if (!key->code || __atomic_load_n(&label->state, __ATOMIC_ACQUIRE) != WEIR_LABEL_READY)
		return "an exception";
	return name_type(x->snapshot, label->text);
}

static void add_error(void *context, const struct weir_error_key *key, uint64_t count)
{
	struct collection *x = context;
	struct snapshot *s = x->snapshot;
	const struct snapshot_node *node = find_node(s, key->node);
	const struct profile *profile = NULL;
	const char *name;

	if (!node || s->errors_count >= WEIR_ERRORS)
		return;
	if (node->id != WEIR_NODE_OTHER)
		profile = x->plan->probes[WEIR_KEY_PROBE(x->tables->slots[node->id].key) - 1].profile;
	name = profile && key->kind == WEIR_ERROR_CODE ? profile_error_name(profile, key->code) : NULL;
	s->errors[s->errors_count++] = (struct snapshot_error){
		.node = node->id, .function = node->function, .label = node->label,
		.code = key->kind == WEIR_ERROR_CODE ? key->code : 0, .exception = exception_name(x, key),
		.name = name ? snapshot_string(s, name) : NULL, .count = count,
	};
}

static int compare_errors(const void *a, const void *b)
{
	const struct snapshot_error *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static int add_errors(struct collection *x)
{
	int err;

	x->snapshot->errors = calloc(WEIR_ERRORS, sizeof(*x->snapshot->errors));
	if (!x->snapshot->errors)
		return -ENOMEM;
	err = tracer_errors(x->tracer, add_error, x);
	qsort(x->snapshot->errors, x->snapshot->errors_count, sizeof(*x->snapshot->errors), compare_errors);
	return err;
}

int collect(const struct tracer *tracer, const struct plan *plan, const struct calibration *costs,
	    struct snapshot *snapshot)
{
	struct collection x = {
		.tracer = tracer, .tables = tracer_tables(tracer), .plan = plan, .costs = costs, .snapshot = snapshot,
	};
	int err = add_nodes(&x) ?: collect_memory(tracer, snapshot) ?: collect_open(tracer, snapshot) ?: add_errors(&x) ?:
		  collect_waits(tracer, plan, snapshot);

	for (size_t i = 0; i < WEIR_LOSS_COUNT; i++)
		snapshot->losses[i] = load(&x.tables->losses[i]);
	snapshot->losses[WEIR_LOSS_RECURSION] += tracer_misses(tracer);
	return err ?: snapshot_flatten(snapshot);
}

void collect_calls(const struct tracer *tracer, const struct plan *plan, uint64_t *calls)
{
	const struct tracer_tables *t = tracer_tables(tracer);

	for (uint32_t id = WEIR_NODE_OTHER + 1; id < t->slots_count; id++) {
		uint64_t key = __atomic_load_n(&t->slots[id].key, __ATOMIC_ACQUIRE);
		const struct weir_shard *shards = &t->shards[(size_t)id * t->shards_per_node];

		if (!is_node(t, id) || !WEIR_KEY_PROBE(key) || WEIR_KEY_PROBE(key) > plan->probes_count)
			continue;
		for (uint32_t i = 0; i < t->shards_per_node; i++)
			calls[WEIR_KEY_PROBE(key) - 1] += load(&shards[i].calls);
	}
}
