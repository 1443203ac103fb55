/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the panels share the screen. */
#include "top/picture.h"

#include <errno.h>

#include "base/cleanup.h"
#include "out/utf8.h"

#define WIDEST 2000 /* columns of a line in a pipe */

/* Of `rows` lines, those that the table keeps beside the detail: its heading and some rows. */
static unsigned table_rows(unsigned rows)
{
	unsigned kept = rows * 2 / 5;

	return kept > 3 ? kept : 3;
}

int picture_draw(const struct picture *picture, struct screen *screen)
{
	struct area rest = area_whole(screen), header, tabs, footer, table;

	header = area_take_rows(&rest, HEADER_ROWS);
	tabs = area_take_rows(&rest, 1);
	header_draw(picture, &header);
	tabs_draw(picture, &tabs);
	if (!picture->plain && rest.rows) {
		footer = rest;
		footer.row += rest.rows - 1;
		footer.rows = 1;
		rest.rows--;
		footer_draw(picture, &footer);
	}
	if (picture->state->help) {
		help_draw(picture, &rest);
		return 0;
	}
	if (!picture->state->detail || picture->state->view >= VIEW_ERRORS || !picture->rows->count)
		return table_draw(picture, &rest);
	table = area_take_rows(&rest, table_rows(rest.rows));
	return table_draw(picture, &table) ?: detail_draw(picture, &rest);
}

int picture_size(const struct picture *picture, bool utf8, unsigned *ret_rows, unsigned *ret_columns)
{
	unsigned figures = table_columns_width(picture, WIDEST), longest = 120;

	for (size_t i = 0; i < picture->rows->count; i++) {
		const struct row *row = &picture->rows->items[i];
		_cleanup_free_ char *name = row_name(row, picture->frame, picture->state->view, utf8);
		size_t columns;

		if (!name)
			return -ENOMEM;
		columns = figures + utf8_columns(name) + (row->lead ? utf8_columns(row->lead) : 0) + 4;
		if (columns > longest)
			longest = columns < WIDEST ? (unsigned)columns : WIDEST;
	}
	*ret_rows = HEADER_ROWS + 2 + (unsigned)(picture->rows->count ? picture->rows->count : 1);
	if (!picture->rows->count && unmatched_lines(picture))
		*ret_rows = HEADER_ROWS + 2 + unmatched_lines(picture);
	*ret_columns = longest;
	return 0;
}
