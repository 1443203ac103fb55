/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Callers: a call is left at the return site of its caller, so the site must be known. Unknown return addresses go to user
 * space, once each; until the site is attached, the function's own ret tells.
 */
#ifndef WEIR_BPF_CALLER_H
#define WEIR_BPF_CALLER_H

#include "maps.h"

static __always_inline u64 *caller_cached(u64 address)
{
	u32 slot = (u32)((address * 0x9e3779b97f4a7c15ULL) >> 40) & (CALLER_CACHE - 1);

	return bpf_map_lookup_elem(&caller_cache, &slot);
}

static __always_inline bool caller_tell(u64 address, u32 layout, u32 probe)
{
	struct weir_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return false;
	__builtin_memset(event, 0, sizeof(*event));
	event->type = WEIR_EVENT_CALLER;
	event->tgid = process_of(bpf_get_current_task_btf());
	event->address = address;
	event->layout = layout;
	event->probe = probe;
	bpf_ringbuf_submit(event, 0);
	return true;
}

/* One return address serves many functions, where the call is indirect: each of them must be told of, once. */
static __noinline void caller_siteless(u64 address, u32 layout, u32 id)
{
	struct weir_probe *probe = bpf_map_lookup_elem(&probes, &id);

	if (!probe || probe->flags & WEIR_PROBE_SITELESS)
		return;
	if (caller_tell(address, layout, id))
		__sync_fetch_and_or(&probe->flags, WEIR_PROBE_SITELESS);
}

/* Not in the cache: is the caller covered? Tells user space of one seen for the first time. */
static __noinline bool caller_look_up(u64 address, u32 layout, u32 probe)
{
	struct weir_caller_key key = { .address = address, .layout = layout };
	u32 *state = bpf_map_lookup_elem(&callers, &key), told = WEIR_CALLER_TOLD;
	u64 *cached;
	long err;

	if (state) {
		if (*(volatile u32 *)state == WEIR_CALLER_SITELESS)
			caller_siteless(address, layout, probe);
		if (*(volatile u32 *)state != WEIR_CALLER_COVERED)
			return false;
		cached = caller_cached(address);
		if (cached)
			*(volatile u64 *)cached = address | (u64)layout << 47;
		return true;
	}
	err = bpf_map_update_elem(&callers, &key, &told, BPF_NOEXIST);
	if (!err && !caller_tell(address, layout, probe))
		bpf_map_delete_elem(&callers, &key); /* no room to tell: the next call tries again */
	else if (err == -7) /* E2BIG */
		lose(WEIR_LOSS_CALLER_TABLE, 1);
	return false;
}

/* Keep the return address of a call about to open at `depth`; the flags tell how it can be seen to leave. */
static __noinline u32 caller_flags(struct row *row, u32 depth, u64 sp, u32 probe, u32 probe_flags)
{
	u32 flags = FRAME_SITES, layout = row->layout;
	u64 address = 0, *cached;

	if (probe_flags & WEIR_PROBE_TAILS)
		flags |= FRAME_TAILS;
	if (bpf_probe_read_user(&address, sizeof(address), (void *)sp)) {
		lose(WEIR_LOSS_READ_FAULT, 1);
		address = 0;
	}
	row->returns[depth & (WEIR_DEPTH_MAX - 1)] = address;
	cached = caller_cached(address);
	if (cached && *(volatile u64 *)cached == (address | (u64)layout << 47))
		return flags;
	if (address && caller_look_up(address, layout, probe))
		return flags;
	return flags | (probe_flags & WEIR_PROBE_RETS ? FRAME_BY_RET : FRAME_NO_LEAVE);
}

#endif
