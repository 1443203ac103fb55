/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alerts as a subcommand has them: its options, the rules they name and those of profiles, and where changes go (a log, a
 * command, a webhook). Lives as long as the measurement.
 */
#ifndef WEIR_ALERT_WATCH_H
#define WEIR_ALERT_WATCH_H

#include "alert/alerts.h"
#include "base/options.h"
#include "profile/profile.h"

struct alert_options {
	struct option_list files; /* --alerts */
	bool no_defaults;
	const char *log;
	bool json;
	const char *command;
	const char *webhook;
	bool no_resolved; /* the webhook is told what fires only */
	bool fail;
};

/* The option table's entries for these members. */
#define ALERT_OPTIONS(type, member) \
	{ 0, "alerts", OPTION_LIST, offsetof(type, member.files), "FILE", \
	  "hold these alert rules against what is measured; may be given several times" }, \
	{ 0, "no-default-alerts", OPTION_FLAG, offsetof(type, member.no_defaults), NULL, \
	  "leave out the rules that come with the profiles" }, \
	{ 0, "alert-log", OPTION_STRING, offsetof(type, member.log), "FILE", \
	  "append a line for each alert that changes its state, instead of printing it on stderr" }, \
	{ 0, "alert-json", OPTION_FLAG, offsetof(type, member.json), NULL, "these lines are JSON" }, \
	{ 0, "on-alert", OPTION_STRING, offsetof(type, member.command), "COMMAND", \
	  "run this shell command when an alert fires or resolves, with the alert as JSON on its stdin" }, \
	{ 0, "webhook", OPTION_STRING, offsetof(type, member.webhook), "URL", \
	  "send what fires and resolves there by HTTP POST, as Alertmanager does; @FILE: the URL stands in that file" }, \
	{ 0, "no-send-resolved", OPTION_FLAG, offsetof(type, member.no_resolved), NULL, \
	  "send to the webhook what fires only" }, \
	{ 0, "fail-on-alert", OPTION_FLAG, offsetof(type, member.fail), NULL, \
	  "exit with 3 where an alert fired" }

/* Between two looks where nothing else says how often; the second where nothing asked for alerts. */
#define ALERT_INTERVAL_NS 1000000000ULL
#define ALERT_DEFAULT_INTERVAL_NS 5000000000ULL

void alert_options_free(struct alert_options *options);

/* Does anything ask for alerts, where they are not on anyway? */
bool alert_options_ask(const struct alert_options *options);

struct alert_watch;

/*
 * Read the rules of the options, and those that lie beside the profiles (alerts/ENGINE.yaml in a profile's directory) unless
 * they are not wanted, and open what changes go to. Faults of a file are printed on stderr. Logs one sentence on failure.
 * Returns 0, -EINVAL where there is no rule at all, or another -errno. `options` is borrowed.
 */
int alert_watch_open(const struct alert_options *options, const struct profile *const *profiles, size_t profiles_count,
		     struct alert_watch **ret_watch);
/*
 * The same where nothing asked for alerts: the rules beside the profiles alone, looked at while one of these profiles is in use. What
 * fires is told on stderr, and nothing else. *ret_watch is NULL where there is no such rule, or `options` wants none, or
 * `duration_ns` (0: open-ended) is too short for any of them to fire. Returns 0 or -errno.
 */
int alert_watch_open_default(const struct alert_options *options, const struct profile *const *profiles, size_t profiles_count,
			     uint64_t duration_ns, struct alert_watch **ret_watch);
/* Waits a moment for handlers that still run. What was lost is said in a warning. */
void alert_watch_free(struct alert_watch **watch);

/* Hold all rules against `snapshot` and tell the changes. NULL for `watch` does nothing. Returns 0 or -errno (logged). */
int alert_watch_take(struct alert_watch *watch, const struct snapshot *snapshot);

/* NULL: none is looked at yet, for no profile with rules is in use. */
const struct alerts *alert_watch_alerts(const struct alert_watch *watch);

/* Is the gate of --fail-on-alert broken? */
bool alert_watch_failed(const struct alert_watch *watch);

#endif
