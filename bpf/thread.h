/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the current thread to its row. */
#ifndef WEIR_BPF_THREAD_H
#define WEIR_BPF_THREAD_H

#include "maps.h"

static __always_inline struct thread *thread_find(struct task_struct *task)
{
	if (hash_threads) {
		u32 id = task->pid;

		return bpf_map_lookup_elem(&threads_by_id, &id);
	}
	return bpf_task_storage_get(&threads, task, 0, 0);
}

/* Found or made; NULL where the kernel refuses. */
static __always_inline struct thread *thread_make(struct task_struct *task)
{
	if (hash_threads) {
		struct thread none = {};
		u32 id = task->pid;

		bpf_map_update_elem(&threads_by_id, &id, &none, BPF_NOEXIST);
		return bpf_map_lookup_elem(&threads_by_id, &id);
	}
	return bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

static __always_inline u64 *thread_cached(struct task_struct *task)
{
	u32 slot = task->pid & (THREAD_CACHE - 1);

	return bpf_map_lookup_elem(&thread_cache, &slot);
}

/* In a slot of the cache: other threads than the one in it, if there is one, may have a row. Stays for good. */
#define CACHE_SHARED (1U << 31)
#define CACHE_ROW(packed) ((u32)(packed) & ~CACHE_SHARED)

static __always_inline void thread_remember(struct task_struct *task, u32 row)
{
	u64 *cached = thread_cached(task), old, entry = (u64)(u32)task->pid << 32 | row;

	if (!cached)
		return;
	old = *(volatile u64 *)cached;
	if (old & CACHE_SHARED || (old && old >> 32 != (u32)task->pid))
		entry |= CACHE_SHARED;
	old = __sync_lock_test_and_set(cached, entry);
	if (old & CACHE_SHARED || (old && old >> 32 != (u32)task->pid)) /* another one came in between */
		__sync_fetch_and_or(cached, CACHE_SHARED);
}

static __always_inline void thread_forget(struct task_struct *task)
{
	u64 *cached = thread_cached(task);

	if (cached && *(volatile u64 *)cached >> 32 == (u32)task->pid)
		*(volatile u64 *)cached &= CACHE_SHARED;
}

/* The row of the stack that a thread was last seen to run on; NULL where that is not known. */
static __always_inline struct row *row_of(struct task_struct *task)
{
	u64 *cached = thread_cached(task);
	struct thread *thread;
	u32 index = 0;

	if (likely(cached)) {
		u64 packed = *(volatile u64 *)cached;

		if (packed >> 32 == (u32)task->pid)
			index = CACHE_ROW(packed);
		else if (!(packed & CACHE_SHARED))
			return NULL; /* nearly always: a thread that is no target's */
	}
	if (!index) {
		thread = thread_find(task);
		if (!thread)
			return NULL;
		index = thread->row;
		if (!index)
			return NULL;
	}
	return bpf_map_lookup_elem(&rows, &index);
}

#endif
