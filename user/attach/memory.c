/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel side's programs that measure memory: which are loaded, what they are attached to, their tables. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "attach/tracer_internal.h"
#include "base/log.h"

/* Processes whose resident pages are followed at once, on a machine of few CPUs. */
#define PROCESSES_WATCHED 1024
#define WATCHED_MAX (1 << 20)

static size_t pages_bytes(const struct tracer *t)
{
	return tracer_table_bytes((size_t)t->slots_count * t->shards_per_node, sizeof(struct weir_pages));
}

int memory_choose(struct tracer *tracer)
{
	struct weir_bpf *s = tracer->skeleton;
	struct bpf_program *programs[] = {
		s->progs.weir_memory_fork, s->progs.weir_memory_exec, s->progs.weir_memory_exit, s->progs.weir_rss,
		s->progs.weir_map_lock, s->progs.weir_memory_processes, s->progs.weir_cpu_offsets,
	};
	int cpus = libbpf_num_possible_cpus(), err;
	uint64_t watched;

	if (tracer->memory == WEIR_MEMORY_OFF) {
		for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
			bpf_program__set_autoload(programs[i], false);
		return 0;
	}
	bpf_program__set_autoload(s->progs.weir_map_lock, tracer->features.map_lock);
	s->rodata->cpus = cpus > 0 ? (uint32_t)cpus : 1;
	watched = PROCESSES_WATCHED * ((uint64_t)s->rodata->cpus + 1);
	err = bpf_map__set_max_entries(s->maps.rss_seen, watched < WATCHED_MAX ? (uint32_t)watched : WATCHED_MAX);
	return err ?: bpf_map__set_max_entries(s->maps.pages, tracer->slots_count * tracer->shards_per_node);
}

int memory_map_tables(struct tracer *tracer)
{
	int err;

	if (tracer->memory == WEIR_MEMORY_OFF)
		return 0;
	err = tracer_map_table(tracer->skeleton->maps.pages, pages_bytes(tracer), true, &tracer->pages);
	if (!err)
		tracer->tables.pages = tracer->pages;
	tracer->tables.memory = tracer->memory;
	return err;
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
}
