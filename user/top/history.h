/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last minutes of each node: one column an interval, with how many calls took how long (in rows of two octaves, counts
 * in an eighth of a power of two) and the longest call. Fed with every interval, also while the screen pauses; bounded, oldest
 * columns go first.
 */
#ifndef WEIR_TOP_HISTORY_H
#define WEIR_TOP_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"

enum {
	HISTORY_COLUMNS = 120,
	HISTORY_ROWS = 20,    /* the lowest holds up to 15 ns, the highest what takes over 17 minutes */
	HISTORY_NODES = 2048, /* that have a history; about 3 KB each */
};

struct history;

int history_new(struct history **ret_history); /* 0 or -ENOMEM */
void history_free(struct history **history);

/* Add a column: `delta` is the interval that ended `at_ns` after weir attached. Returns 0 or -ENOMEM. */
int history_add(struct history *history, const struct snapshot *delta, uint64_t at_ns);

/* Columns added so far. A column is known by its number from 0 on, as long as it is one of the last HISTORY_COLUMNS. */
unsigned history_ticks(const struct history *history);
uint64_t history_at_ns(const struct history *history, unsigned column);
uint64_t history_left_out(const struct history *history); /* nodes that found no room */

/* Calls of node `id` in a row of a column, within 5 %; 0 where the node has no history. */
double history_calls(const struct history *history, uint32_t id, unsigned column, unsigned row);
/* Its longest call in that column; 0: none ended. */
uint64_t history_max_ns(const struct history *history, uint32_t id, unsigned column);
/* Calls of a row took at most this long. */
double history_row_upper_ns(unsigned row);

#endif
