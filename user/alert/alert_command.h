/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --on-alert CMD: `sh -c CMD` with a document on its stdin, which is a file in memory: nobody waits for anybody. At most
 * ALERT_COMMANDS_MAX run at once; what comes beyond is skipped and counted.
 */
#ifndef WEIR_ALERT_COMMAND_H
#define WEIR_ALERT_COMMAND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { ALERT_COMMANDS_MAX = 8 };

struct alert_command {
	const char *command; /* borrowed; NULL: none */
	pid_t running[ALERT_COMMANDS_MAX];
	size_t running_count;
	uint64_t started, skipped, failed; /* failed: could not be started, or ended with another status than 0 */
};

/* Never blocks. Returns 0, -EBUSY where it was skipped, or another -errno where it could not be started; all are counted. */
int alert_command_run(struct alert_command *command, const char *document);

/* Take the status of those that have ended. */
void alert_command_reap(struct alert_command *command);

/* The same, waiting up to `patience_ns` for those that still run; what then runs goes on without weir. */
void alert_command_finish(struct alert_command *command, uint64_t patience_ns);

#endif
