/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a function of the swapcontext family has just taken the stack pointer of the context that it switches to. Pure functions of
 * bytes.
 *
 * Source: glibc, sysdeps/unix/sysv/linux/x86_64/{swapcontext,setcontext}.S: the context is in rdx, and its stack pointer is loaded
 * from where ucontext_t has it.
 */
#ifndef WEIR_SWITCH_SITE_H
#define WEIR_SWITCH_SITE_H

#include <stddef.h>
#include <stdint.h>

enum { SWITCH_SITES_MAX = 4 };

/*
 * Find the cheapest site behind each `mov rsp, [rdx + offset of the stack pointer]`, in the straight line and before rdx changes.
 * Returns how many there are; their offsets into `ret_offsets` (SWITCH_SITES_MAX entries).
 */
size_t site_find_switches(const uint8_t *code, size_t size, uint32_t *ret_offsets);

#endif
