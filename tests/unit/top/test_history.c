/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../out/fixture.h"
#include "top/history.h"

/* One node with `calls` calls of `ns` each. */
static struct snapshot *interval_of(uint32_t id, unsigned calls, uint64_t ns)
{
	uint64_t slots[WEIR_HIST_SLOTS] = {0};
	struct snapshot *snapshot = NULL;

	assert_int_equal(snapshot_new(&snapshot), 0);
	snapshot->nodes = calloc(1, sizeof(*snapshot->nodes));
	assert_non_null(snapshot->nodes);
	snapshot->nodes_count = 1;
	slots[weir_hist_slot(weir_hist_time_units(ns))] = calls;
	snapshot->nodes[0] = (struct snapshot_node){
		.id = id, .function = fixture_string(snapshot, "f"),
		.counters = {.have = HAVE_LATENCY, .completed = calls, .calls = calls, .max_ns = calls ? ns : 0}};
	assert_int_equal(histogram_from_slots(slots, &snapshot->nodes[0].counters.latency), 0);
	return snapshot;
}

static void add(struct history *history, uint32_t id, unsigned calls, uint64_t ns, uint64_t at_ns)
{
	struct snapshot *interval = interval_of(id, calls, ns);

	assert_int_equal(history_add(history, interval, at_ns), 0);
	snapshot_free(&interval);
}

static double calls_of_column(const struct history *history, uint32_t id, unsigned column)
{
	double calls = 0;

	for (unsigned row = 0; row < HISTORY_ROWS; row++)
		calls += history_calls(history, id, column, row);
	return calls;
}

static void calls_are_kept_within_five_percent(void **state)
{
	struct history *history = NULL;
	unsigned calls = 1, column = 0;

	(void)state;
	assert_int_equal(history_new(&history), 0);
	for (; calls < 100000000; calls = calls * 7 / 3 + 1, column++) {
		double kept;

		add(history, 65535, calls, 1500000, column);
		kept = calls_of_column(history, 65535, column);
		assert_true(kept > calls * 0.95 && kept < calls * 1.05);
		assert_int_equal(history_max_ns(history, 65535, column), 1500000);
	}
	assert_int_equal(history_ticks(history), column);
	history_free(&history);
}

/* Each latency lies in the row whose bounds are around it, whatever it is. */
static void rows_hold_what_their_bounds_say(void **state)
{
	(void)state;
	for (uint64_t ns = 1; ns < 3600000000000; ns = ns * 5 / 4 + 1) {
		struct history *history = NULL;

		assert_int_equal(history_new(&history), 0);
		add(history, 3, 10, ns, 1);
		for (unsigned row = 0; row < HISTORY_ROWS; row++) {
			if (!(history_calls(history, 3, 0, row) > 0))
				continue;
			if (row + 1 < HISTORY_ROWS)
				assert_true((double)ns <= history_row_upper_ns(row) * 1.001 + 1);
			if (row)
				assert_true((double)ns >= history_row_upper_ns(row - 1) * 0.999 - 1);
		}
		assert_true(calls_of_column(history, 3, 0) > 9);
		history_free(&history);
	}
}

static void the_oldest_columns_go_first(void **state)
{
	struct history *history = NULL;

	(void)state;
	assert_int_equal(history_new(&history), 0);
	add(history, 1, 100, 1000, 5);
	for (unsigned i = 1; i < HISTORY_COLUMNS; i++)
		add(history, 2, 0, 0, 5 + i);
	assert_true(calls_of_column(history, 1, 0) > 0);
	assert_int_equal(history_at_ns(history, 0), 5);
	add(history, 2, 0, 0, 1000);
	assert_true(!(calls_of_column(history, 1, 0) > 0));
	assert_int_equal(history_max_ns(history, 1, 0), 0);
	/* the column that took its place is empty for it */
	assert_true(!(calls_of_column(history, 1, HISTORY_COLUMNS) > 0));
	assert_int_equal(history_at_ns(history, HISTORY_COLUMNS), 1000);
	assert_int_equal(history_at_ns(history, HISTORY_COLUMNS + 1), 0);
	history_free(&history);
}

static void what_finds_no_room_is_counted(void **state)
{
	struct history *history = NULL;

	(void)state;
	assert_int_equal(history_new(&history), 0);
	for (uint32_t id = 1; id <= HISTORY_NODES; id++)
		add(history, id, 1, 1000, id);
	assert_int_equal(history_left_out(history), 0);
	add(history, HISTORY_NODES + 1, 1, 1000, 9999);
	assert_int_equal(history_left_out(history), 1);
	assert_int_equal(history_max_ns(history, HISTORY_NODES + 1, HISTORY_NODES), 0);
	history_free(&history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_kept_within_five_percent),
		cmocka_unit_test(rows_hold_what_their_bounds_say),
		cmocka_unit_test(the_oldest_columns_go_first),
		cmocka_unit_test(what_finds_no_room_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
