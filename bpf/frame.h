/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame stack of a thread. The stack-pointer rule: a frame whose stack pointer lies below the current one
 * can no longer be live; it was left by longjmp, an exception or a jump that weir did not see.
 */
#ifndef WEIR_BPF_FRAME_H
#define WEIR_BPF_FRAME_H

#include "maps.h"
#include "node.h"
#include "query.h"
#include "wait.h"

/* The compiler must not know the range of `i`: it would leave out the mask that the verifier (of 6.1 and 6.12) asks for. */
static __always_inline u32 depth_index(u32 i)
{
	asm("" : "+r"(i));
	return i & (WEIR_DEPTH_MAX - 1);
}

#define frame_at(row, i) (&(row)->frames[depth_index(i)])
#define charge_at(row, i) (&(row)->charges[depth_index(i)])
#define saved_at(row, i) (&(row)->saved[depth_index(i)])

/* Before a frame is filled in: until it has a start, nobody who looks at it (open.bpf.c) takes it for an old one. */
static __always_inline void frame_begin(struct frame *f)
{
	*(volatile u64 *)&f->start_ns = 0;
	asm volatile("" ::: "memory");
}

/* The kernel keeps at most this many return probes per thread (MAX_URETPROBE_DEPTH, include/linux/uprobes.h). */
#define RETURN_PROBES_MAX 64

#define pass_on(member) \
	do { \
		if (from->member) { \
			to->member += from->member; \
			from->member = 0; \
		} \
	} while (0)

/* What a frame was charged that closes is its parent's too. */
VERIFIED_ONCE int charge_add(struct charge *from, struct charge *to)
{
	if (!from || !to)
		return 0;
	pass_on(blocked_ns);
	pass_on(wait_ns);
	pass_on(minor_faults);
	pass_on(major_faults);
	pass_on(voluntary_switches);
	pass_on(involuntary_switches);
	pass_on(read_bytes);
	pass_on(write_bytes);
	return 0;
}

/* Frame `i` closes. */
static __noinline void charge_pass_on(struct row *row, u32 i)
{
	if (!i) {
		__builtin_memset(charge_at(row, 0), 0, sizeof(struct charge));
		return;
	}
	frame_at(row, i - 1)->flags |= FRAME_CHARGED;
	charge_add(charge_at(row, i), charge_at(row, i - 1));
}

/* Had the call returned, would that have been seen? If not, it may well have returned. */
static __always_inline bool frame_leave_was_seen(struct frame *f)
{
	struct weir_probe *probe;
	u32 id = f->probe;

	if (f->flags & FRAME_NO_LEAVE)
		return false;
	if (!(f->flags & FRAME_BY_RET))
		return true;
	probe = bpf_map_lookup_elem(&probes, &id);
	return probe && probe->flags & WEIR_PROBE_RETS;
}

/* Close the innermost frame without a latency. What its own children took is still theirs, not the parent's. */
static __always_inline void frame_drop(struct row *row, bool unwound)
{
	u32 depth = row->depth;
	struct frame *f;
	struct weir_shard *shard;

	if (!depth || depth > WEIR_DEPTH_MAX)
		return;
	f = frame_at(row, depth - 1);
	if (follows_queries)
		query_drop(row, f, charge_at(row, depth - 1), unwound && !(f->flags & FRAME_KEYED));
	if (depth > 1)
		frame_at(row, depth - 2)->child_ns += f->child_ns;
	if (f->flags & FRAME_CHARGED)
		charge_pass_on(row, depth - 1);
	row->depth = depth - 1;
	if (f->flags & FRAME_KEYED)
		return; /* the span goes on without the thread, or it has ended */
	shard = node_shard(f->node);
	if (!shard)
		return;
	if (unwound && frame_leave_was_seen(f))
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
	frame_drop(row, !(row->flags & ROW_MAY_BE_SEVERAL));
	return 0;
}

/* Drop every frame that lies below `sp` (or at it, where `inclusive`). */
static __noinline __attribute__((unused)) void frame_drop_below(struct row *row, u64 sp, bool inclusive)
{
	struct drop_loop loop = { .row = row, .sp = sp, .inclusive = inclusive };

	bpf_loop(WEIR_DEPTH_MAX, frame_drop_next, &loop, 0);
}

/*
 * Two calls with one stack pointer at entry: either the outer one, `f`, jumped to the inner one (a tail call, both live), or the
 * outer one was left by longjmp or an exception. A trampoline tells: the inner call's return address is it. Without one, both
 * have the return address of the caller; then only a function that can jump to another is taken for one that did.
 */
