/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../golden/golden.h"
#include "model/metrics.h"

static bool ends_with(const char *text, const char *end)
{
	return strlen(text) >= strlen(end) && !strcmp(text + strlen(text) - strlen(end), end);
}

static void every_metric_is_described(void **state)
{
	(void)state;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		assert_non_null(metrics[i].name);
		assert_non_null(metrics[i].column);
		assert_non_null(metrics[i].help);
		assert_false(ends_with(metrics[i].help, "."));
	}
}

static void names_are_unique_and_say_their_unit(void **state)
{
	(void)state;
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(metrics[i].name, metrics[j].name);
			assert_string_not_equal(metrics[i].column, metrics[j].column);
			assert_true(metrics[i].offset != metrics[j].offset);
		}
		assert_true(ends_with(metrics[i].name, "_ns") == (metrics[i].unit == METRIC_UNIT_NS));
		assert_true((strstr(metrics[i].name, "bytes") != NULL) == (metrics[i].unit == METRIC_UNIT_BYTES));
	}
}

static void a_metric_applies_where_its_flag_is_set(void **state)
{
	struct counters counters = {.have = HAVE_ROWS, .rows = 7, .calls = 3, .bytes = 9};

	(void)state;
	assert_true(metric_applies(&metrics[METRIC_CALLS], &counters));
	assert_true(metric_applies(&metrics[METRIC_ROWS], &counters));
	assert_false(metric_applies(&metrics[METRIC_BYTES], &counters));
	assert_false(metric_applies(&metrics[METRIC_LATENCY], &counters));
	assert_int_equal(metric_value(&metrics[METRIC_ROWS], &counters), 7);
	assert_int_equal(metric_value(&metrics[METRIC_CALLS], &counters), 3);
}

/* struct counters must hold nothing that no output shows: every member is a metric, or belongs to one. */
static void the_registry_covers_struct_counters(void **state)
{
	static const size_t beside[] = {offsetof(struct counters, latency_sum_ns), offsetof(struct counters, min_ns),
					offsetof(struct counters, max_ns)};

	(void)state;
	for (size_t at = offsetof(struct counters, calls); at < offsetof(struct counters, extra); at += 8) {
		bool known = false;

		for (size_t i = 0; i < METRIC_COUNT; i++)
			known |= metrics[i].offset == at;
		for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
			known |= beside[i] == at;
		if (!known)
			fail_msg("the member at offset %zu of struct counters is in no metric", at);
	}
}

static void the_page_of_metrics_is_up_to_date(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	assert_int_equal(metrics_write_markdown(out), 0);
	fclose(out);
	golden_compare("docs/metrics.md", text);
	free(text);
}

static void a_full_disk_is_told(void **state)
{
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	assert_int_equal(metrics_write_markdown(out), -ENOSPC);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_metric_is_described),
		cmocka_unit_test(names_are_unique_and_say_their_unit),
		cmocka_unit_test(a_metric_applies_where_its_flag_is_set),
		cmocka_unit_test(the_registry_covers_struct_counters),
		cmocka_unit_test(the_page_of_metrics_is_up_to_date),
		cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
