/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a Go runtime keeps what a tracer needs of a goroutine. By version: stripped programs do not say. */
#ifndef WEIR_GO_RUNTIME_H
#define WEIR_GO_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

/* Offsets into struct runtime.g, bytes. */
struct go_layout {
	bool g_in_r14;       /* r14 holds the g, arguments come in registers (ABIInternal); else it is at fs:-8 */
	uint16_t stack_low;  /* 8 bytes each: the bounds of the goroutine's stack */
	uint16_t stack_high;
	uint16_t stack_guard; /* stackguard0, what the check at a function's beginning compares with */
	uint16_t m;          /* pointer to the thread's runtime.m */
	uint16_t status;     /* atomicstatus, 4 bytes */
	uint16_t goid;       /* 8 bytes */
};

/*
 * For a version as module_go_version() gives it, "1.24.4" or "1.25rc1". Returns 0, or -ENOENT where the version is
 * none of those that were looked at: a guess would mix up goroutines.
 */
int go_layout_find(const char *version, struct go_layout *ret_layout);

#endif
