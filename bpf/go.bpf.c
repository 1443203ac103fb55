// SPDX-License-Identifier: GPL-2.0-or-later
/* Hits in Go functions: as in probe.bpf.c, with the frames of the goroutine that runs in place of the thread's. */
#include "vmlinux.h"
#include "weir/wire.h"

/* From here on, for this file: rows of goroutines have room for fewer frames than those of threads. */
#define WEIR_DEPTH_MAX WEIR_GO_DEPTH
#define WEIR_GO_REGISTERS

#include "maps.h"
#include "frame.h"
#include "expr.h"
#include "caller.h"
#include "emulate.h"
#include "hit.h"
#include "goroutine.h"
#include "go_switch.h"

#define FLAGS_CARRY_OR_ZERO 0x41 /* what jbe looks at */

/* Close what can no longer be live before a call is opened at `sp` (of the goroutine: `relative`). */
static __always_inline void go_drop_dead(struct row *row, u64 sp, u64 relative, u32 probe)
{
	u32 depth = row->depth;

	if (!depth || depth > WEIR_DEPTH_MAX || likely(frame_at(row, depth - 1)->sp > relative))
		return;
	frame_drop_below(row, relative, false);
	depth = row->depth;
	if (depth && depth <= WEIR_DEPTH_MAX && frame_at(row, depth - 1)->sp == relative &&
	    !frame_is_tail_call(row, depth - 1, sp, probe))
		frame_drop_below(row, relative, true);
}

/* A call that no row could be had for. */
static __noinline void go_count_lost(u32 id, enum weir_loss loss)
{
	bool folded;

	lose(loss, 1);
	count_untimed(node_get(WEIR_NODE_ROOT, id, 0, &folded));
}

/* The layout of the current process; 0 where it is no target. */
static __noinline u32 go_layout(void)
{
	u32 tgid = process_of(bpf_get_current_task_btf());
	struct weir_process *process = bpf_map_lookup_elem(&processes, &tgid);

	return process ? process->layout : 0;
}

/* The number of the goroutine: its address may have been another one's, whose calls are over then. */
static __noinline void go_check_id(struct go_row *r, u64 g, u32 offset)
{
	u64 id = 0;

	if (bpf_probe_read_user(&id, sizeof(id), (void *)(g + offset))) {
		lose(WEIR_LOSS_READ_FAULT, 1);
		return;
	}
	if (r->row.depth && r->id != id)
		frame_drop_below(&r->row, ~0ULL, true);
	r->id = id;
}

/* The current goroutine's row, taken if it has none; NULL where that is not to be had (counted), or it is no target's. */
static __noinline struct go_row *go_row_current(struct pt_regs *ctx, struct goroutine *g, u32 id)
{
	struct go_row *r;
	u32 layout;
	u64 key;

	if (!goroutine_current(ctx, ctx->sp, g)) {
		if (go_layout())
			go_count_lost(id, WEIR_LOSS_GOROUTINE);
		return NULL;
	}
	key = go_key(g->g);
	r = go_row_find(key);
	if (r)
		return r;
	layout = go_layout();
	if (!layout)
		return NULL;
	r = go_row_take(key);
	if (!r) {
		go_count_lost(id, WEIR_LOSS_GOROUTINE_TABLE);
		return NULL;
	}
	r->row.layout = layout;
	r->g = g->g;
	return r;
}

/* Open a call on the row; or only count it. */
static __always_inline void go_open(struct pt_regs *ctx, struct row *row, struct weir_probe *probe, u32 id, u64 relative)
{
	u32 depth = row->depth, parent = WEIR_NODE_ROOT, parent_flags = 0, flags = probe->flags, label = 0, node;
	struct weir_shard *shard;
	struct frame *f;
	bool folded;

	if (depth > WEIR_DEPTH_MAX)
		return;
	if (depth) {
		parent = frame_at(row, depth - 1)->node;
		parent_flags = frame_at(row, depth - 1)->flags;
	}
	if (flags & WEIR_PROBE_REQUESTS) {
		enter_request(ctx, row, probe, parent);
		return;
	}
	f = frame_at(row, depth);
	if (flags & WEIR_PROBE_ENTER_OPS && !(flags & WEIR_PROBE_ENTRY_ONLY) && depth < WEIR_DEPTH_MAX) {
		enter_ops(ctx, row, probe);
		label = enter_label(row);
	}
	node = node_get(parent, id, label, &folded);
	if (flags & WEIR_PROBE_ENTRY_ONLY) {
		enter_only(ctx, row, probe, node);
		return;
	}
	if (unlikely(depth >= WEIR_DEPTH_MAX)) {
		lose(WEIR_LOSS_STACK_DEPTH, 1);
		count_untimed(node);
		return;
	}
	flags = flags & WEIR_PROBE_LEAVE_OPS ? FRAME_LEAVE_OPS : 0;
	if (unlikely(folded || parent_flags & FRAME_UNDER_FOLD)) {
		flags |= FRAME_UNDER_FOLD;
		if (folded || frame_has_node(row, node))
			flags |= FRAME_FOLDED;
	}
	flags |= caller_flags(row, depth, ctx->sp, id, probe->flags);
	if (unlikely(!(probe->flags & WEIR_PROBE_CALLED)))
		__sync_fetch_and_or(&probe->flags, WEIR_PROBE_CALLED);
	if (unlikely(flags & FRAME_NO_LEAVE)) {
		count_untimed(node);
		return;
	}
	frame_begin(f);
	f->sp = relative;
	f->child_ns = 0;
	f->node = node;
	f->probe = id;
	f->flags = flags;
	shard = node_shard(node);
	if (shard)
		add(shard->calls, 1);
	if (follows_queries && probe->level == WEIR_LEVEL_QUERY)
		query_begin(row, f);
	row->depth = depth + 1;
	f->start_ns = bpf_ktime_get_ns();
}

