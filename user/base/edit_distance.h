/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far two names are apart, for "did you mean". */
#ifndef WEIR_EDIT_DISTANCE_H
#define WEIR_EDIT_DISTANCE_H

#include <stddef.h>

enum { EDIT_DISTANCE_LENGTH_MAX = 128 };

/*
 * Levenshtein distance: the least number of bytes to insert, delete or replace that makes `a` into `b`.
 * Looks no further than `limit`: any greater distance comes back as limit + 1, as do names that are longer
 * than EDIT_DISTANCE_LENGTH_MAX bytes. Allocates nothing.
 */
size_t edit_distance(const char *a, const char *b, size_t limit);

#endif
