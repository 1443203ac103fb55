/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir snapshot: all counters as JSON, once or at an interval. */
#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "cmd/commands.h"
#include "out/json.h"
#include "session/session.h"

struct snapshot_options {
	struct session_options session;
	const char *output;
};

static const struct option_spec options[] = {
	SESSION_OPTIONS(struct snapshot_options, session),
	{ 'd', "duration", OPTION_DURATION, offsetof(struct snapshot_options, session.duration_ns), "SECONDS",
	  "stop after this time (10, 250ms, 2m); without it: when the target ends, or at SIGINT or SIGTERM" },
	{ 'i', "interval", OPTION_DURATION, offsetof(struct snapshot_options, session.interval_ns), "SECONDS",
	  "one document a line (NDJSON) at this interval, and one at the end; counters are cumulative" },
	{ 'o', "output", OPTION_STRING, offsetof(struct snapshot_options, output), "FILE",
	  "write here; a file appears under its name when it is whole" },
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
};

static int write_document(void *context, struct session *session)
{
	struct writer *writer = context;
	struct snapshot *snapshot = NULL;
	int err = session_snapshot(session, &snapshot);

	if (err)
		return err;
	err = json_write(snapshot, writer->lines, writer->out.stream);
	if (err)
		output_complain(&writer->out, err);
	snapshot_free(&snapshot);
	return err;
}

static int measure(struct snapshot_options *o, char **command)
{
	_cleanup_(session_free) struct session *session = NULL;
	struct writer writer = { .lines = o->session.interval_ns > 0 };
	int err = session_open(&o->session, command, &session);

	/* Before anything is measured: a file that cannot be written is better known now. */
	err = err ?: output_open(o->output, &writer.out);
	if (err)
		return exit_code_of(err);
	err = session_start(session) ?: session_run(session, write_document, &writer);
	err = err ?: write_document(&writer, session);
	err = err ?: output_commit(&writer.out);
	output_discard(&writer.out);
	return err ? exit_code_of(err) : session_exit_code(session);
}

int cmd_snapshot(int argc, char **argv)
{
	struct snapshot_options o = { 0 };
	struct option_rest rest;
	int err = options_parse(&cmd_snapshot_spec, argc, argv, &o, &rest);
	int code = err > 0 ? EXIT_OK : err ? exit_code_of(err) : measure(&o, rest.command);

	session_options_free(&o.session);
	return code;
}
