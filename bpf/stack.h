/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the stack pointer to the row. A thread can run on several stacks: its own, the one that it handles signals on
 * (sigaltstack), those of coroutines; and a coroutine can be resumed by another thread. The stack-pointer rule holds within one
 * stack only, so each has a row of its own. Which stack a hit is on is told, from the surest to the weakest, by
 *   - the functions that switch stacks, where weir knows them (switch.bpf.c): exact, whatever memory the stacks are in;
 *   - the bounds of the alternate signal stack, which the kernel keeps: exact;
 *   - the mapping (VMA) that the stack pointer lies in: two mappings are two stacks. One mapping can hold several, unless it is the
 *     thread's own; so a frame below the stack pointer is then not called unwound but untimed.
 */
#ifndef WEIR_BPF_STACK_H
#define WEIR_BPF_STACK_H

#include "maps.h"
#include "thread.h"
#include "frame.h"

/* The kernel refuses a look at the mappings while somebody changes them; it mostly passes soon. */
#define MAPPING_TRIES 100

struct stack_range {
	u64 low, end;
	bool own;     /* of the thread */
	bool several; /* it may hold more than one stack */
};

static __always_inline bool range_holds(u64 low, u64 bytes, u64 sp)
{
	return sp - low < bytes;
}

struct mapping_loop {
	struct stack_range *range;
	struct task_struct *task;
	u64 sp;
	long err;
};

static long mapping_take(struct task_struct *task, struct vm_area_struct *vma, struct mapping_loop *loop)
{
	loop->range->low = vma->vm_start;
	loop->range->end = vma->vm_end;
	return 0;
}

static long mapping_try(u32 i, struct mapping_loop *loop)
{
	(void)i;
	loop->err = bpf_find_vma(bpf_get_current_task_btf(), loop->sp, mapping_take, loop, 0);
	return loop->err != -16; /* EBUSY */
}

/* The mapping that holds `sp`; false where it cannot be told. */
static __noinline bool mapping_find(u64 sp, struct stack_range *range)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mapping_loop loop = { .range = range, .sp = sp, .err = -1 };
	u64 mark;

	if (!range)
		return false;
	bpf_loop(MAPPING_TRIES, mapping_try, &loop, 0);
	if (loop.err)
		return false;
	/* The first thread's stack is where the kernel put it; another's is the mapping that holds its control block too. */
	if (task->pid == task->tgid)
		mark = BPF_CORE_READ(task, mm, start_stack);
	else
		mark = BPF_CORE_READ(task, thread.fsbase);
	range->own = range_holds(range->low, range->end - range->low, mark);
	return true;
}

struct known_loop {
	struct stack_range *range;
	u64 sp;
	u32 tgid, index;
};

struct bpf_map;

static long stack_known(struct bpf_map *map, struct stack_key *key, u32 *index, struct known_loop *loop)
{
	struct row *row = bpf_map_lookup_elem(&rows, index);

	if (key->tgid != loop->tgid || !row || !range_holds(row->stack_low, row->stack_bytes, loop->sp))
		return 0;
	loop->range->low = row->stack_low;
	loop->range->end = key->end;
	loop->range->several = row->flags & ROW_MAY_BE_SEVERAL;
	loop->index = *index;
	return 1;
}

/* Where the mappings cannot be looked at: a stack that held `sp` when they could. */
static __noinline u32 stack_remembered(u64 sp, u32 tgid, struct stack_range *range)
{
	struct known_loop loop = { .range = range, .sp = sp, .tgid = tgid };

	if (range && stacks_count)
		bpf_for_each_map_elem(&stacks, stack_known, &loop, 0);
	return loop.index;
}

/* A free row, cleared; 0 where there is none. */
static __always_inline u32 row_new(void)
{
	u32 index = 0;
	struct row *row;

	if (bpf_map_pop_elem(&free_rows, &index) || !index)
		return 0;
	row = bpf_map_lookup_elem(&rows, &index);
	if (!row)
		return 0;
	row->stack_low = 0;
	row->stack_bytes = 0;
	row->flags = 0;
	row->off_since_ns = 0;
	row->alloc_sp = 0;
	row->new_sp = 0;
	row->wait.address = 0;
	return index;
}

/* The row of a stack that is no thread's own, found or made; 0 where there is no room. */
static __noinline u32 stack_row(u64 end, u32 tgid)
{
	struct stack_key key = { .end = end, .tgid = tgid };
	u32 *found = bpf_map_lookup_elem(&stacks, &key), index;

	if (found)
		return *found;
	index = row_new();
	if (!index)
		return 0;
	if (!bpf_map_update_elem(&stacks, &key, &index, BPF_NOEXIST)) {
		add(stacks_count, 1);
		return index;
	}
	bpf_map_push_elem(&free_rows, &index, 0);
	found = bpf_map_lookup_elem(&stacks, &key); /* another thread was first, or the table is full */
	return found ? *found : 0;
}

