/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last line: the filter while it is typed, what there is to say, or the keys that matter most. */
#include "top/keys.h"
#include "top/picture.h"

void footer_draw(const struct picture *picture, const struct area *area)
{
	const struct view_state *state = picture->state;
	unsigned column = 0;

	if (state->typing) {
		column = area_put(area, 0, 0, INK_KEY, "/");
		column = area_put(area, 0, column, INK_PLAIN, state->filter);
		area_put(area, 0, column, INK_SELECTED, " ");
		area_put(area, 0, column + 2, INK_FAINT, "Enter keeps it, Esc drops it");
		return;
	}
	if (state->note[0]) {
		area_put_cut(area, 0, 0, INK_TITLE, state->note);
		return;
	}
	for (size_t i = 0; i < keys_count; i++) {
		if (!keys[i].brief)
			continue;
		column = area_put(area, 0, column, INK_KEY, keys[i].name) + 1;
		column = area_put(area, 0, column, INK_PLAIN, keys[i].brief) + 2;
	}
}
