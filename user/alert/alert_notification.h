/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a webhook is sent: the documents that Alertmanager sends to its webhooks, version 4 (Prometheus' documentation,
 * "Alerting configuration", webhook_config), so that what takes those takes weir's. The alerts of one name are a group: whenever one
 * of them fires or resolves, a document tells all of them that fire, and those that have resolved since the last one.
 */
#ifndef WEIR_ALERT_NOTIFICATION_H
#define WEIR_ALERT_NOTIFICATION_H

#include <jansson.h>
#include <stdbool.h>

#include "alert/alerts.h"

enum { ALERT_NOTIFICATION_MAX = 1000 }; /* alerts in a document; how many more there are is told in it */

/* The alerts of one name of which some have changed since the last document. */
struct alert_group {
	const struct alert_rule *rule; /* one of those with this name */
	json_t *resolved; /* owned; an array */
};

struct alert_notifications {
	const char *instance; /* borrowed; the label `instance` of all alerts whose rule sets none */
	bool send_resolved;
	struct alert_group *groups;
	size_t count, capacity;
};

void alert_notifications_clear(struct alert_notifications *notifications);

/* An alert has changed its state. Returns 0 or -ENOMEM. */
int alert_notifications_add(struct alert_notifications *notifications, const struct alert *alert);

/* After an evaluation: hand a document of each group that has changed to `send`, which owns it. Returns 0 or -ENOMEM. */
int alert_notifications_send(struct alert_notifications *notifications, const struct alerts *alerts,
			     void (*send)(void *context, char *document), void *context);

/*
 * Alertmanager's identity of an alert: FNV-1a of its labels in the order of their names (prometheus/common, model.LabelSet), 16
 * digits. Returns ret_text.
 */
const char *alert_fingerprint(const json_t *labels, char ret_text[17]);

#endif
