/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The help: all keys and all columns, from their tables. */
#include <string.h>

#include "top/keys.h"
#include "top/picture.h"

#define NAME_COLUMNS 30

static size_t keys_lines(void)
{
	size_t lines = 0;

	for (size_t i = 0; i < keys_count; i++)
		lines += keys[i].help != NULL;
	return lines;
}

size_t help_lines(const struct columns *columns)
{
	return keys_lines() + columns->count + 3;
}

/* Line `line` of all, which shows as line `at`. */
static void draw_line(const struct columns *columns, const struct area *area, unsigned at, size_t line)
{
	size_t lines = keys_lines();

	if (line == 0)
		area_put(area, at, 0, INK_TITLE, "Keys");
	if (line == lines + 2)
		area_put(area, at, 0, INK_TITLE, "Columns, of the last interval or since the start");
	for (size_t i = 0, n = 0; line >= 1 && line <= lines && i < keys_count; i++) {
		if (!keys[i].help || ++n != line)
			continue;
		area_put(area, at, 2, INK_KEY, keys[i].name);
		area_put_cut(area, at, NAME_COLUMNS, INK_PLAIN, keys[i].help);
	}
	if (line > lines + 2 && line - lines - 3 < columns->count) {
		const struct column *column = &columns->items[line - lines - 3];

		area_put(area, at, 2, INK_KEY, column->heading);
		area_put_cut(area, at, NAME_COLUMNS, INK_PLAIN, column->help);
	}
}

void help_draw(const struct picture *picture, const struct area *area)
{
	struct view_state *state = picture->state;
	size_t lines = help_lines(picture->columns), last = lines > area->rows ? lines - area->rows : 0;

	if (state->help_scroll > last)
		state->help_scroll = last;
	for (unsigned i = 0; i < area->rows; i++)
		draw_line(picture->columns, area, i, state->help_scroll + i);
}
