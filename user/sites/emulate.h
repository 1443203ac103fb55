/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which instructions weir can perform itself, on kernels that let its programs write registers (include/weir/emulate.h). */
#ifndef WEIR_SITES_EMULATE_H
#define WEIR_SITES_EMULATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The part of an attach cookie that tells how to perform the instruction at `code`, which stands at file offset `offset` (only its place in
 * the page counts); 0 where weir cannot. Pure function of bytes.
 */
uint64_t site_emulation(const uint8_t *code, size_t size, uint64_t offset);

/*
 * The same for an instruction at which return probes may stand, weir's or another tool's: the kernel replaces the return address when all
 * programs have run, and takes the stack pointer for where it is; so nothing that moves the stack pointer.
 */
uint64_t site_entry_emulation(const uint8_t *code, size_t size, uint64_t offset);

#endif
