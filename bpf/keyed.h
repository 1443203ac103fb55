/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyed spans: work that has a name of its own (a connection, a context) and is done by whatever thread. The table `spans` counts
 * them; the thread where one began has a frame of it as well, which takes what happens there, and which is dropped
 * without a trace when the thread goes on to something else. Calls on other threads that tell the key become the span's children.
 */
#ifndef WEIR_BPF_KEYED_H
#define WEIR_BPF_KEYED_H

#include "maps.h"
#include "frame.h"

static __always_inline struct span_key span_key_of(u32 span, u64 key)
{
	struct span_key k = { .key = key, .tgid = process_of(bpf_get_current_task_btf()), .span = span };

	return k;
}

static __noinline struct span_open *span_lookup(u32 span, u64 key)
{
	struct span_key k = span_key_of(span, key);

	return key ? bpf_map_lookup_elem(&spans, &k) : NULL;
}

#define key_at(row, i) ((row)->returns[depth_index(i)])

/* The thread's innermost frame is one of a keyed span that has ended elsewhere, or (`key` not 0) of another span of its kind. */
static __noinline bool span_frame_is_stale(struct row *row, u32 span, u64 key)
{
	u32 depth = row->depth;
	struct span_open *open;
	struct frame *f;

	if (!depth || depth > WEIR_DEPTH_MAX)
		return false;
	f = frame_at(row, depth - 1);
	if (!(f->flags & FRAME_KEYED))
		return false;
	if (key && f->probe == span && key_at(row, depth - 1) != key)
		return true;
	open = span_lookup(f->probe, key_at(row, depth - 1));
	return !open || open->start_ns != f->start_ns;
}

static long span_forget_next(u32 i, struct row **row)
{
	(void)i;
	if (!span_frame_is_stale(*row, 0, 0))
		return 1;
	frame_drop(*row, false);
	return 0;
}

/* Frames of spans that have ended on other threads are no parents. */
static __noinline __attribute__((unused)) void span_forget_ended(struct row *row)
{
	bpf_loop(8, span_forget_next, &row, 0);
}

static __always_inline bool is_keyed_on_top(struct row *row)
{
	u32 depth = row->depth;

	return depth && depth <= WEIR_DEPTH_MAX && frame_at(row, depth - 1)->flags & FRAME_KEYED;
}

/* The call belongs to another span than the one that the thread has worked for. True where that span's frame was dropped. */
static __noinline __attribute__((unused)) bool span_leave_behind(struct row *row, struct weir_probe *probe)
{
	if (!is_keyed_on_top(row) || !row->key || !span_frame_is_stale(row, probe->span, row->key))
		return false;
	frame_drop(row, false);
	return true;
}

/* The node of the span that a call belongs to by its key; `parent` where the thread is within one already, or it is not open. */
static __always_inline u32 span_parent(struct row *row, struct weir_probe *probe, u32 parent, u32 *parent_flags)
{
	struct span_open *open;

	if (*parent_flags & FRAME_WITHIN)
		return parent;
	open = span_lookup(probe->span, row->key);
	if (!open)
		return parent;
	*parent_flags |= FRAME_WITHIN;
	return open->node;
}

#endif
