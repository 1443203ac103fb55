/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a webhook is sent: groups, identities, what is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alert/alert_notification.h"
#include "fixture.h"

enum { SENT_MAX = 8 };

struct sink {
	struct fixture fixture;
	struct alert_notifications notifications;
	json_t *sent[SENT_MAX];
	size_t count;
};

static void keep(void *context, char *document)
{
	struct sink *sink = context;

	assert_true(sink->count < SENT_MAX);
	sink->sent[sink->count] = json_loads(document, 0, NULL);
	assert_non_null(sink->sent[sink->count]);
	sink->count++;
	free(document);
}

static void change(void *context, const struct alert *alert)
{
	struct sink *sink = context;

	assert_int_equal(alert_notifications_add(&sink->notifications, alert), 0);
}

static void forget(struct sink *sink)
{
	while (sink->count)
		json_decref(sink->sent[--sink->count]);
}

/* Rows `first` up to but not including `end` have an open call each. */
static void look_rows(struct sink *sink, uint64_t seconds, unsigned first, unsigned end)
{
	static char names[60][16];
	struct snapshot *s = snapshot_at(seconds);

	for (unsigned i = 0; i < 60; i++) {
		snprintf(names[i], sizeof(names[i]), "f%02u", i);
		add_row(s, 0, WEIR_LEVEL_QUERY, names[i], NULL)->open = i >= first && i < end;
	}
	assert_int_equal(snapshot_flatten(s), 0);
	forget(sink);
	assert_int_equal(alerts_evaluate(sink->fixture.alerts, s, s->duration_ns, change, sink), 0);
	assert_int_equal(alert_notifications_send(&sink->notifications, sink->fixture.alerts, keep, sink), 0);
	snapshot_free(&s);
}

static void sink_init(struct sink *sink, const char *rules)
{
	*sink = (struct sink){ .notifications = { .instance = "db7", .send_resolved = true } };
	fixture_init(&sink->fixture, rules);
}

static void sink_clear(struct sink *sink)
{
	forget(sink);
	alert_notifications_clear(&sink->notifications);
	alerts_free(&sink->fixture.alerts);
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "(none)";
}

static const json_t *alert_at(const json_t *document, size_t i)
{
	return json_array_get(json_object_get(document, "alerts"), i);
}

/* prometheus/common, model/signature_test.go: LabelsToSignature of no label, and of these two. */
static void fingerprints_are_those_of_prometheus(void **state)
{
	json_t *labels = json_pack("{s:s, s:s}", "name", "garland, briggs", "fear", "love is not enough");
	json_t *none = json_object();
	char text[17];

	(void)state;
	assert_string_equal(alert_fingerprint(labels, text), "507a62d79ee76c9a"); /* 5799056148416392346 */
	assert_string_equal(alert_fingerprint(none, text), "cbf29ce484222325");   /* 14695981039346656037 */
	json_decref(labels);
	json_decref(none);
}

