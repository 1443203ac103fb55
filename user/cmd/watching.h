/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts beside a measurement: what the subcommands that have both share. */
#ifndef WEIR_CMD_WATCHING_H
#define WEIR_CMD_WATCHING_H

#include "alert/alert_watch.h"
#include "session/session.h"

/* As alert_watch_open, with the profiles that the session may use. */
int watching_open(const struct alert_options *options, const struct session *session, struct alert_watch **ret_watch);

/* The same for those that measure something else: where `options` ask for nothing, default rules alone (alert_watch_open_default). */
int watching_open_beside(const struct alert_options *options, const struct session *session, uint64_t duration_ns,
			 struct alert_watch **ret_watch);

/* For session_run: `context` is the struct alert_watch, or NULL: then nothing is done. Returns 0 or -errno (logged). */
int watching_tick(void *context, struct session *session);

/* After session_run, which returned `err`: of a failure, else a launched command's own, else that of the gate. */
int watching_exit_code(const struct alert_watch *watch, struct session *session, int err);

#endif
