/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir top: the live view. */
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/commands.h"
#include "cmd/watching.h"
#include "session/session.h"
#include "top/held.h"
#include "top/top.h"

struct top_command_options {
	struct session_options session;
	struct top_options top;
	struct alert_options alerts;
};

static const struct option_spec options[] = {
	SESSION_OPTIONS(struct top_command_options, session),
	{ 'd', "duration", OPTION_DURATION, offsetof(struct top_command_options, top.duration_ns), "SECONDS",
	  "stop after this time (10, 250ms, 2m); without it: when you quit, or at SIGINT or SIGTERM" },
	{ 'i', "interval", OPTION_DURATION, offsetof(struct top_command_options, top.interval_ns), "SECONDS",
	  "refresh at this interval; without it: each second" },
	{ 0, "view", OPTION_STRING, offsetof(struct top_command_options, top.view), "VIEW",
	  "begin with this view: tree (the default), operators, queries, memory, errors or processes" },
	{ 0, "sort", OPTION_STRING, offsetof(struct top_command_options, top.sort), "COLUMN",
	  "sort that view by the column with this heading, as p95" },
	{ 0, "filter", OPTION_STRING, offsetof(struct top_command_options, top.filter), "TEXT",
	  "only rows with this text in their function, label or module" },
	{ 0, "once", OPTION_FLAG, offsetof(struct top_command_options, top.once), NULL,
	  "measure for one interval and print it as text" },
	SLOW_OPTIONS(struct top_command_options, session.slow),
	ALERT_OPTIONS(struct top_command_options, alerts),
	{ 0 },
};

const struct command_spec cmd_top_spec = {
	.name = "top",
	.synopsis = "TARGET [WHAT] [-i SECONDS] [--view VIEW] [--once]",
	.summary = "watch queries and operators live",
	.options = options,
	.details = SESSION_HELP " In a terminal the key ? shows all keys and columns; into a pipe or a file text is written after each interval.",
	.takes_command = true,
};

/* What a launched command would write over the screen, and the keys that it would take away. */
struct command_streams {
	struct held output, errors;
	int input; /* the real one; -1: it was not taken */
};

static int streams_take(struct command_streams *streams)
{
	_cleanup_close_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int err = held_start(STDOUT_FILENO, &streams->output);

	err = err ?: held_start(STDERR_FILENO, &streams->errors);
	streams->input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (null >= 0 && streams->input >= 0)
		dup2(null, STDIN_FILENO);
	return err;
}

static void streams_give_back(struct command_streams *streams)
{
	held_release(&streams->output);
	held_release(&streams->errors);
	if (streams->input >= 0)
		dup2(streams->input, STDIN_FILENO);
	cleanup_close(&streams->input);
	streams->input = -1;
}

static int measure(struct top_command_options *o, char **command)
{
	_cleanup_(session_free) struct session *session = NULL;
	_cleanup_(alert_watch_free) struct alert_watch *watch = NULL;
	_cleanup_(top_free) struct top *top = NULL;
	struct command_streams streams = { HELD_NONE, HELD_NONE, -1 };
	int err = top_new(&o->top, &top), code;

	if (!err && command && top_is_live(top))
		err = streams_take(&streams);
	err = err ?: session_open(&o->session, command, &session);
	streams_give_back(&streams);
	err = err ?: watching_open_beside(&o->alerts, session, o->top.once ? 1 : o->top.duration_ns, &watch);
	err = err ?: session_start(session);
	err = err ?: top_run(top, session, watch);
	code = watching_exit_code(watch, session, err);
	held_end(&streams.output);
	held_end(&streams.errors);
	return code;
}

int cmd_top(int argc, char **argv)
{
	struct top_command_options o = { 0 };
	struct option_rest rest;
	int err = options_parse(&cmd_top_spec, argc, argv, &o, &rest);
	int code = err > 0 ? EXIT_OK : err ? exit_code_of(err) : measure(&o, rest.command);

	session_options_free(&o.session);
	alert_options_free(&o.alerts);
	return code;
}