static void a_document_has_all_that_fire_and_what_has_resolved(void **state)
{
	struct sink sink;

	(void)state;
	sink_init(&sink, "alerts:\n  - alert: Open\n    expr: open > 0\n    labels: {severity: page}\n");
	look_rows(&sink, 1, 0, 3);
	assert_int_equal(sink.count, 1);
	assert_string_equal(text_at(sink.sent[0], "status"), "firing");
	assert_int_equal(json_array_size(json_object_get(sink.sent[0], "alerts")), 3);
	assert_string_equal(text_at(json_object_get(sink.sent[0], "commonLabels"), "severity"), "page");
	assert_string_equal(text_at(json_object_get(sink.sent[0], "commonLabels"), "instance"), "db7");
	assert_string_equal(text_at(json_object_get(sink.sent[0], "commonLabels"), "function"), "(none)");

	look_rows(&sink, 2, 0, 3); /* nothing has changed */
	assert_int_equal(sink.count, 0);

	look_rows(&sink, 3, 1, 3);
	assert_int_equal(sink.count, 1);
	assert_string_equal(text_at(sink.sent[0], "status"), "firing");
	assert_int_equal(json_array_size(json_object_get(sink.sent[0], "alerts")), 3);
	assert_string_equal(text_at(alert_at(sink.sent[0], 0), "status"), "resolved");
	assert_string_equal(text_at(json_object_get(alert_at(sink.sent[0], 0), "labels"), "function"), "f00");
	assert_string_equal(text_at(alert_at(sink.sent[0], 0), "endsAt"), "2023-11-14T22:13:23.000Z");
	assert_string_equal(text_at(alert_at(sink.sent[0], 1), "endsAt"), "0001-01-01T00:00:00Z");

	look_rows(&sink, 4, 0, 0);
	assert_int_equal(sink.count, 1);
	assert_string_equal(text_at(sink.sent[0], "status"), "resolved");
	assert_int_equal(json_array_size(json_object_get(sink.sent[0], "alerts")), 2);
	sink_clear(&sink);
}

static void alerts_of_one_name_are_one_group(void **state)
{
	struct sink sink;

	(void)state;
	sink_init(&sink, "alerts:\n  - {alert: A \"b\", expr: open > 0}\n  - {alert: B, expr: open > 0}\n"
			 "  - {alert: A \"b\", expr: open >= 1}\n");
	look_rows(&sink, 1, 5, 6);
	assert_int_equal(sink.count, 2);
	assert_string_equal(text_at(sink.sent[0], "groupKey"), "{}:{alertname=\"A \\\"b\\\"\"}");
	assert_int_equal(json_array_size(json_object_get(sink.sent[0], "alerts")), 2);
	assert_int_equal(json_array_size(json_object_get(sink.sent[1], "alerts")), 1);
	sink_clear(&sink);
}

static void without_send_resolved_only_what_fires_is_sent(void **state)
{
	struct sink sink;

	(void)state;
	sink_init(&sink, "alerts:\n  - alert: Open\n    expr: open > 0\n");
	sink.notifications.send_resolved = false;
	look_rows(&sink, 1, 0, 1);
	assert_int_equal(sink.count, 1);
	look_rows(&sink, 2, 0, 0);
	assert_int_equal(sink.count, 0);
	sink_clear(&sink);
}

static void the_rule_may_set_the_instance(void **state)
{
	struct sink sink;

	(void)state;
	sink_init(&sink, "alerts:\n  - alert: Open\n    expr: open > 0\n    labels: {instance: blue}\n");
	look_rows(&sink, 1, 0, 1);
	assert_string_equal(text_at(json_object_get(alert_at(sink.sent[0], 0), "labels"), "instance"), "blue");
	sink_clear(&sink);
}

static void what_is_too_much_for_a_document_is_counted(void **state)
{
	char rules[4096] = "alerts:\n";
	struct sink sink;

	(void)state;
	for (int i = 0; i < 20; i++) /* 20 rules of one name, 60 rows each */
		snprintf(rules + strlen(rules), sizeof(rules) - strlen(rules), "  - {alert: Open, expr: open > 0}\n");
	sink_init(&sink, rules);
	look_rows(&sink, 1, 0, 60);
	assert_int_equal(sink.count, 1);
	assert_int_equal(json_array_size(json_object_get(sink.sent[0], "alerts")), ALERT_NOTIFICATION_MAX);
	assert_int_equal(json_integer_value(json_object_get(sink.sent[0], "truncatedAlerts")), 200);
	sink_clear(&sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fingerprints_are_those_of_prometheus),
		cmocka_unit_test(a_document_has_all_that_fire_and_what_has_resolved),
		cmocka_unit_test(alerts_of_one_name_are_one_group),
		cmocka_unit_test(without_send_resolved_only_what_fires_is_sent),
		cmocka_unit_test(the_rule_may_set_the_instance),
		cmocka_unit_test(what_is_too_much_for_a_document_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
