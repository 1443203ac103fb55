/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel side's programs that measure memory: which are loaded, what they are attached to, their tables. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "attach/tracer_internal.h"
#include "base/cleanup.h"
#include "base/log.h"

/* Processes whose resident pages are followed at once, on a machine of few CPUs. */
#define PROCESSES_WATCHED 1024
#define WATCHED_MAX (1 << 20)

static size_t pages_bytes(const struct tracer *t)
{
	return tracer_table_bytes((size_t)t->slots_count * t->shards_per_node, sizeof(struct weir_pages));
}

static size_t allocs_bytes(const struct tracer *t)
{
	return tracer_table_bytes((size_t)t->slots_count * t->shards_per_node, sizeof(struct weir_allocs));
}

static size_t held_bytes(const struct tracer *t)
{
	return tracer_table_bytes(t->slots_count, sizeof(struct weir_held));
}

/* Programs of a mode that goes less deep than the least that they serve are not loaded. */
static void choose_programs(const struct tracer *t)
{
	struct weir_bpf *s = t->skeleton;
	const struct {
		struct bpf_program *program;
		enum weir_memory_mode least;
	} programs[] = {
		{ s->progs.weir_memory_fork, WEIR_MEMORY_PAGES }, { s->progs.weir_memory_exec, WEIR_MEMORY_PAGES },
		{ s->progs.weir_memory_exit, WEIR_MEMORY_PAGES }, { s->progs.weir_rss, WEIR_MEMORY_PAGES },
		{ s->progs.weir_memory_processes, WEIR_MEMORY_PAGES }, { s->progs.weir_cpu_offsets, WEIR_MEMORY_PAGES },
		{ s->progs.weir_map_lock, t->features.map_lock ? WEIR_MEMORY_PAGES : WEIR_MEMORY_LIVE + 1 },
		{ s->progs.weir_alloc, WEIR_MEMORY_SIZES }, { s->progs.weir_alloc_return, WEIR_MEMORY_SIZES },
		{ s->progs.weir_free, WEIR_MEMORY_LIVE }, { s->progs.weir_new_ret, WEIR_MEMORY_LIVE },
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (t->memory < programs[i].least)
			bpf_program__set_autoload(programs[i].program, false);
}

int memory_choose(struct tracer *tracer, uint32_t allocations)
{
	struct weir_bpf *s = tracer->skeleton;
	int cpus = libbpf_num_possible_cpus(), err = 0;
	uint32_t shards = tracer->slots_count * tracer->shards_per_node;
	uint64_t watched;

	choose_programs(tracer);
	s->rodata->memory_mode = tracer->memory;
	s->rodata->cpus = cpus > 0 ? (uint32_t)cpus : 1;
	watched = PROCESSES_WATCHED * ((uint64_t)s->rodata->cpus + 1);
	if (tracer->memory >= WEIR_MEMORY_PAGES) {
		err = bpf_map__set_max_entries(s->maps.rss_seen, watched < WATCHED_MAX ? (uint32_t)watched : WATCHED_MAX);
		err = err ?: bpf_map__set_max_entries(s->maps.pages, shards);
	}
	if (tracer->memory >= WEIR_MEMORY_SIZES)
		err = err ?: bpf_map__set_max_entries(s->maps.allocs, shards) ?: bpf_map__set_max_entries(s->maps.requests, shards);
	if (tracer->memory >= WEIR_MEMORY_LIVE) {
		err = err ?: bpf_map__set_max_entries(s->maps.held, tracer->slots_count);
		err = err ?: bpf_map__set_max_entries(s->maps.allocations, allocations ? allocations : WEIR_ALLOCATIONS);
	}
	return err;
}

int memory_map_tables(struct tracer *tracer)
{
	struct weir_bpf *s = tracer->skeleton;
	struct tracer_tables *tables = &tracer->tables;
	int err = 0;

	if (tracer->memory >= WEIR_MEMORY_PAGES)
		err = tracer_map_table(s->maps.pages, pages_bytes(tracer), true, &tracer->pages);
	if (!err && tracer->memory >= WEIR_MEMORY_SIZES)
		err = tracer_map_table(s->maps.allocs, allocs_bytes(tracer), true, &tracer->allocs) ?:
		      tracer_map_table(s->maps.requests, allocs_bytes(tracer), true, &tracer->requests);
	if (!err && tracer->memory >= WEIR_MEMORY_LIVE)
		err = tracer_map_table(s->maps.held, held_bytes(tracer), true, &tracer->held);
	if (err)
		return err;
	tables->pages = tracer->pages;
	tables->allocs = tracer->allocs;
	tables->held = tracer->held;
	tables->live_bytes = (uint64_t *)&s->bss->live_bytes;
	tables->live_bytes_peak = (uint64_t *)&s->bss->live_bytes_peak;
	tables->unknown_frees = (uint64_t *)&s->bss->unknown_frees;
	tables->memory = tracer->memory;
	return 0;
}

static int find_cpu_offsets(struct tracer *t)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int err = bpf_obj_get_info_by_fd(bpf_map__fd(t->skeleton->maps.cpu_offsets), &info, &size);

	if (err)
		return -errno;
	t->skeleton->bss->cpu_offsets_id = info.id;
	return tracer_iterate(t->skeleton->progs.weir_cpu_offsets);
}

