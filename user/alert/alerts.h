/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alerts: rules (alert_rule.h) held against one snapshot after another. A rule is looked at for each row of the
 * snapshot that its selectors take (a row is what snapshot_flatten makes, or a path of the tree where a selector
 * asks for one), or once for the whole snapshot; each row where it holds is an alert, with a state of its own:
 *
 *     (holds) -> pending -- has held for `for` --> firing -- does not hold, for `keep_firing_for` --> resolved
 *                pending -- does not hold --> dropped
 *
 * Values over a window (rate, quantiles, growth) are differences to an earlier snapshot. What they need of the past is
 * kept here, at most ALERT_HISTORY_SAMPLES for each different window: callers hand in snapshots and keep none. A window
 * is as long as asked and at most 1/15 longer, or 1/15 longer than the interval of the snapshots; it is shorter where
 * weir has not been attached for so long. What has no data (no calls in the window, a metric that does not apply, a
 * row that is not there) holds nothing, and is never taken for 0.
 *
 * Made by alerts_new, read by `weir watch`, `stat`, `snapshot` and `top`. Knows no clock: time is handed in.
 */
#ifndef WEIR_ALERTS_H
#define WEIR_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "alert/alert_rule.h"
#include "model/snapshot.h"

enum {
	ALERT_WINDOWS_MAX = 32,     /* different windows of all rules together */
	ALERT_HISTORY_SAMPLES = 18, /* kept for each of them */
	ALERT_ROWS_MAX = 65536,     /* rows and paths ever seen */
	ALERT_ALERTS_MAX = 65536,   /* pending and firing at once */
};

enum alert_state {
	ALERT_PENDING,
	ALERT_FIRING,
	ALERT_RESOLVED, /* was firing */
	ALERT_DROPPED,  /* was pending */
};

/* What an alert is about; NULL and 0 where it is about the whole snapshot. Strings live as long as struct alerts. */
struct alert_row {
	enum weir_level level;
	const char *profile, *module, *label; /* NULL: none */
	const char *function;                 /* NULL: the whole snapshot */
	const char *path;                     /* functions from the outermost on, "a/b/c"; NULL: a flat row */
};

struct alert {
	const struct alert_rule *rule;
	struct alert_row row;
	enum alert_state state;
	double value;       /* of the left side of the comparison, when it held last; in the rule's unit */
	uint64_t active_ns; /* since when it holds; the clock is that of alerts_evaluate */
	uint64_t firing_ns; /* since when it fires; 0: it does not */
	uint64_t clear_ns;  /* firing only: since when it does not hold any more; 0: it does */
	struct timespec active_at, firing_at, ended_at; /* the same in the snapshots' time (CLOCK_REALTIME) */
};

/* How a rule stands, over all its rows. */
enum alert_rule_status {
	ALERT_RULE_NO_DATA, /* no row had what the expression asks for */
	ALERT_RULE_CLEAR,
	ALERT_RULE_PENDING,
	ALERT_RULE_FIRING,
};

struct alerts;

/*
 * Takes what is in `rules` (empty afterwards) on success. Returns 0, -ENOMEM, or -E2BIG (logged) where the rules have more
 * than ALERT_WINDOWS_MAX different windows.
 */
int alerts_new(struct alert_rules *rules, struct alerts **ret_alerts);
void alerts_free(struct alerts **alerts);

/*
 * Hold all rules against `snapshot`, which is not needed afterwards. `now_ns` is any clock that only grows, the same for
 * all calls. `change` (may be NULL) is told each alert that has come into another state; the alert lives until it returns
 * if it was resolved or dropped, else until the next evaluation. Snapshots whose duration went back begin anew: their target
 * was attached again. Returns 0 or -ENOMEM, with some rules not looked at.
 */
int alerts_evaluate(struct alerts *alerts, const struct snapshot *snapshot, uint64_t now_ns,
		    void (*change)(void *context, const struct alert *alert), void *context);

/* The alerts that fire, in the order of the rules; valid until the next evaluation. */
size_t alerts_firing(const struct alerts *alerts, const struct alert *const **ret_firing);

size_t alerts_rules_count(const struct alerts *alerts);
const struct alert_rule *alerts_rule(const struct alerts *alerts, size_t index);
enum alert_rule_status alerts_rule_status(const struct alerts *alerts, size_t index); /* at the last evaluation */

/* What did not fit into ALERT_ROWS_MAX and ALERT_ALERTS_MAX, counted at each evaluation. */
uint64_t alerts_left_out(const struct alerts *alerts);

#endif
