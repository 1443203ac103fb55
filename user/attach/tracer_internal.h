/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of attach/ share about a tracer; nobody else includes this. */
#ifndef WEIR_TRACER_INTERNAL_H
#define WEIR_TRACER_INTERNAL_H

#include <bpf/libbpf.h>

#include "attach/tracer.h"
#include "attach/window.h"
#include "weir.skel.h"

#define WATCHERS 7
#define MEMORY_WATCHERS 5

struct links {
	int *links; /* uprobe_multi links; owned */
	size_t links_count, links_capacity;
	struct bpf_link **perf_links; /* perf-event links, on kernels without uprobe_multi; owned */
	size_t perf_links_count, perf_links_capacity;
};

/* Programs that are loaded together: programs.h. */
enum program_set { PROGRAMS_CORE, PROGRAMS_UNWIND, PROGRAMS_SPANS, PROGRAMS_GO, PROGRAM_SETS };

/* Breakpoints on the allocator of one process; pid 0: of all. */
struct pid_links {
	uint32_t pid;
	struct links links;
};

struct ret_group {
	uint32_t group;
	struct links links;
};

struct tracer {
	struct weir_bpf *skeleton;
	struct weir_bpf *later[PROGRAM_SETS]; /* by set, NULL while none of it is needed; their maps are the skeleton's */
	struct features features;
	struct ring_buffer *ring;
	void (*handle)(void *context, const struct weir_event *event);
	void *handle_context;
	void (*handle_slow)(void *context, const struct weir_query *query, size_t size);
	void *slow_context;
	enum weir_query_text query_text;
	struct weir_sample *samples;
	struct bpf_link *watchers[WATCHERS];
	struct bpf_link *memory_watchers[MEMORY_WATCHERS];
	enum weir_memory_mode memory;
	struct links links; /* of entries, trampolines and return sites */
	struct ret_group *rets; /* of ret instructions; owned */
	size_t rets_count, rets_capacity;
	struct pid_links *allocators; /* owned */
	size_t allocators_count, allocators_capacity;
	bool hash_threads;
	uint32_t probes_count, slots_count, labels_count, blocks_count, threads_count, shards_per_node;
	size_t shards_bytes;
	/* mapped tables */
	struct window probes_window, blocks_window;
	struct weir_probe *probes; /* the first probes_set may be looked at */
	uint32_t probes_set;
	struct weir_slot *slots;
	struct weir_shard *shards;
	struct weir_block *blocks;
	struct weir_label *labels;
	uint64_t *losses;
	struct weir_pages *pages;
	struct weir_allocs *allocs, *requests;
	struct weir_held *held;
	struct tracer_abandoned *abandoned; /* owned; NULL: none yet */
	struct tracer_tables tables;
};

void links_free(struct links *links); /* closes them */
void tracer_remove_breakpoints(struct tracer *tracer);
/* The kernel's scheduler, for goroutines: when the first Go module comes. Returns 0 or -errno (logged). */
int tracer_watch_goroutines(struct tracer *tracer);
void tracer_activate(struct tracer *tracer, uint32_t id);
int tracer_iterate(const struct bpf_program *program); /* run it for every task; 0 or -errno */
int tracer_map_table(const struct bpf_map *map, size_t bytes, bool writable, void *ret_address);
size_t tracer_table_bytes(size_t count, size_t size); /* pages of an mmapable array */

/* memory.c: the programs that measure memory, where they were asked for. Return 0 or -errno (attach: logged). */
int memory_choose(struct tracer *tracer, uint32_t allocations); /* before loading, when the other tables have their sizes */
int memory_map_tables(struct tracer *tracer);
int memory_attach(struct tracer *tracer);
int memory_prepare(struct tracer *tracer); /* processes that are targets now */
void memory_process_gone(struct tracer *tracer, uint32_t tgid); /* what weir_memory_exit does, where that was missed */
void memory_detach(struct tracer *tracer);
void memory_unmap(struct tracer *tracer);

#endif
