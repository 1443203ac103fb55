/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this kernel and this user can do. Features are tried or looked up in the kernel's own type information;
 * versions are never compared.
 */
#ifndef WEIR_FEATURES_H
#define WEIR_FEATURES_H

#include <stdbool.h>

struct features {
	bool btf;                /* /sys/kernel/btf/vmlinux can be read: CO-RE and typed tracepoints work */
	bool bpf;                /* this user may load tracing programs */
	bool uprobe_multi;       /* one link for many sites (6.6) */
	bool uprobe_pid;         /* such a link can be for one process (6.10) */
	bool storage_look_up;    /* task storage look-ups cannot be refused (6.2: bpf_task_storage_get_recur) */
	bool switch_state;       /* sched_switch hands over the state of the thread (5.18) */
	bool rss_stat;           /* the tracepoint kmem:rss_stat is there */
	bool rss_each;           /* it tells of each change, not of 64 faults at once (6.2) */
	bool map_lock;           /* mmap_lock_released can be watched at little cost */
	bool loop;               /* bpf_loop (5.17) */
	bool register_writes;    /* uprobe programs may write registers, so that weir emulates what would be single-stepped (7.0) */
	unsigned pid_namespace;  /* inode of weir's own; 0: the initial one */
	int bpf_error;           /* errno of the attempt, where !bpf */
};

/*
 * Fills all of *ret_features; what cannot be found out counts as absent. The environment variable WEIR_WITHOUT (a list with commas of
 * uprobe_multi, storage_look_up, switch_state, map_lock, register_writes) takes features away, so that what serves older kernels can be tested on
 * newer ones.
 */
void features_detect(struct features *ret_features);

/*
 * One sentence that says why weir cannot trace here and what to do about it, or NULL if it can.
 * The string is constant.
 */
const char *features_obstacle(const struct features *features);

#endif
