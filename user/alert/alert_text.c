/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alert_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert_template.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "out/utf8.h"
#include "profile/profile.h"

static void json_release(json_t **value)
{
	json_decref(*value);
}

#define _cleanup_json_ _cleanup_(json_release)

const char *alert_state_name(enum alert_state state)
{
	static const char *const names[] = { "pending", "firing", "resolved", "dropped" };

	return names[state];
}

/* ---- numbers and times --------------------------------------------------------------------------- */

static uint64_t whole_of(double value)
{
	return value < 18e18 ? (uint64_t)(value + 0.5) : UINT64_MAX;
}

const char *alert_value_format(enum alert_unit unit, double value, char ret_text[32])
{
	const char *sign = value < 0 ? "-" : "";
	double size = fabs(value);
	char text[UNIT_TEXT_SIZE];

	switch (unit) {
	case ALERT_UNIT_RATIO:
		percent_format(size, text);
		break;
	case ALERT_UNIT_PER_SECOND:
		rate_format(size, text);
		break;
	case ALERT_UNIT_TIME:
		duration_format(whole_of(size), text);
		break;
	case ALERT_UNIT_BYTES:
		bytes_format(whole_of(size), text);
		break;
	case ALERT_UNIT_BYTES_PER_SECOND:
		bytes_rate_format(size, text);
		break;
	default:
		snprintf(ret_text, 32, size == floor(size) && size < 1e15 ? "%.0f" : "%.4g", value);
		return ret_text;
	}
	snprintf(ret_text, 32, "%s%s", sign, text);
	return ret_text;
}

const char *alert_time_format(struct timespec time, char ret_text[40])
{
	struct tm tm;
	char day[32];

	if ((!time.tv_sec && !time.tv_nsec) || !gmtime_r(&time.tv_sec, &tm) ||
	    !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm))
		snprintf(ret_text, 40, "0001-01-01T00:00:00Z");
	else
		snprintf(ret_text, 40, "%s.%03uZ", day, (unsigned)(time.tv_nsec / 1000000) % 1000);
	return ret_text;
}

/* ---- names --------------------------------------------------------------------------------------- */

/* NULL: the alert is about no row, or its row has none. */
static const char *field_of(const struct alert *alert, const char *name, size_t length)
{
	const struct alert_row *row = &alert->row;
	const struct {
		const char *name, *text;
	} fields[] = {
		{ "alert", alert->rule->name },	   { "alertname", alert->rule->name }, { "profile", row->profile },
		{ "module", row->module },	   { "function", row->function },      { "label", row->label },
		{ "path", row->path },		   { "level", row->function ? level_name(row->level) : NULL },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i].name) == length && !strncmp(fields[i].name, name, length))
			return fields[i].text;
	for (size_t i = 0; i < alert->rule->labels.count; i++) {
		const struct alert_pair *pair = &alert->rule->labels.items[i];

		if (strlen(pair->name) == length && !strncmp(pair->name, name, length))
			return pair->value;
	}
	return NULL;
}

/* Every name that the rule's reader took is known here; one that this row does not have is nothing. */
static int expand(void *context, const char *name, size_t length, FILE *out)
{
	const struct alert *alert = context;
	const char *text;
	char value[32];

	if (length == strlen("value") && !strncmp(name, "value", length)) {
		fputs(alert_value_format(alert_expression_unit(alert->rule->expression), alert->value, value), out);
		return 0;
	}
	text = field_of(alert, name, length);
	if (text)
		fputs(text, out);
	return 0;
}

static char *expanded(const struct alert *alert, const char *template)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	alert_template_write(template, expand, (void *)alert, out, NULL);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* "sqlite3_step select ?: 31.2 s" */
static char *row_and_value(const struct alert *alert)
{
	const struct alert_row *row = &alert->row;
	char *text, value[32];
	const char *name = row->path ? row->path : row->function;

	alert_value_format(alert_expression_unit(alert->rule->expression), alert->value, value);
	if (!name)
		return strdup(value);
	if (asprintf(&text, "%s%s%s: %s", name, row->label ? " " : "", row->label ? row->label : "", value) < 0)
		return NULL;
	return text;
}

