/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Goroutines: found by the pointer to their runtime.g, each with a row of its own while calls are open on it. Go copies stacks
 * and moves goroutines between threads, so frames are kept by goroutine, with stack pointers as distances below the upper end of its
 * stack: both stay the same through either.
 *
 * Included by go.bpf.c alone: a row is smaller there (WEIR_GO_DEPTH).
 */
#ifndef WEIR_BPF_GOROUTINE_H
#define WEIR_BPF_GOROUTINE_H

#include "maps.h"
#include "frame.h"

/* A row in use belongs to the goroutine that `owner` of its place in the buckets names; nobody else touches it. */
struct go_row {
	struct row row;
	u64 g;      /* address of its runtime.g */
	u64 id;     /* the goroutine's number: addresses are used again */
	u32 index;  /* of this row */
	u32 thread; /* that runs it; 0: none is known to (go_switch.h) */
	struct seen left; /* what the thread that left it counted then */
};

/*
 * Open-addressed: a goroutine's row is one of 2 x 8, in the two buckets that its key hashes to. The key holds the address of the g in
 * units of 256 bytes (a g is longer) and the process; 0: free. Only the goroutine itself takes a row, and gives it back
 * when its last open call ends; so a claim is one compare-and-swap, and a look-up is no call into the kernel.
 */
struct go_bucket {
	u64 owner[WEIR_GO_BUCKET];
};

struct go_rows_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WEIR_GO_BUCKET);
	__type(key, u32);
	__type(value, struct go_row);
} go_rows SEC(".maps");

struct go_buckets_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct go_bucket);
} go_buckets SEC(".maps");

const volatile __u32 go_bucket_mask = 0;

#define GO_KEY_PROCESS_SHIFT 39 /* user addresses have 47 bits */
#define GO_STACK_HIGH 8 /* of struct runtime.g: stack.hi; stack.lo stands at 0 */

struct goroutine {
	u64 g;  /* address of its runtime.g */
	u64 sp; /* below the upper end of its stack: a number below 0, so that deeper is smaller */
};

/* Does `sp` lie on the stack of what `g` points to? Only then is it the g that runs. */
static __always_inline bool goroutine_holds(u64 g, u64 sp, struct goroutine *ret_goroutine)
{
	u64 bounds[2];

	if (bpf_probe_read_user(bounds, sizeof(bounds), (void *)g) || sp <= bounds[0] || sp >= bounds[1])
		return false;
	ret_goroutine->g = g;
	ret_goroutine->sp = sp - bounds[1];
	return true;
}

/*
 * The goroutine that runs, with its stack pointer at `sp`. r14 holds its g in all code that Go compiled (src/cmd/compile/abi-internal.md);
 * assembly may use r14 for something else, then the thread's own storage tells, where C code has no part in it (fs:-8).
 */
static __noinline bool goroutine_current(struct pt_regs *ctx, u64 sp, struct goroutine *ret_goroutine)
{
	u64 g = 0;

	if (likely(goroutine_holds(ctx->r14, sp, ret_goroutine)))
		return true;
	if (bpf_probe_read_user(&g, sizeof(g), (void *)(bpf_get_current_task_btf()->thread.fsbase - 8)))
		return false;
	return goroutine_holds(g, sp, ret_goroutine);
}

static __always_inline u64 go_key(u64 g)
{
	return (u64)bpf_get_current_task_btf()->tgid << GO_KEY_PROCESS_SHIFT | (g & ((1ULL << 47) - 1)) >> 8;
}

static __always_inline u32 go_bucket_of(u64 key, u32 choice)
{
	return (u32)((key * 0x9e3779b97f4a7c15ULL) >> (choice ? 16 : 40)) & go_bucket_mask;
}

static __always_inline struct go_row *go_row_at(u32 index)
{
	return bpf_map_lookup_elem(&go_rows, &index);
}

/*
 * Places in the table are numbered from 1; 0: none. These are global functions, for the verifier walks those by themselves: else it
 * would walk what follows for each place.
 */

/* Where the goroutine of this key, which has open calls, has its row. */
__noinline int go_find(u64 key)
{
	for (u32 choice = 0; choice < 2; choice++) {
		u32 number = go_bucket_of(key, choice);
		struct go_bucket *bucket = bpf_map_lookup_elem(&go_buckets, &number);

		for (u32 i = 0; bucket && i < WEIR_GO_BUCKET; i++)
			if (*(volatile u64 *)&bucket->owner[i] == key)
				return number * WEIR_GO_BUCKET + i + 1;
	}
	return 0;
}

static __noinline u32 go_claim(u32 number, u64 key)
{
	struct go_bucket *bucket = bpf_map_lookup_elem(&go_buckets, &number);

	for (u32 i = 0; bucket && i < WEIR_GO_BUCKET; i++)
		if (!*(volatile u64 *)&bucket->owner[i] && !__sync_val_compare_and_swap(&bucket->owner[i], 0, key))
			return number * WEIR_GO_BUCKET + i + 1;
	return 0;
}

/* How many places are taken; without a branch for each, whose combinations the verifier would walk. */
static __always_inline u32 go_bucket_load(u32 number)
{
	struct go_bucket *bucket = bpf_map_lookup_elem(&go_buckets, &number);
	u32 load = 0;

	for (u32 i = 0; bucket && i < WEIR_GO_BUCKET; i++) {
		u64 owner = *(volatile u64 *)&bucket->owner[i], top = owner | (0 - owner);

		asm("" : "+r"(top));
		load += top >> 63;
	}
	return load;
}

/* A place for a goroutine that has none, in the emptier of its buckets: so the table gets nearly full before one has no room. */
__noinline int go_take(u64 key)
{
	u32 first = go_bucket_of(key, 0), second = go_bucket_of(key, 1), place;

	if (go_bucket_load(second) < go_bucket_load(first)) {
		first = second;
		second = go_bucket_of(key, 0);
	}
	place = go_claim(first, key);
	return place ? place : go_claim(second, key);
}

/* The row of a goroutine with open calls; NULL where it has none. */
static __always_inline struct go_row *go_row_find(u64 key)
{
	u32 place = go_find(key);

	return place ? go_row_at(place - 1) : NULL;
}

/* A row for a goroutine that has none; NULL where both of its buckets are full. */
static __always_inline struct go_row *go_row_take(u64 key)
{
	u32 place = go_take(key);
	struct go_row *r = place ? go_row_at(place - 1) : NULL;

	if (r) {
		r->index = place - 1;
		r->thread = 0;
		r->row.off_since_ns = 0;
	}
	return r;
}

/* The goroutine has no call open any more: its row is anybody's from here on. */
static __always_inline void go_row_give_back(struct go_row *r)
{
	u32 number = r->index / WEIR_GO_BUCKET, i = r->index & (WEIR_GO_BUCKET - 1);
	struct go_bucket *bucket = bpf_map_lookup_elem(&go_buckets, &number);

	r->thread = 0;
	if (bucket)
		__sync_lock_test_and_set(&bucket->owner[i], 0);
}

#endif
