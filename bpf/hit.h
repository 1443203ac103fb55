/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a hit does once the row is known, whatever the frames are kept by: a thread or a goroutine. */
#ifndef WEIR_BPF_HIT_H
#define WEIR_BPF_HIT_H

#include "maps.h"
#include "frame.h"
#include "expr.h"
#include "memory.h"
#include "weir/emulate.h"

static __always_inline struct weir_probe *probe_of(u64 cookie, u32 *ret_id)
{
	u32 id = WEIR_COOKIE_OWN(cookie);
	struct weir_probe *probe = bpf_map_lookup_elem(&probes, &id);

	*ret_id = id;
	return likely(probe && probe->flags & WEIR_PROBE_ACTIVE) ? probe : NULL;
}

/*
 * The label's value and the saved values of a call. Its own function, for the expression machine spills what the plain
 * path keeps in registers.
 */
static __noinline void enter_ops(struct pt_regs *ctx, struct row *row, struct weir_probe *probe)
{
	saved_at(row, row->depth)->unknown = 0;
	expr_take_arguments(row, ctx, probe);
	expr_run(row, probe, 0, probe->enter_ops, row->depth, EXPR_NO_NODE);
}

static __always_inline u32 enter_label(struct row *row)
{
	u64 value = row->label_value;

	switch (row->label_op) {
	case WEIR_OP_LABEL_NUMBER:
		return label_intern(row, value, value, WEIR_LABEL_NUMBER);
	case WEIR_OP_LABEL_STRING:
		return label_text(row, value);
	case WEIR_OP_LABEL_QUERY:
		return label_query(row, value);
	}
	return 0;
}

static __noinline void count_ops(struct pt_regs *ctx, struct row *row, struct weir_probe *probe, u32 node)
{
	if (probe->flags & WEIR_PROBE_CHARGES)
		node = expr_charged(probe, node);
	expr_take_arguments(row, ctx, probe);
	expr_run(row, probe, 0, probe->enter_ops, 0, node);
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
		count_ops(ctx, row, probe, node);
}

/* An allocator of the engine's own was asked for memory, by the innermost open call. */
static __noinline void enter_request(struct pt_regs *ctx, struct row *row, struct weir_probe *probe, u32 node)
{
	hit_count();
	expr_take_arguments(row, ctx, probe);
	expr_run(row, probe, 0, probe->enter_ops, 0, EXPR_NO_NODE);
	if (row->when)
		alloc_add(memory_requests(node), row->request_bytes);
}

/*
 * A call whose leave will not be seen is no frame either: it would stay open, and what its caller calls next would look like its
 * child.
 */
static __noinline void count_untimed(u32 node)
{
	struct weir_shard *shard = node_shard(node);

	if (!shard)
		return;
	add(shard->calls, 1);
	add(shard->untimed, 1);
}

static __noinline void leave_ops(struct row *row, u64 value, bool has_value)
{
	u32 i = row->depth - 1, id = frame_at(row, i)->probe, node = frame_at(row, i)->node;
	struct weir_probe *probe = bpf_map_lookup_elem(&probes, &id);

	row->registers[0] = value;
	row->no_return_value = !has_value;
	if (!probe)
		return;
	if (probe->flags & WEIR_PROBE_CHARGES)
		node = expr_charged(probe, node);
	expr_run(row, probe, probe->enter_ops, probe->leave_ops, i, node);
}

struct leave_loop {
	struct row *row;
	u64 sp, now_ns, value;
	bool has_value;
};

static long leave_next(u32 i, struct leave_loop *loop)
{
	struct row *row = loop->row;
	u32 depth = row->depth;
	struct weir_shard *shard;
	struct frame *f;

	(void)i;
	if (!depth || depth > WEIR_DEPTH_MAX)
		return 1;
	f = frame_at(row, depth - 1);
	if (f->sp != loop->sp || !(f->flags & FRAME_SITES))
		return 1;
	shard = node_shard(f->node);
	if (!shard)
		return 1;
	if (f->flags & FRAME_LEAVE_OPS)
		leave_ops(row, loop->value, loop->has_value);
	frame_complete(row, f, shard, loop->now_ns);
	return 0;
}

/*
 * Complete the innermost frame and those that it was tail-called from: they have its stack pointer, and one return
 * ends them all.
 */
static __always_inline void leave_all(struct pt_regs *ctx, struct row *row, u64 sp, u64 now_ns, bool has_value)
{
	struct leave_loop loop = { .row = row, .sp = sp, .now_ns = now_ns, .value = ctx->ax, .has_value = has_value };

	bpf_loop(WEIR_DEPTH_MAX, leave_next, &loop, 0);
}

#endif
