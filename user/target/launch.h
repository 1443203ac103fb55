/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Launch a command so that every module can be probed before its first instruction runs: the command is traced
 * (ptrace) from exec until its dynamic linker hands over to the program, and stops whenever code was mapped.
 */
#ifndef WEIR_LAUNCH_H
#define WEIR_LAUNCH_H

#include <stdint.h>
#include <sys/types.h>

struct launch {
	pid_t pid;
	int status;       /* wait status, once it ended */
	uint64_t entry;   /* where the program begins */
	int traced;       /* still under ptrace */
	int ended;
};

/*
 * Start argv[0] (looked up in PATH). Returns 0 with the command stopped at its first instruction, or -errno (logged):
 * -ENOENT, -EACCES ... as exec failed.
 */
int launch_start(char **argv, struct launch *ret_launch);

/*
 * Go on to the next stop. Returns 1: code was mapped, look at the mappings and call again; 0: the program runs freely from now on
 * (or ended); -errno (logged).
 */
int launch_next(struct launch *launch);

/* Has it ended? Takes its status then. Never blocks. */
int launch_poll(struct launch *launch);

/* The exit code as a shell gives it: of exit(), or 128 + the signal. */
int launch_exit_code(const struct launch *launch);

/* Give up before it runs freely: it is killed. */
void launch_abort(struct launch *launch);

#endif
