/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom memory is charged to, and the counters that it is charged on. */
#ifndef WEIR_BPF_MEMORY_H
#define WEIR_BPF_MEMORY_H

#include "maps.h"
#include "thread.h"
#include "frame.h"

/* One entry where memory is not measured, so that a run without it pays nothing. */
MAP(pages, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
	     __type(key, u32); __type(value, struct weir_pages); });

MAP(allocs, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
	      __type(key, u32); __type(value, struct weir_allocs); });
MAP(requests, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
		__type(key, u32); __type(value, struct weir_allocs); });
MAP(held, { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_MMAPABLE);
	    __type(key, u32); __type(value, struct weir_held); });
MAP(allocations, { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __uint(map_flags, BPF_F_NO_PREALLOC);
		   __type(key, struct weir_allocation_key); __type(value, struct weir_allocation); });

CONFIG(__u32, memory_mode, 0); /* enum weir_memory_mode */

/* go.bpf.c: the node of the innermost open call of the goroutine that a thread runs; the root where there is none. */
extern int go_node(u32 thread);

/* The node of the innermost open call of a thread; the root where none is open, or where `row` is NULL. */
static __always_inline u32 memory_node(struct row *row)
{
	u32 depth = row ? row->depth : 0;

	return depth && depth <= WEIR_DEPTH_MAX ? frame_at(row, depth - 1)->node : WEIR_NODE_ROOT;
}

static __always_inline struct weir_allocs *memory_allocs(u32 node)
{
	u32 index = (node << shard_shift) + (bpf_get_smp_processor_id() & shard_mask);

	return bpf_map_lookup_elem(&allocs, &index);
}

static __always_inline struct weir_allocs *memory_requests(u32 node)
{
	u32 index = (node << shard_shift) + (bpf_get_smp_processor_id() & shard_mask);

	return bpf_map_lookup_elem(&requests, &index);
}

/* A hit that is no call's: it costs the target as well. */
static __always_inline void hit_count(void)
{
	struct weir_shard *shard = node_shard(WEIR_NODE_ROOT);

	if (shard)
		add(shard->calls, 1);
}

/* One more allocation, or request; NULL: its node has no counters, for it is not measured. */
VERIFIED_ONCE int alloc_add(struct weir_allocs *a, u64 bytes)
{
	if (!a)
		return 0;
	add(a->allocations, 1);
	add(a->allocated_bytes, bytes);
	if (!hist_count(a->block, weir_hist_slot(bytes)))
		lose(WEIR_LOSS_SIZE_TABLE, 1);
	if (unlikely(bytes > a->max_bytes))
		extreme_raise(&a->max_bytes, bytes);
	if (unlikely(~bytes > a->min_inverted))
		extreme_raise(&a->min_inverted, ~bytes);
	return 0;
}

static __always_inline struct weir_pages *memory_pages(u32 node)
{
	u32 index = (node << shard_shift) + (bpf_get_smp_processor_id() & shard_mask);

	return bpf_map_lookup_elem(&pages, &index);
}

#endif
