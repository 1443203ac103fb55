/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/units.h"

#include <strings.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

#define SECOND_NS 1000000000ull
#define MINUTE_NS (60 * SECOND_NS)
#define HOUR_NS (60 * MINUTE_NS)
#define DAY_NS (24 * HOUR_NS)

enum { FRACTION_DIGITS = 15 };

struct unit {
	uint64_t size;
	const char *name;
};

/* value / size in tenths or hundredths or units, half rounded up */
static uint64_t rounded(uint64_t value, uint64_t size, unsigned parts)
{
	return (uint64_t)(((unsigned __int128)value * parts * 2 + size) / ((unsigned __int128)size * 2));
}

/* "1.23", "12.3" or "123": false where it takes a fourth digit, so that a larger unit must be tried. */
static bool three_digits(uint64_t value, const struct unit *unit, const char *suffix, char *text)
{
	const char *space = unit->name[0] || suffix[0] ? " " : "";
	uint64_t whole = rounded(value, unit->size, 1);
	unsigned tenths, hundredths;

	if (whole >= 1000)
		return false;
	tenths = (unsigned)rounded(value, unit->size, 10);
	hundredths = (unsigned)rounded(value, unit->size, 100);
	if (unit->size == 1 || tenths >= 1000)
		snprintf(text, UNIT_TEXT_SIZE, "%u%s%s%s", (unsigned)whole, space, unit->name, suffix);
	else if (hundredths >= 1000)
		snprintf(text, UNIT_TEXT_SIZE, "%u.%u%s%s%s", tenths / 10, tenths % 10, space, unit->name, suffix);
	else
		snprintf(text, UNIT_TEXT_SIZE, "%u.%02u%s%s%s", hundredths / 100, hundredths % 100, space, unit->name,
			 suffix);
	return true;
}

/* ---- durations ----------------------------------------------------------------------------------- */

static const char *clock_format(uint64_t large, const char *large_name, uint64_t small, const char *small_name,
				char *text)
{
	snprintf(text, UNIT_TEXT_SIZE, "%u%s %02u%s", (unsigned)large, large_name, (unsigned)small, small_name);
	return text;
}

const char *duration_format(uint64_t duration_ns, char ret_text[UNIT_TEXT_SIZE])
{
	static const struct unit units[] = { { 1, "ns" }, { 1000, "us" }, { 1000000, "ms" }, { SECOND_NS, "s" } };
	uint64_t seconds = rounded(duration_ns, SECOND_NS, 1), minutes = rounded(duration_ns, MINUTE_NS, 1);
	uint64_t hours = rounded(duration_ns, HOUR_NS, 1);

	if (rounded(duration_ns, SECOND_NS, 10) < 600) {
		for (size_t i = 0; i < LENGTH(units); i++) {
			if (three_digits(duration_ns, &units[i], "", ret_text))
				return ret_text;
		}
	}
	if (seconds < 3600)
		return clock_format(seconds / 60, "m", seconds % 60, "s", ret_text);
	if (minutes < 24 * 60)
		return clock_format(minutes / 60, "h", minutes % 60, "m", ret_text);
	return clock_format(hours / 24, "d", hours % 24, "h", ret_text);
}

static const struct unit *duration_unit(const char *name)
{
	static const struct unit units[] = {
		{ SECOND_NS, "" },  { 1, "ns" },        { 1000, "us" }, { 1000000, "ms" },
		{ SECOND_NS, "s" }, { MINUTE_NS, "m" }, { HOUR_NS, "h" },
	};

	for (size_t i = 0; i < LENGTH(units); i++) {
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	}
	return NULL;
}

/* Digits from *text on; false where there are none. A number that does not fit stays at UINT64_MAX. */
static bool parse_digits(const char **text, uint64_t *ret_number)
{
	const char *at = *text;
	uint64_t number = 0;

	for (; isdigit((unsigned char)*at); at++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
			number = UINT64_MAX;
	}
	if (at == *text)
		return false;
	*text = at;
	*ret_number = number;
	return true;
}

/* The digits after the point, as parts of `unit_ns`; those beyond a nanosecond of the longest unit count for nothing. */
static uint64_t fraction_ns(const char *digits, uint64_t unit_ns)
{
	uint64_t number = 0, scale = 1;

	for (unsigned i = 0; i < FRACTION_DIGITS && isdigit((unsigned char)digits[i]); i++) {
		number = number * 10 + (uint64_t)(digits[i] - '0');
		scale *= 10;
	}
	return (uint64_t)((unsigned __int128)number * unit_ns / scale);
}

int duration_parse(const char *text, uint64_t *ret_ns)
{
	const char *fraction = NULL;
	const struct unit *unit;
	uint64_t number, duration_ns;

	if (!parse_digits(&text, &number))
		return -EINVAL;
	if (*text == '.') {
		fraction = ++text;
		if (!isdigit((unsigned char)*text))
			return -EINVAL;
		text += strspn(text, "0123456789");
	}
	unit = duration_unit(text);
	if (!unit)
		return -EINVAL;
	if (__builtin_mul_overflow(number, unit->size, &duration_ns) || number == UINT64_MAX)
		return -ERANGE;
	if (fraction && __builtin_add_overflow(duration_ns, fraction_ns(fraction, unit->size), &duration_ns))
		return -ERANGE;
	if (duration_ns == 0)
		return -EINVAL;
	*ret_ns = duration_ns;
	return 0;
}

/* ---- counts, bytes, rates ------------------------------------------------------------------------ */

