/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live view of a session: snapshots, frames, keys, screens, in turn. */
#ifndef WEIR_TOP_H
#define WEIR_TOP_H

#include <stdbool.h>
#include <stdint.h>

#include "alert/alert_watch.h"
#include "session/session.h"

struct top_options {
	const char *view, *sort, *filter; /* NULL: the defaults */
	uint64_t interval_ns, duration_ns; /* 0: 1 s; until the target ends or the user quits */
	bool once;
};

struct top;

/* Check the options. Logs one sentence. Returns 0, -EINVAL for wrong usage, or another -errno. */
int top_new(const struct top_options *options, struct top **ret_top);
void top_free(struct top **top);

/* Will it be a screen, or text on stdout? */
bool top_is_live(const struct top *top);

/*
 * A session that was started, until its end or the user's. Breakpoints are out when this returns. `watch`, may be NULL,
 * is held against each snapshot, and what fires is shown. Returns 0 or -errno (logged).
 */
int top_run(struct top *top, struct session *session, struct alert_watch *watch);

#endif
