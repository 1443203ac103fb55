/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which goroutine runs on which thread, so that what a thread spends is charged to the calls of the goroutine that it ran, and time in which
 * a goroutine runs on none is time off the CPU. Go's scheduler tells by two functions: runtime.schedule, in which a thread looks for
 * another goroutine, and runtime.execute, in which it goes over to one. In between a thread is the goroutine's alone, system calls
 * included, and the kernel's scheduler tells the rest.
 *
 * A row is changed by the thread that runs its goroutine. The one that left it only notes when, and lets go of it last.
 */
#ifndef WEIR_BPF_GO_SWITCH_H
#define WEIR_BPF_GO_SWITCH_H

#include "goroutine.h"

#define GO_THREADS 16384
#define GO_RUNNABLE 1 /* runtime._Grunnable */
#define GO_STATUS_MASK 0xfff /* without runtime._Gscan */

/* Slot (thread id mod size): thread id << 32 | place of the row of the goroutine that runs on it. */
struct go_threads_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GO_THREADS);
	__type(key, u32);
	__type(value, u64);
} go_threads SEC(".maps");

static __always_inline u64 *go_thread_slot(u32 thread)
{
	u32 slot = thread & (GO_THREADS - 1);

	return bpf_map_lookup_elem(&go_threads, &slot);
}

/* The row of the goroutine that the thread runs; NULL where that has no call open. */
static __always_inline struct go_row *go_row_of(u32 thread)
{
	u64 *slot = go_thread_slot(thread), packed;
	struct go_row *r;

	if (!slot)
		return NULL;
	packed = *(volatile u64 *)slot;
	if (!(u32)packed || packed >> 32 != thread)
		return NULL;
	r = go_row_at((u32)packed - 1);
	return r && *(volatile u32 *)&r->thread == thread ? r : NULL;
}

/* Another thread of the same slot loses its place there: when it leaves the CPU is not seen then. */
static __always_inline void go_thread_set(struct task_struct *task, u32 place)
{
	u64 *slot = go_thread_slot(task->pid), packed = (u64)(u32)task->pid << 32 | place, was;

	if (!slot)
		return;
	was = *(volatile u64 *)slot;
	if (was == packed)
		return;
	if (unlikely(place && (u32)was && was >> 32 != (u32)task->pid)) {
		struct go_row *r = go_row_at((u32)was - 1);

		if (r && r->thread == was >> 32)
			lose(WEIR_LOSS_SWITCHES, 1);
	}
	*(volatile u64 *)slot = packed;
}

/* What the thread that left the goroutine had spent on it since its last hit. */
static __noinline void go_charge_left(struct go_row *r)
{
	u32 depth = r->row.depth;
	struct charge *c;

	if (!depth || depth > WEIR_DEPTH_MAX || r->left.sum == r->row.seen.sum)
		return;
	c = charge_at(&r->row, depth - 1);
	c->minor_faults += r->left.minor_faults - r->row.seen.minor_faults;
	c->major_faults += r->left.major_faults - r->row.seen.major_faults;
	c->read_bytes += r->left.read_bytes - r->row.seen.read_bytes;
	c->write_bytes += r->left.write_bytes - r->row.seen.write_bytes;
	frame_at(&r->row, depth - 1)->flags |= FRAME_CHARGED;
}

/* The goroutine runs on the current thread from here on. */
static __noinline void go_arrive(struct go_row *r, bool told)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 was = __sync_lock_test_and_set(&r->thread, (u32)task->pid);
	u64 off_since_ns = r->row.off_since_ns;

	go_thread_set(task, r->index + 1);
	if (!was && off_since_ns)
		go_charge_left(r);
	resources_skip(&r->row);
	if (!off_since_ns)
		return;
	r->row.off_since_ns = 0;
	charge_off_cpu(&r->row, bpf_ktime_get_ns() - off_since_ns);
	if (!told)
		lose(WEIR_LOSS_SWITCHES, 1);
}

/* A hit of the goroutine. */
static __always_inline void go_hit(struct go_row *r)
{
	if (likely(r->thread == (u32)bpf_get_current_task_btf()->pid))
		resources_look(&r->row);
	else
		go_arrive(r, false);
}

/* The current thread looks for another goroutine. `offset`: of the status in struct runtime.g. */
static __always_inline void go_depart(struct go_row *r, u32 offset)
{
	u32 status = 0, thread = bpf_get_current_task_btf()->pid;

	bpf_probe_read_user(&status, sizeof(status), (void *)(r->g + offset));
	r->left = resources_now();
	r->row.off_blocked = (status & GO_STATUS_MASK) != GO_RUNNABLE;
	r->row.off_since_ns = bpf_ktime_get_ns();
	if (__sync_val_compare_and_swap(&r->thread, thread, 0) != thread)
		r->row.off_since_ns = 0; /* it runs on another one already */
}

#endif
