/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir snapshot: all counters as JSON, once or at an interval. */
#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "cmd/commands.h"
#include "cmd/watching.h"
#include "out/json.h"
#include "session/session.h"

struct snapshot_options {
	struct session_options session;
	struct alert_options alerts;
	const char *output;
};

static const struct option_spec options[] = {
	SESSION_OPTIONS(struct snapshot_options, session),
	MEMORY_OPTIONS(struct snapshot_options, session),
	{ 'd', "duration", OPTION_DURATION, offsetof(struct snapshot_options, session.duration_ns), "SECONDS",
	  "stop after this time (10, 250ms, 2m); without it: when the target ends, or at SIGINT or SIGTERM" },
	{ 'i', "interval", OPTION_DURATION, offsetof(struct snapshot_options, session.interval_ns), "SECONDS",
	  "one document a line (NDJSON) at this interval, and one at the end; counters are cumulative" },
	{ 'o', "output", OPTION_STRING, offsetof(struct snapshot_options, output), "FILE",
	  "write here; a file appears under its name when it is whole" },
	SLOW_OPTIONS(struct snapshot_options, session.slow),
	ALERT_OPTIONS(struct snapshot_options, alerts),
	{ 0 },
};

const struct command_spec cmd_snapshot_spec = {
	.name = "snapshot",
	.synopsis = "TARGET [WHAT] [-d SECONDS] [-i SECONDS] [-o FILE]",
	.summary = "measure, then write all counters as JSON (weir.snapshot/1)",
	.options = options,
	.details = SESSION_HELP,
	.takes_command = true,
};

struct writer {
	struct output out;
	bool lines;
	struct alert_watch *watch; /* NULL: no alerts */
};

/* `is_last`: without -i, the only document; the looks before it are for the alerts. */
static int take(struct writer *writer, struct session *session, bool is_last)
{
	struct snapshot *snapshot = NULL;
	int err = session_snapshot(session, &snapshot);

	if (err)
		return err;
	err = alert_watch_take(writer->watch, snapshot);
	if (!err && (writer->lines || is_last)) {
		err = json_write(snapshot, writer->lines, writer->out.stream);
		if (err)
			output_complain(&writer->out, err);
	}
	snapshot_free(&snapshot);
	return err;
}

static int tick(void *context, struct session *session)
{
	return take(context, session, false);
}

static int measure(struct snapshot_options *o, char **command)
{
	_cleanup_(session_free) struct session *session = NULL;
	_cleanup_(alert_watch_free) struct alert_watch *watch = NULL;
	struct writer writer = { .lines = o->session.interval_ns > 0 };
	bool alerts = alert_options_ask(&o->alerts);
	int err;

	if (alerts && !writer.lines)
		o->session.interval_ns = ALERT_INTERVAL_NS;
	err = session_open(&o->session, command, &session);
	if (!err && alerts)
		err = watching_open(&o->alerts, session, &watch);
	writer.watch = watch;
	/* Before anything is measured: a file that cannot be written is better known now. */
	err = err ?: output_open(o->output, &writer.out);
	if (err)
		return exit_code_of(err);
	err = session_start(session) ?: session_run(session, tick, &writer);
	err = err ?: take(&writer, session, true);
	err = err ?: output_commit(&writer.out);
	output_discard(&writer.out);
	return watching_exit_code(watch, session, err);
}

int cmd_snapshot(int argc, char **argv)
{
	struct snapshot_options o = { 0 };
	struct option_rest rest;
	int err = options_parse(&cmd_snapshot_spec, argc, argv, &o, &rest);
	int code = err > 0 ? EXIT_OK : err ? exit_code_of(err) : measure(&o, rest.command);

	session_options_free(&o.session);
	alert_options_free(&o.alerts);
	return code;
}
