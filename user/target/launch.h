/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Launch a command so that every module can be probed before its first instruction runs: the command is traced
 * (ptrace) from exec until its dynamic linker hands over to the program, and stops whenever code was mapped.
 */
#ifndef WEIR_LAUNCH_H
#define WEIR_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct launch {
	pid_t pid;
	int status;       /* wait status, once it ended */
	uint64_t entry;   /* where the program begins */
	enum {
		LAUNCH_FREE,     /* not traced */
		LAUNCH_STARTING, /* stopped, or on its way to the program's entry */
		LAUNCH_WATCHED,  /* runs; its next exec will stop it */
	} state;
	int ended;
};

/*
 * Start argv[0] (looked up in PATH). Returns 0 with the command stopped at its first instruction, or -errno (logged):
 * -ENOENT, -EACCES ... as exec failed.
 */
int launch_start(char **argv, struct launch *ret_launch);

/*
 * Go on to the next stop. Returns 1: code was mapped, look at the mappings and call again; 0: it has reached its entry and is stopped there, or
 * ended; -errno (logged).
 */
int launch_next(struct launch *launch);

/*
 * Let the program run from its entry. `watch`: an exec of it (a wrapper script's, say) stops it again, which launch_poll
 * tells; else it is not traced any more. Returns 0 or -errno (logged).
 */
int launch_release(struct launch *launch, bool watch);

enum launch_event { LAUNCH_NOTHING, LAUNCH_ENDED, LAUNCH_EXEC };

/* What has happened to it? Never blocks. After LAUNCH_EXEC, look at the mappings and go on with launch_next. */
enum launch_event launch_poll(struct launch *launch);

/* Watch it no longer: it runs on untraced. */
void launch_unwatch(struct launch *launch);

/* The exit code as a shell gives it: of exit(), or 128 + the signal. */
int launch_exit_code(const struct launch *launch);

/* Give up before it runs freely: it is killed. */
void launch_abort(struct launch *launch);

#endif