/* A call on a stack that is not known, or that there is no room for: counted as one of its own, without a latency. */
static __noinline void stack_unknown(u32 probe)
{
	struct weir_shard *shard;
	bool folded;

	lose(WEIR_LOSS_STACK_UNKNOWN, 1);
	if (!probe)
		return;
	shard = node_shard(node_get(WEIR_NODE_ROOT, probe, 0, &folded));
	if (!shard)
		return;
	add(shard->calls, 1);
	add(shard->untimed, 1);
}

/* Make the row with this number the thread's current one. What was spent since its last hit is not of the stack's calls. */
static __always_inline struct row *row_enter(struct task_struct *task, struct thread *thread, u32 index)
{
	struct row *row = bpf_map_lookup_elem(&rows, &index);

	if (!row)
		return NULL;
	if (thread->row != index) {
		thread->row = index;
		resources_skip(row);
	}
	thread_remember(task, index);
	return row;
}

/* What is known of the thread's own stack: it grows, and is never another's. No bytes: nothing. */
static __always_inline void stack_own(struct thread *thread, struct stack_range *range)
{
	u32 index = thread->own;
	struct row *row = bpf_map_lookup_elem(&rows, &index);

	range->low = range->end = 0;
	if (!index || !row)
		return;
	range->low = row->stack_low;
	range->end = row->stack_low + row->stack_bytes;
}

/* Which stack is `sp` on? The number of its row, found or made, and its bounds; 0 where that cannot be told or kept. */
static __noinline u32 stack_identify(struct thread *thread, u64 sp, u32 tgid, struct stack_range *range)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!thread || !range)
		return 0;
	range->several = false;
	if (thread->told_bytes && range_holds(thread->told_low, thread->told_bytes, sp)) {
		range->low = thread->told_low;
		range->end = thread->told_low + thread->told_bytes;
		return stack_row(range->end, tgid);
	}
	thread->told_bytes = 0;
	if (task->sas_ss_size && range_holds(task->sas_ss_sp, task->sas_ss_size, sp)) {
		range->low = task->sas_ss_sp;
		range->end = range->low + task->sas_ss_size;
		if (!thread->alternate)
			thread->alternate = row_new();
		return thread->alternate;
	}
	stack_own(thread, range);
	range->own = range_holds(range->low, range->end - range->low, sp);
	if (!range->own && !mapping_find(sp, range)) {
		if (range->end)
			return stack_remembered(sp, tgid, range);
		range->own = true; /* where a thread begins; the next hit asks again */
	}
	range->several = !range->own;
	if (!range->own)
		return stack_row(range->end, tgid);
	if (!thread->own) {
		thread->own = row_new();
		if (!thread->own)
			lose(WEIR_LOSS_THREAD_TABLE, 1);
	}
	return thread->own;
}

/*
 * The first hit of a thread, one that another displaced from the cache, one on another stack than the last, or one of a process
 * that is no target. `probe`: the function that is called; 0 where one is left.
 */
static __noinline struct row *stack_find(u64 sp, u32 probe)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 tgid = process_of(task), index;
	struct weir_process *process = bpf_map_lookup_elem(&processes, &tgid);
	struct stack_range range = {};
	struct thread *thread;
	struct row *row;

	if (!process)
		return NULL;
	thread = thread_make(task);
	if (!thread) {
		lose(WEIR_LOSS_THREAD_STATE, 1);
		return NULL;
	}
	index = stack_identify(thread, sp, tgid, &range);
	if (!index) {
		if (thread->own) /* else the thread is not measured at all */
			stack_unknown(probe);
		return NULL;
	}
	row = row_enter(task, thread, index);
	if (!row)
		return NULL;
	row->layout = process->layout;
	row->stack_low = range.low;
	row->stack_bytes = range.end - range.low;
	row->flags = range.several ? ROW_MAY_BE_SEVERAL : 0;
	return row;
}

/* The row of the stack that the current thread runs on; NULL where it is no target's (or, counted, where it cannot be had). */
static __always_inline struct row *row_current(u64 sp, u32 probe)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 *cached = thread_cached(task);
	struct row *row;

	if (likely(cached)) {
		u64 packed = *(volatile u64 *)cached;
		u32 index = CACHE_ROW(packed);

		if (likely(packed >> 32 == (u32)task->pid)) {
			row = bpf_map_lookup_elem(&rows, &index);
			if (likely(row && range_holds(row->stack_low, row->stack_bytes, sp)))
				return row;
		}
	}
	return stack_find(sp, probe);
}

/*
 * Frames lie below `sp`. Are they dead, or is this a signal handler on an alternate stack that lies within another stack? Then the
 * row of the alternate stack is handed out.
 */
static __always_inline struct row *row_recheck(struct row *row, u64 sp, u32 probe)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (likely(!task->sas_ss_size || !range_holds(task->sas_ss_sp, task->sas_ss_size, sp)) ||
	    row->stack_low == task->sas_ss_sp)
		return row;
	return stack_find(sp, probe);
}

#endif