static __always_inline void go_enter(struct pt_regs *ctx, u64 cookie)
{
	u32 id;
	struct weir_probe *probe = probe_of(cookie, &id);
	struct goroutine g;
	struct go_row *r;

	if (!probe)
		return;
	/* The stack is too small, or the goroutine is wanted elsewhere: the function will start over. */
	if (probe->flags & WEIR_PROBE_STACK_CHECK && ctx->flags & FLAGS_CARRY_OR_ZERO)
		return;
	r = go_row_current(ctx, &g, id);
	if (!r)
		return;
	go_hit(r);
	go_check_id(r, g.g, probe->go_id * 8);
	go_drop_dead(&r->row, ctx->sp, g.sp, id);
	go_open(ctx, &r->row, probe, id, g.sp);
	if (!r->row.depth)
		go_row_give_back(r);
}

CHAIN(weir_go_enter_chain);

SEC("uprobe")
int weir_go_enter(struct pt_regs *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);

	STACK_OF_ITS_OWN(ctx, weir_go_enter_chain);
	go_enter(ctx, cookie);
	site_done(ctx, cookie);
	return 0;
}

/* The row of the current goroutine, whose innermost open call had the stack pointer `sp`; those below are dropped. */
static __noinline struct go_row *go_leave_at(struct pt_regs *ctx, u64 sp, u64 *ret_relative)
{
	struct goroutine g;
	struct go_row *r;
	struct row *row;
	u32 depth;

	if (frozen || !goroutine_current(ctx, sp, &g))
		return NULL;
	r = go_row_find(go_key(g.g));
	if (!r)
		return NULL;
	go_hit(r);
	row = &r->row;
	depth = row->depth;
	if (!depth || depth > WEIR_DEPTH_MAX || frame_at(row, depth - 1)->sp > g.sp)
		return NULL;
	if (frame_at(row, depth - 1)->sp < g.sp)
		frame_drop_below(row, g.sp, false);
	*ret_relative = g.sp;
	depth = row->depth;
	if (!depth)
		go_row_give_back(r);
	return depth && depth <= WEIR_DEPTH_MAX && frame_at(row, depth - 1)->sp == g.sp ? r : NULL;
}

CHAIN(weir_go_return_chain);

/* As weir_return. */
SEC("uprobe")
int weir_go_return(struct pt_regs *ctx)
{
	u64 now_ns = bpf_ktime_get_ns(), cookie, return_address, relative = 0;
	struct go_row *r;

	STACK_OF_ITS_OWN(ctx, weir_go_return_chain);
	r = go_leave_at(ctx, ctx->sp - 8, &relative);
	if (!r)
		return 0;
	cookie = bpf_get_attach_cookie(ctx);
	return_address = ctx->ip - WEIR_RETURN_DISTANCE(cookie);
	if (r->row.returns[(r->row.depth - 1) & (WEIR_DEPTH_MAX - 1)] == return_address)
		leave_all(ctx, &r->row, relative, now_ns, WEIR_RETURN_HAS_VALUE(cookie));
	if (!r->row.depth)
		go_row_give_back(r);
	return 0;
}

CHAIN(weir_go_ret_chain);

/* As weir_ret. */
SEC("uprobe")
int weir_go_ret(struct pt_regs *ctx)
{
	u64 now_ns = bpf_ktime_get_ns(), cookie = bpf_get_attach_cookie(ctx), relative = 0;
	struct go_row *r;

	STACK_OF_ITS_OWN(ctx, weir_go_ret_chain);
	r = go_leave_at(ctx, site_sp(ctx, cookie), &relative);
	if (r) {
		leave_all(ctx, &r->row, relative, now_ns, WEIR_COOKIE_OWN(cookie));
		if (!r->row.depth)
			go_row_give_back(r);
	}
	site_done(ctx, cookie);
	return 0;
}

