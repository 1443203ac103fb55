/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the view: figures on the left, the name last. Columns that there is no room for go, the least important first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "out/utf8.h"
#include "top/picture.h"

#define GAP 1
#define NAME_MIN 24
#define COUNT_WIDTH 9
/* Of the table of processes: where its columns begin. A process's name has at most 15 characters. */
#define STATE_AT (3 * (COUNT_WIDTH + GAP))
#define COMM_AT (STATE_AT + 8)
#define EXE_AT (COMM_AT + 16)

static const char *const titles[VIEW_COUNT] = {
	"flow tree", "operator", "query", "operator", "error", "process",
};

bool table_has_column(const struct picture *picture, const struct column *column)
{
	const struct rows *rows = picture->rows;

	if (!(column->views & (1U << picture->state->view)))
		return false;
	for (size_t i = 0; i < rows->count; i++) {
		struct reading reading = row_reading(rows, &rows->items[i], picture->frame, picture->state->since_start);

		if (!column_applies(column, &reading))
			continue;
		/* What was not 0 once stays: columns that come and go are not read. */
		if (!column->only_nonzero || metric_value(column->metric, rows->items[i].all))
			return true;
	}
	return false;
}

/* Which columns are shown in a table of `columns` columns. Returns their width, gaps included. */
static unsigned choose_columns(const struct picture *picture, unsigned columns, bool *shown)
{
	const struct columns *all = picture->columns;
	size_t sorted = picture->state->places[picture->state->view].sort;
	unsigned width = 0, name = columns * 2 / 5 > NAME_MIN ? columns * 2 / 5 : NAME_MIN;

	for (size_t i = 0; i < all->count; i++) {
		shown[i] = table_has_column(picture, &all->items[i]);
		width += shown[i] ? column_width(&all->items[i]) + GAP : 0;
	}
	while (width + name > columns) {
		size_t victim = all->count;

		for (size_t i = 0; i < all->count; i++)
			if (shown[i] && i != sorted && (victim == all->count || all->items[i].rank > all->items[victim].rank))
				victim = i;
		if (victim == all->count)
			break;
		shown[victim] = false;
		width -= column_width(&all->items[victim]) + GAP;
	}
	return width;
}

unsigned table_columns_width(const struct picture *picture, unsigned columns)
{
	_cleanup_free_ bool *shown = calloc(picture->columns->count + 1, sizeof(*shown));

	return shown ? choose_columns(picture, columns, shown) : 0;
}

static void draw_heading(const struct picture *picture, const struct area *area, const bool *shown)
{
	const struct view_place *place = &picture->state->places[picture->state->view];
	const char *mark = area->screen->utf8 ? (place->ascending ? "\xe2\x96\xb2" : "\xe2\x96\xbc") : place->ascending ? "^" : "v";
	unsigned column = 0;

	area_ink_row(area, 0, INK_HEADING);
	for (size_t i = 0; i < picture->columns->count; i++) {
		const struct column *c = &picture->columns->items[i];
		unsigned end = column + column_width(c);

		if (!shown[i])
			continue;
		if (i == place->sort)
			area_put(area, 0, end - (unsigned)strlen(c->heading) - 1, INK_SORTED, mark);
		area_put_right(area, 0, end, i == place->sort ? INK_SORTED : INK_HEADING, c->heading);
		column = end + GAP;
	}
	area_put(area, 0, column, INK_HEADING, titles[picture->state->view]);
}

static unsigned draw_figures(const struct picture *picture, const struct area *area, unsigned line, const struct row *row,
			     const bool *shown)
{
	struct reading reading = row_reading(picture->rows, row, picture->frame, picture->state->since_start);
	unsigned column = 0;

	for (size_t i = 0; i < picture->columns->count; i++) {
		const struct column *c = &picture->columns->items[i];
		unsigned end = column + column_width(c);
		enum ink ink = INK_PLAIN;
		double value;

		if (!shown[i])
			continue;
		column = end + GAP;
		if (!column_applies(c, &reading))
			continue;
		value = column_value(c, &reading);
		if (c->metric == &metrics[METRIC_ERRORS] && value > 0)
			ink = INK_BAD;
		else if (!(value > 0))
			ink = INK_FAINT;
		area_put_right(area, line, end, ink, column_figure(c, value).text);
	}
	return column;
}

static int draw_name(const struct picture *picture, const struct area *area, unsigned line, unsigned column,
		     const struct row *row)
{
	_cleanup_free_ char *name = row_name(row, picture->frame, picture->state->view, area->screen->utf8);

	if (!name)
		return -ENOMEM;
	if (row->lead)
		column = area_put(area, line, column, INK_FAINT, row->lead);
	if (row->folded)
		column = area_put(area, line, column, INK_KEY, "+ ");
	area_put_cut(area, line, column, INK_PLAIN, name);
	return 0;
}

static unsigned draw_error(const struct picture *picture, const struct area *area, unsigned line, const struct row *row)
{
	const struct snapshot *delta = picture->frame->delta;
	double rate = delta->duration_ns ? (double)row->errors[1] * 1e9 / (double)delta->duration_ns : 0;

	area_put_right(area, line, COUNT_WIDTH, row->errors[1] ? INK_BAD : INK_FAINT, figure_rate(rate).text);
	area_put_right(area, line, 2 * (COUNT_WIDTH + GAP) - GAP, INK_PLAIN, figure_count(row->errors[0]).text);
	return 2 * (COUNT_WIDTH + GAP);
}

