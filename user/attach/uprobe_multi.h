/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uprobe_multi links through the bare bpf() call: libbpf 1.1 does not know them. Layout of the attributes and
 * the meaning of the flags: include/uapi/linux/bpf.h, kernel/trace/bpf_trace.c (bpf_uprobe_multi_link_attach).
 */
#ifndef WEIR_UPROBE_MULTI_H
#define WEIR_UPROBE_MULTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_BPF_TRACE_UPROBE_MULTI 48 /* enum bpf_attach_type, stable since 6.6 */

/*
 * Attach program `program_fd` (loaded with that attach type) to `count` sites of the file at `path`: offsets in the file, one
 * cookie each, and (`semaphores`, NULL: none has one) offsets in the file of counters of 16 bits that go up by one in each process while the
 * link lives; 0: none. `returns`: as return probes. For process `pid` alone, or (0) for all that map the file. Returns a link fd that the caller
 * closes, or -errno.
 */
int uprobe_multi_attach(int program_fd, const char *path, const uint64_t *offsets, const uint64_t *cookies,
			const uint64_t *semaphores, size_t count, bool returns, uint32_t pid);

#endif