/* What is new in a process is followed before its changes are looked at: rss_stat comes last. */
int memory_attach(struct tracer *tracer)
{
	struct weir_bpf *s = tracer->skeleton;
	const struct features *f = &tracer->features;
	struct bpf_program *mapped = f->map_lock ? s->progs.weir_map_lock : NULL;
	struct bpf_program *programs[MEMORY_WATCHERS] = {
		s->progs.weir_memory_fork, s->progs.weir_memory_exec, s->progs.weir_memory_exit, mapped, s->progs.weir_rss,
	};
	int err;

	if (tracer->memory == WEIR_MEMORY_OFF)
		return 0;
	err = find_cpu_offsets(tracer);
	if (err)
		log_error("cannot find the kernel's counters of resident memory: %s", strerror(-err));
	for (size_t i = 0; !err && i < MEMORY_WATCHERS; i++) {
		if (!programs[i])
			continue;
		tracer->memory_watchers[i] = bpf_program__attach(programs[i]);
		if (tracer->memory_watchers[i])
			continue;
		err = -errno;
		log_error("cannot attach %s: %s", bpf_program__name(programs[i]), strerror(errno));
	}
	tracer->tables.mappings = mapped;
	return err;
}

int memory_prepare(struct tracer *tracer)
{
	if (tracer->memory == WEIR_MEMORY_OFF)
		return 0;
	return tracer_iterate(tracer->skeleton->progs.weir_memory_processes);
}

void memory_process_gone(struct tracer *tracer, uint32_t tgid)
{
	const struct weir_bpf *s = tracer->skeleton;
	/* struct rss_key of bpf/memory.bpf.c */
	struct {
		uint64_t address_space;
		uint32_t cpu, pad;
	} key = { .cpu = WEIR_SUM_OF_ALL };

	if (tracer->memory == WEIR_MEMORY_OFF ||
	    bpf_map_lookup_elem(bpf_map__fd(s->maps.address_spaces), &tgid, &key.address_space))
		return;
	(void)bpf_map_delete_elem(bpf_map__fd(s->maps.rss_seen), &key);
	for (key.cpu = 0; key.cpu < s->rodata->cpus; key.cpu++)
		(void)bpf_map_delete_elem(bpf_map__fd(s->maps.rss_seen), &key);
	(void)bpf_map_delete_elem(bpf_map__fd(s->maps.address_spaces), &tgid);
}

void memory_detach(struct tracer *tracer)
{
	for (size_t i = 0; i < MEMORY_WATCHERS; i++) {
		bpf_link__destroy(tracer->memory_watchers[i]);
		tracer->memory_watchers[i] = NULL;
	}
}

void memory_unmap(struct tracer *tracer)
{
	if (tracer->pages)
		munmap(tracer->pages, pages_bytes(tracer));
	if (tracer->allocs)
		munmap(tracer->allocs, allocs_bytes(tracer));
	if (tracer->requests)
		munmap(tracer->requests, allocs_bytes(tracer));
	free(tracer->abandoned);
	if (tracer->held)
		munmap(tracer->held, held_bytes(tracer));
}