static const char *count_format_suffix(uint64_t count, const char *suffix, char *text)
{
	static const struct unit units[] = {
		{ 1, "" },
		{ 1000, "k" },
		{ 1000000, "M" },
		{ 1000000000, "G" },
		{ 1000000000000, "T" },
		{ 1000000000000000, "P" },
		{ 1000000000000000000, "E" },
	};

	for (size_t i = 0; i < LENGTH(units); i++) {
		if (three_digits(count, &units[i], suffix, text))
			break;
	}
	return text;
}

const char *count_format(uint64_t count, char ret_text[UNIT_TEXT_SIZE])
{
	return count_format_suffix(count, "", ret_text);
}

static const char *bytes_format_suffix(uint64_t bytes, const char *suffix, char *text)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

	if (bytes < 1024) {
		snprintf(text, UNIT_TEXT_SIZE, "%u B%s", (unsigned)bytes, suffix);
		return text;
	}
	for (size_t i = 1; i < LENGTH(names); i++) {
		uint64_t size = 1ull << (10 * i);
		unsigned tenths = (unsigned)rounded(bytes, size, 10);
		uint64_t whole = rounded(bytes, size, 1);

		if (whole >= 1024)
			continue;
		if (tenths < 1000)
			snprintf(text, UNIT_TEXT_SIZE, "%u.%u %s%s", tenths / 10, tenths % 10, names[i], suffix);
		else
			snprintf(text, UNIT_TEXT_SIZE, "%u %s%s", (unsigned)whole, names[i], suffix);
		break;
	}
	return text;
}

const char *bytes_format(uint64_t bytes, char ret_text[UNIT_TEXT_SIZE])
{
	return bytes_format_suffix(bytes, "", ret_text);
}

static bool is_rate(double value)
{
	return isfinite(value) && value >= 0;
}

/* More per second than fits is nothing that was measured: it stays at the greatest number. */
static uint64_t whole_of(double value)
{
	return value < 18e18 ? (uint64_t)(value + 0.5) : UINT64_MAX;
}

const char *rate_format(double per_second, char ret_text[UNIT_TEXT_SIZE])
{
	if (!is_rate(per_second))
		snprintf(ret_text, UNIT_TEXT_SIZE, "-");
	else if (per_second == 0)
		snprintf(ret_text, UNIT_TEXT_SIZE, "0 /s");
	else if (per_second < 0.005)
		snprintf(ret_text, UNIT_TEXT_SIZE, "<0.01 /s");
	else if (per_second < 9.995)
		snprintf(ret_text, UNIT_TEXT_SIZE, "%.2f /s", per_second);
	else if (per_second < 99.95)
		snprintf(ret_text, UNIT_TEXT_SIZE, "%.1f /s", per_second);
	else
		return count_format_suffix(whole_of(per_second), "/s", ret_text);
	return ret_text;
}

const char *bytes_rate_format(double bytes_per_second, char ret_text[UNIT_TEXT_SIZE])
{
	if (!is_rate(bytes_per_second))
		snprintf(ret_text, UNIT_TEXT_SIZE, "-");
	else if (bytes_per_second > 0 && bytes_per_second < 0.5)
		snprintf(ret_text, UNIT_TEXT_SIZE, "<1 B/s");
	else
		return bytes_format_suffix(whole_of(bytes_per_second), "/s", ret_text);
	return ret_text;
}

const char *percent_format(double fraction, char ret_text[UNIT_TEXT_SIZE])
{
	double percent = fraction * 100;

	if (!is_rate(percent))
		snprintf(ret_text, UNIT_TEXT_SIZE, "-");
	else if (percent == 0)
		snprintf(ret_text, UNIT_TEXT_SIZE, "0 %%");
	else if (percent < 0.05)
		snprintf(ret_text, UNIT_TEXT_SIZE, "<0.1 %%");
	else if (fraction < 1 && percent >= 99.95)
		snprintf(ret_text, UNIT_TEXT_SIZE, ">99.9 %%");
	else if (percent < 99.95)
		snprintf(ret_text, UNIT_TEXT_SIZE, "%.1f %%", percent);
	else if (percent < 1e9)
		snprintf(ret_text, UNIT_TEXT_SIZE, "%.0f %%", percent);
	else
		snprintf(ret_text, UNIT_TEXT_SIZE, ">1e9 %%");
	return ret_text;
}

/* "k", "kB", "KiB" and so on; returns the power of 1024, or -1. */
static int size_unit(const char *unit)
{
	static const char letters[] = "kmgtpe";
	const char *letter;

	if (!*unit || !strcasecmp(unit, "b"))
		return 0;
	letter = strchr(letters, tolower((unsigned char)*unit));
	if (!letter || (unit[1] && strcasecmp(unit + 1, "b") && strcasecmp(unit + 1, "ib")))
		return -1;
	return (int)(letter - letters) + 1;
}

int bytes_parse(const char *text, uint64_t *ret_bytes)
{
	double number = 0, place = 1;
	const char *at = text;
	int power;

	for (; isdigit((unsigned char)*at); at++)
		number = number * 10 + (*at - '0');
	if (at == text)
		return -EINVAL;
	if (*at == '.') {
		if (!isdigit((unsigned char)at[1]))
			return -EINVAL;
		for (at++; isdigit((unsigned char)*at); at++)
			number += (*at - '0') * (place /= 10);
	}
	power = size_unit(at);
	if (power < 0)
		return -EINVAL;
	number = ldexp(number, 10 * power);
	if (number >= 9.2e18)
		return -ERANGE;
	if (number < 1)
		return -EINVAL;
	*ret_bytes = (uint64_t)number;
	return 0;
}
