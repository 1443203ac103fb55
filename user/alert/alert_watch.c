/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alert_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alert/alert_command.h"
#include "alert/alert_notification.h"
#include "alert/alert_text.h"
#include "alert/alert_webhook.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

/* How long weir waits at its end for handlers of alerts, and for the webhook. */
#define PATIENCE_NS 5000000000ULL

struct alert_watch {
	struct alert_options options; /* borrowed */
	struct alerts *alerts;
	size_t own_rules;   /* the first ones, of --alerts; the rest came with profiles */
	bool *had_data;     /* of each rule, ever */
	FILE *log;          /* owned unless it is stderr */
	uint64_t log_lost;
	bool log_complained;
	struct alert_command command;
	struct alert_webhook *webhook; /* NULL: none */
	struct alert_notifications notifications;
	char instance[HOST_NAME_MAX + 1];
	bool began, fired;
	bool by_default;    /* nothing asked for alerts: what fires is told, and nothing else */
	const struct profile **profiles; /* borrowed ones, in an owned array: where by_default, those that brought rules */
	size_t profiles_count;
	int err;            /* out of memory while changes were told */
};

void alert_options_free(struct alert_options *options)
{
	option_list_free(&options->files);
}

bool alert_options_ask(const struct alert_options *options)
{
	return options->files.count || options->log || options->json || options->command || options->webhook || options->fail;
}

/* ---- rules --------------------------------------------------------------------------------------- */

static int load_own(const struct alert_options *options, struct alert_rules *rules)
{
	for (size_t i = 0; i < options->files.count; i++) {
		int err = alert_rules_load(options->files.values[i], stderr, rules);

		if (err) {
			log_error("--alerts %s: the rules cannot be used, see above", options->files.values[i]);
			return err == -EINVAL ? -EBADMSG : err; /* a fault of the file, not of usage */
		}
	}
	return 0;
}

/* alerts/ENGINE.yaml in the directory of the profile. The caller frees. */
static char *default_path(const struct profile *profile)
{
	const char *slash = strrchr(profile->path, '/');
	int directory = slash ? (int)(slash - profile->path) + 1 : 0;
	char *path;

	return asprintf(&path, "%.*salerts/%s.yaml", directory, profile->path, profile->engine) < 0 ? NULL : path;
}

/* Nothing where the profile brings none. */
static int load_default(const struct profile *profile, struct alert_rules *rules)
{
	_cleanup_free_ char *path = default_path(profile);
	int err;

	if (!path)
		return -ENOMEM;
	if (access(path, F_OK))
		return 0;
	err = alert_rules_load(path, stderr, rules);
	if (err == -ENOMEM)
		return err;
	if (err)
		log_warning("the default alerts of profile %s are left out, see above", profile->engine);
	return 0;
}

static bool same_rule(const struct alert_rule *a, const struct alert_rule *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->expression->text, b->expression->text);
}

/* Two profiles may bring the same rule of the whole target. */
static int add_unless_there(struct alert_rules *rules, struct alert_rules *more)
{
	for (size_t i = 0; i < more->count; i++) {
		bool is_there = false;

		for (size_t k = 0; !is_there && k < rules->count; k++)
			is_there = same_rule(&rules->items[k], &more->items[i]);
		if (!is_there && alert_rules_move(rules, &more->items[i]))
			return -ENOMEM;
	}
	return 0;
}

static int load_defaults(const struct profile *const *profiles, size_t count, struct alert_rules *rules)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_(alert_rules_clear) struct alert_rules more = { 0 };
		int err = load_default(profiles[i], &more) ?: add_unless_there(rules, &more);

		if (err)
			return err;
	}
	return 0;
}

/* ---- changes ------------------------------------------------------------------------------------- */

static int open_log(struct alert_watch *watch)
{
	const char *path = watch->options.log;
	int fd;

	watch->log = stderr;
	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	watch->log = fd < 0 ? NULL : fdopen(fd, "a");
	if (watch->log)
		return 0;
	log_error("cannot write %s: %s", path, strerror(errno));
	return -EIO;
}

static void write_line(struct alert_watch *watch, const char *line)
{
	errno = 0;
	if (fprintf(watch->log, "%s\n", line) >= 0 && !fflush(watch->log))
		return;
	watch->log_lost++;
	if (!watch->log_complained)
		log_warning("cannot write to %s: %s", watch->options.log ? watch->options.log : "stderr",
			    errno ? strerror(errno) : "unknown fault");
	watch->log_complained = true;
	clearerr(watch->log);
}

