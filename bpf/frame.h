/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame stack of a thread. The stack-pointer rule: a frame whose stack pointer lies below the current one
 * can no longer be live; it was left by longjmp, an exception or a jump that weir did not see.
 */
#ifndef WEIR_BPF_FRAME_H
#define WEIR_BPF_FRAME_H

#include "maps.h"
#include "node.h"

#define frame_at(row, i) (&(row)->frames[(i) & (WEIR_DEPTH_MAX - 1)])

/* The kernel keeps at most this many return probes per thread (MAX_URETPROBE_DEPTH, include/linux/uprobes.h). */
#define RETURN_PROBES_MAX 64

/* Close the innermost frame without a latency. What its own children took is still theirs, not the parent's. */
static __always_inline void frame_drop(struct row *row, bool unwound)
{
	u32 depth = row->depth;
	struct frame *f;
	struct weir_shard *shard;

	if (!depth || depth > WEIR_DEPTH_MAX)
		return;
	f = frame_at(row, depth - 1);
	if (depth > 1)
		frame_at(row, depth - 2)->child_ns += f->child_ns;
	row->depth = depth - 1;
	shard = node_shard(f->node);
	if (!shard)
		return;
	if (unwound && !(f->flags & FRAME_NO_LEAVE))
		add(shard->unwound, 1);
	else
		add(shard->untimed, 1);
}

struct drop_loop {
	struct row *row;
	u64 sp;
	bool inclusive;
};

static long frame_drop_next(u32 i, struct drop_loop *loop)
{
	struct row *row = loop->row;
	u32 depth = row->depth;
	u64 top;

	(void)i;
	if (!depth || depth > WEIR_DEPTH_MAX)
		return 1;
	top = frame_at(row, depth - 1)->sp;
	if (top > loop->sp || (top == loop->sp && !loop->inclusive))
		return 1;
	frame_drop(row, true);
	return 0;
}

/* Drop every frame that lies below `sp` (or at it, where `inclusive`). */
static __noinline void frame_drop_below(struct row *row, u64 sp, bool inclusive)
{
	struct drop_loop loop = { .row = row, .sp = sp, .inclusive = inclusive };

	bpf_loop(WEIR_DEPTH_MAX, frame_drop_next, &loop, 0);
}

/*
 * Two calls with one stack pointer at entry: either the outer one jumped to the inner one (a tail call, both live, and the
 * return address is the kernel's trampoline by now), or the outer one was left by longjmp.
 */
static __noinline __attribute__((unused)) bool frame_is_tail_call(u64 sp)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 return_address = 0, trampoline;

	trampoline = BPF_CORE_READ(task, mm, uprobes_state.xol_area, vaddr);
	if (bpf_probe_read_user(&return_address, sizeof(return_address), (void *)sp)) {
		lose(WEIR_LOSS_READ_FAULT, 1);
		return false;
	}
	return return_address == trampoline;
}

/* The thread's resources now, as the task struct has them: read, not hooked. */
static __always_inline void frame_mark_resources(struct frame *f, struct row *row)
{
	struct task_struct *task = bpf_get_current_task_btf();

	f->minor_faults = task->min_flt;
	f->major_faults = task->maj_flt;
	f->voluntary_switches = task->nvcsw;
	f->involuntary_switches = task->nivcsw;
	if (bpf_core_field_exists(task->ioac.read_bytes)) {
		f->read_bytes = task->ioac.read_bytes;
		f->write_bytes = task->ioac.write_bytes;
	}
	f->blocked_ns = row->blocked_ns;
	f->wait_ns = row->wait_ns;
}

#define add_delta(shard, member, now) \
	do { \
		u64 _delta = (now) - f->member; \
		if (unlikely(_delta)) \
			add((shard)->member, _delta); \
	} while (0)

/* Off-CPU time cannot exceed the call: a switch between two clock reads is cut to fit. */
static __always_inline void frame_charge_off_cpu(struct weir_shard *shard, struct frame *f, struct row *row, u64 total_ns)
{
	u64 blocked = row->blocked_ns - f->blocked_ns, wait = row->wait_ns - f->wait_ns;

	if (likely(!(blocked | wait)))
		return;
	if (blocked > total_ns)
		blocked = total_ns;
	if (wait > total_ns - blocked)
		wait = total_ns - blocked;
	add(shard->blocked_ns, blocked);
	add(shard->wait_ns, wait);
}

