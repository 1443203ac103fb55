/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alert_notification.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert_text.h"
#include "base/cleanup.h"
#include "base/vec.h"

static void json_release(json_t **value)
{
	json_decref(*value);
}

#define _cleanup_json_ _cleanup_(json_release)

/* ---- one alert ----------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static uint64_t fnv(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211ULL;
	return (hash ^ 0xff) * 1099511628211ULL; /* the separator */
}

const char *alert_fingerprint(const json_t *labels, char ret_text[17])
{
	const char *names[json_object_size(labels) + 1], *name;
	uint64_t hash = 14695981039346656037ULL;
	size_t count = 0;
	json_t *value;

	json_object_foreach((json_t *)labels, name, value)
		names[count++] = name;
	qsort(names, count, sizeof(names[0]), compare_names);
	for (size_t i = 0; i < count; i++)
		hash = fnv(fnv(hash, names[i]), json_string_value(json_object_get(labels, names[i])) ?: "");
	snprintf(ret_text, 17, "%016" PRIx64, hash);
	return ret_text;
}

/* `value` among the annotations, as the line for people has it. */
static int put_value(json_t *annotations, const struct alert *alert)
{
	char text[32];

	if (json_object_get(annotations, "value"))
		return 0;
	alert_value_format(alert_expression_unit(alert->rule->expression), alert->value, text);
	return json_object_set_new(annotations, "value", json_string(text));
}

static json_t *alert_document(const struct alert_notifications *notifications, const struct alert *alert)
{
	bool resolved = alert->state == ALERT_RESOLVED;
	_cleanup_json_ json_t *object = json_object(), *labels = alert_labels_json(alert);
	_cleanup_json_ json_t *annotations = alert_annotations_json(alert);
	char starts[40], ends[40], fingerprint[17];
	int failed = !labels || !annotations;

	if (!failed && notifications->instance && !json_object_get(labels, "instance"))
		failed |= json_object_set_new(labels, "instance", json_string(notifications->instance));
	if (failed || put_value(annotations, alert))
		return NULL;
	alert_time_format(alert->firing_at, starts);
	alert_time_format(resolved ? alert->ended_at : (struct timespec){ 0 }, ends);
	failed |= json_object_set_new(object, "status", json_string(resolved ? "resolved" : "firing"));
	failed |= json_object_set(object, "labels", labels);
	failed |= json_object_set(object, "annotations", annotations);
	failed |= json_object_set_new(object, "startsAt", json_string(starts));
	failed |= json_object_set_new(object, "endsAt", json_string(ends));
	failed |= json_object_set_new(object, "generatorURL", json_string(""));
	failed |= json_object_set_new(object, "fingerprint", json_string(alert_fingerprint(labels, fingerprint)));
	return failed ? NULL : TAKE_PTR(object);
}

/* ---- a group ------------------------------------------------------------------------------------- */

/* What all alerts have alike under `key`. */
static json_t *common(const json_t *alerts, const char *key)
{
	_cleanup_json_ json_t *all = json_copy(json_object_get(json_array_get(alerts, 0), key)) ?: json_object();

	for (size_t i = 1; i < json_array_size(alerts); i++) {
		const json_t *other = json_object_get(json_array_get(alerts, i), key);
		const char *name;
		void *next;
		json_t *value;

		json_object_foreach_safe(all, next, name, value)
			if (!json_equal(value, json_object_get(other, name)))
				json_object_del(all, name);
	}
	return TAKE_PTR(all);
}

static char *group_text(const struct alert_rule *rule, json_t *list, bool fires, size_t left_out)
{
	_cleanup_json_ json_t *document = NULL, *name = json_string(rule->name);
	_cleanup_free_ char *quoted = name ? json_dumps(name, JSON_ENCODE_ANY) : NULL;
	_cleanup_free_ char *key = NULL;

	/* Alertmanager's: of the route, then of the group's labels. */
	if (!quoted || asprintf(&key, "{}:{alertname=%s}", quoted) < 0)
		return NULL;
	document = json_pack("{s:s, s:s, s:s, s:s, s:I, s:{s:s}, s:o, s:o, s:s, s:O}", "version", "4", "groupKey", key,
			     "receiver", "weir", "status", fires ? "firing" : "resolved", "truncatedAlerts",
			     (json_int_t)left_out, "groupLabels", "alertname", rule->name, "commonLabels",
			     common(list, "labels"), "commonAnnotations", common(list, "annotations"), "externalURL", "",
			     "alerts", list);
	return document ? json_dumps(document, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
}

/* Those that have resolved first: they are told once. */
static char *group_document(const struct alert_notifications *notifications, const struct alert_group *group,
			    const struct alerts *alerts)
{
	_cleanup_json_ json_t *list = group->resolved ? json_incref(group->resolved) : json_array();
	const struct alert *const *firing;
	size_t count = alerts_firing(alerts, &firing), left_out = 0;
	bool fires = false;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(firing[i]->rule->name, group->rule->name))
			continue;
		fires = true;
		if (json_array_size(list) >= ALERT_NOTIFICATION_MAX)
			left_out++;
		else if (json_array_append_new(list, alert_document(notifications, firing[i])))
			return NULL;
	}
	return group_text(group->rule, list, fires, left_out);
}

static struct alert_group *group_of(struct alert_notifications *notifications, const struct alert_rule *rule)
{
	for (size_t i = 0; i < notifications->count; i++)
		if (!strcmp(notifications->groups[i].rule->name, rule->name))
			return &notifications->groups[i];
	if (VEC_RESERVE(notifications->groups, notifications->count, notifications->capacity))
		return NULL;
	notifications->groups[notifications->count] = (struct alert_group){ .rule = rule, .resolved = json_array() };
	return &notifications->groups[notifications->count++];
}

int alert_notifications_add(struct alert_notifications *notifications, const struct alert *alert)
{
	bool resolved = alert->state == ALERT_RESOLVED;
	struct alert_group *group;

	if (alert->state != ALERT_FIRING && !(resolved && notifications->send_resolved))
		return 0;
	group = group_of(notifications, alert->rule);
	if (!group)
		return -ENOMEM;
	if (resolved && json_array_append_new(group->resolved, alert_document(notifications, alert)))
		return -ENOMEM;
	return 0;
}

static void groups_forget(struct alert_notifications *notifications)
{
	for (size_t i = 0; i < notifications->count; i++)
		json_decref(notifications->groups[i].resolved);
	notifications->count = 0;
}

int alert_notifications_send(struct alert_notifications *notifications, const struct alerts *alerts,
			     void (*send)(void *context, char *document), void *context)
{
	int err = 0;

	for (size_t i = 0; i < notifications->count; i++) {
		char *document = group_document(notifications, &notifications->groups[i], alerts);

		if (document)
			send(context, document);
		else
			err = -ENOMEM;
	}
	groups_forget(notifications);
	return err;
}

void alert_notifications_clear(struct alert_notifications *notifications)
{
	groups_forget(notifications);
	free(notifications->groups);
	*notifications = (struct alert_notifications){ 0 };
}
