/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>
#include <sys/wait.h>

#include "../../golden/golden.h"
#include "fixture.h"
#include "model/metrics.h"
#include "out/json.h"

#define SCHEMA "docs/schema/weir.snapshot-1.schema.json"
#define PYTHON "/usr/bin/python3"

static char *text_of(const struct snapshot *snapshot, bool compact)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(json_write(snapshot, compact, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static json_t *json_of(const struct snapshot *snapshot)
{
	char *text = text_of(snapshot, true);
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s at %d", error.text, error.position);
	free(text);
	return json;
}

static json_int_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("%s is no integer", key);
	return json_integer_value(value);
}

static const json_t *member(const json_t *json, const char *list, size_t index)
{
	const json_t *value = json_array_get(json_object_get(json, list), index);

	assert_non_null(value);
	return value;
}

/* The version changes with each release: keep it out of the golden files. */
static void hide_version(char *text)
{
	char *version = strstr(text, "\"weir_version\": \""), *end;

	assert_non_null(version);
	version += strlen("\"weir_version\": \"");
	end = strchr(version, '"');
	assert_true(end > version);
	*version = 'X';
	memmove(version + 1, end, strlen(end) + 1);
}

static void check_golden(const char *path, struct snapshot *snapshot)
{
	char *text = text_of(snapshot, false);

	hide_version(text);
	golden_compare(path, text);
	free(text);
	snapshot_free(&snapshot);
}

static void json_is_as_looked_at(void **state)
{
	(void)state;
	check_golden("tests/golden/snapshot.json", fixture_snapshot());
	check_golden("tests/golden/snapshot-idle.json", fixture_idle());
}

static void compact_json_is_the_same_on_one_line(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();
	char *compact = text_of(snapshot, true), *indented = text_of(snapshot, false);
	json_t *a = json_loads(compact, 0, NULL), *b = json_loads(indented, 0, NULL);

	(void)state;
	assert_ptr_equal(strchr(compact, '\n'), compact + strlen(compact) - 1);
	assert_string_equal(indented + strlen(indented) - 3, "\n}\n");
	assert_non_null(a);
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	free(compact);
	free(indented);
	snapshot_free(&snapshot);
}

static void counts_add_up_in_every_row(void **state)
{
	static const char *const lists[] = {"nodes", "operators", "queries"};
	struct snapshot *snapshot = fixture_snapshot();
	json_t *json = json_of(snapshot), *row;
	size_t index;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		json_array_foreach(json_object_get(json, lists[i]), index, row) {
			const json_t *latency = json_object_get(row, "latency_ns"), *count;
			json_int_t sum = 0;
			size_t k;

			assert_int_equal(number(row, "calls"), number(row, "completed") + number(row, "unwound") +
									 number(row, "untimed") + number(row, "open"));
			if (!latency)
				continue;
			json_array_foreach(json_object_get(json_object_get(latency, "histogram"), "counts"), k, count)
				sum += json_integer_value(count);
			assert_int_equal(number(row, "completed"), number(latency, "count"));
			assert_int_equal(number(row, "completed"), sum);
		}
	}
	json_decref(json);
	snapshot_free(&snapshot);
}

static void a_sample_is_in_the_bucket_that_the_offset_says(void **state)
{
	struct snapshot *snapshot = fixture_idle();
	uint64_t slots[WEIR_HIST_SLOTS] = {0};
	const json_t *histogram;
	json_t *json;

	(void)state;
	slots[weir_hist_slot(1ULL << 30)] = 1; /* 1 s: bucket -1 holds 2^(-1/8) s < x <= 1 s */
	snapshot->nodes = calloc(1, sizeof(*snapshot->nodes));
	snapshot->nodes_count = 1;
	snapshot->nodes[0] = (struct snapshot_node){.id = 1, .level = WEIR_LEVEL_FUNCTION, .function = "f"};
	snapshot->nodes[0].counters = (struct counters){.have = HAVE_LATENCY, .calls = 1, .completed = 1};
	assert_int_equal(histogram_from_slots(slots, &snapshot->nodes[0].counters.latency), 0);
	json = json_of(snapshot);
	histogram = json_object_get(json_object_get(member(json, "nodes", 0), "latency_ns"), "histogram");
	assert_int_equal(number(histogram, "scale"), 3);
	assert_int_equal(number(histogram, "offset"), -1);
	assert_int_equal(json_array_size(json_object_get(histogram, "counts")), 1);
	json_decref(json);
	snapshot_free(&snapshot);
}

