// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls that are open now, told when user space asks. What stands on a thread's frame stack need not run any more: calls
 * left by longjmp stay until the thread's next hit. So each is told with what shows whether it runs: its stack pointer, below
 * which the thread's own must be, and the word that its return address is as long as it does.
 */
#include "maps.h"
#include "thread.h"
#include "frame.h"

/*
 * How far the stack of a process' first thread may have grown since weir looked at its bounds: the kernel leaves at least 128 MB below
 * it free (SIZE_128M in arch/x86/mm/mmap.c).
 */
#define GROWTH_MAX (64ULL << 20)

struct open_loop {
	struct seq_file *seq;
	struct row *row;
	u64 sp;         /* of the thread, as it last entered the kernel */
	u64 trampoline; /* of return probes; 0: the process has none */
	u32 tgid;
	u32 first; /* nothing was told of this thread yet */
};

static long open_next(u32 i, struct open_loop *loop)
{
	struct row *row = loop->row;
	struct frame *f = frame_at(row, i);
	struct weir_open_call call = { .start_ns = *(volatile u64 *)&f->start_ns, .tgid = loop->tgid };

	/* A keyed span may have ended on another thread: `spans` tells which have not. */
	if (f->flags & FRAME_KEYED)
		return 0;
	call.sp = f->sp;
	call.node = f->node;
	call.word = f->flags & FRAME_SITES ? row->returns[i & (WEIR_DEPTH_MAX - 1)] : loop->trampoline;
	if (call.sp & 7) /* a span is no call: what began it has to end it */
		call.word = 0;
	else if (call.sp < loop->sp)
		return 1; /* it was left, and so were those it called */
	else if (!frame_leave_was_seen(f) || !call.word)
		return 0; /* its return may have gone unnoticed */
	/* Another call may have taken its place meanwhile. */
	if (!call.start_ns || *(volatile u64 *)&f->start_ns != call.start_ns)
		return 1;
	call.first = loop->first;
	loop->first = 0;
	bpf_seq_write(loop->seq, &call, sizeof(call));
	return 0;
}

static __always_inline bool is_on(struct task_struct *task, struct thread *thread, struct row *row, u64 sp)
{
	u64 below = row->stack_low + row->stack_bytes - sp; /* 0 and less are huge */

	if (!row->stack_bytes)
		return false;
	if (task->pid == task->tgid && thread->row == thread->own)
		return below - 1 < row->stack_bytes + GROWTH_MAX;
	return below - 1 < row->stack_bytes;
}

SEC("iter/task")
int weir_open_calls(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct open_loop loop = { .seq = ctx->meta->seq, .first = 1 };
	struct thread *thread;
	struct pt_regs *regs;
	u32 index;

	if (!task)
		return 0;
	loop.tgid = process_of(task);
	if (!bpf_map_lookup_elem(&processes, &loop.tgid))
		return 0;
	thread = thread_find(task);
	index = thread ? thread->row : 0;
	loop.row = index ? bpf_map_lookup_elem(&rows, &index) : NULL;
	if (!loop.row || !loop.row->depth || loop.row->depth > WEIR_DEPTH_MAX)
		return 0;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	loop.sp = regs->sp;
	if (!is_on(task, thread, loop.row, loop.sp))
		return 0; /* on a stack that weir has not seen it go to */
	loop.trampoline = BPF_CORE_READ(task, mm, uprobes_state.xol_area, vaddr);
	bpf_loop(loop.row->depth, open_next, &loop, 0);
	return 0;
}
