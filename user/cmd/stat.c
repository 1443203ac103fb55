/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir stat: one summary, for people or as JSON. */
#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "cmd/commands.h"
#include "cmd/watching.h"
#include "out/json.h"
#include "out/text.h"
#include "session/session.h"

struct stat_options {
	struct session_options session;
	struct alert_options alerts;
	bool json;
};

static const struct option_spec options[] = {
	SESSION_OPTIONS(struct stat_options, session),
	MEMORY_OPTIONS(struct stat_options, session),
	{ 'd', "duration", OPTION_DURATION, offsetof(struct stat_options, session.duration_ns), "SECONDS",
	  "stop after this time (10, 250ms, 2m); without it: when the target ends, or at SIGINT or SIGTERM" },
	{ 0, "json", OPTION_FLAG, offsetof(struct stat_options, json), NULL, "print JSON, as weir snapshot does" },
	SLOW_OPTIONS(struct stat_options, session.slow),
	ALERT_OPTIONS(struct stat_options, alerts),
	{ 0 },
};

const struct command_spec cmd_stat_spec = {
	.name = "stat",
	.synopsis = "TARGET [WHAT] [-d SECONDS] [--json]",
	.summary = "measure, then print one summary: queries, the flow tree, operators",
	.options = options,
	.details = SESSION_HELP,
	.takes_command = true,
};

static int report(struct session *session, bool json)
{
	struct text_style style = text_style_for(stdout);
	struct output out;
	struct snapshot *snapshot = NULL;
	int err = session_snapshot(session, &snapshot);

	if (err)
		return err;
	output_open(NULL, &out);
	err = json ? json_write(snapshot, false, stdout) : text_write(snapshot, &style, stdout);
	if (err)
		output_complain(&out, err);
	snapshot_free(&snapshot);
	return err;
}

static int measure(struct stat_options *o, char **command)
{
	_cleanup_(session_free) struct session *session = NULL;
	_cleanup_(alert_watch_free) struct alert_watch *watch = NULL;
	int err;

	o->session.interval_ns = alert_options_ask(&o->alerts) ? ALERT_INTERVAL_NS : ALERT_DEFAULT_INTERVAL_NS;
	err = session_open(&o->session, command, &session);
	err = err ?: watching_open_beside(&o->alerts, session, o->session.duration_ns, &watch);
	err = err ?: session_start(session);
	err = err ?: session_run(session, watch ? watching_tick : NULL, watch);
	err = err ?: watching_tick(watch, session);
	err = err ?: report(session, o->json);
	return watching_exit_code(watch, session, err);
}

int cmd_stat(int argc, char **argv)
{
	struct stat_options o = { 0 };
	struct option_rest rest;
	int err = options_parse(&cmd_stat_spec, argc, argv, &o, &rest);
	int code = err > 0 ? EXIT_OK : err ? exit_code_of(err) : measure(&o, rest.command);

	session_options_free(&o.session);
	alert_options_free(&o.alerts);
	return code;
}

int exit_code_of(int err)
{
	return !err ? EXIT_OK : err == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}
