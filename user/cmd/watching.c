/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/watching.h"

#include "base/cleanup.h"
#include "cmd/commands.h"

int watching_open(const struct alert_options *options, const struct session *session, struct alert_watch **ret_watch)
{
	const struct plan_selection *selection = &session_plan(session)->selection;

	return alert_watch_open(options, selection->profiles, selection->profiles_count, ret_watch);
}

int watching_open_beside(const struct alert_options *options, const struct session *session, uint64_t duration_ns,
			 struct alert_watch **ret_watch)
{
	const struct plan_selection *selection = &session_plan(session)->selection;

	if (alert_options_ask(options))
		return watching_open(options, session, ret_watch);
	return alert_watch_open_default(options, selection->profiles, selection->profiles_count, duration_ns, ret_watch);
}

int watching_tick(void *context, struct session *session)
{
	struct snapshot *snapshot = NULL;
	int err;

	if (!context)
		return 0;
	err = session_snapshot(session, &snapshot);
	if (err)
		return err;
	err = alert_watch_take(context, snapshot);
	snapshot_free(&snapshot);
	return err;
}

int watching_exit_code(const struct alert_watch *watch, struct session *session, int err)
{
	int code = err ? exit_code_of(err) : session_exit_code(session);

	return !code && alert_watch_failed(watch) ? EXIT_GATE : code;
}
