/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocations: breakpoints on an allocator's functions. With sizes alone only their entries; to follow what becomes of an allocation also
 * their returns, which tell the address, and frees.
 *
 * Allocators call their own functions: realloc malloc, posix_memalign malloc. The outermost call counts: it is what the program asked for. Where a function
 * is known to call another one, or allocations are followed, its return is probed, and what lies below its stack pointer before that is
 * part of it. A call whose return never comes (a longjmp out of a signal handler) is over when another one stands above it.
 *
 * A return probe on operator new would end the process when bad_alloc passes: where it allocates itself, its ret instructions are probed.
 */
#include "maps.h"
#include "thread.h"
#include "frame.h"
#include "stack.h"
#include "memory.h"
#include "emulate.h"

/* What the target holds of all that is followed, the most it held, and frees of what was not. */
__u64 live_bytes = 0;
__u64 live_bytes_peak = 0;
__u64 unknown_frees = 0;

/* Is an allocation under way that a call at `sp` is part of? */
static __always_inline bool alloc_is_inner(struct row *row, u64 sp)
{
	if (likely(!row->alloc_sp))
		return false;
	if (sp <= row->alloc_sp)
		return true;
	row->alloc_sp = 0;
	return false;
}

static __always_inline void alloc_count(u32 node, u64 bytes)
{
	alloc_add(memory_allocs(node), bytes);
}

/* ---- what is held */

/* An allocation is gone, wherever that happened: its node's. */
static __noinline void alloc_end(struct weir_allocation *allocation)
{
	u32 node = allocation->node;
	u64 bytes = allocation->bytes;
	struct weir_held *h = bpf_map_lookup_elem(&held, &node);

	if (!h)
		return;
	add(h->live, -1ULL);
	add(h->live_bytes, -bytes);
	add(h->frees, 1);
	add(h->freed_bytes, bytes);
	add(live_bytes, -bytes);
}

/* Follow an allocation. One of the same address, whose free was not seen, is over. */
static __noinline void alloc_hold(u64 address, u64 bytes, u32 node, u32 tgid)
{
	struct weir_allocation_key key = { .address = address, .tgid = tgid };
	struct weir_allocation allocation = { .bytes = bytes, .node = node, .since_ns = bpf_ktime_get_ns() }, *before;
	struct weir_held *h = bpf_map_lookup_elem(&held, &node);
	u64 now;

	before = bpf_map_lookup_elem(&allocations, &key);
	if (before)
		alloc_end(before);
	if (!h || bpf_map_update_elem(&allocations, &key, &allocation, BPF_ANY)) {
		lose(WEIR_LOSS_NOT_FOLLOWED, 1);
		return;
	}
	add(h->live, 1);
	now = add(h->live_bytes, bytes) + bytes;
	if (now > h->live_bytes_peak)
		extreme_raise(&h->live_bytes_peak, now);
	now = add(live_bytes, bytes) + bytes;
	if (now > live_bytes_peak)
		extreme_raise(&live_bytes_peak, now);
}

/* Take an allocation off the table; false where it is not there. */
static __noinline bool alloc_take(u64 address, u32 tgid, struct weir_allocation *taken)
{
	struct weir_allocation_key key = { .address = address, .tgid = tgid };
	struct weir_allocation *found = bpf_map_lookup_elem(&allocations, &key);

	if (!taken)
		return false;
	if (found) {
		*taken = *found;
		if (!bpf_map_delete_elem(&allocations, &key))
			return true;
	}
	add(unknown_frees, 1);
	return false;
}

/* ---- hits */

static __always_inline u64 alloc_bytes(struct pt_regs *ctx, u32 kind)
{
	switch (kind) {
	case WEIR_ALLOC_PRODUCT: return ctx->di * ctx->si;
	case WEIR_ALLOC_AGAIN: return ctx->si;
	case WEIR_ALLOC_AGAIN_PRODUCT: return ctx->si * ctx->dx;
	case WEIR_ALLOC_SIZE2: return ctx->si;
	case WEIR_ALLOC_OUT: return ctx->dx;
	}
	return ctx->di;
}

/* The row of the stack, without the frames that a call at `sp` proves dead. */
static __always_inline struct row *alloc_row(u64 sp)
{
	struct row *row = row_current(sp, 0);
	u32 depth = row ? row->depth : 0;

	if (!depth || depth > WEIR_DEPTH_MAX || likely(frame_at(row, depth - 1)->sp >= sp))
		return row;
	row = row_recheck(row, sp, 0);
	if (row)
		frame_drop_below(row, sp, false);
	return row;
}

/*
 * Operator new, whose rets are probed. One that does not come to any was left by bad_alloc, and is none; or, where not all of its rets are known,
 * may have returned: it counts at once then, and is not followed.
 */
static __noinline void new_begins(struct row *row, u64 sp, u64 bytes, bool all_rets)
{
	if (row->new_sp && row->new_counted)
		lose(WEIR_LOSS_NOT_FOLLOWED, 1);
	row->new_sp = sp;
	row->new_bytes = bytes;
	row->new_counted = !all_rets;
	if (!all_rets)
		alloc_count(memory_node(row), bytes);
}

