/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "out/figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

_Static_assert(sizeof(((struct figure *)0)->text) >= UNIT_TEXT_SIZE, "figures hold what units.h writes");

struct figure figure_count(uint64_t count)
{
	struct figure figure;
	char digits[24], *to = figure.text;
	size_t length;

	snprintf(digits, sizeof(digits), "%" PRIu64, count);
	length = strlen(digits);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return figure;
}

struct figure figure_duration(uint64_t ns)
{
	struct figure figure;

	duration_format(ns, figure.text);
	return figure;
}

struct figure figure_bytes(uint64_t bytes)
{
	struct figure figure;

	bytes_format(bytes, figure.text);
	return figure;
}

/* Cut `unit` off the end, and the blank before it. */
static void cut_unit(char *text, const char *unit)
{
	char *end = text + strlen(text), *at = strstr(text, unit);

	if (at && at + strlen(unit) == end)
		*at = '\0';
	end = text + strlen(text);
	if (end > text && end[-1] == ' ')
		end[-1] = '\0';
}

struct figure figure_rate(double per_second)
{
	struct figure figure;

	rate_format(per_second, figure.text);
	cut_unit(figure.text, "/s");
	return figure;
}

struct figure figure_percent(double fraction)
{
	struct figure figure;

	percent_format(fraction, figure.text);
	cut_unit(figure.text, "%");
	return figure;
}
