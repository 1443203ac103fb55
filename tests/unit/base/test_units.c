/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

#define MS_NS 1000000ull
#define SECOND_NS 1000000000ull
#define MINUTE_NS (60 * SECOND_NS)
#define HOUR_NS (60 * MINUTE_NS)
#define DAY_NS (24 * HOUR_NS)

struct number_case {
	uint64_t number;
	const char *text;
};

typedef const char *(*number_format)(uint64_t number, char ret_text[UNIT_TEXT_SIZE]);

static void assert_numbers(number_format format, const struct number_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[UNIT_TEXT_SIZE];

		if (format(cases[i].number, text) != text)
			fail_msg("the buffer was not handed back");
		if (strcmp(text, cases[i].text) != 0)
			fail_msg("%llu: expected \"%s\", got \"%s\"", (unsigned long long)cases[i].number, cases[i].text,
				 text);
	}
}

struct real_case {
	double number;
	const char *text;
};

typedef const char *(*real_format)(double number, char ret_text[UNIT_TEXT_SIZE]);

static void assert_reals(real_format format, const struct real_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[UNIT_TEXT_SIZE];

		if (format(cases[i].number, text) != text)
			fail_msg("the buffer was not handed back");
		if (strcmp(text, cases[i].text) != 0)
			fail_msg("%g: expected \"%s\", got \"%s\"", cases[i].number, cases[i].text, text);
	}
}

static void durations_below_a_minute_have_three_digits(void **state)
{
	static const struct number_case cases[] = {
		{ 0, "0 ns" },
		{ 1, "1 ns" },
		{ 999, "999 ns" },
		{ 1000, "1.00 us" },
		{ 1234, "1.23 us" },
		{ 1235, "1.24 us" },
		{ 12345, "12.3 us" },
		{ 123456, "123 us" },
		{ 1230000, "1.23 ms" },
		{ 999 * MS_NS, "999 ms" },
		{ 1500 * MS_NS, "1.50 s" },
		{ 59900 * MS_NS, "59.9 s" },
	};

	(void)state;
	assert_numbers(duration_format, cases, LENGTH(cases));
}

static void rounding_up_takes_the_next_unit(void **state)
{
	static const struct number_case durations[] = {
		{ 9994, "9.99 us" },
		{ 9995, "10.0 us" },
		{ 99949, "99.9 us" },
		{ 99950, "100 us" },
		{ 999499, "999 us" },
		{ 999500, "1.00 ms" },
		{ 999999999, "1.00 s" },
		{ 59949 * MS_NS, "59.9 s" },
		{ 59950 * MS_NS, "1m 00s" },
		{ HOUR_NS - 1, "1h 00m" },
		{ DAY_NS - 1, "1d 00h" },
	};
	static const struct number_case counts[] = {
		{ 999499, "999 k" },
		{ 999500, "1.00 M" },
	};
	static const struct number_case bytes[] = {
		{ 1023, "1023 B" },
		{ (1 << 20) - 1, "1.0 MiB" },
	};

	(void)state;
	assert_numbers(duration_format, durations, LENGTH(durations));
	assert_numbers(count_format, counts, LENGTH(counts));
	assert_numbers(bytes_format, bytes, LENGTH(bytes));
}

static void durations_from_a_minute_on_have_two_units(void **state)
{
	static const struct number_case cases[] = {
		{ MINUTE_NS, "1m 00s" },
		{ 65 * SECOND_NS, "1m 05s" },
		{ 59 * MINUTE_NS + 59 * SECOND_NS, "59m 59s" },
		{ HOUR_NS, "1h 00m" },
		{ 2 * HOUR_NS + 3 * MINUTE_NS, "2h 03m" },
		{ DAY_NS, "1d 00h" },
		{ 4 * DAY_NS + 7 * HOUR_NS, "4d 07h" },
		{ UINT64_MAX, "213504d 00h" }, /* 213503 days, 23 hours and 34.5 minutes */
	};

	(void)state;
	assert_numbers(duration_format, cases, LENGTH(cases));
}

