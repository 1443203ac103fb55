/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one query does by itself, beside what its node counts of all: its rows, waits and parts while it runs, told to user space where it was slow
 * (--slow), and its text as it was written (--query-text raw). A query is a call of level query; of those that run inside one another on a stack
 * the outermost WEIR_QUERY_NEST are followed. All of this is left out by the verifier where neither was asked for.
 */
#ifndef WEIR_BPF_QUERY_H
#define WEIR_BPF_QUERY_H

#include "maps.h"

/* A query's text becomes its label's sample: the first one, and each that took longer. Of two at once, one is passed over. */
static __noinline __attribute__((unused)) int sample_keep(u32 label, const char *text, u32 length, u64 duration_ns)
{
	struct weir_sample *sample = bpf_map_lookup_elem(&samples, &label);
	u32 sequence;

	if (!sample || !label || !length || (sample->length && sample->duration_ns >= duration_ns))
		return 0;
	sequence = *(volatile u32 *)&sample->sequence;
	if (sequence & 1 || __sync_val_compare_and_swap(&sample->sequence, sequence, sequence + 1) != sequence)
		return 0;
	bpf_probe_read_kernel(sample->text, sizeof(sample->text), text);
	sample->length = length;
	sample->duration_ns = duration_ns;
	__sync_fetch_and_add(&sample->sequence, 1);
	return 0;
}

#define query_at(row, i) (&(row)->query[(i) & (WEIR_QUERY_NEST - 1)])

/* `f` has just been opened on the row; row->text is still its own where it has a query text. */
static __noinline __attribute__((unused)) int query_begin(struct row *row, struct frame *f)
{
	u32 i = row->queries, length = row->text_length;
	struct weir_query *q = query_at(row, i);

	f->flags |= FRAME_QUERY;
	row->queries = i + 1;
	row->text_length = 0;
	if (i >= WEIR_QUERY_NEST)
		return 0;
	bpf_probe_read_kernel(q, offsetof(struct weir_query, text), NULL); /* clears it: see label_wipe() */
	q->node = f->node;
	if (query_text != WEIR_QUERY_RAW || !length)
		return 0;
	if (length > WEIR_RAW_TEXT) {
		length = WEIR_RAW_TEXT;
		q->flags = WEIR_QUERY_CUT;
	}
	q->text_length = length;
	bpf_probe_read_kernel(q->text, WEIR_RAW_TEXT, row->text);
	return 0;
}

/* Where the query keeps the node's figures; NULL where there is no room. */
static __noinline struct weir_query_part *query_part(struct weir_query *q, u32 node)
{
	for (u32 i = 0; i < WEIR_QUERY_PART_TRIES; i++) {
		struct weir_query_part *part = &q->parts[(node + i) & (WEIR_QUERY_PARTS - 1)];

		if (!part->node)
			part->node = node;
		if (part->node == node)
			return part;
	}
	return NULL;
}

/* What a call counts, for its query alone. */
static __noinline __attribute__((unused)) int query_count(struct row *row, u32 node, u32 code, u64 value)
{
	u32 i = row->queries - 1;
	struct weir_query *q = query_at(row, i);
	struct weir_query_part *part;

	if (i >= WEIR_QUERY_NEST)
		return 0;
	/* What failed below may tell more than the query itself, and tells it first. */
	if (code == WEIR_OP_ERROR && row->error_code)
		q->error_code = row->error_code;
	if (node != q->node) {
		part = code == WEIR_OP_ROWS ? query_part(q, node) : NULL;
		if (part)
			part->rows += value;
		return 0;
	}
	switch (code) {
	case WEIR_OP_ROWS: q->rows += value; return 0;
	case WEIR_OP_BYTES: q->bytes += value; return 0;
	case WEIR_OP_HITS: q->hits += value; return 0;
	case WEIR_OP_MISSES: q->misses += value; return 0;
	case WEIR_OP_ERROR:
		q->errors++;
		return 0;
	}
	return 0;
}

