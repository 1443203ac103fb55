/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry site of a Go function. Nearly all of them begin by comparing the stack pointer with a guard: the jump that is taken when the
 * stack is too small is emulated by the kernel, and all registers that hold arguments are intact there. Pure functions of bytes.
 */
#ifndef WEIR_GO_ENTRY_H
#define WEIR_GO_ENTRY_H

#include "sites/site.h"

struct go_entry {
	struct entry_site site;
	/*
	 * The site is the jbe of the stack check. Where it is taken (carry or zero flag set), the function will start over, with a larger
	 * stack or when the goroutine runs again: such a hit is no call yet.
	 */
	bool stack_check;
};

/*
 * Choose it: the jbe of the stack check, else what site_choose_entry() says, where the g in r14 stays as it is too. Forms of the check
 * (Go, src/cmd/internal/obj/x86/obj6.go, stacksplit), by the size of the frame; g is r14, in assembly any register; 0x18 for functions that
 * run on the system stack:
 *     cmp rsp, [g+0x10]; jbe
 *     lea r12, [rsp-N]; cmp r12, [g+0x10]; jbe
 *     mov r12, rsp; sub r12, N; jb; cmp r12, [g+0x10]; jbe
 * `needed_args`: SITE_ARG1 is the first integer argument of Go's ABIInternal (rax, rbx, rcx, rdi, rsi, r8).
 * Returns 0, or -EINVAL where no site can be had.
 */
int site_choose_go_entry(const uint8_t *code, size_t size, bool complete, uint64_t address, uint32_t needed_args,
			 struct go_entry *ret_entry);

#endif
