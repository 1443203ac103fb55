/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flow tree: from (parent, probe, label) to the node that a call is charged to. */
#ifndef WEIR_BPF_NODE_H
#define WEIR_BPF_NODE_H

#include "maps.h"

static __always_inline struct weir_shard *node_shard(u32 node)
{
	u32 index = (node << shard_shift) + (bpf_get_smp_processor_id() & shard_mask);

	return bpf_map_lookup_elem(&shards, &index);
}

struct above_loop {
	u64 same;
	u32 node;
	u32 found;
};

static long node_above_next(u32 i, struct above_loop *loop)
{
	u32 node = loop->node;
	struct weir_slot *s;

	(void)i;
	if (node <= WEIR_NODE_OTHER)
		return 1;
	s = bpf_map_lookup_elem(&slots, &node);
	if (!s)
		return 1;
	if ((s->key & 0xffffffffffffULL) == loop->same) {
		loop->found = node;
		return 1;
	}
	loop->node = WEIR_KEY_PARENT(s->key);
	return 0;
}

/* The nearest ancestor on the path above `key` with the same probe and label; 0 if there is none. */
static __always_inline u32 node_same_above(u64 key)
{
	struct above_loop loop = { .same = key & 0xffffffffffffULL, .node = WEIR_KEY_PARENT(key) };

	bpf_loop(WEIR_DEPTH_MAX, node_above_next, &loop, 0);
	return loop.found;
}

/*
 * Work out the node of a key seen for the first time: its own slot, or the deepest ancestor with the same probe
 * and label where the path already holds WEIR_RECURSION_MAX of them. Depends on the key alone, so that two CPUs
 * that do it at once agree.
 */
static __noinline u32 node_target(struct weir_slot *slot, u64 key, u32 index)
{
	u32 above = node_same_above(key), target = index;

	slot->repeat = 1;
	if (above) {
		struct weir_slot *s = bpf_map_lookup_elem(&slots, &above);

		if (s && s->repeat >= WEIR_RECURSION_MAX)
			target = above;
		else if (s)
			slot->repeat = s->repeat + 1;
	}
	*(volatile u32 *)&slot->target = target;
	return target;
}

/* Never fails: a key that finds no room goes to WEIR_NODE_OTHER and is counted as lost. */
static __always_inline u32 node_get(u32 parent, u32 probe, u32 label, bool *ret_folded)
{
	u64 key = WEIR_NODE_KEY(parent, probe, label);
	u32 start = (u32)(((key ^ key >> 31) * 0x9e3779b97f4a7c15ULL) >> 40);

	for (u32 i = 0; i < WEIR_NODE_TRIES; i++) {
		u32 index = (start + i) & slot_mask;
		struct weir_slot *s = bpf_map_lookup_elem(&slots, &index);
		u64 found;
		u32 target;

		if (!s)
			break;
		found = *(volatile u64 *)&s->key;
		if (!found) {
			found = __sync_val_compare_and_swap(&s->key, 0, key);
			if (!found)
				found = key;
		}
		if (found != key)
			continue;
		target = *(volatile u32 *)&s->target;
		if (unlikely(!target))
			target = node_target(s, key, index);
		*ret_folded = target != index;
		return target;
	}
	lose(WEIR_LOSS_NODE_TABLE, 1);
	*ret_folded = false;
	return WEIR_NODE_OTHER;
}

#endif
