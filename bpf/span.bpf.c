/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spans: what begins at one place of the code and ends at another, whoever calls them. A span is a frame whose stack pointer
 * lies one byte below that of the call around it (for calls it is a multiple of 8): every call inside the span lies below
 * it, and it is left with the call around it at the latest. So the stack-pointer rule holds, and nothing else knows of spans.
 */
#include "maps.h"
#include "thread.h"
#include "frame.h"
#include "stack.h"
#include "expr.h"

static __always_inline struct weir_probe *span_site(struct pt_regs *ctx)
{
	u32 id = bpf_get_attach_cookie(ctx);
	struct weir_probe *site = bpf_map_lookup_elem(&probes, &id);

	return likely(site && site->flags & WEIR_PROBE_ACTIVE) ? site : NULL;
}

/* Does this hit of the site begin or end the span? */
static __noinline bool span_holds(struct row *row, struct weir_probe *site)
{
	struct expr x = { .row = row, .saved = saved_at(row, row->depth) };

	if (!site->enter_ops)
		return true;
	x.saved->unknown = 0;
	expr_run(&x, site, 0, site->enter_ops);
	return row->when;
}

struct span_find_loop {
	struct row *row;
	u32 span;
	u32 above; /* frames above it and itself; 0: not open */
};

static long span_find_next(u32 i, struct span_find_loop *loop)
{
	if (frame_at(loop->row, loop->row->depth - 1 - i)->probe != loop->span)
		return 0;
	loop->above = i + 1;
	return 1;
}

/* How many frames close with the span, itself included; 0 where it is not open. */
static __noinline u32 span_find(struct row *row, u32 span)
{
	struct span_find_loop loop = { .row = row, .span = span };

	bpf_loop(row->depth, span_find_next, &loop, 0);
	return loop.above;
}

struct span_drop_loop {
	struct row *row;
};

static long span_drop_next(u32 i, struct span_drop_loop *loop)
{
	(void)i;
	frame_drop(loop->row, false);
	return 0;
}

static __noinline void span_leave_ops(struct row *row, struct weir_shard *shard, struct weir_probe *span)
{
	u32 i = row->depth - 1;
	struct expr x = { .row = row, .saved = saved_at(row, i), .shard = shard, .node = frame_at(row, i)->node };

	row->no_return_value = 1;
	if (span->flags & WEIR_PROBE_CHARGES) {
		x.node = expr_charged(row, span, x.node);
		x.shard = node_shard(x.node);
	}
	expr_run(&x, span, span->enter_ops, span->leave_ops);
}

/* Complete the span that `above` frames are open of. Calls begun inside it and still running can no longer be its children. */
static __noinline void span_end(struct row *row, struct weir_probe *span, u32 above, u64 now_ns)
{
	struct span_drop_loop loop = { .row = row };
	struct weir_shard *shard;
	struct frame *f;
	u32 depth;

	bpf_loop(above - 1, span_drop_next, &loop, 0);
	depth = row->depth;
	if (!depth || depth > WEIR_DEPTH_MAX)
		return;
	f = frame_at(row, depth - 1);
	shard = node_shard(f->node);
	if (!shard)
		return;
	if (f->flags & FRAME_LEAVE_OPS)
		span_leave_ops(row, shard, span);
	frame_complete(row, f, shard, now_ns);
}

/* The label's value and the saved values of a span that would begin now, above all frames that are open. */
static __noinline void span_enter_ops(struct row *row, struct weir_probe *span)
{
	struct expr x = { .row = row, .saved = saved_at(row, row->depth) };

	x.saved->unknown = 0;
	row->label_op = 0;
	if (span->enter_ops)
		expr_run(&x, span, 0, span->enter_ops);
}

static __always_inline u32 span_label(struct row *row)
{
	switch (row->label_op) {
	case WEIR_OP_LABEL_NUMBER:
		return label_intern(row, row->label_value, row->label_value, WEIR_LABEL_NUMBER);
	case WEIR_OP_LABEL_STRING:
		return label_string(row, row->label_value);
	case WEIR_OP_LABEL_QUERY:
		return label_query(row, row->label_value);
	}
	return 0;
}