static void what_does_not_apply_is_absent(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();
	json_t *json = json_of(snapshot);
	const json_t *run = member(json, "nodes", 0), *wait = member(json, "nodes", 7), *parse = member(json, "nodes", 9);
	const json_t *latency = json_object_get(run, "latency_ns");

	(void)state;
	assert_null(json_object_get(wait, "latency_ns"));
	assert_null(json_object_get(wait, "total_ns"));
	assert_null(json_object_get(wait, "rows"));
	assert_null(json_object_get(wait, "label"));
	assert_null(json_object_get(wait, "recursive"));
	assert_null(json_object_get(wait, "counters"));
	assert_null(json_object_get(parse, "profile"));
	assert_null(json_object_get(json_object_get(json, "host"), "ratio"));
	/* no completed calls */
	assert_int_equal(number(latency, "count"), 0);
	assert_int_equal(number(latency, "sum"), 0);
	assert_int_equal(json_object_size(latency), 3);
	assert_int_equal(json_array_size(json_object_get(json_object_get(latency, "histogram"), "counts")), 0);
	json_decref(json);
	snapshot_free(&snapshot);
}

static void the_ratio_is_absent_where_the_targets_time_is_not_known(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();
	json_t *json = json_of(snapshot);

	(void)state;
	assert_true(json_is_real(json_object_get(json_object_get(json, "overhead"), "ratio")));
	json_decref(json);
	snapshot->target_cpu_ns = 0;
	json = json_of(snapshot);
	assert_null(json_object_get(json_object_get(json, "overhead"), "ratio"));
	json_decref(json);
	snapshot_free(&snapshot);
}

static void integers_stay_exact_up_to_the_largest(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();
	json_t *json;

	(void)state;
	snapshot->nodes[2].counters.rows = INT64_MAX;
	snapshot->nodes[3].counters.rows = UINT64_MAX;
	snapshot->errors[0].code = INT64_MIN;
	json = json_of(snapshot);
	assert_true(number(member(json, "nodes", 2), "rows") == INT64_MAX);
	assert_true(number(member(json, "nodes", 3), "rows") == INT64_MAX);
	assert_true(number(member(json, "errors", 0), "code") == INT64_MIN);
	json_decref(json);
	snapshot_free(&snapshot);
}

static void labels_survive_as_far_as_they_are_text(void **state)
{
	static const struct {
		const char *label, *expected;
	} cases[] = {
		{"\"quoted\" \\ / and\nlines\r\t\x01\x1b[0m\x7f", "\"quoted\" \\ / and\nlines\r\t\x01\x1b[0m\x7f"},
		{"\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80"},
		{"bad \xff\xfe end", "bad \xef\xbf\xbd\xef\xbf\xbd end"},
		{"cut \xe6\xbc", "cut \xef\xbf\xbd"},
		{"surrogate \xed\xa0\x80", "surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"overlong \xc0\xaf", "overlong \xef\xbf\xbd\xef\xbf\xbd"},
		{"[1, 2,\n 3]", "[1, 2,\n 3]"},
		{"", ""},
	};
	struct snapshot *snapshot = fixture_snapshot();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int compact = 0; compact < 2; compact++) {
			char *text;
			json_t *json;

			snapshot->nodes[2].label = cases[i].label;
			text = text_of(snapshot, compact);
			json = json_loads(text, 0, NULL);
			assert_non_null(json);
			assert_string_equal(json_string_value(json_object_get(member(json, "nodes", 2), "label")),
					    cases[i].expected);
			json_decref(json);
			free(text);
		}
	}
	snapshot_free(&snapshot);
}

static void a_full_disk_is_told(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();

	(void)state;
	for (int compact = 0; compact < 2; compact++) {
		FILE *out = fopen("/dev/full", "w");

		assert_non_null(out);
		assert_int_equal(json_write(snapshot, compact, out), -ENOSPC);
		fclose(out);
	}
	snapshot_free(&snapshot);
}

/* ---- the schema ---------------------------------------------------------------------------------- */

static json_t *schema_load(void)
{
	json_error_t error;
	json_t *schema = json_load_file(SCHEMA, 0, &error);

	if (!schema)
		fail_msg("%s: %s", SCHEMA, error.text);
	return schema;
}

