/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of metrics in Prometheus: https://prometheus.io/docs/practices/naming/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model/metrics.h"

static bool ends_with(const char *text, const char *ending)
{
	size_t length = strlen(text), end = strlen(ending);

	return length >= end && !strcmp(text + length - end, ending);
}

static const char *name_of(enum metric_id id)
{
	static char name[METRIC_PROMETHEUS_NAME];

	return metric_prometheus_name(&metrics[id], name);
}

static void names_keep_the_conventions(void **state)
{
	(void)state;
	for (int i = 0; i < METRIC_COUNT; i++) {
		const char *name = name_of((enum metric_id)i);
		char base[METRIC_PROMETHEUS_NAME];

		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		assert_memory_equal(name, "weir_", 5);
		assert_null(strstr(name, "__"));
		assert_int_equal(ends_with(name, "_total"), metrics[i].kind == METRIC_KIND_COUNTER);
		strcpy(base, name);
		if (ends_with(base, "_total"))
			base[strlen(base) - strlen("_total")] = '\0';
		assert_int_equal(ends_with(base, "_seconds"), metrics[i].unit == METRIC_UNIT_NS);
		assert_int_equal(ends_with(base, "_bytes"), metrics[i].unit == METRIC_UNIT_BYTES);
		assert_null(strstr(name, "_ns"));
	}
}

static void no_two_have_the_same_name(void **state)
{
	(void)state;
	for (int i = 0; i < METRIC_COUNT; i++) {
		char mine[METRIC_PROMETHEUS_NAME];

		strcpy(mine, name_of((enum metric_id)i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(mine, name_of((enum metric_id)k));
	}
}

static void names_are_made_of_group_name_and_unit(void **state)
{
	(void)state;
	assert_string_equal(name_of(METRIC_CALLS), "weir_calls_total");
	assert_string_equal(name_of(METRIC_LATENCY), "weir_latency_seconds");
	assert_string_equal(name_of(METRIC_BYTES), "weir_bytes_total");
	assert_string_equal(name_of(METRIC_READ_BYTES), "weir_read_bytes_total");
	assert_string_equal(name_of(METRIC_OLDEST_OPEN), "weir_oldest_open_seconds");
	assert_string_equal(name_of(METRIC_LIVE_PEAK), "weir_memory_live_peak_bytes");
	assert_string_equal(name_of(METRIC_SELF), "weir_self_seconds_total");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_keep_the_conventions),
		cmocka_unit_test(no_two_have_the_same_name),
		cmocka_unit_test(names_are_made_of_group_name_and_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
