/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/history.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "weir/hist.h"

#define OCTAVE_FIRST 3 /* of the histogram: the highest of row 0 is the next one, 2^4 units */
#define OCTAVES_PER_ROW 2
#define STEPS 8 /* of a power of two */
#define IDS 65536 /* node ids have 16 bits: WEIR_NODE_KEY */

struct past {
	float max_ns[HISTORY_COLUMNS];
	uint8_t calls[HISTORY_COLUMNS][HISTORY_ROWS]; /* 0: none, else 1 + STEPS x log2 */
};

struct history {
	struct past *nodes[HISTORY_NODES];
	size_t count;
	uint16_t places[IDS]; /* by id: + 1 */
	uint64_t at_ns[HISTORY_COLUMNS];
	unsigned ticks;
	uint64_t left_out;
};

int history_new(struct history **ret_history)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return -ENOMEM;
	*ret_history = history;
	return 0;
}

void history_free(struct history **history)
{
	if (!history || !*history)
		return;
	for (size_t i = 0; i < (*history)->count; i++)
		free((*history)->nodes[i]);
	free(*history);
	*history = NULL;
}

static const struct past *find(const struct history *history, uint32_t id)
{
	uint16_t place = id < IDS ? history->places[id] : 0;

	return place ? history->nodes[place - 1] : NULL;
}

/* NULL: out of memory, or no room. */
static struct past *find_or_make(struct history *history, uint32_t id, int *err)
{
	struct past *past = (struct past *)find(history, id);

	if (past)
		return past;
	if (history->count == HISTORY_NODES || id >= IDS) {
		history->left_out++;
		return NULL;
	}
	past = calloc(1, sizeof(*past));
	if (!past) {
		*err = -ENOMEM;
		return NULL;
	}
	history->nodes[history->count++] = past;
	history->places[id] = (uint16_t)history->count;
	return past;
}

static unsigned row_of_slot(uint32_t slot)
{
	uint32_t octave = slot / WEIR_HIST_PLACES;
	uint32_t row = octave > OCTAVE_FIRST ? (octave - OCTAVE_FIRST) / OCTAVES_PER_ROW : 0;

	return row < HISTORY_ROWS ? row : HISTORY_ROWS - 1;
}

double history_row_upper_ns(unsigned row)
{
	uint32_t octave = OCTAVE_FIRST + OCTAVES_PER_ROW * row + OCTAVES_PER_ROW - 1;

	return 1e9 * histogram_upper_seconds(octave * WEIR_HIST_PLACES + WEIR_HIST_PLACES - 1);
}

static uint8_t encode(uint64_t calls)
{
	double steps = calls ? 1 + round(STEPS * log2((double)calls)) : 0;

	return steps > UINT8_MAX ? UINT8_MAX : (uint8_t)steps;
}

static void fill(struct past *past, unsigned column, const struct counters *counters)
{
	uint64_t calls[HISTORY_ROWS] = {0};

	for (uint32_t i = 0; i < counters->latency.length; i++)
		calls[row_of_slot(counters->latency.first + i)] += counters->latency.counts[i];
	for (unsigned row = 0; row < HISTORY_ROWS; row++)
		past->calls[column][row] = encode(calls[row]);
	past->max_ns[column] = (float)counters->max_ns;
}

int history_add(struct history *history, const struct snapshot *delta, uint64_t at_ns)
{
	unsigned column = history->ticks % HISTORY_COLUMNS;
	int err = 0;

	history->left_out = 0;
	for (size_t i = 0; i < history->count; i++) {
		memset(history->nodes[i]->calls[column], 0, sizeof(history->nodes[i]->calls[column]));
		history->nodes[i]->max_ns[column] = 0;
	}
	for (size_t i = 0; !err && i < delta->nodes_count; i++) {
		struct past *past;

		if (!delta->nodes[i].counters.completed)
			continue;
		past = find_or_make(history, delta->nodes[i].id, &err);
		if (past)
			fill(past, column, &delta->nodes[i].counters);
	}
	history->at_ns[column] = at_ns;
	history->ticks++;
	return err;
}

unsigned history_ticks(const struct history *history)
{
	return history->ticks;
}

uint64_t history_left_out(const struct history *history)
{
	return history->left_out;
}

/* Is the column one of those that are kept? */
static bool is_kept(const struct history *history, unsigned column)
{
	return column < history->ticks && column + HISTORY_COLUMNS >= history->ticks;
}

uint64_t history_at_ns(const struct history *history, unsigned column)
{
	return is_kept(history, column) ? history->at_ns[column % HISTORY_COLUMNS] : 0;
}

double history_calls(const struct history *history, uint32_t id, unsigned column, unsigned row)
{
	const struct past *past = is_kept(history, column) ? find(history, id) : NULL;
	uint8_t steps = past ? past->calls[column % HISTORY_COLUMNS][row] : 0;

	return steps ? exp2((steps - 1) / (double)STEPS) : 0;
}

uint64_t history_max_ns(const struct history *history, uint32_t id, unsigned column)
{
	const struct past *past = is_kept(history, column) ? find(history, id) : NULL;

	return past ? (uint64_t)past->max_ns[column % HISTORY_COLUMNS] : 0;
}
