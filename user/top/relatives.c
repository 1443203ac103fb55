/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who calls the row and whom it calls, among what is probed: one line each, the widest time first. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "out/figures.h"
#include "top/detail.h"

#define RATE 9
#define TIME 8

struct relative {
	size_t place; /* one of its nodes, to be named by; SIZE_MAX: nobody that is probed */
	bool query;
	size_t flat;
	uint64_t calls, total_ns;
};

struct relatives {
	struct relative *items; /* owned */
	size_t count;
};

/* Nodes of one flat row are one relative. */
static void add(const struct detail *detail, struct relatives *relatives, size_t place, const struct counters *counters)
{
	const struct frame *frame = detail->picture->frame;
	bool query = place != SIZE_MAX && level_is_query(frame->now->nodes[place].level);
	size_t flat = place != SIZE_MAX ? frame->flats[place] : SIZE_MAX, i = 0;

	while (i < relatives->count && (relatives->items[i].flat != flat || relatives->items[i].query != query))
		i++;
	if (i == relatives->count)
		relatives->items[relatives->count++] = (struct relative){.place = place, .query = query, .flat = flat};
	relatives->items[i].calls += counters->calls;
	relatives->items[i].total_ns += counters->total_ns;
}

static int compare(const void *a, const void *b)
{
	const struct relative *x = a, *y = b;

	if (x->total_ns != y->total_ns)
		return x->total_ns < y->total_ns ? 1 : -1;
	if (x->calls != y->calls)
		return x->calls < y->calls ? 1 : -1;
	return x->place < y->place ? -1 : x->place > y->place;
}

/* From line `*line` on, at most to the line before `end`. */
static int draw_list(const struct detail *detail, struct relatives *relatives, const char *title, const struct area *area,
		     unsigned *line, unsigned end)
{
	const struct snapshot *window = picture_window(detail->picture);
	char text[UNIT_TEXT_SIZE];

	qsort(relatives->items, relatives->count, sizeof(*relatives->items), compare);
	area_put(area, (*line)++, 0, INK_TITLE, title);
	if (!relatives->count && *line < end)
		area_put(area, (*line)++, 0, INK_FAINT, "none that is probed");
	for (size_t i = 0; i < relatives->count && *line < end; i++, (*line)++) {
		const struct relative *r = &relatives->items[i];
		double rate = window->duration_ns ? (double)r->calls * 1e9 / (double)window->duration_ns : 0;
		_cleanup_free_ char *name = NULL;

		area_put_right(area, *line, RATE, INK_PLAIN, rate_format(rate, text));
		area_put_right(area, *line, RATE + 1 + TIME, INK_PLAIN, figure_duration(r->total_ns).text);
		if (r->place == SIZE_MAX) {
			area_put_cut(area, *line, RATE + TIME + 2, INK_FAINT, "nobody that is probed");
			continue;
		}
		name = detail_node_name(detail, r->place, area->screen->utf8);
		if (!name)
			return -ENOMEM;
		area_put_cut(area, *line, RATE + TIME + 2, INK_PLAIN, name);
	}
	return 0;
}

static void find(const struct detail *detail, struct relatives *callers, struct relatives *callees)
{
	const struct frame *frame = detail->picture->frame;
	const struct snapshot *window = picture_window(detail->picture);

	for (size_t i = 0; i < detail->places_count; i++) {
		size_t place = detail->places[i], parent = frame->parents[place];

		add(detail, callers, parent ? parent - 1 : SIZE_MAX, &window->nodes[place].counters);
		for (size_t child = place + 1; child < frame->now->nodes_count; child++)
			if (frame->parents[child] == place + 1)
				add(detail, callees, child, &window->nodes[child].counters);
	}
}

int relatives_draw(const struct detail *detail, const struct area *area)
{
	size_t most = detail->picture->frame->now->nodes_count + 1;
	_cleanup_free_ struct relative *above = calloc(most, sizeof(*above)), *below = calloc(most, sizeof(*below));
	struct relatives callers = {above, 0}, callees = {below, 0};
	unsigned line = 0, callers_end;
	int err;

	if (!above || !below)
		return -ENOMEM;
	find(detail, &callers, &callees);
	/* Callees get what callers leave, and at least half. */
	callers_end = area->rows / 2 > 2 ? area->rows / 2 : 2;
	err = draw_list(detail, &callers, "callers", area, &line, callers_end);
	return err ?: draw_list(detail, &callees, "callees", area, &line, area->rows);
}
