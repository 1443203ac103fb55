/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel has counted of a whole process in its life, by /proc: for processes of which no function is probed. */
#ifndef WEIR_USAGE_H
#define WEIR_USAGE_H

#include <stdint.h>

struct process_usage {
	uint64_t at_ns;   /* CLOCK_MONOTONIC */
	uint32_t threads; /* now */
	uint64_t cpu_ns;  /* of all threads, ended ones included (in ticks of the kernel's USER_HZ) */
	uint64_t wait_ns; /* of the threads there are now, ready to run and not running: /proc/PID/task/TID/schedstat */
	uint64_t minor_faults, major_faults;
	uint64_t read_bytes, write_bytes; /* of storage */
	uint64_t voluntary_switches, involuntary_switches; /* of the threads there are now */
};

/* Returns 0, -ESRCH where it is gone, or -errno. What cannot be read of it (another user's I/O) is 0. */
int process_usage_read(uint32_t pid, struct process_usage *ret_usage);

#endif
