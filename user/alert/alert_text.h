/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An alert in words: one line for people, a JSON document (weir.alert/1, docs/alerts.md), labels and annotations. */
#ifndef WEIR_ALERT_TEXT_H
#define WEIR_ALERT_TEXT_H

#include <jansson.h>

#include "alert/alerts.h"

const char *alert_state_name(enum alert_state state); /* "pending", "firing", "resolved", "dropped" */

/* "31.2 s", "12.5 %", "1.5 MiB", "12": at most 31 bytes. Returns ret_text. */
const char *alert_value_format(enum alert_unit unit, double value, char ret_text[32]);

/*
 * "2026-11-21T07:20:01Z firing SlowQuery (warning): select ? took 31.2 s", without a newline, safe for a terminal; what stands
 * behind the colon is the annotation `summary`, or else row and value. NULL when out of memory. The caller frees it.
 */
char *alert_line(const struct alert *alert);

/*
 * Labels (alertname, those of the row that it has, those of the rule), annotations with their templates filled in, and the
 * whole document. NULL when out of memory. The caller owns the reference.
 */
json_t *alert_labels_json(const struct alert *alert);
json_t *alert_annotations_json(const struct alert *alert);
json_t *alert_json(const struct alert *alert);

/* RFC 3339 in UTC with milliseconds; "0001-01-01T00:00:00Z" (Alertmanager's "not yet") for all zero. Returns ret_text. */
const char *alert_time_format(struct timespec time, char ret_text[40]);

#endif
