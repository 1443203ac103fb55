/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/edit_distance.h"

#include <stdint.h>
#include <string.h>

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One row of the usual table at a time (Wagner and Fischer, 1974): row[j] is the distance of a[0..i) and b[0..j). */
size_t edit_distance(const char *a, const char *b, size_t limit)
{
	size_t row[EDIT_DISTANCE_LENGTH_MAX + 1];
	size_t a_length = strlen(a), b_length = strlen(b);
	size_t beyond = limit == SIZE_MAX ? limit : limit + 1;

	if (a_length > EDIT_DISTANCE_LENGTH_MAX || b_length > EDIT_DISTANCE_LENGTH_MAX)
		return beyond;
	for (size_t j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t diagonal = row[0], least = i;

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t replaced = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = min_size(replaced, min_size(row[j], row[j - 1]) + 1);
			least = min_size(least, row[j]);
		}
		if (least > limit) /* rows never get nearer */
			return beyond;
	}
	return min_size(row[b_length], beyond);
}
