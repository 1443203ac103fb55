/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A moment of weir top: two fixed snapshots 2 s apart, a view, its screen. Included by tests, after cmocka.h and fixture.h. */
#ifndef WEIR_TEST_MOMENTS_H
#define WEIR_TEST_MOMENTS_H

#include <math.h>

#include "top/keys.h"
#include "top/palette.h"
#include "top/picture.h"

struct moment {
	struct snapshot *before, *now, *delta;
	struct frame frame;
	struct columns columns;
	struct view_state state;
	struct rows rows;
	struct history *history;
};

/* Some of what the fixture holds happened before: a third of the calls of the even nodes, none of the last. */
static void moment_shrink(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->nodes_count; i++) {
		struct counters *c = &snapshot->nodes[i].counters;
		unsigned keep = i % 2 ? 2 : i + 1 == snapshot->nodes_count ? 0 : 1;

		for (size_t m = 0; m < METRIC_COUNT; m++)
			if (metrics[m].kind == METRIC_KIND_COUNTER)
				*(uint64_t *)((char *)c + metrics[m].offset) =
					metric_value(&metrics[m], c) * keep / 3;
		for (uint32_t s = 0; s < c->latency.length; s++)
			c->latency.counts[s] = c->latency.counts[s] * keep / 3;
		c->completed = histogram_count(&c->latency);
	}
	for (size_t i = 0; i < snapshot->errors_count; i++)
		snapshot->errors[i].count /= 2;
	snapshot->duration_ns -= 2000000000;
	snapshot->hits /= 2;
	snapshot->overhead_cpu_ns /= 2;
	snapshot->target_cpu_ns = snapshot->target_cpu_ns * 9 / 10;
	assert_int_equal(snapshot_flatten(snapshot), 0);
}

/* Intervals before: busy ones and idle ones in turn. */
static void moment_remember(struct moment *moment)
{
	struct snapshot *idle = NULL;

	assert_int_equal(history_new(&moment->history), 0);
	assert_int_equal(snapshot_delta(moment->before, moment->before, &idle), 0);
	for (unsigned i = 0; i < 30; i++)
		assert_int_equal(history_add(moment->history, i % 3 == 1 ? idle : i % 7 == 2 ? moment->before : moment->delta,
					     200000000ULL * (i + 1)), 0);
	moment->frame.tick = history_ticks(moment->history);
	snapshot_free(&idle);
}

static void moment_init(struct moment *moment)
{
	*moment = (struct moment){.before = fixture_snapshot(), .now = fixture_snapshot()};
	moment_shrink(moment->before);
	assert_int_equal(snapshot_delta(moment->now, moment->before, &moment->delta), 0);
	assert_int_equal(frame_init(moment->now, moment->delta, &moment->frame), 0);
	assert_int_equal(columns_new(&moment->columns), 0);
	view_init(&moment->columns, &moment->state);
	moment_remember(moment);
}

static void moment_free(struct moment *moment)
{
	rows_free(&moment->rows);
	view_free(&moment->state);
	columns_free(&moment->columns);
	frame_free(&moment->frame);
	history_free(&moment->history);
	snapshot_free(&moment->delta);
	snapshot_free(&moment->now);
	snapshot_free(&moment->before);
}

static struct picture moment_picture(struct moment *moment)
{
	return (struct picture){.frame = &moment->frame, .rows = &moment->rows, .columns = &moment->columns,
				.state = &moment->state, .history = moment->history};
}

static void moment_rows(struct moment *moment)
{
	rows_free(&moment->rows);
	assert_int_equal(rows_build(&moment->frame, &moment->state, &moment->columns, 80, true, &moment->rows), 0);
}

static void moment_press(struct moment *moment, uint32_t key)
{
	struct picture picture = moment_picture(moment);

	moment_rows(moment);
	keys_press(key, &picture, 10);
}

/* The caller frees the screen. */
static void moment_draw(struct moment *moment, unsigned rows, unsigned columns, bool utf8, struct screen *ret_screen)
{
	struct picture picture = moment_picture(moment);

	rows_free(&moment->rows);
	assert_int_equal(rows_build(&moment->frame, &moment->state, &moment->columns, columns, utf8, &moment->rows), 0);
	assert_int_equal(screen_init(rows, columns, utf8, ret_screen), 0);
	assert_int_equal(picture_draw(&picture, ret_screen), 0);
}

#endif
