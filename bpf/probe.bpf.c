/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hit starts here: enter and leave of a probed function. */
#include "maps.h"
#include "thread.h"
#include "frame.h"
#include "stack.h"
#include "expr.h"
#include "caller.h"
#include "emulate.h"
#include "hit.h"
#include "keyed.h"

/* Close what can no longer be live before a call at `sp` is opened; the row is another one where the stack is. */
static __always_inline struct row *drop_dead(struct row *row, u64 sp, u32 probe)
{
	u32 depth = row->depth;

	if (!depth || depth > WEIR_DEPTH_MAX || likely(frame_at(row, depth - 1)->sp > sp))
		return row;
	row = row_recheck(row, sp, probe);
	if (!row)
		return NULL;
	frame_drop_below(row, sp, false);
	depth = row->depth;
	if (depth && depth <= WEIR_DEPTH_MAX && frame_at(row, depth - 1)->sp == sp &&
	    !frame_is_tail_call(row, depth - 1, sp, probe))
		frame_drop_below(row, sp, true);
	return row;
}

/* Return probes that the kernel keeps for the thread, those of dead frames included: as it judges itself (prepare_uretprobe()). */
static __noinline u32 return_probes_open(void)
{
	return BPF_CORE_READ(bpf_get_current_task_btf(), utask, depth);
}

/* What a call's probe evaluates at its enter, and the label that comes of it. */
static __always_inline u32 enter_evaluate(struct pt_regs *ctx, struct row *row, struct weir_probe *probe)
{
	enter_ops(ctx, row, probe);
	if (unlikely(probe->flags & WEIR_PROBE_WITHIN) && span_leave_behind(row, probe))
		enter_ops(ctx, row, probe); /* for its saved values, which belong to another frame now */
	return enter_label(row);
}

static __always_inline void enter(struct pt_regs *ctx, u64 cookie)
{
	u32 id, depth, parent = WEIR_NODE_ROOT, parent_flags = 0, flags, label = 0, node;
	struct weir_probe *probe = probe_of(cookie, &id);
	struct weir_shard *shard;
	struct frame *f;
	struct row *row;
	u64 sp = site_sp(ctx, cookie);
	bool folded;

	if (!probe)
		return;
	row = row_current(sp, id);
	if (!row)
		return;
	resources_look(row);
	row = drop_dead(row, sp, id);
	if (!row)
		return;
	wait_place(row, probe, ctx->ip);
	if (unlikely(is_keyed_on_top(row)))
		span_forget_ended(row);
	flags = probe->flags;
	if (flags & WEIR_PROBE_ENTER_OPS && !(flags & WEIR_PROBE_ENTRY_ONLY) && row->depth < WEIR_DEPTH_MAX)
		label = enter_evaluate(ctx, row, probe);
	depth = row->depth;
	if (depth > WEIR_DEPTH_MAX)
		return;
	if (depth) {
		parent = frame_at(row, depth - 1)->node;
		parent_flags = frame_at(row, depth - 1)->flags;
	}
	if (flags & WEIR_PROBE_WITHIN)
		parent = span_parent(row, probe, parent, &parent_flags);
	if (flags & WEIR_PROBE_REQUESTS) {
		enter_request(ctx, row, probe, parent);
		return;
	}
	f = frame_at(row, depth);
	node = node_get(parent, id, label, &folded);
	if (flags & WEIR_PROBE_ENTRY_ONLY) {
		row->since_probe = id;
		enter_only(ctx, row, probe, node);
		return;
	}
	if (unlikely(depth >= WEIR_DEPTH_MAX)) {
		lose(WEIR_LOSS_STACK_DEPTH, 1);
		count_untimed(node);
		return;
	}
	flags = (flags & WEIR_PROBE_LEAVE_OPS ? FRAME_LEAVE_OPS : 0) | (parent_flags & FRAME_WITHIN);
	if (unlikely(folded || parent_flags & FRAME_UNDER_FOLD)) {
		flags |= FRAME_UNDER_FOLD;
		if (folded || frame_has_node(row, node))
			flags |= FRAME_FOLDED;
	}
	if (probe->flags & WEIR_PROBE_SITES) {
		flags |= caller_flags(row, depth, sp, id, probe->flags);
		if (unlikely(!(probe->flags & WEIR_PROBE_CALLED)))
			__sync_fetch_and_or(&probe->flags, WEIR_PROBE_CALLED);
		if (unlikely(flags & FRAME_NO_LEAVE)) {
			count_untimed(node);
			return;
		}
	} else if (unlikely(depth >= RETURN_PROBES_MAX && return_probes_open() >= RETURN_PROBES_MAX)) {
		flags |= FRAME_NO_LEAVE;
		lose(WEIR_LOSS_RETURN_DEPTH, 1);
	}
	frame_begin(f);
	f->sp = sp;
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

CHAIN(weir_enter_chain);

SEC("uprobe")
int weir_enter(struct pt_regs *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx);

	STACK_OF_ITS_OWN(ctx, weir_enter_chain);
	enter(ctx, cookie);
	site_done(ctx, cookie);
	return 0;
}

