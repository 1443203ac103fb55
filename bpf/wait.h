/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a thread is blocked for, where its engine says so: a number that it keeps in its memory (struct weir_wait_source), read as the thread
 * leaves the CPU with calls open. The time until it is back is counted by that number, on the innermost call.
 */
#ifndef WEIR_BPF_WAIT_H
#define WEIR_BPF_WAIT_H

#include "maps.h"

/* A probe of the thread's module is hit: from now on it is known where the process keeps the number. */
static __always_inline void wait_place(struct row *row, struct weir_probe *probe, u64 ip)
{
	u64 address = probe->wait.address;

	if (likely(!address))
		return;
	row->wait = probe->wait;
	row->wait.address = ip - probe->address + address;
}

/* Nothing in it can wait for a page that is not there: such a read fails. */
static __always_inline bool wait_read(const struct weir_wait_source *wait, u32 *ret_code)
{
	u64 address = wait->address;
	u32 size = ((wait->bytes - 1) & 3) + 1; /* which the verifier sees to be 1 to 4 */

	for (u32 i = 0; i < WEIR_WAIT_HOPS; i++) {
		if (i >= wait->hops)
			break;
		if (bpf_probe_read_user(&address, sizeof(address), (void *)address))
			return false;
		address += (s64)wait->offset[i];
	}
	*ret_code = 0;
	return !bpf_probe_read_user(ret_code, size, (void *)address);
}

/* The current thread goes off the CPU. */
static __always_inline void wait_look(struct row *row)
{
	u32 code = 0;

	row->wait_unreadable = !wait_read(&row->wait, &code);
	row->wait_code = code;
	if (row->wait_unreadable)
		lose(WEIR_LOSS_READ_FAULT, 1);
}

static __always_inline void wait_add(struct weir_waited *waited, u64 blocked_ns)
{
	add(waited->count, 1);
	add(waited->blocked_ns, blocked_ns);
}

static __noinline int wait_count(struct weir_wait_key *key, u64 blocked_ns)
{
	struct weir_waited *waited, first = { .count = 1, .blocked_ns = blocked_ns };

	if (!key)
		return 0;
	waited = bpf_map_lookup_elem(&waits, key);
	if (!waited) {
		if (!bpf_map_update_elem(&waits, key, &first, BPF_NOEXIST))
			return 0;
		waited = bpf_map_lookup_elem(&waits, key);
	}
	if (waited)
		wait_add(waited, blocked_ns);
	else
		lose(WEIR_LOSS_WAIT_TABLE, 1);
	return 0;
}

/* The same for one query by itself. */
static __noinline int wait_count_query(struct row *row, u32 i, u64 blocked_ns)
{
	struct weir_query *q = &row->query[i & (WEIR_QUERY_NEST - 1)];

	q->wait_probe = row->wait.probe;
	for (u32 k = 0; k < WEIR_QUERY_WAITS && !row->wait_unreadable; k++) {
		struct weir_query_wait *w = &q->waits[k];

		if (w->count && w->code != row->wait_code)
			continue;
		w->code = row->wait_code;
		w->count++;
		w->blocked_ns += blocked_ns;
		return 0;
	}
	q->other_wait_ns += blocked_ns;
	return 0;
}

/* The innermost call was blocked, for what was read as the thread went off the CPU. */
static __noinline __attribute__((unused)) int wait_charge(struct row *row, u64 blocked_ns)
{
	struct weir_wait_key key = { .code = row->wait_code, .probe = row->wait.probe, .unreadable = row->wait_unreadable };
	u32 depth = row->depth;

	if (!depth || depth > WEIR_DEPTH_MAX)
		return 0;
	key.node = row->frames[(depth - 1) & (WEIR_DEPTH_MAX - 1)].node;
	wait_count(&key, blocked_ns);
	for (u32 i = 0; follows_queries && i < WEIR_QUERY_NEST && i < row->queries; i++)
		wait_count_query(row, i, blocked_ns);
	return 0;
}

#endif
