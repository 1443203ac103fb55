/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is measured, what it does, what it costs and what was lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "out/figures.h"
#include "out/utf8.h"
#include "top/picture.h"

#define PROCESSES_NAMED 2
#define GAP 2

static double per_second(uint64_t count, const struct snapshot *window)
{
	return window->duration_ns ? (double)count * 1e9 / (double)window->duration_ns : 0;
}

static char *target_text(const struct snapshot *now)
{
	char *text = NULL;
	size_t size = 0, named = 0, running = 0;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return NULL;
	for (size_t i = 0; i < now->processes_count; i++)
		running += now->processes[i].running;
	/* Those that run come first: an executable that is started often has many that ended. */
	for (size_t i = 0; i < now->processes_count && named < PROCESSES_NAMED; i++) {
		const struct snapshot_process *process = &now->processes[i];

		if (running && !process->running)
			continue;
		fprintf(line, "%s%s (%u%s)", named++ ? ", " : "", process->comm ? process->comm : "?", process->pid,
			process->running ? "" : ", ended");
	}
	if (running > named)
		fprintf(line, " and %zu more", running - named);
	if (!now->processes_count)
		fputs("no process yet", line);
	if (fclose(line)) {
		free(text);
		return NULL;
	}
	return text;
}

static void draw_target(const struct picture *picture, const struct area *area)
{
	const struct snapshot *now = picture->frame->now;
	const struct view_state *state = picture->state;
	_cleanup_free_ char *text = target_text(now);
	_cleanup_free_ char *target = text ? utf8_flatten(text, area->screen->utf8) : NULL;
	unsigned column = area_put(area, 0, 0, INK_TITLE, "weir top") + GAP;

	if (state->ended[0])
		column = area_put(area, 0, column, INK_BAD, state->ended) + GAP;
	if (state->paused)
		column = area_put(area, 0, column, INK_WARNING, "PAUSED") + GAP;
	column = area_put(area, 0, column, INK_PLAIN, target ? target : "") + GAP;
	for (size_t i = 0; i < now->profiles_count; i++)
		column = area_printf(area, 0, column, INK_PLAIN, "%s%s%s", i ? "," : "", now->profiles[i] ? now->profiles[i] : "",
				     i + 1 == now->profiles_count ? "  " : "");
	area_printf(area, 0, column, INK_PLAIN, "up %s", figure_duration(now->duration_ns).text);
}

/* Rows of the outermost calls that count rows: what those below hand up is not counted again. */
static bool counts_rows_first(const struct frame *frame, size_t place)
{
	if (!(frame->now->nodes[place].counters.have & HAVE_ROWS))
		return false;
	for (size_t p = frame->parents[place]; p; p = frame->parents[p - 1])
		if (frame->now->nodes[p - 1].counters.have & HAVE_ROWS)
			return false;
	return true;
}

/* Of all processes that run. Returns whether it is known of any. */
static bool sum_rss(const struct snapshot *now, uint64_t *ret_bytes)
{
	uint64_t bytes = 0;
	bool known = false;

	for (size_t i = 0; i < now->processes_count; i++) {
		known |= now->processes[i].rss.known;
		bytes += now->processes[i].rss.known ? now->processes[i].rss.now : 0;
	}
	*ret_bytes = bytes;
	return known;
}

static void draw_work(const struct picture *picture, const struct area *area)
{
	const struct frame *frame = picture->frame;
	const struct snapshot *window = picture_window(picture);
	uint64_t calls = 0, rows = 0, errors = 0, rss;
	char text[UNIT_TEXT_SIZE];
	bool has_rows = false, has_errors = false;
	unsigned column = 0;

	for (size_t i = 0; i < window->nodes_count; i++) {
		const struct counters *c = &window->nodes[i].counters;

		calls += c->calls;
		errors += c->errors;
		has_errors |= c->have & HAVE_ERRORS;
		if (!counts_rows_first(frame, i))
			continue;
		has_rows = true;
		rows += c->rows;
	}
	column = area_printf(area, 1, column, INK_PLAIN, "calls %s", rate_format(per_second(calls, window), text)) + GAP;
	if (has_rows)
		column = area_printf(area, 1, column, INK_PLAIN, "rows %s",
				     rate_format(per_second(rows, window), text)) + GAP;
	if (has_errors)
		column = area_printf(area, 1, column, errors ? INK_BAD : INK_PLAIN, "errors %s",
				     rate_format(per_second(errors, window), text)) + GAP;
	if (frame->now->target_cpu_ns)
		column = area_printf(area, 1, column, INK_PLAIN, "cpu %s",
				     percent_format(per_second(window->target_cpu_ns, window) / 1e9, text)) + GAP;
	if (sum_rss(frame->now, &rss))
		area_printf(area, 1, column, INK_PLAIN, "rss %s", figure_bytes(rss).text);
}

/* "alerts 2: SlowQuery, Errors"; 0 too. Returns the column behind it. */
static unsigned draw_alerts(const struct picture *picture, const struct area *area, unsigned column)
{
	const struct alert *const *firing = NULL;
	size_t count = picture->alerts ? alerts_firing(picture->alerts, &firing) : 0;

	if (!picture->alerts)
		return column;
	column = area_printf(area, 2, column, count ? INK_BAD : INK_PLAIN, "alerts %zu", count);
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *name = utf8_flatten(firing[i]->rule->name, area->screen->utf8);
		bool said = i && firing[i]->rule == firing[i - 1]->rule; /* for another row */

		if (name && !said)
			column = area_printf(area, 2, column, INK_BAD, "%s %s", i ? "," : ":", name);
	}
	return column + GAP;
}

static void draw_cost(const struct picture *picture, const struct area *area)
{
	const struct snapshot *window = picture_window(picture), *now = picture->frame->now;
	uint64_t lost = snapshot_lost(now);
	char text[UNIT_TEXT_SIZE];
	unsigned column = area_put(area, 2, 0, INK_PLAIN, "overhead ");

	if (window->target_cpu_ns)
		column = area_printf(area, 2, column, INK_PLAIN, "%s of the target's CPU, ",
				     percent_format((double)window->overhead_cpu_ns / (double)window->target_cpu_ns, text));
	if (window->hits)
		column = area_printf(area, 2, column, INK_PLAIN, "%s a hit",
				     duration_format(window->overhead_cpu_ns / window->hits, text));
	else
		column = area_put(area, 2, column, INK_PLAIN, "no hits");
	column += GAP;
	column = area_printf(area, 2, column, lost ? INK_WARNING : INK_PLAIN, "lost %s", figure_count(lost).text) + GAP;
	column = draw_alerts(picture, area, column);
	area_printf(area, 2, column, INK_FAINT, "every %s", duration_format(picture->state->interval_ns, text));
}

void header_draw(const struct picture *picture, const struct area *area)
{
	draw_target(picture, area);
	draw_work(picture, area);
	draw_cost(picture, area);
}