static __noinline void new_ends(struct row *row, u64 address, u32 tgid)
{
	u32 node = memory_node(row);

	row->new_sp = 0;
	if (!address)
		return;
	if (!row->new_counted)
		alloc_count(node, row->new_bytes);
	alloc_hold(address, row->new_bytes, node, tgid);
}

CHAIN(weir_alloc_chain);

SEC("uprobe")
int weir_alloc(struct pt_regs *ctx)
{
	u64 cookie = bpf_get_attach_cookie(ctx), sp = ctx->sp, bytes;
	u32 kind = WEIR_ALLOC_KIND(cookie);
	struct row *row;

	STACK_OF_ITS_OWN(ctx, weir_alloc_chain);
	if (unlikely(frozen))
		return 0;
	hit_count();
	row = alloc_row(sp);
	if (!row || alloc_is_inner(row, sp))
		return 0;
	bytes = alloc_bytes(ctx, kind);
	if (cookie & WEIR_ALLOC_RETS) {
		new_begins(row, sp, bytes, cookie & WEIR_ALLOC_ALL_RETS);
		return 0;
	}
	if (memory_mode != WEIR_MEMORY_LIVE || !(cookie & WEIR_ALLOC_RETURNS)) {
		alloc_count(memory_node(row), bytes);
		if (memory_mode == WEIR_MEMORY_LIVE)
			lose(WEIR_LOSS_NOT_FOLLOWED, 1);
		if (!(cookie & WEIR_ALLOC_RETURNS))
			return 0;
	}
	if (BPF_CORE_READ(bpf_get_current_task_btf(), utask, depth) >= RETURN_PROBES_MAX) {
		lose(WEIR_LOSS_NOT_FOLLOWED, 1); /* its return will not be seen */
		if (memory_mode == WEIR_MEMORY_LIVE)
			alloc_count(memory_node(row), bytes);
		return 0;
	}
	row->alloc_sp = sp;
	row->alloc_kind = kind;
	row->alloc_bytes = bytes;
	row->alloc_out = ctx->di;
	row->replaced.since_ns = 0;
	/* Now, not at the return: by then another thread can have been given the address. */
	if (memory_mode == WEIR_MEMORY_LIVE && (kind == WEIR_ALLOC_AGAIN || kind == WEIR_ALLOC_AGAIN_PRODUCT) && ctx->di &&
	    !alloc_take(ctx->di, process_of(bpf_get_current_task_btf()), &row->replaced))
		row->replaced.since_ns = 0;
	return 0;
}

/* A realloc has ended: what it replaced is gone, unless it failed. */
static __noinline void alloc_replaced(struct row *row, u64 address, u32 tgid)
{
	struct weir_allocation_key key = { .address = row->alloc_out, .tgid = tgid };

	if (!row->replaced.since_ns)
		return;
	if (address || !row->alloc_bytes)
		alloc_end(&row->replaced);
	else if (bpf_map_update_elem(&allocations, &key, &row->replaced, BPF_NOEXIST))
		lose(WEIR_LOSS_NOT_FOLLOWED, 1);
	row->replaced.since_ns = 0;
}

CHAIN(weir_alloc_return_chain);

SEC("uretprobe")
int weir_alloc_return(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 sp = ctx->sp - 8, address = ctx->ax;
	struct row *row = row_of(task);
	u32 node, tgid;

	STACK_OF_ITS_OWN(ctx, weir_alloc_return_chain);
	if (unlikely(frozen))
		return 0;
	hit_count();
	if (!row || row->alloc_sp != sp)
		return 0;
	row->alloc_sp = 0;
	if (memory_mode != WEIR_MEMORY_LIVE)
		return 0;
	tgid = process_of(task);
	if (row->alloc_kind == WEIR_ALLOC_OUT) {
		if ((u32)address || bpf_probe_read_user(&address, sizeof(address), (void *)row->alloc_out))
			address = 0;
	}
	alloc_replaced(row, address, tgid);
	if (!address)
		return 0;
	node = memory_node(row);
	alloc_count(node, row->alloc_bytes);
	alloc_hold(address, row->alloc_bytes, node, tgid);
	return 0;
}

CHAIN(weir_new_ret_chain);

/* A ret by which operator new can end; others end by it as well. */
SEC("uprobe")
int weir_new_ret(struct pt_regs *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 cookie = bpf_get_attach_cookie(ctx), sp = site_sp(ctx, cookie), address = ctx->ax;
	struct row *row = row_of(task);

	STACK_OF_ITS_OWN(ctx, weir_new_ret_chain);
	if (!frozen) {
		hit_count();
		if (row && row->new_sp == sp)
			new_ends(row, address, process_of(task));
	}
	site_done(ctx, cookie);
	return 0;
}

CHAIN(weir_free_chain);

SEC("uprobe")
int weir_free(struct pt_regs *ctx)
{
	u64 sp = ctx->sp, address = ctx->di;
	struct weir_allocation taken;
	struct row *row;

	STACK_OF_ITS_OWN(ctx, weir_free_chain);
	if (unlikely(frozen))
		return 0;
	hit_count();
	if (!address)
		return 0;
	row = row_current(sp, 0);
	if (!row || alloc_is_inner(row, sp))
		return 0;
	if (alloc_take(address, process_of(bpf_get_current_task_btf()), &taken))
		alloc_end(&taken);
	return 0;
}
