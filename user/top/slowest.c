/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slowest calls of queries in the last minutes: of the row itself, or of queries above or below it. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "out/figures.h"
#include "out/utf8.h"
#include "top/detail.h"

#define TIME 8
#define AGE 12

struct slow {
	size_t flat;
	uint64_t max_ns, at_ns;
};

/* Is the node one of the row's, above or below one? Parents stand before their children. */
static bool *mark_related(const struct detail *detail)
{
	const struct frame *frame = detail->picture->frame;
	size_t count = frame->now->nodes_count;
	bool *related = calloc(count + 1, sizeof(*related));
	_cleanup_free_ bool *below = calloc(count + 1, sizeof(*below));

	if (!related || !below) {
		free(related);
		return NULL;
	}
	for (size_t i = 0; i < detail->places_count; i++)
		below[detail->places[i]] = true;
	for (size_t i = 0; i < count; i++)
		below[i] |= frame->parents[i] && below[frame->parents[i] - 1];
	for (size_t i = 0; i < count; i++)
		related[i] = below[i];
	for (size_t i = 0; i < detail->places_count; i++)
		for (size_t p = frame->parents[detail->places[i]]; p; p = frame->parents[p - 1])
			related[p - 1] = true;
	return related;
}

static void find_slowest(const struct detail *detail, size_t place, struct slow *slow)
{
	const struct history *history = detail->picture->history;
	const struct frame *frame = detail->picture->frame;
	unsigned kept = frame->tick < HISTORY_COLUMNS ? frame->tick : HISTORY_COLUMNS;

	for (unsigned i = 1; i <= kept; i++) {
		uint64_t max_ns = history_max_ns(history, frame->now->nodes[place].id, frame->tick - i);

		if (max_ns <= slow->max_ns)
			continue;
		slow->max_ns = max_ns;
		slow->at_ns = history_at_ns(history, frame->tick - i);
	}
}

static int compare(const void *a, const void *b)
{
	const struct slow *x = a, *y = b;

	if (x->max_ns != y->max_ns)
		return x->max_ns < y->max_ns ? 1 : -1;
	return x->flat < y->flat ? -1 : x->flat > y->flat;
}

static int draw_slow(const struct detail *detail, const struct area *area, unsigned line, const struct slow *slow)
{
	const struct frame *frame = detail->picture->frame;
	const struct snapshot_flat *query = &frame->now->queries[slow->flat];
	_cleanup_free_ char *text = utf8_flatten(query->label ? query->label : query->function, area->screen->utf8);
	uint64_t age_ns = frame->now->duration_ns > slow->at_ns ? frame->now->duration_ns - slow->at_ns : 0;
	char age[40];

	if (!text)
		return -ENOMEM;
	area_put_right(area, line, TIME, INK_PLAIN, figure_duration(slow->max_ns).text);
	snprintf(age, sizeof(age), "%s ago", figure_duration(age_ns).text);
	area_put_right(area, line, TIME + 1 + AGE, INK_FAINT, age);
	area_put_cut(area, line, TIME + AGE + 3, INK_PLAIN, text);
	return 0;
}

int slowest_draw(const struct detail *detail, const struct area *area)
{
	const struct frame *frame = detail->picture->frame;
	_cleanup_free_ bool *related = mark_related(detail);
	_cleanup_free_ struct slow *slow = calloc(frame->queries.count + 1, sizeof(*slow));
	size_t shown = 0;

	if (!related || !slow)
		return -ENOMEM;
	for (size_t i = 0; i < frame->queries.count; i++)
		slow[i].flat = i;
	for (size_t i = 0; i < frame->now->nodes_count; i++)
		if (related[i] && level_is_query(frame->now->nodes[i].level))
			find_slowest(detail, i, &slow[frame->flats[i]]);
	qsort(slow, frame->queries.count, sizeof(*slow), compare);
	area_put(area, 0, 0, INK_TITLE, "slowest queries");
	for (size_t i = 0; i < frame->queries.count && slow[i].max_ns && shown + 1 < area->rows; i++) {
		int err = draw_slow(detail, area, (unsigned)++shown, &slow[i]);

		if (err)
			return err;
	}
	if (!shown)
		area_put(area, 1, 0, INK_FAINT, "none ended in this time, here, above or below");
	return 0;
}
