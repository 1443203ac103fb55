/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocked and run-queue time of threads with open frames. */
#include "maps.h"
#include "thread.h"
#include "frame.h"

static __always_inline void switched_out(struct task_struct *task, bool blocked)
{
	struct row *row = row_of(task);

	if (!row || !row->depth)
		return;
	if (unlikely(row->off_since_ns))
		switch_missed(row);
	row->off_blocked = blocked;
	if (blocked && row->wait.address)
		wait_look(row);
	row->off_since_ns = bpf_ktime_get_ns();
}

/* No frame opens or closes while the thread is off the CPU: all of it is the innermost frame's. */
static __always_inline void switched_in(struct task_struct *task)
{
	struct row *row = row_of(task);
	u64 off_ns;

	if (!row || !row->off_since_ns)
		return;
	off_ns = bpf_ktime_get_ns() - row->off_since_ns;
	row->off_since_ns = 0;
	charge_off_cpu(row, off_ns);
}

/* Since 5.18 the tracepoint hands the state over: prev->__state can change before a program sees it. */
SEC("tp_btf/sched_switch")
int BPF_PROG(weir_switch, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state)
{
	switched_out(prev, !preempt && prev_state);
	switched_in(next);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(weir_switch_3, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	switched_out(prev, !preempt && prev->__state);
	switched_in(next);
	return 0;
}
