/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/snapshot.h"

static void equal_texts_give_the_same_pointer(void **state)
{
	struct snapshot *snapshot = NULL;
	char text[] = "scan";

	(void)state;
	assert_int_equal(snapshot_new(&snapshot), 0);
	const char *first = snapshot_string(snapshot, "scan"), *second = snapshot_string(snapshot, text);

	assert_ptr_equal(first, second);
	assert_ptr_not_equal(first, text);
	assert_ptr_not_equal(first, snapshot_string(snapshot, "scans"));
	assert_string_equal(snapshot_string(snapshot, ""), "");
	snapshot_free(&snapshot);
	assert_null(snapshot);
}

static void strings_stay_where_they_are_as_more_come(void **state)
{
	enum { COUNT = 5000 };
	static const char *strings[COUNT];
	struct snapshot *snapshot = NULL;
	char text[32];

	(void)state;
	assert_int_equal(snapshot_new(&snapshot), 0);
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "label %d", i);
		strings[i] = snapshot_string(snapshot, text);
		assert_non_null(strings[i]);
	}
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "label %d", i);
		assert_string_equal(strings[i], text);
		assert_ptr_equal(strings[i], snapshot_string(snapshot, text));
	}
	assert_int_equal(snapshot->strings_count, COUNT);
	snapshot_free(&snapshot);
}

static void losses_are_summed_over_all_reasons(void **state)
{
	struct snapshot *snapshot = NULL;
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(snapshot_new(&snapshot), 0);
	assert_int_equal(snapshot_lost(snapshot), 0);
	for (size_t i = 0; i < WEIR_LOSS_COUNT; i++)
		sum += snapshot->losses[i] = 1ULL << i;
	assert_int_equal(snapshot_lost(snapshot), sum);
	snapshot_free(&snapshot);
}

static void free_bears_null(void **state)
{
	struct snapshot *snapshot = NULL;

	(void)state;
	snapshot_free(NULL);
	snapshot_free(&snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_give_the_same_pointer),
		cmocka_unit_test(strings_stay_where_they_are_as_more_come),
		cmocka_unit_test(losses_are_summed_over_all_reasons),
		cmocka_unit_test(free_bears_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