static __always_inline void frame_charge_resources(struct weir_shard *shard, struct frame *f, struct row *row, u64 total_ns)
{
	struct task_struct *task = bpf_get_current_task_btf();

	frame_charge_off_cpu(shard, f, row, total_ns);
	add_delta(shard, minor_faults, task->min_flt);
	add_delta(shard, major_faults, task->maj_flt);
	add_delta(shard, voluntary_switches, task->nvcsw);
	add_delta(shard, involuntary_switches, task->nivcsw);
	if (bpf_core_field_exists(task->ioac.read_bytes)) {
		add_delta(shard, read_bytes, task->ioac.read_bytes);
		add_delta(shard, write_bytes, task->ioac.write_bytes);
	}
}

/* Give a node's octave its block. Returns the block number, 0 where the table is full. */
static __noinline u32 block_take(u32 *slot)
{
	u32 taken = __sync_fetch_and_add(&next_block, 1), found, probe = taken;

	if (!bpf_map_lookup_elem(&blocks, &probe)) {
		__sync_fetch_and_add(&next_block, -1);
		return 0;
	}
	found = __sync_val_compare_and_swap(slot, 0, taken);
	return found ? found : taken; /* another CPU was first: its block serves, ours is never used */
}

static __always_inline bool frame_count_latency(struct weir_shard *shard, u64 total_ns)
{
	u32 slot = weir_hist_slot(weir_hist_time_units(total_ns));
	u32 octave = (slot / WEIR_HIST_PLACES) & (WEIR_HIST_OCTAVES - 1);
	u32 number = *(volatile u32 *)&shard->block[octave];
	struct weir_block *block;

	if (unlikely(!number))
		number = block_take(&shard->block[octave]);
	if (unlikely(!number))
		return false;
	block = bpf_map_lookup_elem(&blocks, &number);
	if (!block)
		return false;
	add(block->count[slot & (WEIR_HIST_PLACES - 1)], 1);
	return true;
}

/* Raise `extreme` to `value`; a few tries, for others may do the same. */
static __noinline void extreme_raise(u64 *extreme, u64 value)
{
	for (int i = 0; i < 8; i++) {
		u64 now = *(volatile u64 *)extreme;

		if (now >= value || __sync_val_compare_and_swap(extreme, now, value) == now)
			return;
	}
	lose(WEIR_LOSS_EXTREMES, 1);
}

/* Close the innermost frame, `f`, as completed at `now_ns`. */
static __always_inline void frame_complete(struct row *row, struct frame *f, struct weir_shard *shard, u64 now_ns)
{
	u64 total_ns = now_ns - f->start_ns;
	u32 depth = row->depth;

	row->depth = depth - 1;
	if (depth > 1)
		frame_at(row, depth - 2)->child_ns += total_ns;
	if (!frame_count_latency(shard, total_ns)) {
		lose(WEIR_LOSS_BLOCK_TABLE, 1);
		add(shard->untimed, 1);
		return;
	}
	add(shard->sum_ns, total_ns);
	if (f->child_ns)
		add(shard->child_ns, f->child_ns);
	if (unlikely(total_ns > shard->max_ns))
		extreme_raise(&shard->max_ns, total_ns);
	if (unlikely(~total_ns > shard->min_inverted))
		extreme_raise(&shard->min_inverted, ~total_ns);
	if (f->flags & FRAME_FOLDED) {
		add(shard->folded_ns, total_ns);
		add(shard->folded_calls, 1);
		return;
	}
	frame_charge_resources(shard, f, row, total_ns);
}

struct find_loop {
	struct row *row;
	u32 node;
	u32 found;
};

static long frame_find_next(u32 i, struct find_loop *loop)
{
	loop->found = frame_at(loop->row, i)->node == loop->node;
	return loop->found;
}

/* Is `node` already open on this thread? Asked only below a folded frame: elsewhere a path holds a node once. */
static __noinline __attribute__((unused)) bool frame_has_node(struct row *row, u32 node)
{
	struct find_loop loop = { .row = row, .node = node };

	bpf_loop(row->depth, frame_find_next, &loop, 0);
	return loop.found;
}

#endif
