/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hit starts here: enter and leave of a probed function. */
#include "maps.h"
#include "thread.h"
#include "frame.h"
#include "expr.h"

static __always_inline struct weir_probe *probe_of(struct pt_regs *ctx, u32 *ret_id)
{
	u32 id = bpf_get_attach_cookie(ctx);
	struct weir_probe *probe = bpf_map_lookup_elem(&probes, &id);

	*ret_id = id;
	return likely(probe && probe->flags & WEIR_PROBE_ACTIVE) ? probe : NULL;
}

/* Close what can no longer be live before a call at `sp` is opened. */
static __always_inline void drop_dead(struct row *row, u64 sp)
{
	u32 depth = row->depth;
	u64 top;

	if (!depth || depth > WEIR_DEPTH_MAX)
		return;
	top = frame_at(row, depth - 1)->sp;
	if (likely(top > sp))
		return;
	frame_drop_below(row, sp, top == sp && !frame_is_tail_call(sp));
}

/*
 * The label's value and the saved values of a call. Its own function, for the expression machine spills what the plain
 * path keeps in registers.
 */
static __noinline void enter_ops(struct pt_regs *ctx, struct row *row, struct weir_probe *probe)
{
	struct expr x = { .row = row, .saved = saved_at(row, row->depth) };

	x.saved->unknown = 0;
	expr_take_arguments(row, ctx);
	expr_run(&x, probe, 0, probe->enter_ops);
}

static __always_inline u32 enter_label(struct row *row)
{
	u64 value = row->label_value;

	switch (row->label_op) {
	case WEIR_OP_LABEL_NUMBER:
		return label_intern(row, value, value, WEIR_LABEL_NUMBER);
	case WEIR_OP_LABEL_STRING:
		return label_string(row, value);
	case WEIR_OP_LABEL_QUERY:
		return label_query(row, value);
	}
	return 0;
}

static __noinline void count_ops(struct pt_regs *ctx, struct row *row, struct weir_shard *shard, struct weir_probe *probe, u32 node)
{
	struct expr x = { .row = row, .shard = shard, .node = node, .saved = saved_at(row, 0) };

	expr_take_arguments(row, ctx);
	expr_run(&x, probe, 0, probe->enter_ops);
}

/* A call that is only counted: no frame, no leave. */
static __noinline void enter_only(struct pt_regs *ctx, struct row *row, struct weir_probe *probe, u32 node)
{
	struct weir_shard *shard = node_shard(node);

	if (!shard)
		return;
	add(shard->calls, 1);
	add(shard->untimed, 1);
	if (probe->flags & WEIR_PROBE_ENTER_OPS)
		count_ops(ctx, row, shard, probe, node);
}

static __noinline void enter_too_deep(u32 node)
{
	struct weir_shard *shard = node_shard(node);

	lose(WEIR_LOSS_STACK_DEPTH, 1);
	if (!shard)
		return;
	add(shard->calls, 1);
	add(shard->untimed, 1);
}

SEC("uprobe")
int weir_enter(struct pt_regs *ctx)
{
	u32 id, depth, parent = WEIR_NODE_ROOT, parent_flags = 0, flags, label = 0, node;
	struct weir_probe *probe = probe_of(ctx, &id);
	struct weir_shard *shard;
	struct frame *f;
	struct row *row;
	u64 sp = ctx->sp;
	bool folded;

	if (!probe)
		return 0;
	row = row_current();
	if (!row)
		return 0;
	resources_look(row);
	drop_dead(row, sp);
	depth = row->depth;
	if (depth > WEIR_DEPTH_MAX)
		return 0;
	if (depth) {
		parent = frame_at(row, depth - 1)->node;
		parent_flags = frame_at(row, depth - 1)->flags;
	}
	flags = probe->flags;
	f = frame_at(row, depth);
	if (flags & WEIR_PROBE_ENTER_OPS && !(flags & WEIR_PROBE_ENTRY_ONLY) && depth < WEIR_DEPTH_MAX) {
		enter_ops(ctx, row, probe);
		label = enter_label(row);
	}
	node = node_get(parent, id, label, &folded);
	if (flags & WEIR_PROBE_ENTRY_ONLY) {
		enter_only(ctx, row, probe, node);
		return 0;
	}
	if (unlikely(depth >= WEIR_DEPTH_MAX)) {
		enter_too_deep(node);
		return 0;
	}
	flags = flags & WEIR_PROBE_LEAVE_OPS ? FRAME_LEAVE_OPS : 0;
	if (unlikely(folded || parent_flags & FRAME_UNDER_FOLD)) {
		flags |= FRAME_UNDER_FOLD;
		if (folded || frame_has_node(row, node))
			flags |= FRAME_FOLDED;
	}
	if (unlikely(depth >= RETURN_PROBES_MAX)) {
		flags |= FRAME_NO_LEAVE;
		lose(WEIR_LOSS_RETURN_DEPTH, 1);
	}
	f->sp = sp;
	f->child_ns = 0;
	f->node = node;
	f->probe = id;
	f->flags = flags;
	shard = node_shard(node);
	if (shard)
		add(shard->calls, 1);
	row->depth = depth + 1;
	f->start_ns = bpf_ktime_get_ns();
	return 0;
}

/*
 * A leave whose call is not open. Calls that began before weir looked are nobody's loss: such a call lies
 * outside every frame of the thread, or inside one that is older than the probe.
 */
static __noinline void leave_unmatched(struct pt_regs *ctx, struct row *row)
{
	u32 depth = row->depth, id;
	struct weir_probe *probe = probe_of(ctx, &id);

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

static __noinline void leave_ops(struct pt_regs *ctx, struct row *row, struct weir_shard *shard)
{
	u32 i = row->depth - 1, id = frame_at(row, i)->probe;
	struct expr x = { .row = row, .saved = saved_at(row, i), .shard = shard, .node = frame_at(row, i)->node };
	struct weir_probe *probe = bpf_map_lookup_elem(&probes, &id);

	row->registers[0] = ctx->ax;
	if (probe)
		expr_run(&x, probe, probe->enter_ops, probe->leave_ops);
}

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

	if (unlikely(frozen))
		return 0;
	row = row_current();
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
		leave_ops(ctx, row, shard);
	frame_complete(row, f, shard, now_ns);
	return 0;
}
