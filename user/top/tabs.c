/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line between header and table: the views, and what the table is made of. */
#include "out/figures.h"
#include "out/utf8.h"
#include "top/picture.h"

static unsigned draw_views(const struct picture *picture, const struct area *area)
{
	unsigned column = 0;

	for (int i = 0; i < VIEW_COUNT; i++) {
		bool current = picture->state->view == (enum view)i;

		column = area_printf(area, 0, column, current ? INK_HEADING : INK_KEY, "%s%d", current ? "" : " ", i + 1);
		column = area_printf(area, 0, column, current ? INK_HEADING : INK_PLAIN, " %s ", view_name((enum view)i));
	}
	return column + 1;
}

void tabs_draw(const struct picture *picture, const struct area *area)
{
	const struct view_state *state = picture->state;
	unsigned column = picture->plain ? area_printf(area, 0, 0, INK_TITLE, "%s, ", view_name(state->view))
					 : draw_views(picture, area);

	if (state->since_start)
		column = area_printf(area, 0, column, INK_PLAIN, "since start");
	else
		column = area_printf(area, 0, column, INK_PLAIN, "last %s", figure_duration(picture->frame->delta->duration_ns).text);
	if (picture->plain && state->view < VIEW_ERRORS)
		column = area_printf(area, 0, column, INK_PLAIN, ", by %s",
				     picture->columns->items[state->places[state->view].sort].heading);
	if (state->filter[0])
		area_printf(area, 0, column, INK_WARNING, "  filter: %s", state->filter);
}