char *alert_line(const struct alert *alert)
{
	static const size_t time_of[] = {
		[ALERT_PENDING] = offsetof(struct alert, active_at), [ALERT_FIRING] = offsetof(struct alert, firing_at),
		[ALERT_RESOLVED] = offsetof(struct alert, ended_at), [ALERT_DROPPED] = offsetof(struct alert, ended_at),
	};
	const char *summary = alert_pairs_find(&alert->rule->annotations, "summary");
	const char *severity = alert_pairs_find(&alert->rule->labels, "severity");
	_cleanup_free_ char *words = summary ? expanded(alert, summary) : row_and_value(alert);
	_cleanup_free_ char *line = NULL;
	char time[40];

	alert_time_format(*(const struct timespec *)((const char *)alert + time_of[alert->state]), time);
	if (!words || asprintf(&line, "%s %s %s%s%s%s: %s", time, alert_state_name(alert->state), alert->rule->name,
			       severity ? " (" : "", severity ? severity : "", severity ? ")" : "", words) < 0)
		return NULL;
	return utf8_flatten(line, true);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

/* NULL is left out. Returns 0 or -1. */
static int put_text(json_t *object, const char *key, const char *text)
{
	_cleanup_free_ char *repaired = NULL;

	if (!text)
		return 0;
	repaired = utf8_repair(text);
	return json_object_set_new(object, key, repaired ? json_string(repaired) : NULL);
}

static int put_time(json_t *object, const char *key, struct timespec time)
{
	char text[40];

	return json_object_set_new(object, key, json_string(alert_time_format(time, text)));
}

json_t *alert_labels_json(const struct alert *alert)
{
	_cleanup_json_ json_t *object = json_object();
	int failed = put_text(object, "alertname", alert->rule->name);

	for (int i = 0; i < ALERT_FIELD_COUNT; i++) {
		const char *name = alert_field_name((enum alert_field)i);

		failed |= put_text(object, name, field_of(alert, name, strlen(name)));
	}
	for (size_t i = 0; i < alert->rule->labels.count; i++)
		failed |= put_text(object, alert->rule->labels.items[i].name, alert->rule->labels.items[i].value);
	return failed ? NULL : TAKE_PTR(object);
}

json_t *alert_annotations_json(const struct alert *alert)
{
	_cleanup_json_ json_t *object = json_object();
	int failed = !object;

	for (size_t i = 0; i < alert->rule->annotations.count; i++) {
		const struct alert_pair *pair = &alert->rule->annotations.items[i];
		_cleanup_free_ char *text = expanded(alert, pair->value);

		failed |= text ? put_text(object, pair->name, text) : -1;
	}
	return failed ? NULL : TAKE_PTR(object);
}

json_t *alert_json(const struct alert *alert)
{
	enum alert_unit unit = alert_expression_unit(alert->rule->expression);
	_cleanup_json_ json_t *object = json_object();
	int failed = put_text(object, "schema", "weir.alert/1");

	failed |= put_text(object, "state", alert_state_name(alert->state));
	failed |= put_text(object, "alert", alert->rule->name);
	failed |= put_text(object, "expr", alert->rule->expression->text);
	failed |= json_object_set_new(object, "value", json_real(alert->value));
	failed |= put_text(object, "unit", alert_unit_name(unit));
	failed |= put_time(object, "active_at", alert->active_at);
	if (alert->firing_ns)
		failed |= put_time(object, "firing_at", alert->firing_at);
	if (alert->ended_at.tv_sec || alert->ended_at.tv_nsec)
		failed |= put_time(object, alert->state == ALERT_DROPPED ? "dropped_at" : "resolved_at", alert->ended_at);
	failed |= json_object_set_new(object, "labels", alert_labels_json(alert));
	failed |= json_object_set_new(object, "annotations", alert_annotations_json(alert));
	return failed ? NULL : TAKE_PTR(object);
}
