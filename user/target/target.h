/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes being measured: those named, their descendants, those that join while weir runs. A process that
 * ended stays in the list. Knows /proc, no kernel map and no probe.
 */
#ifndef WEIR_TARGET_H
#define WEIR_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/usage.h"

struct target_process {
	uint32_t pid;
	bool running;
	bool gone;             /* it was not there at the last look, although nothing told of its end */
	bool scanned;          /* its modules were looked at since it joined or exec'd */
	bool covered;          /* the direct callers in its modules are, as far as these were found */
	uint32_t layout;       /* of its address space (struct weir_caller_key); 0: not known */
	bool joined;           /* began after weir attached: all its CPU time counts */
	uint64_t cpu_start_ns; /* its on-CPU time when it joined */
	uint64_t cpu_end_ns;   /* where it ended */
	uint64_t peak_rss_bytes; /* where it ended; 0: not known */
	struct process_usage usage_start, usage_now; /* read only where no function is probed; at_ns 0: not read */
	char *comm, *exe;      /* owned; "" where not known */
};

struct target {
	struct target_process *processes;
	size_t count, capacity;
};

void target_free(struct target *target);

/*
 * Add `pid` (a thread's id stands for its process) and its descendants. Logs one sentence and returns -ESRCH where there is no such
 * process; 0 also where it is in the list already.
 */
int target_add_tree(struct target *target, uint32_t pid);
/* Add every running process whose executable's file name, or path where `name` holds a '/', is `name`. Returns the number found or -errno. */
long target_add_exe(struct target *target, const char *name);
/* Add descendants that were born since; to be called once children are followed by the kernel side. Returns 0 or -errno. */
int target_add_descendants(struct target *target);

/* A process joined (fork, exec) or runs a new image. */
int target_joined(struct target *target, uint32_t pid);
void target_refresh(struct target_process *process); /* comm and exe */
void target_ended(struct target *target, uint32_t pid, uint64_t cpu_ns, uint64_t peak_rss_bytes);

struct target_process *target_find(struct target *target, uint32_t pid);
size_t target_running(const struct target *target);

/* On-CPU time of all processes since they joined, ns. */
uint64_t target_cpu_ns(const struct target *target);

#endif
