/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/detail.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "out/name.h"

#define GAP 2
#define WIDE 150 /* columns: four sections side by side, else two above two */

char *detail_node_name(const struct detail *detail, size_t place, bool utf8)
{
	const struct tree_line line = {.node = &detail->picture->frame->now->nodes[place]};

	return name_of_line(&line, utf8);
}

static struct area section(struct area *from, unsigned columns)
{
	struct area taken = area_take_columns(from, columns);

	if (taken.columns > GAP)
		taken.columns -= GAP;
	return taken;
}

static int draw_sections(const struct detail *detail, struct area rest)
{
	unsigned columns = rest.columns;
	struct area upper, lower = rest, area;
	int err;

	if (columns >= WIDE) {
		area = section(&rest, columns * 3 / 10);
		err = distribution_draw(detail, &area);
		area = section(&rest, columns * 3 / 10);
		err = err ?: heat_draw(detail, &area);
		area = section(&rest, columns / 5);
		err = err ?: waits_draw(detail, &area) ?: relatives_draw(detail, &area);
		return err ?: slowest_draw(detail, &rest);
	}
	upper = area_take_rows(&lower, (rest.rows + 1) / 2);
	area = section(&upper, columns * 11 / 20);
	err = distribution_draw(detail, &area);
	err = err ?: waits_draw(detail, &upper) ?: relatives_draw(detail, &upper);
	area = section(&lower, columns * 11 / 20);
	err = err ?: heat_draw(detail, &area);
	return err ?: slowest_draw(detail, &lower);
}

/* The nodes that the row sums up. Returns NULL when out of memory. The caller frees. */
static size_t *places_of(const struct picture *picture, const struct row *row, size_t *ret_count)
{
	const struct frame *frame = picture->frame;
	bool queries = picture->state->view == VIEW_QUERIES;
	size_t *places = calloc(frame->now->nodes_count + 1, sizeof(*places)), count = 0;

	for (size_t i = 0; places && i < frame->now->nodes_count; i++) {
		bool same = picture->state->view == VIEW_TREE ? i == row->place : frame->flats[i] == row->place &&
			level_is_query(frame->now->nodes[i].level) == queries;

		if (same)
			places[count++] = i;
	}
	*ret_count = count;
	return places;
}

int detail_draw(const struct picture *picture, const struct area *area)
{
	const struct rows *rows = picture->rows;
	struct detail detail = {.picture = picture};
	struct area rest = *area, heading = area_take_rows(&rest, 1);
	_cleanup_free_ size_t *places = NULL;
	_cleanup_free_ char *name = NULL;
	size_t selected = rows_selected(rows, view_place(picture->state));

	area_ink_row(&heading, 0, INK_HEADING);
	if (selected >= rows->count)
		return 0;
	detail.row = &rows->items[selected];
	detail.places = places = places_of(picture, detail.row, &detail.places_count);
	name = row_name(detail.row, picture->frame, picture->state->view, area->screen->utf8);
	if (!places || !name)
		return -ENOMEM;
	area_put_cut(&heading, 0, 1, INK_HEADING, name);
	return draw_sections(&detail, rest);
}
