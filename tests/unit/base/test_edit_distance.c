/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/edit_distance.h"

enum { FAR = 100 };

static void equal_names_are_zero_apart(void **state)
{
	(void)state;
	assert_int_equal(edit_distance("", "", FAR), 0);
	assert_int_equal(edit_distance("duration", "duration", FAR), 0);
	assert_int_equal(edit_distance("duration", "duration", 0), 0);
}

static void each_inserted_deleted_or_replaced_byte_counts_once(void **state)
{
	(void)state;
	assert_int_equal(edit_distance("json", "jsons", FAR), 1);
	assert_int_equal(edit_distance("json", "son", FAR), 1);
	assert_int_equal(edit_distance("json", "jsan", FAR), 1);
	assert_int_equal(edit_distance("", "json", FAR), 4);
	assert_int_equal(edit_distance("json", "", FAR), 4);
	assert_int_equal(edit_distance("kitten", "sitting", FAR), 3);
	assert_int_equal(edit_distance("sitting", "kitten", FAR), 3);
	assert_int_equal(edit_distance("ab", "ba", FAR), 2);
	assert_int_equal(edit_distance("abcdef", "bcdefg", FAR), 2);
}

static void what_is_beyond_the_limit_is_limit_plus_one(void **state)
{
	(void)state;
	assert_int_equal(edit_distance("kitten", "sitting", 3), 3);
	assert_int_equal(edit_distance("kitten", "sitting", 2), 3);
	assert_int_equal(edit_distance("kitten", "sitting", 1), 2);
	assert_int_equal(edit_distance("a", "bbbbbbbbbb", 4), 5);
	assert_int_equal(edit_distance("a", "b", 0), 1);
	assert_int_equal(edit_distance("abc", "xyz", SIZE_MAX), 3);
}

static void the_longest_names_are_compared_and_longer_ones_are_beyond(void **state)
{
	char longest[EDIT_DISTANCE_LENGTH_MAX + 1], longer[EDIT_DISTANCE_LENGTH_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(edit_distance(longest, longest, 2), 0);
	assert_int_equal(edit_distance(longest, "", SIZE_MAX), EDIT_DISTANCE_LENGTH_MAX);
	assert_int_equal(edit_distance(longest, longer, 2), 3);
	assert_int_equal(edit_distance(longer, longer, 2), 3);
	assert_true(edit_distance(longer, longest, SIZE_MAX) == SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_names_are_zero_apart),
		cmocka_unit_test(each_inserted_deleted_or_replaced_byte_counts_once),
		cmocka_unit_test(what_is_beyond_the_limit_is_limit_plus_one),
		cmocka_unit_test(the_longest_names_are_compared_and_longer_ones_are_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