#define BATCH 4096

/* Walk the table, a batch of entries at a time. A visit may delete what it is shown, and ends the walk by what is not 0. */
static int walk_allocations(const struct tracer *tracer,
			    int (*visit)(void *context, const struct weir_allocation_key *key, const struct weir_allocation *allocation),
			    void *context)
{
	_cleanup_free_ struct weir_allocation_key *keys = calloc(BATCH, sizeof(*keys));
	_cleanup_free_ struct weir_allocation *values = calloc(BATCH, sizeof(*values));
	int fd = bpf_map__fd(tracer->skeleton->maps.allocations), err = 0, stop = 0;
	uint32_t at = 0, next, count;
	void *from = NULL;

	if (tracer->memory < WEIR_MEMORY_LIVE)
		return 0;
	if (!keys || !values)
		return -ENOMEM;
	while (!err) {
		count = BATCH;
		err = bpf_map_lookup_batch(fd, from, &next, keys, values, &count, NULL) ? -errno : 0;
		if (err && err != -ENOENT) /* ENOENT: these are the last ones */
			return err;
		for (uint32_t i = 0; !stop && i < count; i++)
			stop = visit(context, &keys[i], &values[i]);
		if (stop)
			return stop;
		at = next;
		from = &at;
	}
	return 0;
}

struct visit {
	void (*visit)(void *context, const struct weir_allocation *allocation);
	void *context;
};

static int visit_one(void *context, const struct weir_allocation_key *key, const struct weir_allocation *allocation)
{
	struct visit *v = context;

	(void)key;
	v->visit(v->context, allocation);
	return 0;
}

int tracer_allocations(const struct tracer *tracer, void (*visit)(void *context, const struct weir_allocation *allocation), void *context)
{
	struct visit v = { visit, context };

	return walk_allocations(tracer, visit_one, &v);
}

struct abandoning {
	struct tracer *tracer;
	const struct tracer_ended *ended;
	size_t count;
	uint64_t old_ns;
};

static void note_old(struct abandoning *a, const struct weir_allocation *allocation, uint64_t age_ns)
{
	struct tracer_abandoned *to = &a->tracer->abandoned[allocation->node];

	to->count++;
	to->bytes += allocation->bytes;
	if (age_ns > to->oldest_ns)
		to->oldest_ns = age_ns;
}

static int abandon_one(void *context, const struct weir_allocation_key *key, const struct weir_allocation *allocation)
{
	struct abandoning *a = context;
	struct tracer *t = a->tracer;
	struct weir_held *held = &t->held[allocation->node];

	for (size_t i = 0; i < a->count; i++) {
		uint64_t age_ns = a->ended[i].at_ns - allocation->since_ns;

		if (a->ended[i].tgid != key->tgid || allocation->since_ns > a->ended[i].at_ns || allocation->node >= t->slots_count)
			continue;
		if (bpf_map_delete_elem(bpf_map__fd(t->skeleton->maps.allocations), key))
			return 0; /* gone by itself */
		__atomic_fetch_add(&held->live, (uint64_t)-1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&held->live_bytes, -allocation->bytes, __ATOMIC_RELAXED);
		__atomic_fetch_add(&t->skeleton->bss->live_bytes, -allocation->bytes, __ATOMIC_RELAXED);
		__atomic_fetch_add(&held->abandoned, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&held->abandoned_bytes, allocation->bytes, __ATOMIC_RELAXED);
		if (a->old_ns && age_ns >= a->old_ns)
			note_old(a, allocation, age_ns);
		return 0;
	}
	return 0;
}

int tracer_abandon(struct tracer *tracer, const struct tracer_ended *ended, size_t count, uint64_t old_ns)
{
	struct abandoning a = { .tracer = tracer, .ended = ended, .count = count, .old_ns = old_ns };

	if (old_ns && !tracer->abandoned) {
		tracer->abandoned = calloc(tracer->slots_count, sizeof(*tracer->abandoned));
		if (!tracer->abandoned)
			return -ENOMEM;
		tracer->tables.abandoned = tracer->abandoned;
	}
	return walk_allocations(tracer, abandon_one, &a);
}