static void run_command(struct alert_watch *watch, const char *document)
{
	int err = alert_command_run(&watch->command, document);

	if (err && err != -EBUSY)
		log_warning("cannot run the command of --on-alert: %s", strerror(-err));
}

static void tell(void *context, const struct alert *alert)
{
	struct alert_watch *watch = context;
	bool matters = alert->state == ALERT_FIRING || alert->state == ALERT_RESOLVED;
	_cleanup_free_ char *line = alert_line(alert);
	_cleanup_free_ char *document = NULL;
	json_t *json = alert_json(alert);

	if (json)
		document = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(json);
	if (!line || !document) {
		watch->err = -ENOMEM;
		return;
	}
	watch->fired |= alert->state == ALERT_FIRING;
	if (!watch->by_default || alert->state == ALERT_FIRING)
		write_line(watch, watch->options.json ? document : line);
	if (matters && watch->command.command)
		run_command(watch, document);
	if (watch->webhook && alert_notifications_add(&watch->notifications, alert))
		watch->err = -ENOMEM;
}

static void post(void *context, char *document)
{
	alert_webhook_send(context, document);
}

static int notify(struct alert_watch *watch)
{
	if (!watch->webhook)
		return 0;
	alert_webhook_say(watch->webhook);
	return alert_notifications_send(&watch->notifications, watch->alerts, post, watch->webhook);
}

/* Rules of the whole target come with profiles too, and are not meant for targets of other kinds. */
static bool is_in_use(const struct alert_watch *watch, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->profiles_count; i++)
		for (size_t k = 0; k < watch->profiles_count; k++)
			if (!strcmp(snapshot->profiles[i], watch->profiles[k]->engine))
				return true;
	return false;
}

int alert_watch_take(struct alert_watch *watch, const struct snapshot *snapshot)
{
	int err;

	if (!watch || (watch->by_default && !watch->began && !is_in_use(watch, snapshot)))
		return 0;
	watch->began = true;
	alert_command_reap(&watch->command);
	err = alerts_evaluate(watch->alerts, snapshot, clock_ns(), tell, watch) ?: watch->err ?: notify(watch);
	for (size_t i = 0; i < alerts_rules_count(watch->alerts); i++)
		watch->had_data[i] |= alerts_rule_status(watch->alerts, i) != ALERT_RULE_NO_DATA;
	if (err)
		log_error("cannot evaluate the alerts: %s", strerror(-err));
	return err;
}

/* ---- beginning and end --------------------------------------------------------------------------- */

static int make_alerts(struct alert_watch *watch, const struct profile *const *profiles, size_t profiles_count)
{
	_cleanup_(alert_rules_clear) struct alert_rules rules = { 0 };
	int err = load_own(&watch->options, &rules);

	watch->own_rules = rules.count;
	if (!err && !watch->options.no_defaults)
		err = load_defaults(profiles, profiles_count, &rules);
	if (!err && !rules.count) {
		log_error("there is no alert rule: name a file with --alerts FILE%s",
			  watch->options.no_defaults ? "" : " (what is measured has none of its own)");
		return -EINVAL;
	}
	watch->had_data = calloc(rules.count + 1, sizeof(*watch->had_data));
	if (!err && !watch->had_data)
		err = -ENOMEM;
	return err ?: alerts_new(&rules, &watch->alerts);
}

static int open_webhook(struct alert_watch *watch)
{
	int err;

	if (!watch->options.webhook) {
		if (watch->options.no_resolved)
			log_error("--no-send-resolved is for --webhook URL");
		return watch->options.no_resolved ? -EINVAL : 0;
	}
	err = alert_webhook_open(watch->options.webhook, &watch->webhook);
	if (!gethostname(watch->instance, sizeof(watch->instance) - 1))
		watch->notifications.instance = watch->instance;
	watch->notifications.send_resolved = !watch->options.no_resolved;
	return err;
}

int alert_watch_open(const struct alert_options *options, const struct profile *const *profiles, size_t profiles_count,
		     struct alert_watch **ret_watch)
{
	_cleanup_(alert_watch_free) struct alert_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	watch->options = *options;
	watch->command.command = options->command;
	err = make_alerts(watch, profiles, profiles_count) ?: open_webhook(watch) ?: open_log(watch);
	if (!err)
		*ret_watch = TAKE_PTR(watch);
	return err;
}

