/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../out/fixture.h"
#include "top/column.h"

/* Whoever adds a metric gets a column for it, without a word in the table of columns. */
static void every_counter_and_gauge_of_the_registry_has_a_column(void **state)
{
	struct columns columns;

	(void)state;
	assert_int_equal(columns_new(&columns), 0);
	for (size_t id = 0; id < METRIC_COUNT; id++) {
		bool found = id == METRIC_COMPLETED || id == METRIC_MISSES; /* told by calls, and by hit % */

		found |= metrics[id].kind == METRIC_KIND_HISTOGRAM && id != METRIC_LATENCY; /* neither */
		for (size_t i = 0; i < columns.count; i++)
			found |= columns.items[i].metric == &metrics[id] && columns.items[i].views;
		if (!found)
			fail_msg("no column shows %s", metrics[id].name);
	}
	columns_free(&columns);
}

static void headings_name_one_column_each(void **state)
{
	struct columns columns;

	(void)state;
	assert_int_equal(columns_new(&columns), 0);
	for (size_t i = 0; i < columns.count; i++) {
		assert_int_equal(columns_find(&columns, columns.items[i].heading), i);
		assert_true(strlen(columns.items[i].heading) + 1 <= column_width(&columns.items[i]));
		assert_non_null(columns.items[i].help);
	}
	assert_int_equal(columns_find(&columns, "hit%"), columns_find(&columns, "hit %"));
	assert_int_equal(columns_find(&columns, "beauty"), -1);
	columns_free(&columns);
}

static double value_of(const char *heading, const struct reading *reading)
{
	struct columns columns;
	double value;
	long at;

	assert_int_equal(columns_new(&columns), 0);
	at = columns_find(&columns, heading);
	assert_true(at >= 0);
	value = column_value(&columns.items[at], reading);
	columns_free(&columns);
	return value;
}

static void values_are_what_their_names_say(void **state)
{
	struct counters c = {
		.have = HAVE_LATENCY | HAVE_ROWS | HAVE_CACHE | HAVE_ERRORS, .calls = 300, .completed = 200, .max_ns = 777,
		.rows = 50, .hits = 30, .misses = 10, .errors = 4, .total_ns = 1000, .self_ns = 250, .cpu_ns = 600,
		.blocked_ns = 100};
	const struct reading reading = {
		.counters = &c, .duration_ns = 2000000000, .self_sum_ns = 1000, .rows_in = 200, .has_rows_in = true};

	(void)state;
	assert_true(value_of("calls/s", &reading) == 150);
	assert_true(value_of("calls", &reading) == 300);
	assert_true(value_of("rows/s", &reading) == 25);
	assert_true(value_of("errors/s", &reading) == 2);
	assert_true(value_of("hit %", &reading) == 0.75);
	assert_true(value_of("pass %", &reading) == 0.25);
	assert_true(value_of("self %", &reading) == 0.25);
	assert_true(value_of("cpu %", &reading) == 0.6);
	assert_true(value_of("blocked %", &reading) == 0.1);
	assert_true(value_of("max", &reading) == 777);
	c.completed = 0;
	c.hits = c.misses = 0;
	assert_true(isnan(value_of("p95", &reading)));
	assert_true(isnan(value_of("hit %", &reading)));
	c.have = 0;
	assert_true(isnan(value_of("rows/s", &reading)));
}

/* Whatever a counter holds, its cell is not wider than its column. */
static void no_figure_is_wider_than_its_column(void **state)
{
	struct columns columns;

	(void)state;
	assert_int_equal(columns_new(&columns), 0);
	for (size_t i = 0; i < columns.count; i++) {
		bool share = columns.items[i].show >= SHOW_HIT;

		for (double value = 1e-4; value < (share ? 1.0 : 1e17); value *= 1.37) {
			struct figure figure = column_figure(&columns.items[i], value);

			if (columns.items[i].metric->unit == METRIC_UNIT_NS && value > 99 * 86400e9)
				break; /* a hundred days */
			if (strlen(figure.text) > column_width(&columns.items[i]))
				fail_msg("%s: \"%s\" of %g", columns.items[i].heading, figure.text, value);
		}
		assert_string_equal(column_figure(&columns.items[i], NAN).text, "-");
	}
	columns_free(&columns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_and_gauge_of_the_registry_has_a_column),
		cmocka_unit_test(headings_name_one_column_each),
		cmocka_unit_test(values_are_what_their_names_say),
		cmocka_unit_test(no_figure_is_wider_than_its_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
