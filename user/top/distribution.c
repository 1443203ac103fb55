/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The latencies of a row as bars: of the last interval, and beside them all since weir attached. */
#include <math.h>

#include "base/units.h"
#include "out/figures.h"
#include "top/detail.h"
#include "weir/hist.h"

#define LABEL 10
#define COUNT 8

static uint64_t count_between(const struct histogram *histogram, uint32_t first, uint32_t end)
{
	uint64_t count = 0;

	for (uint32_t slot = first; slot < end; slot++)
		if (slot >= histogram->first && slot < histogram->first + histogram->length)
			count += histogram->counts[slot - histogram->first];
	return count;
}

static uint64_t highest(const struct histogram *histogram, uint32_t first, uint32_t end, uint32_t step)
{
	uint64_t most = 0;

	for (uint32_t slot = first; slot < end; slot += step) {
		uint64_t count = count_between(histogram, slot, slot + step);

		most = count > most ? count : most;
	}
	return most;
}

/* A count and its bar, `columns` wide together. */
static void draw_count(const struct area *area, unsigned line, unsigned column, unsigned columns, enum ink ink,
		       uint64_t count, uint64_t most)
{
	char text[UNIT_TEXT_SIZE];

	if (columns <= COUNT + 1)
		return;
	if (count)
		area_put_right(area, line, column + COUNT, INK_PLAIN, count_format(count, text));
	if (most)
		area_bar(area, line, column + COUNT + 1, columns - COUNT - 1, ink, (double)count / (double)most);
}

int distribution_draw(const struct detail *detail, const struct area *area)
{
	const struct histogram *all = &detail->row->all->latency, *interval = &detail->row->interval->latency;
	unsigned lines = area->rows ? area->rows - 1 : 0, half = area->columns > LABEL ? (area->columns - LABEL) / 2 : 0;
	uint32_t first = all->first, end = all->first + all->length, step = 1;

	area_put(area, 0, 0, INK_TITLE, "latency");
	if (!all->length || !lines) {
		area_put(area, 1, 0, INK_FAINT, "no call has ended");
		return 0;
	}
	area_printf(area, 0, LABEL + 1, INK_TITLE, "last %s",
		    figure_duration(detail->picture->frame->delta->duration_ns).text);
	area_put(area, 0, LABEL + half + 1, INK_TITLE, "since start");
	/* Bars begin where a bucket of their width does, so that they mean the same at each refresh. */
	while ((end - first / step * step + step - 1) / step > lines)
		step *= 2;
	first = first / step * step;
	for (unsigned line = 1; line <= lines && first + (line - 1) * step < end; line++) {
		uint32_t slot = first + (line - 1) * step;
		double upper_ns = 1e9 * histogram_upper_seconds(slot + step - 1);

		area_printf(area, line, 0, INK_PLAIN, "%s %s", area->screen->utf8 ? "\xe2\x89\xa4" : "<=",
			    figure_duration((uint64_t)llround(upper_ns)).text);
		draw_count(area, line, LABEL, half, INK_BAR, count_between(interval, slot, slot + step),
			   highest(interval, first, end, step));
		draw_count(area, line, LABEL + half, half, INK_BAR_PAST, count_between(all, slot, slot + step),
			   highest(all, first, end, step));
	}
	return 0;
}