CHAIN(weir_go_end_chain);

/* runtime.goexit1: the goroutine ends here, by returning from its first function or by runtime.Goexit. */
SEC("uprobe")
int weir_go_end(struct pt_regs *ctx)
{
	struct goroutine g;
	struct go_row *r;

	STACK_OF_ITS_OWN(ctx, weir_go_end_chain);
	if (frozen || !goroutine_current(ctx, ctx->sp, &g))
		return 0;
	r = go_row_find(go_key(g.g));
	if (!r)
		return 0;
	go_hit(r);
	frame_drop_below(&r->row, ~0ULL, true);
	go_row_give_back(r);
	return 0;
}

/* ---- goroutines and threads --------------------------------------------------------------------------- */

CHAIN(weir_go_schedule_chain);

/* runtime.schedule; the cookie is the offset of the status in struct runtime.g. */
SEC("uprobe")
int weir_go_schedule(struct pt_regs *ctx)
{
	struct go_row *r = go_row_of(bpf_get_current_task_btf()->pid);

	STACK_OF_ITS_OWN(ctx, weir_go_schedule_chain);
	if (frozen || !go_layout())
		return 0;
	hit_count();
	if (r)
		go_depart(r, bpf_get_attach_cookie(ctx));
	return 0;
}

CHAIN(weir_go_execute_chain);

/* runtime.execute(gp): rax is the g that the thread goes over to. */
SEC("uprobe")
int weir_go_execute(struct pt_regs *ctx)
{
	struct go_row *r;

	STACK_OF_ITS_OWN(ctx, weir_go_execute_chain);
	if (frozen || !go_layout())
		return 0;
	hit_count();
	r = go_row_find(go_key(ctx->ax));
	if (r)
		go_arrive(r, true);
	else
		go_thread_set(bpf_get_current_task_btf(), 0);
	return 0;
}

static __always_inline void go_switched(struct task_struct *prev, struct task_struct *next, bool blocked)
{
	struct go_row *out = go_row_of(prev->pid), *in = go_row_of(next->pid);
	u64 now_ns;

	if (likely(!out && !in) || frozen)
		return;
	now_ns = bpf_ktime_get_ns();
	if (out && out->row.depth) {
		out->row.off_blocked = blocked;
		out->row.off_since_ns = now_ns;
	}
	if (in && in->row.off_since_ns) {
		charge_off_cpu(&in->row, now_ns - in->row.off_since_ns);
		in->row.off_since_ns = 0;
	}
}

SEC("tp_btf/sched_switch")
int BPF_PROG(weir_go_switch, bool preempt, struct task_struct *prev, struct task_struct *next, unsigned int prev_state)
{
	go_switched(prev, next, !preempt && prev_state);
	return 0;
}

/* Before 5.18. */
SEC("tp_btf/sched_switch")
int BPF_PROG(weir_go_switch_3, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	go_switched(prev, next, !preempt && prev->__state);
	return 0;
}

/* The node of the innermost open call of the goroutine that a thread runs; the root where there is none. */
__noinline int go_node(u32 thread)
{
	struct go_row *r = go_row_of(thread);
	u32 depth = r ? r->row.depth : 0;

	return depth && depth <= WEIR_DEPTH_MAX ? frame_at(&r->row, depth - 1)->node : WEIR_NODE_ROOT;
}

/* ---- the end of a process ----------------------------------------------------------------------------- */

static __noinline void go_end_row(u32 index)
{
	struct go_row *r = go_row_at(index);

	if (!r)
		return;
	frame_drop_below(&r->row, ~0ULL, true);
	go_row_give_back(r);
}

static long go_end_bucket(u32 number, u32 *tgid)
{
	struct go_bucket *bucket = bpf_map_lookup_elem(&go_buckets, &number);

	for (u32 i = 0; bucket && i < WEIR_GO_BUCKET; i++)
		if (bucket->owner[i] >> GO_KEY_PROCESS_SHIFT == *tgid)
			go_end_row(number * WEIR_GO_BUCKET + i);
	return 0;
}

/* Its memory is gone, and with it its goroutines. */
static __noinline void go_end_process(u32 tgid)
{
	bpf_loop(go_bucket_mask + 1, go_end_bucket, &tgid, 0);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(weir_go_exec, struct task_struct *task)
{
	if (!frozen && go_layout())
		go_end_process(task->tgid);
	return 0;
}

/* Attached before weir_exit, which tells user space that the process has ended. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(weir_go_exit, struct task_struct *task)
{
	if (!frozen && BPF_CORE_READ(task, signal, live.counter) <= 0)
		go_end_process(task->tgid);
	return 0;
}
