// SPDX-License-Identifier: GPL-2.0-or-later
/* The functions that switch stacks, seen where they have just switched: on which stack the thread goes on. */
#include "maps.h"
#include "thread.h"
#include "frame.h"
#include "stack.h"

/* uc_stack of a ucontext_t (<sys/ucontext.h>), which follows its flags and its link. */
#define CONTEXT_STACK 16

struct context_stack {
	u64 low;
	u32 flags, pad;
	u64 bytes;
};

static __always_inline struct thread *thread_of_target(struct task_struct *task)
{
	struct thread *thread = thread_find(task);
	u32 tgid;

	if (thread)
		return thread;
	tgid = process_of(task);
	return bpf_map_lookup_elem(&processes, &tgid) ? thread_make(task) : NULL;
}

/* The thread goes off this stack: what it spent there is charged, and a row without open calls serves another stack. */
static __noinline void stack_leave(struct task_struct *task, struct thread *thread)
{
	struct stack_key key = {};
	u32 index = thread->row;
	struct row *row = bpf_map_lookup_elem(&rows, &index);

	if (!index || !row)
		return;
	resources_look(row);
	thread->row = 0;
	if (row->depth || row->flags & ROW_MAY_BE_SEVERAL || index == thread->own || index == thread->alternate)
		return;
	key.end = row->stack_low + row->stack_bytes;
	key.tgid = process_of(task);
	if (bpf_map_delete_elem(&stacks, &key))
		return;
	add(stacks_count, -1);
	bpf_map_push_elem(&free_rows, &index, 0);
}

/* The row of the stack that the thread goes on on, where there is one yet. */
static __noinline u32 stack_arrive(struct task_struct *task, struct thread *thread, u64 sp)
{
	struct stack_range own = {};
	struct stack_key key = {};
	u32 *found;

	if (thread->told_bytes) {
		key.end = thread->told_low + thread->told_bytes;
		key.tgid = process_of(task);
		found = bpf_map_lookup_elem(&stacks, &key);
		return found ? *found : 0;
	}
	stack_own(thread, &own);
	return range_holds(own.low, own.end - own.low, sp) ? thread->own : 0;
}

CHAIN(weir_switch_stack_chain);

/* In swapcontext or setcontext: the stack pointer is the new context's, which is at rdx. */
SEC("uprobe")
int weir_switch_stack(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = thread_of_target(task);
	struct context_stack stack = {};
	u64 sp = ctx->sp;
	struct row *row;
	u32 index;

	STACK_OF_ITS_OWN(ctx, weir_switch_stack_chain);
	if (!thread || frozen)
		return 0;
	stack_leave(task, thread);
	/* What is there where nobody filled it in holds no stack pointer. */
	bpf_probe_read_user(&stack, sizeof(stack), (void *)(ctx->dx + CONTEXT_STACK));
	thread->told_low = stack.low;
	thread->told_bytes = range_holds(stack.low, stack.bytes, sp) ? stack.bytes : 0;
	index = stack_arrive(task, thread, sp);
	row = index ? row_enter(task, thread, index) : NULL;
	if (!row) {
		thread_forget(task);
	} else if (thread->told_bytes) {
		row->stack_low = thread->told_low;
		row->stack_bytes = thread->told_bytes;
		row->flags = 0;
	}
	return 0;
}