/* The label of the open span: of its node's key, whatever node it folds into. */
static __always_inline u32 span_label_now(struct row *row, u32 above)
{
	u32 node = frame_at(row, row->depth - above)->node;
	struct weir_slot *slot = bpf_map_lookup_elem(&slots, &node);

	return slot ? WEIR_KEY_LABEL(slot->key) : 0;
}

static __noinline void span_open(struct row *row, u32 id, struct weir_probe *span, u32 label)
{
	u32 depth = row->depth, parent = WEIR_NODE_ROOT, flags = 0, node;
	u64 sp = ~0ULL;
	struct weir_shard *shard;
	struct frame *f;
	bool folded;

	if (depth) {
		parent = frame_at(row, depth - 1)->node;
		sp = frame_at(row, depth - 1)->sp - 1;
		flags = frame_at(row, depth - 1)->flags & FRAME_UNDER_FOLD;
	}
	node = node_get(parent, id, label, &folded);
	shard = node_shard(node);
	if (!shard)
		return;
	add(shard->calls, 1);
	if (depth >= WEIR_DEPTH_MAX || !(sp & 7)) {
		lose(WEIR_LOSS_STACK_DEPTH, 1);
		add(shard->untimed, 1);
		return;
	}
	if (folded)
		flags |= FRAME_UNDER_FOLD;
	if (flags && (folded || frame_has_node(row, node)))
		flags |= FRAME_FOLDED;
	if (span->leave_ops)
		flags |= FRAME_LEAVE_OPS;
	f = frame_at(row, depth);
	frame_begin(f);
	f->sp = sp;
	f->child_ns = 0;
	f->node = node;
	f->probe = id;
	f->flags = flags;
	if (follows_queries && span->level == WEIR_LEVEL_QUERY)
		query_begin(row, f);
	row->depth = depth + 1;
	f->start_ns = bpf_ktime_get_ns();
}

/* No call ended it: the arguments of one are 0. */
static __always_inline void span_end_by_begin(struct pt_regs *ctx, struct row *row, struct weir_probe *site, struct weir_probe *span,
					      u32 above, u64 now_ns)
{
	__builtin_memset(row->registers, 0, sizeof(row->registers));
	span_end(row, span, above, now_ns);
	expr_take_arguments(row, ctx, site);
}

/*
 * Begun again while it is open: a span that keeps goes on where its label is the same; else it ends here. Inline, for calls nest
 * 8 deep at most.
 */
static __always_inline void span_begin(struct pt_regs *ctx, struct row *row, struct weir_probe *site, u32 id, struct weir_probe *span,
				       u64 now_ns)
{
	u32 above = span_find(row, id), label;

	if (above && !(span->flags & WEIR_PROBE_KEEPS)) {
		span_end_by_begin(ctx, row, site, span, above, now_ns);
		above = 0;
	}
	span_enter_ops(row, span);
	label = span_label(row);
	if (above) {
		if (label == span_label_now(row, above))
			return;
		span_end_by_begin(ctx, row, site, span, above, now_ns);
		span_enter_ops(row, span); /* for its saved values, which belong to another frame now */
	}
	span_open(row, id, span, label);
}

CHAIN(weir_span_chain);

SEC("uprobe")
int weir_span(struct pt_regs *ctx)
{
	u64 now_ns = bpf_ktime_get_ns();
	struct weir_probe *site = span_site(ctx), *span;
	struct row *row;
	u32 id, above;

	STACK_OF_ITS_OWN(ctx, weir_span_chain);
	if (!site)
		return 0;
	row = row_current(ctx->sp, 0);
	if (row)
		row = row_recheck(row, ctx->sp, 0);
	if (!row || row->depth > WEIR_DEPTH_MAX)
		return 0;
	id = site->span;
	span = bpf_map_lookup_elem(&probes, &id);
	if (!span)
		return 0;
	resources_look(row);
	frame_drop_below(row, ctx->sp, false);
	expr_take_arguments(row, ctx, site);
	if (!span_holds(row, site))
		return 0;
	if (site->flags & WEIR_PROBE_BEGINS) {
		span_begin(ctx, row, site, id, span, now_ns);
		return 0;
	}
	above = span_find(row, id);
	if (above)
		span_end(row, span, above, now_ns);
	return 0;
}
