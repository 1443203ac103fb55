/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "out/figures.h"

static void counts_are_told_to_the_last_digit(void **state)
{
	(void)state;
	assert_string_equal(figure_count(0).text, "0");
	assert_string_equal(figure_count(999).text, "999");
	assert_string_equal(figure_count(1000).text, "1,000");
	assert_string_equal(figure_count(123456).text, "123,456");
	assert_string_equal(figure_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
}

static void units_that_the_heading_says_are_left_out(void **state)
{
	(void)state;
	assert_string_equal(figure_rate(0).text, "0");
	assert_string_equal(figure_rate(12.34).text, "12.3");
	assert_string_equal(figure_rate(4800).text, "4.80 k");
	assert_string_equal(figure_percent(1).text, "100");
	assert_string_equal(figure_percent(0.9933).text, "99.3");
	assert_string_equal(figure_percent(0.99999).text, ">99.9");
	assert_string_equal(figure_rate(-1).text, "-");
}

static void durations_and_bytes_keep_theirs(void **state)
{
	(void)state;
	assert_string_equal(figure_duration(8600000).text, "8.60 ms");
	assert_string_equal(figure_bytes(940).text, "940 B");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_told_to_the_last_digit),
		cmocka_unit_test(units_that_the_heading_says_are_left_out),
		cmocka_unit_test(durations_and_bytes_keep_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
