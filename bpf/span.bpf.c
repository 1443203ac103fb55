/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spans: what begins at one place of the code and ends at another, whoever calls them. A span is a frame whose stack pointer
 * lies one byte below that of the call around it (for calls it is a multiple of 8): every call inside the span lies below
 * it, and it is left with the call around it at the latest. So the stack-pointer rule holds, and nothing else knows of spans but keyed.h.
 */
#include "maps.h"
#include "thread.h"
#include "frame.h"
#include "stack.h"
#include "expr.h"
#include "keyed.h"

static __always_inline struct weir_probe *span_site(struct pt_regs *ctx)
{
	u32 id = bpf_get_attach_cookie(ctx);
	struct weir_probe *site = bpf_map_lookup_elem(&probes, &id);

	return likely(site && site->flags & WEIR_PROBE_ACTIVE) ? site : NULL;
}

/* What a site asks first, without the expression machine: most hits of a place where several spans meet are none of this one's. */
static __always_inline bool span_guard(struct row *row, const struct weir_guard *guard)
{
	u32 value = row->registers[guard->arg & 7], with = guard->value;

	if (!guard->arg)
		return true;
	if (unlikely(row->arguments_unknown & (1 << (guard->arg & 7)))) {
		lose(WEIR_LOSS_READ_FAULT, 1);
		return false;
	}
	switch (guard->op) {
	case WEIR_OP_EQ: return value == with;
	case WEIR_OP_NE: return value != with;
	case WEIR_OP_LT: return value < with;
	case WEIR_OP_LE: return value <= with;
	case WEIR_OP_GT: return value > with;
	case WEIR_OP_GE: return value >= with;
	case WEIR_OP_SLT: return (s32)value < (s32)with;
	case WEIR_OP_SLE: return (s32)value <= (s32)with;
	case WEIR_OP_SGT: return (s32)value > (s32)with;
	default: return (s32)value >= (s32)with;
	}
}

/* Arguments are where the site says. Its code for them is run with the registers that the machine has there. */
static __noinline void span_take_operands(struct pt_regs *ctx, struct row *row, struct weir_probe *site)
{
	row->machine[WEIR_RAX] = ctx->ax;
	row->machine[WEIR_RBX] = ctx->bx;
	row->machine[WEIR_RCX] = ctx->cx;
	row->machine[WEIR_RDX] = ctx->dx;
	row->machine[WEIR_RSI] = ctx->si;
	row->machine[WEIR_RDI] = ctx->di;
	row->machine[WEIR_RBP] = ctx->bp;
	row->machine[WEIR_RSP] = ctx->sp;
	row->machine[WEIR_R8] = ctx->r8;
	row->machine[WEIR_R9] = ctx->r9;
	row->machine[WEIR_R10] = ctx->r10;
	row->machine[WEIR_R11] = ctx->r11;
	row->machine[WEIR_R12] = ctx->r12;
	row->machine[WEIR_R13] = ctx->r13;
	row->machine[WEIR_R14] = ctx->r14;
	row->machine[WEIR_R15] = ctx->r15;
	row->registers[7] = ctx->ip - site->address;
	row->arguments_unknown = 0;
	row->constant_end = site->constant_end;
	if (site->leave_ops)
		expr_run(row, site, site->enter_ops, site->leave_ops, 0, EXPR_NO_NODE);
}

static __always_inline void span_take_arguments(struct pt_regs *ctx, struct row *row, struct weir_probe *site)
{
	if (site->flags & WEIR_PROBE_OPERANDS)
		span_take_operands(ctx, row, site);
	else
		expr_take_arguments(row, ctx, site);
}

