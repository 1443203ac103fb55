/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the row and all below it were blocked for, where the engine says so; longest first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "out/figures.h"
#include "top/detail.h"

#define TIME 8

struct wait {
	const char *name; /* the snapshot's */
	uint64_t blocked_ns;
};

/* By id: is the node one of the row's, or below one? Parents stand before their children. NULL when out of memory. */
static bool *mark_below(const struct detail *detail)
{
	const struct frame *frame = detail->picture->frame;
	_cleanup_free_ bool *below = calloc(frame->now->nodes_count + 1, sizeof(*below));
	bool *ids = calloc(WEIR_NODES_MAX, sizeof(*ids));

	if (!below || !ids) {
		free(ids);
		return NULL;
	}
	for (size_t i = 0; i < detail->places_count; i++)
		below[detail->places[i]] = true;
	for (size_t i = 0; i < frame->now->nodes_count; i++) {
		below[i] |= frame->parents[i] && below[frame->parents[i] - 1];
		if (below[i] && frame->now->nodes[i].id < WEIR_NODES_MAX)
			ids[frame->now->nodes[i].id] = true;
	}
	return ids;
}

static int compare(const void *a, const void *b)
{
	const struct wait *x = a, *y = b;

	if (x->blocked_ns != y->blocked_ns)
		return x->blocked_ns < y->blocked_ns ? 1 : -1;
	return strcmp(x->name, y->name);
}

static size_t find(const struct detail *detail, const bool *ids, struct wait *waits)
{
	const struct snapshot *window = picture_window(detail->picture);
	size_t count = 0;

	for (size_t i = 0; i < window->waits_count; i++) {
		const struct snapshot_wait *from = &window->waits[i];
		size_t k = 0;

		if (!from->count || from->node >= WEIR_NODES_MAX || !ids[from->node])
			continue;
		while (k < count && strcmp(waits[k].name, from->name))
			k++;
		if (k == count)
			waits[count++] = (struct wait){.name = from->name};
		waits[k].blocked_ns += from->blocked_ns;
	}
	qsort(waits, count, sizeof(*waits), compare);
	return count;
}

int waits_draw(const struct detail *detail, struct area *area)
{
	const struct snapshot *window = picture_window(detail->picture);
	_cleanup_free_ struct wait *waits = calloc(window->waits_count + 1, sizeof(*waits));
	_cleanup_free_ bool *ids = mark_below(detail);
	unsigned lines = area->rows / 3;
	struct area upper, lower = *area;
	size_t count;

	if (!waits || !ids)
		return -ENOMEM;
	count = find(detail, ids, waits);
	if (!count || lines < 2)
		return 0;
	if (count + 1 < lines)
		lines = (unsigned)count + 1;
	upper = area_take_rows(&lower, area->rows - lines);
	*area = upper;
	area_put(&lower, 0, 0, INK_TITLE, "blocked for");
	for (size_t i = 0; i < count && i + 1 < lines; i++) {
		area_put_right(&lower, (unsigned)i + 1, TIME, INK_PLAIN, figure_duration(waits[i].blocked_ns).text);
		area_put_cut(&lower, (unsigned)i + 1, TIME + 2, INK_PLAIN, waits[i].name);
	}
	return 0;
}
