/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who calls a function: the direct calls in a module's text, those through the stubs of its procedure linkage table, and those through a
 * slot (call [rip+..], as -fno-plt compiles). Calls through registers and other memory are not seen: virtual ones, callbacks.
 */
#ifndef WEIR_CALL_SCAN_H
#define WEIR_CALL_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module;

/* A function whose callers are wanted. */
struct callee {
	uint64_t address; /* link-time, where it is in the module scanned; 0: it is in another one */
	const char *name; /* its dynamic symbol, for calls from other modules and where it can be preempted; NULL: it has none */
};

struct call {
	size_t callee;           /* index; of several callees that are one, the first */
	uint64_t address;        /* of the instruction, link-time */
	uint64_t return_address; /* of the instruction behind it */
	bool is_jump;            /* a tail call: the callee returns to the caller's caller */
	bool through_slot;       /* by a stub or a slot: the dynamic linker decides whom it reaches */
	uint64_t body_address;   /* of the function that it stands in */
	const uint8_t *body;     /* that function's bytes; they last as long as the visit */
	size_t body_size;
};

struct call_scan {
	size_t calls, jumps;
	size_t unverified; /* places that look like one, in text whose instructions cannot be told apart: not visited */
};

/*
 * Visit, by ascending address, the calls and jumps to the callees in the module's text. Each is a whole instruction: the function
 * around it was decoded from its start on (bounds from .eh_frame, else a symbol's). A jump of a function to its own start is visited
 * too, the jumps of stubs are not. A visit that returns non-zero ends the scan.
 *
 * Loads an executable segment at a time; the time is linear in its size, and in that of the functions that have candidates.
 * Returns 0, what the visit returned, or -errno (logged).
 */
int callers_scan(struct module *module, const struct callee *callees, size_t count,
		 int (*visit)(void *context, const struct call *call), void *context, struct call_scan *ret_scan);

#endif