/* Does this hit of the site begin or end the span, as far as the guard has not told? */
static __noinline bool span_holds(struct row *row, struct weir_probe *site)
{
	saved_at(row, row->depth)->unknown = 0;
	expr_run(row, site, 0, site->enter_ops, row->depth, EXPR_NO_NODE);
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

	if (!row->depth || span_find_next(0, &loop)) /* mostly it is the innermost */
		return loop.above;
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

/* `i`: where its saved values stand in the row. */
static __noinline void span_leave_ops(struct row *row, struct weir_probe *span, u32 i, u32 node)
{
	row->no_return_value = 1;
	if (span->flags & WEIR_PROBE_CHARGES)
		node = expr_charged(span, node);
	expr_run(row, span, span->enter_ops, span->leave_ops, i, node);
}

/* Complete the span that `above` frames are open of. Calls begun inside it and still running can no longer be its children. */
VERIFIED_ONCE int span_end(struct row *row, struct weir_probe *span, u32 above, u64 now_ns)
{
	struct span_drop_loop loop = { .row = row };
	struct weir_shard *shard;
	struct frame *f;
	u32 depth;

	if (!row || !span)
		return 0;
	if (above > 1)
		bpf_loop(above - 1, span_drop_next, &loop, 0);
	depth = row->depth;
	if (!depth || depth > WEIR_DEPTH_MAX)
		return 0;
	f = frame_at(row, depth - 1);
	shard = node_shard(f->node);
	if (!shard)
		return 0;
	if (f->flags & FRAME_LEAVE_OPS)
		span_leave_ops(row, span, depth - 1, f->node);
	frame_complete(row, f, shard, now_ns);
	return 0;
}

/* The label's value and the saved values of a span that would begin now, above all frames that are open. */
static __noinline void span_enter_ops(struct row *row, struct weir_probe *span)
{
	saved_at(row, row->depth)->unknown = 0;
	row->label_op = 0;
	if (span->enter_ops)
		expr_run(row, span, 0, span->enter_ops, row->depth, EXPR_NO_NODE);
}

/* The value of the label of a span that would begin now, and no more. */
static __noinline void span_label_ops(struct row *row, struct weir_probe *span)
{
	row->label_op = 0;
	if (span->label_ops)
		expr_run(row, span, 0, span->label_ops, row->depth, EXPR_NO_NODE);
}

static __noinline void span_evaluate(struct row *row, struct weir_probe *span)
{
	span_enter_ops(row, span);
	if (span->flags & WEIR_PROBE_WITHIN && span_leave_behind(row, span))
		span_enter_ops(row, span);
}

static __always_inline u32 span_label(struct row *row)
{
	switch (row->label_op) {
	case WEIR_OP_LABEL_NUMBER:
		return label_intern(row, row->label_value, row->label_value, WEIR_LABEL_NUMBER);
	case WEIR_OP_LABEL_STRING:
		return label_text(row, row->label_value);
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

/* Note that a keyed span is open; false, counted, where there is no room. */
static __noinline bool span_note(struct row *row, u32 id, u32 node, u64 start_ns)
{
	struct span_open open = { .start_ns = start_ns, .node = node, .saved = *saved_at(row, row->depth) };
	struct span_key key = span_key_of(id, row->key);

	if (!row->key || bpf_map_update_elem(&spans, &key, &open, BPF_NOEXIST)) {
		lose(WEIR_LOSS_SPAN_TABLE, 1);
		return false;
	}
	add(spans_count, 1);
	return true;
}

/* The frame's flags, and what stands for its return address. */
static __always_inline u32 span_flags(struct row *row, struct weir_probe *span, u32 depth, u64 site_sp)
{
	u32 flags = span->leave_ops ? FRAME_LEAVE_OPS : 0;

	if (span->flags & WEIR_PROBE_KEYED) {
		key_at(row, depth) = row->key;
		return flags | FRAME_KEYED | FRAME_WITHIN;
	}
	if (span->flags & WEIR_PROBE_NESTS) {
		key_at(row, depth) = site_sp;
		return flags | FRAME_NESTS;
	}
	return flags;
}

VERIFIED_ONCE int span_open(struct row *row, u32 id, struct weir_probe *span, u32 label, u64 site_sp)
{
	u32 depth, parent = WEIR_NODE_ROOT, flags = 0, node;
	u64 sp = ~0ULL, start_ns;
	struct weir_shard *shard;
	struct frame *f;
	bool folded;

	if (!row || !span)
		return 0;
	depth = row->depth;
	if (depth) {
		parent = frame_at(row, depth - 1)->node;
		sp = frame_at(row, depth - 1)->sp - 1;
		flags = frame_at(row, depth - 1)->flags & (FRAME_UNDER_FOLD | FRAME_WITHIN);
	}
	if (span->flags & WEIR_PROBE_WITHIN)
		parent = span_parent(row, span, parent, &flags);
	node = node_get(parent, id, label, &folded);
	shard = node_shard(node);
	if (!shard)
		return 0;
	add(shard->calls, 1);
	start_ns = bpf_ktime_get_ns();
	if (depth >= WEIR_DEPTH_MAX || !(sp & 7)) {
		lose(WEIR_LOSS_STACK_DEPTH, 1);
		add(shard->untimed, 1);
		return 0;
	}
	if (span->flags & WEIR_PROBE_KEYED && !span_note(row, id, node, start_ns)) {
		add(shard->untimed, 1);
		return 0;
	}
	if (folded)
		flags |= FRAME_UNDER_FOLD;
	if (flags & FRAME_UNDER_FOLD && (folded || frame_has_node(row, node)))
		flags |= FRAME_FOLDED;
	f = frame_at(row, depth);
	frame_begin(f);
	f->sp = sp;
	f->child_ns = 0;
	f->node = node;
	f->probe = id;
	f->flags = flags | span_flags(row, span, depth, site_sp);
	if (follows_queries && span->level == WEIR_LEVEL_QUERY)
		query_begin(row, f);
	row->depth = depth + 1;
	f->start_ns = start_ns;
	return 0;
}

struct span_started_loop {
	struct row *row;
	u64 start_ns;
	u32 span;
	u32 above; /* frames above it and itself; 0: the thread has none of it */
};

static long span_started_next(u32 i, struct span_started_loop *loop)
{
	struct frame *f = frame_at(loop->row, loop->row->depth - 1 - i);

	if (f->probe != loop->span || f->start_ns != loop->start_ns)
		return 0;
	loop->above = i + 1;
	return 1;
}

/* Complete a keyed span, if it is open; what it saved is behind the open frames of this thread. */
VERIFIED_ONCE int span_end_keyed(struct row *row, u32 id, struct weir_probe *span, u64 now_ns)
{
	struct span_started_loop loop = { .row = row, .span = id };
	struct weir_shard *shard;
	struct span_open *open;
	struct span_key key;
	u32 node;

	if (!row || !span)
		return 0;
	key = span_key_of(id, row->key);
	open = span_lookup(id, row->key);
	if (!open)
		return 0;
	loop.start_ns = open->start_ns;
	node = open->node;
	*saved_at(row, row->depth) = open->saved;
	if (bpf_map_delete_elem(&spans, &key))
		return 0; /* another thread was first */
	add(spans_count, -1);
	bpf_loop(row->depth, span_started_next, &loop, 0);
	if (loop.above) {
		span_end(row, span, loop.above, now_ns);
		return 0;
	}
	shard = node_shard(node);
	if (!shard)
		return 0;
	if (span->leave_ops)
		span_leave_ops(row, span, row->depth, node);
	shard_complete(shard, now_ns - loop.start_ns);
	if (slow_ns && span->level == WEIR_LEVEL_QUERY && now_ns - loop.start_ns >= slow_ns)
		lose(WEIR_LOSS_SLOW_QUERIES, 1); /* what it did by itself was not followed to its end */
	return 0;
}

/*
 * What begins inside a span that nests does so deeper in the stack: one that began no higher than here was left by a way that
 * nobody saw.
 */
static __noinline void span_drop_same(struct row *row, u32 above, u64 site_sp)
{
	struct span_drop_loop loop = { .row = row };

	if (above && key_at(row, row->depth - above) <= site_sp)
		bpf_loop(above, span_drop_next, &loop, 0);
}

/* No call ended it: the arguments of one are 0. */
static __always_inline void span_end_by_begin(struct pt_regs *ctx, struct row *row, struct weir_probe *site, struct weir_probe *span,
					      u32 above, u64 now_ns)
{
	__builtin_memset(row->registers, 0, sizeof(row->registers));
	row->arguments_unknown = 0;
	span_end(row, span, above, now_ns);
	span_take_arguments(ctx, row, site);
}

/*
 * Begun again while it is open: a span that keeps goes on where its label is the same; else it ends here. Inline, for calls nest
 * 8 deep at most.
 */
static __always_inline void span_begin(struct pt_regs *ctx, struct row *row, struct weir_probe *site, u32 id, struct weir_probe *span)
{
	u32 above = span_find(row, id);
	bool keeps = above && span->flags & WEIR_PROBE_KEEPS && !(span->flags & WEIR_PROBE_NESTS);
	u32 label;

	if (span->flags & WEIR_PROBE_NESTS)
		span_drop_same(row, above, ctx->sp);
	else if (above && !keeps)
		span_end_by_begin(ctx, row, site, span, above, bpf_ktime_get_ns());
	if (keeps) /* which is a matter of the label: what is saved for the end is saved already */
		span_label_ops(row, span);
	else
		span_evaluate(row, span);
	label = span_label(row);
	if (keeps) {
		if (label == span_label_now(row, above))
			return;
		span_end_by_begin(ctx, row, site, span, above, bpf_ktime_get_ns());
		span_evaluate(row, span);
	}
	span_open(row, id, span, label, ctx->sp);
}

/* The thread goes over to this span: what it did for another one, it does no more. */
static __always_inline void span_begin_keyed(struct pt_regs *ctx, struct row *row, struct weir_probe *site, u32 id,
					     struct weir_probe *span)
{
	u64 key = row->key;
	u32 label;

	if (span_lookup(id, key)) {
		__builtin_memset(row->registers, 0, sizeof(row->registers));
		row->arguments_unknown = 0;
		span_end_keyed(row, id, span, bpf_ktime_get_ns());
		span_take_arguments(ctx, row, site);
	}
	if (is_keyed_on_top(row) && span_frame_is_stale(row, id, key))
		frame_drop(row, false);
	span_enter_ops(row, span);
	label = span_label(row);
	row->key = key;
	span_open(row, id, span, label, ctx->sp);
}

/* An event is counted where it happens, and has no end. */
static __noinline void event_count(struct row *row, u32 id, struct weir_probe *event)
{
	u32 depth = row->depth, parent = WEIR_NODE_ROOT, node;
	struct weir_shard *shard;
	bool folded;

	if (depth && depth <= WEIR_DEPTH_MAX)
		parent = frame_at(row, depth - 1)->node;
	node = node_get(parent, id, 0, &folded);
	shard = node_shard(node);
	if (!shard)
		return;
	add(shard->calls, 1);
	add(shard->untimed, 1);
	if (!event->enter_ops)
		return;
	if (event->flags & WEIR_PROBE_CHARGES)
		node = expr_charged(event, node);
	row->since_probe = id;
	expr_run(row, event, 0, event->enter_ops, 0, node);
}

/* One site's part in a hit of its place. */
static __always_inline void span_hit(struct pt_regs *ctx, struct row *row, struct weir_probe *site)
{
	u32 id = site->span, above;
	struct weir_probe *span = bpf_map_lookup_elem(&probes, &id);
	u64 now_ns;

	if (!span || !(site->flags & WEIR_PROBE_ACTIVE))
		return;
	if (site->flags & WEIR_PROBE_OPERANDS)
		span_take_operands(ctx, row, site);
	if (!span_guard(row, &site->guard))
		return;
	if (site->enter_ops && !span_holds(row, site))
		return;
	if (site->flags & WEIR_PROBE_COUNTS) {
		event_count(row, id, span);
		return;
	}
	if (site->flags & WEIR_PROBE_BEGINS) {
		if (span->flags & WEIR_PROBE_KEYED)
			span_begin_keyed(ctx, row, site, id, span);
		else
			span_begin(ctx, row, site, id, span);
		return;
	}
	now_ns = bpf_ktime_get_ns();
	if (span->flags & WEIR_PROBE_KEYED) {
		span_end_keyed(row, id, span, now_ns);
		return;
	}
	above = span_find(row, id);
	if (above)
		span_end(row, span, above, now_ns);
}

CHAIN(weir_span_chain);

/* The sites of all spans that begin or end here, in their order in the profile. */
SEC("uprobe")
int weir_span(struct pt_regs *ctx)
{
	struct weir_probe *site = span_site(ctx);
	struct row *row;

	STACK_OF_ITS_OWN(ctx, weir_span_chain);
	if (!site)
		return 0;
	row = row_current(ctx->sp, 0);
	if (row)
		row = row_recheck(row, ctx->sp, 0);
	if (!row || row->depth > WEIR_DEPTH_MAX)
		return 0;
	resources_look(row);
	if (row->depth && frame_at(row, row->depth - 1)->sp < ctx->sp)
		frame_drop_below(row, ctx->sp, false);
	if (is_keyed_on_top(row))
		span_forget_ended(row);
	wait_place(row, site, ctx->ip);
	if (!(site->flags & WEIR_PROBE_OPERANDS)) /* which those of a place have or have not */
		expr_take_arguments(row, ctx, site);
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < WEIR_CHAIN_MAX; i++) {
		u32 next;

		span_hit(ctx, row, site);
		next = site->next;
		site = next ? bpf_map_lookup_elem(&probes, &next) : NULL;
		if (!site)
			break;
	}
	return 0;
}
