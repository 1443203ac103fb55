/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands. Each takes its own argv (argv[0] is its name) and returns weir's exit code. */
#ifndef WEIR_COMMANDS_H
#define WEIR_COMMANDS_H

#include "base/options.h"

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_GATE = 3, /* what was to be held (an alert, a comparison) was not */
};

struct command {
	const struct command_spec *spec;
	int (*run)(int argc, char **argv);
};

int cmd_stat(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_alerts(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_profile(int argc, char **argv);
int cmd_doc(int argc, char **argv);

extern const struct command_spec cmd_stat_spec, cmd_snapshot_spec, cmd_list_spec, cmd_doctor_spec, cmd_profile_spec,
	cmd_doc_spec, cmd_top_spec, cmd_watch_spec, cmd_alerts_spec;

/* -EINVAL is wrong usage, anything else that is negative a failure. */
int exit_code_of(int err);

#endif