static void counts_have_three_digits_and_a_thousands_letter(void **state)
{
	static const struct number_case cases[] = {
		{ 0, "0" },
		{ 7, "7" },
		{ 999, "999" },
		{ 1000, "1.00 k" },
		{ 12345, "12.3 k" },
		{ 1234567, "1.23 M" },
		{ 123000000000, "123 G" },
		{ 1000000000000, "1.00 T" },
		{ 1000000000000000, "1.00 P" },
		{ UINT64_MAX, "18.4 E" },
	};

	(void)state;
	assert_numbers(count_format, cases, LENGTH(cases));
}

static void bytes_go_by_1024(void **state)
{
	static const struct number_case cases[] = {
		{ 0, "0 B" },
		{ 1000, "1000 B" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 1258291, "1.2 MiB" },
		{ 99 * 1024, "99.0 KiB" },
		{ 100 * 1024, "100 KiB" },
		{ 1023ull << 30, "1023 GiB" },
		{ 1ull << 40, "1.0 TiB" },
		{ 1ull << 50, "1.0 PiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};

	(void)state;
	assert_numbers(bytes_format, cases, LENGTH(cases));
}

static void rates_are_said_per_second(void **state)
{
	static const struct real_case cases[] = {
		{ 0, "0 /s" },
		{ 0.0001, "<0.01 /s" },
		{ 0.5, "0.50 /s" },
		{ 9.99, "9.99 /s" },
		{ 9.996, "10.0 /s" },
		{ 12.34, "12.3 /s" },
		{ 99.96, "100 /s" },
		{ 999.6, "1.00 k/s" },
		{ 12345, "12.3 k/s" },
		{ 1e30, "18.4 E/s" },
	};

	(void)state;
	assert_reals(rate_format, cases, LENGTH(cases));
}

static void rates_of_bytes_go_by_1024(void **state)
{
	static const struct real_case cases[] = {
		{ 0, "0 B/s" },
		{ 0.25, "<1 B/s" },
		{ 0.75, "1 B/s" },
		{ 1258291, "1.2 MiB/s" },
		{ 1e30, "16.0 EiB/s" },
	};

	(void)state;
	assert_reals(bytes_rate_format, cases, LENGTH(cases));
}

static void only_nothing_is_0_percent_and_only_the_whole_is_100(void **state)
{
	static const struct real_case cases[] = {
		{ 0, "0 %" },
		{ 0.0004, "<0.1 %" },
		{ 0.001, "0.1 %" },
		{ 0.1234, "12.3 %" },
		{ 0.9994, "99.9 %" },
		{ 0.9999, ">99.9 %" },
		{ 1, "100 %" },
		{ 2.5, "250 %" },
		{ 1e300, ">1e9 %" },
	};

	(void)state;
	assert_reals(percent_format, cases, LENGTH(cases));
}

static void what_is_no_number_is_a_dash(void **state)
{
	const struct real_case cases[] = { { NAN, "-" }, { INFINITY, "-" }, { -1, "-" } };

	(void)state;
	assert_reals(rate_format, cases, LENGTH(cases));
	assert_reals(bytes_rate_format, cases, LENGTH(cases));
	assert_reals(percent_format, cases, LENGTH(cases));
}

static void durations_are_parsed_with_every_unit(void **state)
{
	static const struct number_case cases[] = {
		{ 10 * SECOND_NS, "10" },
		{ 2500 * MS_NS, "2.5" },
		{ 250 * MS_NS, "250ms" },
		{ 2 * MINUTE_NS, "2m" },
		{ HOUR_NS, "1h" },
		{ 10000, "10us" },
		{ 7, "7ns" },
		{ 3 * SECOND_NS, "3s" },
		{ 90 * MINUTE_NS, "1.5h" },
		{ 1, "0.000000001" },
		{ 1, "1.9ns" },
		{ 333333333, "0.33333333333333333333333333" },
		{ HOUR_NS / 8, "0.125h" },
		{ 18446744073 * SECOND_NS + 709551615, "18446744073.709551615" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint64_t duration_ns = 0;
		int err = duration_parse(cases[i].text, &duration_ns);

		if (err || duration_ns != cases[i].number)
			fail_msg("\"%s\": expected %llu ns, got %d, %llu ns", cases[i].text,
				 (unsigned long long)cases[i].number, err, (unsigned long long)duration_ns);
	}
}

struct refused_case {
	const char *text;
	int err;
};

static void what_is_no_duration_is_refused_and_the_result_untouched(void **state)
{
	static const struct refused_case cases[] = {
		{ "", -EINVAL },
		{ "0", -EINVAL },
		{ "0.0s", -EINVAL },
		{ "0.1ns", -EINVAL },
		{ "-1", -EINVAL },
		{ "+1", -EINVAL },
		{ " 1", -EINVAL },
		{ "1 s", -EINVAL },
		{ "1.", -EINVAL },
		{ ".5", -EINVAL },
		{ "1.s", -EINVAL },
		{ "1.2.3", -EINVAL },
		{ "1e3", -EINVAL },
		{ "0x10", -EINVAL },
		{ "1d", -EINVAL },
		{ "1mss", -EINVAL },
		{ "inf", -EINVAL },
		{ "s", -EINVAL },
		{ "18446744073709551616ns", -ERANGE },
		{ "99999999999999999999999999h", -ERANGE },
		{ "18446744074", -ERANGE },
		{ "18446744073.709551616", -ERANGE },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint64_t duration_ns = 12345;
		int err = duration_parse(cases[i].text, &duration_ns);

		if (err != cases[i].err || duration_ns != 12345)
			fail_msg("\"%s\": expected %d, got %d, %llu ns", cases[i].text, cases[i].err, err,
				 (unsigned long long)duration_ns);
	}
}

static void sizes_are_parsed_by_powers_of_1024(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "1", 1 }, { "4096", 4096 }, { "1B", 1 }, { "64k", 65536 }, { "64K", 65536 }, { "64kB", 65536 }, { "64KiB", 65536 },
		{ "1.5k", 1536 }, { "1.5GiB", 1610612736 }, { "10M", 10485760 }, { "2t", 2199023255552 }, { "7.999", 7 },
		{ "1p", 1125899906842624 }, { "1e", 1152921504606846976 },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint64_t bytes = 0;
		int err = bytes_parse(cases[i].text, &bytes);

		if (err || bytes != cases[i].bytes)
			fail_msg("\"%s\": expected %llu, got %d, %llu", cases[i].text, (unsigned long long)cases[i].bytes, err,
				 (unsigned long long)bytes);
	}
}

static void what_is_no_size_is_refused_and_the_result_untouched(void **state)
{
	static const struct refused_case cases[] = {
		{ "", -EINVAL }, { "0", -EINVAL }, { "0k", -EINVAL }, { "0.5", -EINVAL }, { "-1", -EINVAL }, { " 1", -EINVAL },
		{ "1 k", -EINVAL }, { "1.", -EINVAL }, { ".5k", -EINVAL }, { "1kk", -EINVAL }, { "1x", -EINVAL }, { "1kix", -EINVAL },
		{ "k", -EINVAL }, { "inf", -EINVAL }, { "0x10", -EINVAL }, { "1bb", -EINVAL }, { "1i", -EINVAL },
		{ "9000000e", -ERANGE }, { "99999999999999999999999999", -ERANGE },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		uint64_t bytes = 12345;
		int err = bytes_parse(cases[i].text, &bytes);

		if (err != cases[i].err || bytes != 12345)
			fail_msg("\"%s\": expected %d, got %d, %llu", cases[i].text, cases[i].err, err, (unsigned long long)bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_below_a_minute_have_three_digits),
		cmocka_unit_test(rounding_up_takes_the_next_unit),
		cmocka_unit_test(durations_from_a_minute_on_have_two_units),
		cmocka_unit_test(counts_have_three_digits_and_a_thousands_letter),
		cmocka_unit_test(bytes_go_by_1024),
		cmocka_unit_test(rates_are_said_per_second),
		cmocka_unit_test(rates_of_bytes_go_by_1024),
		cmocka_unit_test(only_nothing_is_0_percent_and_only_the_whole_is_100),
		cmocka_unit_test(what_is_no_number_is_a_dash),
		cmocka_unit_test(durations_are_parsed_with_every_unit),
		cmocka_unit_test(sizes_are_parsed_by_powers_of_1024),
		cmocka_unit_test(what_is_no_size_is_refused_and_the_result_untouched),
		cmocka_unit_test(what_is_no_duration_is_refused_and_the_result_untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
