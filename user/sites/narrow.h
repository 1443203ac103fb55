/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The place behind a function's own test of an argument: who asks only for calls of which that test says yes is not hit by the
 * others there. Pure functions of bytes.
 */
#ifndef WEIR_NARROW_H
#define WEIR_NARROW_H

#include <stddef.h>
#include <stdint.h>

#include "sites/site.h"
#include "weir/wire.h"

/* Places outside of a body that it jumps to: its cold parts, and functions that return for it. */
enum { NARROW_EXITS_MAX = 16 };

struct narrow_exits {
	uint64_t addresses[NARROW_EXITS_MAX]; /* link-time, each once */
	size_t count;
};

/*
 * Find an instruction that the kernel emulates and that a call of the function passes exactly once if `guard` holds at its entry, and not at all
 * if it does not. `code` is the whole body. On the way from the entry there is one conditional jump: it follows from comparing the argument, or a copy of it, with a
 * number, and asks just what the guard asks, or the opposite. Nothing else in the body leads to the place or between it and the entry; that nothing
 * outside does is the caller's to see, in what *ret_exits lead to: no jump may lead into the bytes ret_site->offset and before, except to the first.
 * Registers of `needed_args` are as they were at the entry. The stack pointer is not: the return address is not on top.
 * Returns 0, -ENOENT where there is no such place, or -ENOMEM.
 */
int site_narrow(const uint8_t *code, size_t size, uint64_t address, const struct weir_guard *guard, uint32_t needed_args,
		struct entry_site *ret_site, struct narrow_exits *ret_exits);

/*
 * Does a jump or a call in the `size` bytes at `code`, link-time address `address`, lead to an address from `first` to `last`, both included? Yes
 * also where the bytes are no code or hold a jump that cannot be followed.
 */
bool site_leads_between(const uint8_t *code, size_t size, uint64_t address, uint64_t first, uint64_t last);

#endif
