/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes and threads are measured: fork, exec, exit. */
#include "maps.h"
#include "thread.h"
#include "frame.h"

static __always_inline void tell(u32 type, u32 tgid, u32 parent, u32 layout, u32 exit_code, struct task_struct *task)
{
	struct weir_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		lose(WEIR_LOSS_EVENT_RING, 1);
		return;
	}
	event->type = type;
	event->tgid = tgid;
	event->parent = parent;
	event->layout = layout;
	event->address = 0;
	event->probe = 0;
	event->at_ns = bpf_ktime_get_ns();
	event->exit_code = exit_code;
	event->cpu_ns = type == WEIR_EVENT_EXIT ? task->signal->sum_sched_runtime + task->se.sum_exec_runtime : 0;
	/* In pages; the kernel brings it up to date before it tells of the last thread. */
	event->peak_rss_bytes = type == WEIR_EVENT_EXIT ? task->signal->maxrss * 4096 : 0;
	bpf_probe_read_kernel_str(event->comm, sizeof(event->comm), task->comm);
	bpf_ringbuf_submit(event, 0);
}

/* Every image gets a layout of its own; children share their parent's until they exec. */
static __always_inline u32 layout_new(void)
{
	return __sync_fetch_and_add(&next_layout, 1);
}

static __always_inline bool process_add(u32 tgid, u32 layout)
{
	struct weir_process process = { .layout = layout };

	if (!bpf_map_update_elem(&processes, &tgid, &process, BPF_ANY))
		return true;
	lose(WEIR_LOSS_PROCESS_TABLE, 1);
	return false;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(weir_fork, struct task_struct *parent, struct task_struct *child)
{
	u32 from = process_of(parent), to = process_of(child);
	struct weir_process *process = bpf_map_lookup_elem(&processes, &from);

	if (!process)
		return 0;
	if (from != to && process_add(to, process->layout))
		tell(WEIR_EVENT_FORK, to, from, process->layout, 0, child);
	thread_make(child); /* early, while nothing is in its way; made at the first hit otherwise */
	return 0;
}

/* Close every frame of a stack that is gone. */
static __noinline void row_clear(u32 index, u32 layout, bool give_back)
{
	struct row *row = bpf_map_lookup_elem(&rows, &index);

	if (!index || !row)
		return;
	frame_drop_below(row, ~0ULL, true);
	row->off_since_ns = 0;
	row->alloc_sp = 0;
	row->new_sp = 0;
	row->wait.address = 0;
	row->stack_bytes = 0;
	row->layout = layout;
	if (give_back)
		bpf_map_push_elem(&free_rows, &index, 0);
}

/* The stacks of a thread that ends (`gone`), or runs a new image. */
static __always_inline void thread_clear(struct task_struct *task, u32 layout, bool gone)
{
	struct thread *thread = thread_find(task);
	u32 id = task->pid;

	if (!thread)
		return;
	thread_forget(task);
	row_clear(thread->own, layout, gone);
	row_clear(thread->alternate, layout, true);
	thread->alternate = 0;
	thread->told_bytes = 0;
	thread->row = 0;
	if (gone)
		thread->own = 0;
	if (gone && hash_threads)
		bpf_map_delete_elem(&threads_by_id, &id);
}

struct bpf_map;

static long stack_clear(struct bpf_map *map, struct stack_key *key, u32 *index, u32 *tgid)
{
	if (key->tgid != *tgid)
		return 0;
	row_clear(*index, 0, true);
	if (!bpf_map_delete_elem(map, key))
		add(stacks_count, -1);
	return 0;
}

/* All stacks of a process that are no thread's own: its memory is gone. */
static __noinline void stacks_clear(u32 tgid)
{
	if (stacks_count)
		bpf_for_each_map_elem(&stacks, stack_clear, &tgid, 0);
}

static long span_clear(struct bpf_map *map, struct span_key *key, struct span_open *open, u32 *tgid)
{
	struct weir_shard *shard = node_shard(open->node);

	if (key->tgid != *tgid)
		return 0;
	if (!bpf_map_delete_elem(map, key)) {
		add(spans_count, -1);
		if (shard)
			add(shard->unwound, 1);
	}
	return 0;
}

/* All keyed spans of a process that is gone. */
static __noinline void spans_clear(u32 tgid)
{
	if (spans_count)
		bpf_for_each_map_elem(&spans, span_clear, &tgid, 0);
}

static __noinline bool exe_wanted(struct linux_binprm *bprm)
{
	struct exe_key key = {};
	struct weir_exe_name name = {};
	const unsigned char *text;

	key.inode = BPF_CORE_READ(bprm, file, f_inode, i_ino);
	key.device = BPF_CORE_READ(bprm, file, f_inode, i_sb, s_dev);
	if (bpf_map_lookup_elem(&exes, &key))
		return true;
	if (!follow_exe_name)
		return false;
	text = BPF_CORE_READ(bprm, file, f_path.dentry, d_name.name);
	if (bpf_probe_read_kernel_str(name.text, sizeof(name.text), text) < 0)
		return false;
	for (int i = 0; i < WEIR_EXE_NAME; i++) {
		if (name.text[i] != exe_name.text[i])
			return false;
		if (!name.text[i])
			return true;
	}
	return false;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(weir_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	u32 tgid = process_of(task), layout;
	bool known = bpf_map_lookup_elem(&processes, &tgid) != NULL;

	if (!known && !exe_wanted(bprm))
		return 0;
	layout = layout_new();
	if (known) {
		thread_clear(task, layout, false);
		stacks_clear(tgid);
		spans_clear(tgid);
	}
	if (process_add(tgid, layout))
		tell(WEIR_EVENT_EXEC, tgid, 0, layout, 0, task);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(weir_exit, struct task_struct *task)
{
	u32 tgid = process_of(task);

	/* Before the process is asked for: another thread may have found itself the last one and taken it off. */
	thread_clear(task, 0, true);
	if (!bpf_map_lookup_elem(&processes, &tgid))
		return 0;
	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return 0;
	bpf_map_delete_elem(&processes, &tgid);
	stacks_clear(tgid);
	spans_clear(tgid);
	tell(WEIR_EVENT_EXIT, tgid, 0, 0, task->exit_code, task);
	return 0;
}

/* Threads that exist when weir attaches get their state before the first hit. */
SEC("iter/task")
int weir_threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	u32 tgid;

	if (!task)
		return 0;
	tgid = process_of(task);
	if (bpf_map_lookup_elem(&processes, &tgid))
		thread_make(task);
	return 0;
}