/*
 * A leave whose call is not open. Calls that began before weir looked are nobody's loss: such a call lies
 * outside every frame of the thread, or inside one that is older than the probe.
 */
static __noinline void leave_unmatched(struct pt_regs *ctx, struct row *row)
{
	u32 depth = row->depth, id;
	struct weir_probe *probe = probe_of(bpf_get_attach_cookie(ctx), &id);

	if (!probe || !depth || depth > WEIR_DEPTH_MAX)
		return;
	if (frame_at(row, depth - 1)->start_ns > probe->activated_ns)
		lose(WEIR_LOSS_LEAVE_WITHOUT_ENTER, 1);
}

/*
 * Close what can no longer be live at a leave whose call had its stack pointer at `sp`, and what lies above it by a tail call but has
 * no leave of its own. Is the innermost frame then the one that leaves?
 */
static __noinline bool leave_find(struct row *row, u64 sp)
{
	u32 depth;

	frame_drop_below(row, sp, false);
	depth = row->depth;
	if (depth > 1 && depth <= WEIR_DEPTH_MAX && frame_at(row, depth - 1)->flags & FRAME_NO_LEAVE &&
	    frame_at(row, depth - 2)->sp == sp)
		frame_drop(row, false);
	depth = row->depth;
	return depth && depth <= WEIR_DEPTH_MAX && frame_at(row, depth - 1)->sp == sp;
}

CHAIN(weir_leave_chain);

/*
 * The frame tells which probe leaves: its stack pointer is the call's own, and of two calls with one stack pointer (a tail call)
 * the inner one leaves first. Asking the kernel for the cookie would cost a call more.
 */
SEC("uretprobe")
int weir_leave(struct pt_regs *ctx)
{
	u64 now_ns = bpf_ktime_get_ns(), sp = ctx->sp - 8;
	struct weir_shard *shard;
	struct frame *f;
	struct row *row;
	u32 depth;

	STACK_OF_ITS_OWN(ctx, weir_leave_chain);
	if (unlikely(frozen))
		return 0;
	row = row_current(sp, 0);
	if (!row)
		return 0;
	resources_look(row);
	depth = row->depth;
	if (unlikely(!depth || depth > WEIR_DEPTH_MAX || frame_at(row, depth - 1)->sp != sp ||
		     frame_at(row, depth - 1)->flags & FRAME_NO_LEAVE)) {
		if (!leave_find(row, sp)) {
			leave_unmatched(ctx, row);
			return 0;
		}
		depth = row->depth;
	}
	f = frame_at(row, depth - 1);
	shard = node_shard(f->node);
	if (!shard)
		return 0;
	if (f->flags & FRAME_LEAVE_OPS)
		leave_ops(row, ctx->ax, true);
	frame_complete(row, f, shard, now_ns);
	return 0;
}

/* The innermost open frame of the current thread once those below `sp` are dropped; false where it is not a call at `sp`. */
static __always_inline bool leave_at(struct row *row, u64 sp)
{
	u32 depth;

	resources_look(row);
	depth = row->depth;
	if (!depth || depth > WEIR_DEPTH_MAX || frame_at(row, depth - 1)->sp > sp)
		return false;
	if (frame_at(row, depth - 1)->sp < sp)
		frame_drop_below(row, sp, false);
	depth = row->depth;
	return depth && depth <= WEIR_DEPTH_MAX && frame_at(row, depth - 1)->sp == sp &&
	       frame_at(row, depth - 1)->flags & FRAME_SITES;
}

CHAIN(weir_return_chain);

/* A return site of a caller. Other ways lead there too: it counts only where the innermost call returns just there. */
SEC("uprobe")
int weir_return(struct pt_regs *ctx)
{
	u64 now_ns = bpf_ktime_get_ns(), sp = ctx->sp - 8, cookie, return_address;
	struct row *row;

	STACK_OF_ITS_OWN(ctx, weir_return_chain);
	if (frozen)
		return 0;
	row = row_current(sp, 0);
	if (!row || !row->depth || !leave_at(row, sp))
		return 0;
	cookie = bpf_get_attach_cookie(ctx);
	return_address = ctx->ip - WEIR_RETURN_DISTANCE(cookie);
	if (row->returns[(row->depth - 1) & (WEIR_DEPTH_MAX - 1)] == return_address)
		leave_all(ctx, row, sp, now_ns, WEIR_RETURN_HAS_VALUE(cookie));
	return 0;
}

CHAIN(weir_ret_chain);

/*
 * A ret instruction of a probed function, or a jump out of it where the return address is on top of the stack again; elsewhere (a
 * jump to its cold part) the stack pointer tells that it is none.
 */
SEC("uprobe")
int weir_ret(struct pt_regs *ctx)
{
	u64 now_ns = bpf_ktime_get_ns(), cookie = bpf_get_attach_cookie(ctx), sp = site_sp(ctx, cookie);
	struct row *row;

	STACK_OF_ITS_OWN(ctx, weir_ret_chain);
	row = frozen ? NULL : row_current(sp, 0);
	if (row && row->depth && leave_at(row, sp))
		leave_all(ctx, row, sp, now_ns, WEIR_COOKIE_OWN(cookie));
	site_done(ctx, cookie);
	return 0;
}