static void draw_rss(const struct snapshot_process *process, const struct area *area, unsigned line)
{
	if (process->rss.known)
		area_put_right(area, line, 2 * (COUNT_WIDTH + GAP) - GAP, INK_PLAIN, figure_bytes(process->rss.now).text);
	if (process->rss.peak_known)
		area_put_right(area, line, 3 * (COUNT_WIDTH + GAP) - GAP, INK_PLAIN, figure_bytes(process->rss.peak).text);
}

static void draw_process(const struct picture *picture, const struct area *area, unsigned line, const struct row *row)
{
	const struct snapshot_process *process = &picture->frame->now->processes[row->place];
	_cleanup_free_ char *comm = utf8_flatten(process->comm ? process->comm : "", area->screen->utf8);
	_cleanup_free_ char *exe = utf8_flatten(process->exe ? process->exe : "", area->screen->utf8);
	char pid[16];

	snprintf(pid, sizeof(pid), "%u", process->pid);
	area_put_right(area, line, COUNT_WIDTH, INK_PLAIN, pid);
	draw_rss(process, area, line);
	area_put(area, line, STATE_AT, process->running ? INK_GOOD : INK_FAINT, process->running ? "running" : "ended");
	area_put(area, line, COMM_AT, INK_PLAIN, comm ? comm : "");
	if (exe)
		area_put_cut(area, line, EXE_AT, INK_PLAIN, exe);
}

static int draw_row(const struct picture *picture, const struct area *area, unsigned line, const struct row *row,
		    const bool *shown)
{
	unsigned column;

	if (picture->state->view == VIEW_PROCESSES) {
		draw_process(picture, area, line, row);
		return 0;
	}
	if (picture->state->view == VIEW_ERRORS)
		column = draw_error(picture, area, line, row);
	else
		column = draw_figures(picture, area, line, row, shown);
	return draw_name(picture, area, line, column, row);
}

static void draw_fixed_heading(const struct picture *picture, const struct area *area)
{
	area_ink_row(area, 0, INK_HEADING);
	if (picture->state->view == VIEW_ERRORS) {
		area_put_right(area, 0, COUNT_WIDTH, INK_HEADING, "errors/s");
		area_put_right(area, 0, 2 * (COUNT_WIDTH + GAP) - GAP, INK_HEADING, "errors");
		area_put(area, 0, 2 * (COUNT_WIDTH + GAP), INK_HEADING, "what failed");
	} else {
		area_put_right(area, 0, COUNT_WIDTH, INK_HEADING, "pid");
		area_put_right(area, 0, 2 * (COUNT_WIDTH + GAP) - GAP, INK_HEADING, "rss");
		area_put_right(area, 0, 3 * (COUNT_WIDTH + GAP) - GAP, INK_HEADING, "peak");
		area_put(area, 0, STATE_AT, INK_HEADING, "state");
		area_put(area, 0, COMM_AT, INK_HEADING, "name");
		area_put(area, 0, EXE_AT, INK_HEADING, "executable");
	}
}

/* Bring the selected row into sight. */
static void settle_scroll(struct view_place *place, size_t selected, size_t count, size_t lines)
{
	if (selected < place->scroll)
		place->scroll = selected;
	if (lines && selected >= place->scroll + lines)
		place->scroll = selected - lines + 1;
	if (place->scroll + lines > count)
		place->scroll = count > lines ? count - lines : 0;
}

static void draw_nothing(const struct picture *picture, const struct area *area)
{
	const char *text = "nothing was called yet";

	if (unmatched_draw(picture, area))
		return;
	if (picture->state->filter[0])
		text = "nothing matches the filter";
	else if (picture->state->view == VIEW_ERRORS)
		text = "no errors";
	else if (picture->state->view == VIEW_QUERIES)
		text = "no queries: no profile that describes them is in use, or none ran yet";
	area_put(area, 0, 0, INK_FAINT, text);
}

int table_draw(const struct picture *picture, const struct area *area)
{
	const struct rows *rows = picture->rows;
	struct view_place *place = view_place(picture->state);
	size_t selected = rows_selected(rows, place);
	_cleanup_free_ bool *shown = calloc(picture->columns->count + 1, sizeof(*shown));
	struct area body = *area, heading = area_take_rows(&body, 1);
	int err = 0;

	if (!shown)
		return -ENOMEM;
	if (picture->state->view < VIEW_ERRORS) {
		choose_columns(picture, area->columns, shown);
		draw_heading(picture, &heading, shown);
	} else {
		draw_fixed_heading(picture, &heading);
	}
	if (!rows->count)
		draw_nothing(picture, &body);
	settle_scroll(place, picture->plain ? 0 : selected, rows->count, body.rows);
	for (unsigned line = 0; !err && line < body.rows && place->scroll + line < rows->count; line++) {
		err = draw_row(picture, &body, line, &rows->items[place->scroll + line], shown);
		if (!picture->plain && place->scroll + line == selected)
			area_ink_row(&body, line, INK_SELECTED);
	}
	return err;
}
