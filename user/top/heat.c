/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The heat strip: the last minutes, one column an interval, the longest latencies on top; the more calls the darker. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "out/figures.h"
#include "top/detail.h"

#define LABEL 8
#define SHADES 4

static double calls_in(const struct detail *detail, unsigned column, unsigned row)
{
	double calls = 0;

	for (size_t i = 0; i < detail->places_count; i++)
		calls += history_calls(detail->picture->history,
				       detail->picture->frame->now->nodes[detail->places[i]].id, column, row);
	return calls;
}

struct heat {
	unsigned from, columns; /* of the history */
	unsigned low, high;     /* rows that hold anything */
	double most;
	double *calls;          /* [column][row] */
};

static bool heat_fill(const struct detail *detail, struct heat *heat)
{
	heat->low = HISTORY_ROWS;
	for (unsigned column = 0; column < heat->columns; column++) {
		for (unsigned row = 0; row < HISTORY_ROWS; row++) {
			double calls = calls_in(detail, heat->from + column, row);

			heat->calls[column * HISTORY_ROWS + row] = calls;
			if (!(calls > 0))
				continue;
			heat->low = row < heat->low ? row : heat->low;
			heat->high = row > heat->high ? row : heat->high;
			heat->most = fmax(heat->most, calls);
		}
	}
	return heat->most > 0;
}

/* 1 to SHADES: by the order of magnitude, so that few slow calls are seen beside many fast ones. */
static unsigned shade_of(double calls, double most)
{
	double share = most > 1 ? log(calls + 1) / log(most + 1) : 1;

	return 1 + (unsigned)fmin(SHADES - 1, share * SHADES);
}

/* Rows [row, row + step) of the history in one line. */
static void draw_line(const struct heat *heat, const struct area *area, unsigned line, unsigned row, unsigned step)
{
	static const char *const utf8[] = {" ", "\xe2\x96\x91", "\xe2\x96\x92", "\xe2\x96\x93", "\xe2\x96\x88"};
	static const char *const ascii[] = {" ", ".", ":", "*", "#"};

	area_put_right(area, line, LABEL - 1, INK_PLAIN,
		       figure_duration((uint64_t)llround(history_row_upper_ns(row + step - 1))).text);
	for (unsigned column = 0; column < heat->columns; column++) {
		double calls = 0;
		unsigned shade;

		for (unsigned r = row; r < row + step && r < HISTORY_ROWS; r++)
			calls += heat->calls[column * HISTORY_ROWS + r];
		shade = calls > 0 ? shade_of(calls, heat->most) : 0;
		area_put(area, line, LABEL + column, INK_BAR, area->screen->utf8 ? utf8[shade] : ascii[shade]);
	}
}

int heat_draw(const struct detail *detail, const struct area *area)
{
	unsigned room = area->columns > LABEL ? area->columns - LABEL : 0, lines = area->rows ? area->rows - 1 : 0;
	unsigned kept, step = 1, tick = detail->picture->frame->tick;
	struct heat heat = {0};
	_cleanup_free_ double *calls = NULL;

	kept = tick < HISTORY_COLUMNS ? tick : HISTORY_COLUMNS;
	heat.columns = room < kept ? room : kept;
	heat.from = tick - heat.columns;
	heat.calls = calls = calloc((size_t)heat.columns + 1, HISTORY_ROWS * sizeof(*calls));
	if (!calls)
		return -ENOMEM;
	area_put(area, 0, 0, INK_TITLE, "heat");
	if (!heat.columns || !lines)
		return 0;
	area_printf(area, 0, LABEL, INK_TITLE, "last %s, a column an interval",
		    figure_duration(detail->picture->frame->now->duration_ns -
				    (heat.from ? history_at_ns(detail->picture->history, heat.from - 1) : 0)).text);
	if (!heat_fill(detail, &heat)) {
		area_put(area, 1, 0, INK_FAINT, history_left_out(detail->picture->history) ?
			 "not kept: too many rows" : "no call has ended in this time");
		return 0;
	}
	while ((heat.high - heat.low) / step + 1 > lines)
		step++;
	for (unsigned line = 0; line <= (heat.high - heat.low) / step; line++)
		draw_line(&heat, area, 1 + (heat.high - heat.low) / step - line, heat.low + line * step, step);
	return 0;
}
