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
VERIFIED_ONCE u32 node_target(u64 key, u32 index)
{
	u32 above = node_same_above(key), target = index;
	struct weir_slot *slot = bpf_map_lookup_elem(&slots, &index);

	if (!slot)
		return WEIR_NODE_OTHER;
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

/* The node of `key` at this slot, taken for it where it is free; WEIR_NODE_ROOT where the slot is another's. */
static __always_inline u32 node_at(u32 index, u64 key, bool *ret_folded)
{
	struct weir_slot *s = bpf_map_lookup_elem(&slots, &index);
	u64 found;
	u32 target;

	if (!s)
		return WEIR_NODE_ROOT;
	found = *(volatile u64 *)&s->key;
	if (!found) {
		found = __sync_val_compare_and_swap(&s->key, 0, key);
		if (!found)
			found = key;
	}
	if (found != key)
		return WEIR_NODE_ROOT;
	target = *(volatile u32 *)&s->target;
	if (unlikely(!target))
		target = node_target(key, index);
	*ret_folded = target != index;
	return target;
}

struct node_loop {
	u64 key;
	u32 start, node;
	bool folded;
};

static long node_next(u32 i, struct node_loop *loop)
{
	loop->node = node_at((loop->start + i) & slot_mask, loop->key, &loop->folded);
	return loop->node != WEIR_NODE_ROOT;
}

/* The slots behind the first. A loop of its own: the verifier walks one that is written out once for each turn. */
static __noinline u32 node_seek(u64 key, u32 start, bool *ret_folded)
{
	struct node_loop loop = { .key = key, .start = start + 1 };

	bpf_loop(WEIR_NODE_TRIES - 1, node_next, &loop, 0);
	if (loop.node == WEIR_NODE_ROOT) {
		lose(WEIR_LOSS_NODE_TABLE, 1);
		loop.node = WEIR_NODE_OTHER;
	}
	if (ret_folded)
		*ret_folded = loop.folded;
	return loop.node;
}

/* Never fails: a key that finds no room goes to WEIR_NODE_OTHER and is counted as lost. */
static __always_inline u32 node_get(u32 parent, u32 probe, u32 label, bool *ret_folded)
{
	u64 key = WEIR_NODE_KEY(parent, probe, label);
	u32 start = (u32)(((key ^ key >> 31) * 0x9e3779b97f4a7c15ULL) >> 40);
	u32 node = node_at(start & slot_mask, key, ret_folded);

	return likely(node != WEIR_NODE_ROOT) ? node : node_seek(key, start, ret_folded);
}

#endif