/* The time after which the first of the rules can fire. */
static uint64_t shortest_ns(const struct alerts *alerts)
{
	uint64_t shortest = UINT64_MAX;

	for (size_t i = 0; i < alerts_rules_count(alerts); i++)
		if (alerts_rule(alerts, i)->for_ns < shortest)
			shortest = alerts_rule(alerts, i)->for_ns;
	return shortest;
}

/* Those that have rules. */
static int note_profiles(struct alert_watch *watch, const struct profile *const *profiles, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *path = default_path(profiles[i]);

		if (!path)
			return -ENOMEM;
		if (!access(path, F_OK))
			watch->profiles[watch->profiles_count++] = profiles[i];
	}
	return 0;
}

int alert_watch_open_default(const struct alert_options *options, const struct profile *const *profiles, size_t profiles_count,
			     uint64_t duration_ns, struct alert_watch **ret_watch)
{
	_cleanup_(alert_watch_free) struct alert_watch *watch = calloc(1, sizeof(*watch));
	_cleanup_(alert_rules_clear) struct alert_rules rules = { 0 };
	int err;

	if (!watch)
		return -ENOMEM;
	*ret_watch = NULL;
	err = options->no_defaults ? 0 : load_defaults(profiles, profiles_count, &rules);
	if (err || !rules.count)
		return err;
	watch->by_default = true;
	watch->log = stderr;
	watch->had_data = calloc(rules.count, sizeof(*watch->had_data));
	watch->profiles = calloc(profiles_count, sizeof(*watch->profiles));
	err = watch->had_data && watch->profiles ? note_profiles(watch, profiles, profiles_count) : -ENOMEM;
	err = err ?: alerts_new(&rules, &watch->alerts);
	if (!err && (!duration_ns || duration_ns >= shortest_ns(watch->alerts)))
		*ret_watch = TAKE_PTR(watch);
	return err;
}

/* Of the rules that somebody wrote for this run; a profile's may well not apply. */
static void say_no_data(const struct alert_watch *watch)
{
	for (size_t i = 0; i < watch->own_rules; i++)
		if (!watch->had_data[i])
			log_warning("alert %s: no data, at no time: %s", alerts_rule(watch->alerts, i)->name,
				    alerts_rule(watch->alerts, i)->expression->text);
}

static void say_undelivered(struct alert_watch *watch)
{
	struct alert_webhook_counts c = alert_webhook_finish(watch->webhook, PATIENCE_NS);
	uint64_t lost = c.refused + c.dropped;

	alert_webhook_say(watch->webhook);
	if (lost)
		log_warning("--webhook: %llu of %llu notifications were not delivered: %llu given up after the server's answer or "
			    "%d tries, %llu left unsent", (unsigned long long)lost, (unsigned long long)(lost + c.delivered),
			    (unsigned long long)c.refused, ALERT_WEBHOOK_TRIES, (unsigned long long)c.dropped);
}

static void say_lost(const struct alert_watch *watch)
{
	const struct alert_command *c = &watch->command;

	if (c->skipped)
		log_warning("--on-alert: %llu runs skipped, %d were running already", (unsigned long long)c->skipped,
			    ALERT_COMMANDS_MAX);
	if (c->failed)
		log_warning("--on-alert: %llu of %llu runs failed", (unsigned long long)c->failed,
			    (unsigned long long)(c->started + c->skipped));
	if (watch->log_lost)
		log_warning("%llu lines of the alert log were not written", (unsigned long long)watch->log_lost);
	if (alerts_left_out(watch->alerts))
		log_warning("alerts: %llu times a row or an alert was left out: there were too many",
			    (unsigned long long)alerts_left_out(watch->alerts));
}

void alert_watch_free(struct alert_watch **watch)
{
	struct alert_watch *w = *watch;

	if (!w)
		return;
	if (w->began) {
		alert_command_finish(&w->command, PATIENCE_NS);
		if (w->webhook)
			say_undelivered(w);
		say_no_data(w);
		say_lost(w);
	}
	if (w->log && w->log != stderr)
		fclose(w->log);
	alert_webhook_free(&w->webhook);
	alert_notifications_clear(&w->notifications);
	alerts_free(&w->alerts);
	free(w->had_data);
	free(w->profiles);
	free(w);
	*watch = NULL;
}

const struct alerts *alert_watch_alerts(const struct alert_watch *watch)
{
	return watch->by_default && !watch->began ? NULL : watch->alerts;
}

bool alert_watch_failed(const struct alert_watch *watch)
{
	return watch && watch->options.fail && watch->fired;
}
