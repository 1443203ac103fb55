/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir watch: alerts, and nothing else, until it is stopped. */
#include <errno.h>
#include <stddef.h>

#include "alert/alert_watch.h"
#include "base/cleanup.h"
#include "cmd/commands.h"
#include "cmd/watching.h"
#include "session/session.h"

struct watch_options {
	struct session_options session;
	struct alert_options alerts;
};

static const struct option_spec options[] = {
	SESSION_OPTIONS(struct watch_options, session),
	{ 'd', "duration", OPTION_DURATION, offsetof(struct watch_options, session.duration_ns), "SECONDS",
	  "stop after this time (10, 250ms, 2m); without it: when the target ends, or at SIGINT or SIGTERM" },
	{ 'i', "interval", OPTION_DURATION, offsetof(struct watch_options, session.interval_ns), "SECONDS",
	  "hold the rules against the counters at this interval (1 s)" },
	SLOW_OPTIONS(struct watch_options, session.slow),
	ALERT_OPTIONS(struct watch_options, alerts),
	{ 0 },
};

const struct command_spec cmd_watch_spec = {
	.name = "watch",
	.synopsis = "TARGET [WHAT] [-d SECONDS] [-i SECONDS] [--alerts FILE]",
	.summary = "measure and tell alerts, until it is stopped",
	.options = options,
	.details = SESSION_HELP,
	.takes_command = true,
};

static int measure(struct watch_options *o, char **command)
{
	_cleanup_(session_free) struct session *session = NULL;
	_cleanup_(alert_watch_free) struct alert_watch *watch = NULL;
	int err;

	if (!o->session.interval_ns)
		o->session.interval_ns = ALERT_INTERVAL_NS;
	err = session_open(&o->session, command, &session);
	err = err ?: watching_open(&o->alerts, session, &watch);
	err = err ?: session_start(session);
	err = err ?: session_run(session, watching_tick, watch);
	err = err ?: watching_tick(watch, session);
	return watching_exit_code(watch, session, err);
}

int cmd_watch(int argc, char **argv)
{
	struct watch_options o = { 0 };
	struct option_rest rest;
	int err = options_parse(&cmd_watch_spec, argc, argv, &o, &rest);
	int code = err > 0 ? EXIT_OK : err ? exit_code_of(err) : measure(&o, rest.command);

	session_options_free(&o.session);
	alert_options_free(&o.alerts);
	return code;
}