static void the_schema_lists_the_registry_and_nothing_else(void **state)
{
	json_t *schema = schema_load();
	const json_t *definitions = json_object_get(schema, "$defs");
	const json_t *keys = json_object_get(json_object_get(definitions, "counters"), "properties");
	const json_t *memory = json_object_get(json_object_get(definitions, "memory"), "properties");
	const json_t *lost = json_object_get(json_object_get(schema, "properties"), "lost");

	(void)state;
	for (size_t i = 0; i < METRIC_COUNT; i++)
		if (!json_object_get(metrics[i].group ? memory : keys, metrics[i].name))
			fail_msg("the schema does not know %s", metrics[i].name);
	assert_non_null(json_object_get(keys, "counters"));
	assert_non_null(json_object_get(keys, "memory"));
	assert_int_equal(json_object_size(keys) + json_object_size(memory), METRIC_COUNT + 2);
#define CHECK_LOSS(name, key, sentence) \
	if (!json_object_get(json_object_get(lost, "properties"), #key)) \
		fail_msg("the schema does not know lost.%s", #key);
	WEIR_LOSSES(CHECK_LOSS)
#undef CHECK_LOSS
	assert_int_equal(json_object_size(json_object_get(lost, "properties")), WEIR_LOSS_COUNT + 1);
	json_decref(schema);
}

/* Exit code of python3 -m jsonschema: 0 where `json` is valid. */
static int validate(const json_t *json, bool quiet)
{
	char name[] = "/tmp/weir-schema-XXXXXX", command[512];
	int fd = mkstemp(name), status;

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(json_dump_file(json, name, 0), 0);
	snprintf(command, sizeof(command), PYTHON " -W ignore -m jsonschema -i %s " SCHEMA " %s >&2", name,
		 quiet ? "2>/dev/null" : "");
	status = system(command);
	unlink(name);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void need_validator(void)
{
	if (system(PYTHON " -c 'import jsonschema' 2>/dev/null") == 0)
		return;
	print_message("skipped: " PYTHON " has no module jsonschema\n");
	skip();
}

static void documents_are_valid_by_the_schema(void **state)
{
	struct snapshot *snapshots[] = {fixture_snapshot(), fixture_idle(), NULL};

	(void)state;
	need_validator();
	assert_int_equal(snapshot_new(&snapshots[2]), 0); /* not even a kernel name */
	for (size_t i = 0; i < 3; i++) {
		json_t *json = json_of(snapshots[i]);

		assert_int_equal(validate(json, false), 0);
		json_decref(json);
		snapshot_free(&snapshots[i]);
	}
}

enum fault { ADD_TO_NODE, ADD_TO_LATENCY, DROP_CALLS, DROP_LOSS, DROP_P99, FLOAT_CALLS, NEGATIVE_ROWS, BAD_LEVEL, FAULT_COUNT };

static void spoil(json_t *json, enum fault fault)
{
	json_t *node = json_array_get(json_object_get(json, "nodes"), 2);
	json_t *latency = json_object_get(node, "latency_ns");

	switch (fault) {
	case ADD_TO_NODE:
		json_object_set_new(node, "call", json_integer(1));
		break;
	case ADD_TO_LATENCY:
		json_object_set_new(latency, "p42", json_integer(1));
		break;
	case DROP_CALLS:
		json_object_del(node, "calls");
		break;
	case DROP_LOSS:
		json_object_del(json_object_get(json, "lost"), "node_table");
		break;
	case DROP_P99:
		json_object_del(latency, "p99");
		break;
	case FLOAT_CALLS:
		json_object_set_new(node, "calls", json_real(1.5));
		break;
	case NEGATIVE_ROWS:
		json_object_set_new(node, "rows", json_integer(-1));
		break;
	default:
		json_object_set_new(node, "level", json_string("thing"));
	}
}

static void the_schema_finds_faults(void **state)
{
	struct snapshot *snapshot = fixture_snapshot();

	(void)state;
	need_validator();
	for (enum fault fault = 0; fault < FAULT_COUNT; fault++) {
		json_t *json = json_of(snapshot);

		spoil(json, fault);
		if (!validate(json, true))
			fail_msg("fault %d is valid by the schema", fault);
		json_decref(json);
	}
	snapshot_free(&snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_as_looked_at),
		cmocka_unit_test(compact_json_is_the_same_on_one_line),
		cmocka_unit_test(counts_add_up_in_every_row),
		cmocka_unit_test(a_sample_is_in_the_bucket_that_the_offset_says),
		cmocka_unit_test(what_does_not_apply_is_absent),
		cmocka_unit_test(the_ratio_is_absent_where_the_targets_time_is_not_known),
		cmocka_unit_test(integers_stay_exact_up_to_the_largest),
		cmocka_unit_test(labels_survive_as_far_as_they_are_text),
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(the_schema_lists_the_registry_and_nothing_else),
		cmocka_unit_test(documents_are_valid_by_the_schema),
		cmocka_unit_test(the_schema_finds_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
