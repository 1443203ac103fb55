/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of attach/ share about a tracer; nobody else includes this. */
#ifndef WEIR_TRACER_INTERNAL_H
#define WEIR_TRACER_INTERNAL_H

#include <bpf/libbpf.h>

#include "attach/tracer.h"
#include "weir.skel.h"

#define WATCHERS 4

struct links {
	int *links; /* uprobe_multi links; owned */
	size_t links_count, links_capacity;
	struct bpf_link **perf_links; /* perf-event links, on kernels without uprobe_multi; owned */
	size_t perf_links_count, perf_links_capacity;
};

struct ret_group {
	uint32_t group;
	struct links links;
};

struct tracer {
	struct weir_bpf *skeleton;
	struct features features;
	struct ring_buffer *ring;
	void (*handle)(void *context, const struct weir_event *event);
	void *handle_context;
	struct bpf_link *watchers[WATCHERS];
	struct links links; /* of entries, trampolines and return sites */
	struct ret_group *rets; /* of ret instructions; owned */
	size_t rets_count, rets_capacity;
	bool hash_threads;
	uint32_t probes_count, slots_count, labels_count, blocks_count, threads_count, shards_per_node;
	size_t shards_bytes;
	/* mapped tables */
	struct weir_probe *probes;
	struct weir_slot *slots;
	struct weir_shard *shards;
	struct weir_block *blocks;
	struct weir_label *labels;
	uint64_t *losses;
	struct tracer_tables tables;
};

void links_free(struct links *links); /* closes them */
void tracer_remove_breakpoints(struct tracer *tracer);
void tracer_activate(struct tracer *tracer, uint32_t id);

#endif
