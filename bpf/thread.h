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

/* First hit of a thread, or a hit of a process that is no target. */
static __noinline struct row *row_take(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 tgid = process_of(task), index = 0;
	struct thread *thread;

	if (!bpf_map_lookup_elem(&processes, &tgid))
		return NULL;
	thread = thread_make(task);
	if (!thread) {
		lose(WEIR_LOSS_THREAD_STATE, 1);
		return NULL;
	}
	if (!thread->row) {
		if (bpf_map_pop_elem(&free_rows, &index) || !index) {
			lose(WEIR_LOSS_THREAD_TABLE, 1);
			return NULL;
		}
		thread->row = index;
	}
	index = thread->row;
	return bpf_map_lookup_elem(&rows, &index);
}

/* The current thread's row; NULL where it is no target's (or, counted, where it cannot be had). */
static __always_inline struct row *row_current(void)
{
	struct thread *thread = thread_find(bpf_get_current_task_btf());
	u32 index;

	if (likely(thread)) {
		index = thread->row;
		if (likely(index))
			return bpf_map_lookup_elem(&rows, &index);
	}
	return row_take();
}

#endif