static __noinline __attribute__((unused)) bool frame_is_tail_call(struct row *row, u32 i, u64 sp, u32 probe)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct frame *f = frame_at(row, i);
	u64 return_address = 0;

	if (bpf_probe_read_user(&return_address, sizeof(return_address), (void *)sp)) {
		lose(WEIR_LOSS_READ_FAULT, 1);
		return false;
	}
	if (f->flags & FRAME_SITES)
		return f->flags & FRAME_TAILS && f->probe != probe && row->returns[i & (WEIR_DEPTH_MAX - 1)] == return_address;
	return return_address == BPF_CORE_READ(task, mm, uprobes_state.xol_area, vaddr);
}

static __always_inline struct seen resources_now(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct seen now = { .minor_faults = task->min_flt, .major_faults = task->maj_flt };

	if (bpf_core_field_exists(task->ioac.read_bytes)) {
		now.read_bytes = task->ioac.read_bytes;
		now.write_bytes = task->ioac.write_bytes;
	}
	now.sum = now.minor_faults + now.major_faults + now.read_bytes + now.write_bytes;
	return now;
}

/* What was spent since the row's last hit is not charged to its frames: the thread was on another stack. */
static __noinline __attribute__((unused)) void resources_skip(struct row *row)
{
	row->seen = resources_now();
}

/* The thread's counters have changed since the last hit: charge the innermost open frame. */
static __noinline __attribute__((unused)) void resources_changed(struct row *row)
{
	struct seen now = resources_now();
	u32 depth = row->depth;

	if (depth && depth <= WEIR_DEPTH_MAX) {
		struct charge *c = charge_at(row, depth - 1);

		c->minor_faults += now.minor_faults - row->seen.minor_faults;
		c->major_faults += now.major_faults - row->seen.major_faults;
		c->read_bytes += now.read_bytes - row->seen.read_bytes;
		c->write_bytes += now.write_bytes - row->seen.write_bytes;
		frame_at(row, depth - 1)->flags |= FRAME_CHARGED;
	}
	row->seen = now;
}

/* The innermost frame was off the CPU for `off_ns`. */
static __always_inline void charge_off_cpu(struct row *row, u64 off_ns)
{
	u32 depth = row->depth;
	struct charge *charge;

	if (!depth || depth > WEIR_DEPTH_MAX)
		return;
	charge = charge_at(row, depth - 1);
	frame_at(row, depth - 1)->flags |= FRAME_CHARGED;
	if (row->off_blocked) {
		charge->blocked_ns += off_ns;
		charge->voluntary_switches++;
		if (row->wait.address)
			wait_charge(row, off_ns);
	} else {
		charge->wait_ns += off_ns;
		charge->involuntary_switches++;
	}
}

/*
 * The thread runs, so it was switched in, by an event that was not delivered (Linux 6.18 leaves some out, to ftrace as well).
 * When is not known: taken for now, and counted as not exact.
 */
static __noinline __attribute__((unused)) void switch_missed(struct row *row)
{
	u64 off_ns = bpf_ktime_get_ns() - row->off_since_ns;

	row->off_since_ns = 0;
	charge_off_cpu(row, off_ns);
	lose(WEIR_LOSS_SWITCHES, 1);
}

/* Look at what the task struct counts: faults and I/O are read at hits, not hooked. */
static __always_inline void resources_look(struct row *row)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 sum = task->min_flt + task->maj_flt;

	if (bpf_core_field_exists(task->ioac.read_bytes))
		sum += task->ioac.read_bytes + task->ioac.write_bytes;
	if (unlikely(sum != row->seen.sum))
		resources_changed(row);
	if (unlikely(row->off_since_ns))
		switch_missed(row);
}

#define add_charge(member) \
	do { \
		if (c->member) \
			add(shard->member, c->member); \
	} while (0)

/* Count what a closing frame was charged on its node. */
VERIFIED_ONCE int charge_count(struct charge *c, struct weir_shard *shard, u64 total_ns)
{
	u64 blocked_ns, wait_ns;

	if (!c || !shard)
		return 0;
	blocked_ns = c->blocked_ns;
	wait_ns = c->wait_ns;
	/* Off-CPU time cannot exceed the call: a switch between two looks at the clock is cut to fit. */
	if (blocked_ns > total_ns)
		blocked_ns = total_ns;
	if (wait_ns > total_ns - blocked_ns)
		wait_ns = total_ns - blocked_ns;
	if (blocked_ns)
		add(shard->blocked_ns, blocked_ns);
	if (wait_ns)
		add(shard->wait_ns, wait_ns);
	add_charge(minor_faults);
	add_charge(major_faults);
	add_charge(voluntary_switches);
	add_charge(involuntary_switches);
	add_charge(read_bytes);
	add_charge(write_bytes);
	return 0;
}