/* A call below a query is complete. */
static __always_inline void query_add_part(struct row *row, struct frame *f, u64 total_ns)
{
	u32 i = row->queries - 1;
	struct weir_query *q = query_at(row, i);
	u64 self_ns = total_ns > f->child_ns ? total_ns - f->child_ns : 0;
	struct weir_query_part *part;

	if (i >= WEIR_QUERY_NEST)
		return;
	part = query_part(q, f->node);
	if (!part) {
		q->other_ns += self_ns;
		return;
	}
	part->calls++;
	part->self_ns += self_ns;
	if (!(f->flags & FRAME_FOLDED))
		part->total_ns += total_ns;
}

/* What frame `i` was charged so far: its own and its closed children's. */
static __always_inline void query_take_charge(struct weir_query *q, struct charge *c, u64 total_ns)
{
	q->blocked_ns = c->blocked_ns < total_ns ? c->blocked_ns : total_ns;
	q->wait_ns = c->wait_ns < total_ns - q->blocked_ns ? c->wait_ns : total_ns - q->blocked_ns;
	q->minor_faults = c->minor_faults;
	q->major_faults = c->major_faults;
	q->read_bytes = c->read_bytes;
	q->write_bytes = c->write_bytes;
}

static __noinline int query_tell(struct weir_query *q, struct charge *c, u64 total_ns, u64 now_ns)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 size = query_text == WEIR_QUERY_RAW ? sizeof(*q) : offsetof(struct weir_query, text);

	query_take_charge(q, c, total_ns);
	q->ended_ns = now_ns;
	q->duration_ns = total_ns;
	q->tgid = process_of(task);
	q->tid = task->pid;
	bpf_get_current_comm(q->comm, sizeof(q->comm));
	if (bpf_ringbuf_output(&slow_queries, q, size, 0))
		lose(WEIR_LOSS_SLOW_QUERIES, 1);
	return 0;
}

/* The query that frame `f`, whose charge is `c`, stands for is over. */
static __always_inline void query_end(struct row *row, struct frame *f, struct charge *c, u64 total_ns, u64 now_ns, u32 flags)
{
	u32 i = row->queries - 1;
	struct weir_query *q = query_at(row, i);
	struct weir_slot *slot;
	u32 node = f->node;

	if (!row->queries)
		return;
	row->queries = i;
	if (i >= WEIR_QUERY_NEST) {
		if (slow_ns && total_ns >= slow_ns)
			lose(WEIR_LOSS_SLOW_QUERIES, 1);
		return;
	}
	q->flags |= flags;
	slot = bpf_map_lookup_elem(&slots, &node);
	if (query_text == WEIR_QUERY_RAW && slot)
		sample_keep(WEIR_KEY_LABEL(slot->key), q->text, q->text_length, total_ns);
	if (slow_ns && total_ns >= slow_ns)
		query_tell(q, c, total_ns, now_ns);
	q->text_length = 0;
}

/* A call is complete: a query, or a part of one. */
static __noinline __attribute__((unused)) int query_complete(struct row *row, struct frame *f, struct charge *c, u64 now_ns)
{
	u64 total_ns = now_ns - f->start_ns;

	if (f->flags & FRAME_QUERY)
		query_end(row, f, c, total_ns, now_ns, 0);
	else if (row->queries)
		query_add_part(row, f, total_ns);
	return 0;
}

/* It ended, and not by returning; if it was not `unwound`, when is not known. */
static __noinline __attribute__((unused)) int query_drop(struct row *row, struct frame *f, struct charge *c, u32 unwound)
{
	u64 now_ns = bpf_ktime_get_ns();

	if (!(f->flags & FRAME_QUERY))
		return 0;
	if (unwound)
		query_end(row, f, c, now_ns - f->start_ns, now_ns, WEIR_QUERY_UNWOUND);
	else if (row->queries)
		row->queries--;
	return 0;
}

#endif