/* Frame `i` closes: count what it was charged, unless it is folded, and pass it on. */
static __noinline void charge_close(struct row *row, u32 i, struct weir_shard *shard, u64 total_ns)
{
	if (!(frame_at(row, i)->flags & FRAME_FOLDED))
		charge_count(charge_at(row, i), shard, total_ns);
	charge_pass_on(row, i);
}

/* Give a node's octave its block. Returns the block number, 0 where the table is full. */
VERIFIED_ONCE u32 block_take(u32 *slot)
{
	u32 taken, found, probe;

	if (!slot)
		return 0;
	taken = probe = __sync_fetch_and_add(&next_block, 1);
	if (!bpf_map_lookup_elem(&blocks, &probe)) {
		__sync_fetch_and_add(&next_block, -1);
		return 0;
	}
	found = __sync_val_compare_and_swap(slot, 0, taken);
	return found ? found : taken; /* another CPU was first: its block serves, ours is never used */
}

/* Count a sample of this slot in the histogram whose octaves are `octaves`; false where there is no block for it. */
static __always_inline bool hist_count(u32 *octaves, u32 slot)
{
	struct weir_block *block;
	u32 octave, number;

	/* To the verifier the slot is one of 512 numbers, and it would walk what comes once for each: make it just a number. */
	number = *(volatile u32 *)octaves;
	asm("%0 ^= %1\n%0 ^= %1" : "+r"(slot) : "r"(number));
	octave = (slot / WEIR_HIST_PLACES) & (WEIR_HIST_OCTAVES - 1);
	number = *(volatile u32 *)&octaves[octave];
	if (unlikely(!number))
		number = block_take(&octaves[octave]);
	if (unlikely(!number))
		return false;
	block = bpf_map_lookup_elem(&blocks, &number);
	if (!block)
		return false;
	add(block->count[slot & (WEIR_HIST_PLACES - 1)], 1);
	return true;
}

/* Raise `extreme` to `value`; a few tries, for others may do the same. */
VERIFIED_ONCE int extreme_raise(u64 *extreme, u64 value)
{
	for (int i = 0; extreme && i < 8; i++) {
		u64 now = *(volatile u64 *)extreme;

		if (now >= value || __sync_val_compare_and_swap(extreme, now, value) == now)
			return 0;
	}
	lose(WEIR_LOSS_EXTREMES, 1);
	return 0;
}

/* Count a completed call that took so long; false where the histogram has no room, and it counts as untimed. */
static __always_inline bool shard_complete(struct weir_shard *shard, u64 total_ns)
{
	if (!hist_count(shard->block, weir_hist_slot(weir_hist_time_units(total_ns)))) {
		lose(WEIR_LOSS_BLOCK_TABLE, 1);
		add(shard->untimed, 1);
		return false;
	}
	add(shard->sum_ns, total_ns);
	if (unlikely(total_ns > shard->max_ns))
		extreme_raise(&shard->max_ns, total_ns);
	if (unlikely(~total_ns > shard->min_inverted))
		extreme_raise(&shard->min_inverted, ~total_ns);
	return true;
}

/* Close the innermost frame, `f`, as completed at `now_ns`. */
static __always_inline void frame_complete(struct row *row, struct frame *f, struct weir_shard *shard, u64 now_ns)
{
	u64 total_ns = now_ns - f->start_ns;
	u32 depth = row->depth;

	if (follows_queries)
		query_complete(row, f, charge_at(row, depth - 1), now_ns);
	row->depth = depth - 1;
	if (depth > 1)
		frame_at(row, depth - 2)->child_ns += total_ns;
	if (unlikely(f->flags & FRAME_CHARGED))
		charge_close(row, depth - 1, shard, total_ns);
	if (!shard_complete(shard, total_ns))
		return;
	if (f->child_ns)
		add(shard->child_ns, f->child_ns);
	if (f->flags & FRAME_FOLDED) {
		add(shard->folded_ns, total_ns);
		add(shard->folded_calls, 1);
	}
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
