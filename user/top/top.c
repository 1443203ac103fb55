/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/output.h"
#include "out/json.h"
#include "out/text.h"
#include "out/utf8.h"
#include "top/held.h"
#include "top/history.h"
#include "top/keys.h"
#include "top/picture.h"
#include "top/terminal.h"

#define ENDED_POLL_NS 1000000000ULL

struct top {
	struct top_options options;
	struct columns columns;
	struct view_state state;
	struct text_style style;
	struct snapshot *latest; /* the last one taken */
	struct snapshot *now;    /* what is shown: the same as latest, or an older one while paused */
	struct snapshot *base;   /* what delta is counted from; NULL: since weir attached */
	struct snapshot *delta;
	struct frame frame;      /* of now and delta */
	struct history *history;
	struct alert_watch *watch; /* borrowed; NULL: no alerts */
	struct rows rows;
	struct screen screen;
	struct held words;       /* what weir has to say */
	bool running;            /* some process of the target did, at the last snapshot */
	bool over;               /* the session has ended; keys still work */
};

/* ---- making one */

static int set_place(struct top *top)
{
	const struct top_options *o = &top->options;
	long view = o->view ? view_by_name(o->view) : VIEW_TREE;
	long sort;

	if (view < 0) {
		log_error("--view %s: expected tree, operators, queries, memory, errors or processes", o->view);
		return -EINVAL;
	}
	top->state.view = (enum view)view;
	if (o->filter && strlen(o->filter) > FILTER_MAX) {
		log_error("--filter: at most %d bytes", FILTER_MAX);
		return -EINVAL;
	}
	if (o->filter)
		strcpy(top->state.filter, o->filter);
	if (!o->sort)
		return 0;
	sort = columns_find(&top->columns, o->sort);
	if (sort < 0 || !(top->columns.items[sort].views & (1U << view))) {
		log_error("--sort %s: the view \"%s\" has no such column", o->sort, view_name((enum view)view));
		return -EINVAL;
	}
	top->state.places[view].sort = (size_t)sort;
	return 0;
}

int top_new(const struct top_options *options, struct top **ret_top)
{
	_cleanup_(top_free) struct top *top = calloc(1, sizeof(*top));
	int err;

	if (!top)
		return -ENOMEM;
	top->options = *options;
	top->words = HELD_NONE;
	top->style = text_style_for(stdout);
	err = columns_new(&top->columns) ?: history_new(&top->history);
	if (err)
		return err;
	view_init(&top->columns, &top->state);
	if (options->interval_ns)
		top->state.interval_ns = options->interval_ns;
	err = set_place(top);
	if (err)
		return err;
	*ret_top = TAKE_PTR(top);
	return 0;
}

/* What is made of snapshots to be shown. */
static void drop_shown(struct top *top)
{
	rows_free(&top->rows);
	frame_free(&top->frame);
	snapshot_free(&top->delta);
}

/* Drop what is shown and every snapshot but `kept` (may be NULL). */
static void drop_all_but(struct top *top, const struct snapshot *kept)
{
	struct snapshot *all[] = {top->latest, top->now, top->base};

	drop_shown(top);
	for (size_t i = 0; i < 3; i++) {
		struct snapshot *snapshot = all[i];

		for (size_t j = 0; snapshot && j < 3; j++)
			if (all[j] == snapshot)
				all[j] = NULL;
		if (snapshot != kept)
			snapshot_free(&snapshot);
	}
	top->latest = top->now = top->base = NULL;
}

void top_free(struct top **top)
{
	struct top *t;

	if (!top || !*top)
		return;
	t = TAKE_PTR(*top);
	held_end(&t->words);
	drop_all_but(t, NULL);
	columns_free(&t->columns);
	history_free(&t->history);
	view_free(&t->state);
	screen_free(&t->screen);
	free(t);
}

bool top_is_live(const struct top *top)
{
	return !top->options.once && terminal_usable();
}

/* ---- measuring */

static bool any_running(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->processes_count; i++)
		if (snapshot->processes[i].running)
			return true;
	return false;
}

static void note_end(struct top *top, const struct snapshot *latest, bool may_come_back)
{
	time_t seconds = latest->taken_at.tv_sec;
	char clock[16] = "";
	struct tm local;

	if (localtime_r(&seconds, &local))
		strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	snprintf(top->state.ended, sizeof(top->state.ended), "ENDED at %s%s", clock,
		 may_come_back ? ", waiting for the next" : "");
}

/* `interval`: from the snapshot before to `latest`; taken over. */
static int show(struct top *top, struct snapshot *base, struct snapshot *latest, struct snapshot **interval)
{
	int err;

	drop_all_but(top, base);
	top->base = base;
	if (base)
		snapshot_drop_flats(base);
	top->latest = top->now = latest;
	top->delta = TAKE_PTR(*interval);
	err = frame_init(top->now, top->delta, &top->frame);
	top->frame.tick = history_ticks(top->history);
	return err;
}

/*
 * Take a snapshot; show it, with the interval since the one before. What is shown stays while paused, and while no
 * process runs: figures of nothing would wipe out the last ones of something. The piece of an interval in which the
 * target ended is shown with the whole one before it.
 */
static int take(struct top *top, struct session *session)
{
	_cleanup_(snapshot_free) struct snapshot *interval = NULL;
	struct snapshot *before = top->latest, *latest = NULL;
	bool was_running = top->running, ended;
	int err;

	/* It will be replaced: gone before the new one is made, so that there are never two. */
	if (was_running && !top->state.paused) {
		drop_shown(top);
		if (before)
			snapshot_drop_flats(before);
	}
	err = session_snapshot(session, &latest);
	if (err)
		return err;
	err = alert_watch_take(top->watch, latest);
	if (err) {
		snapshot_free(&latest);
		return err;
	}
	top->running = any_running(latest);
	ended = was_running && !top->running && top->base;
	err = snapshot_delta(latest, before, &interval);
	err = err ?: before ? history_add(top->history, interval, latest->duration_ns) : 0;
	if (!err && ended && !top->state.paused) {
		snapshot_free(&interval);
		err = snapshot_delta(latest, top->base, &interval);
	}
	if (err) {
		snapshot_free(&latest);
		return err;
	}
	if (!top->now || (!top->state.paused && (was_running || top->running))) {
		err = show(top, ended ? top->base : before, latest, &interval);
	} else {
		if (before != top->now && before != top->base)
			snapshot_free(&before);
		top->latest = latest;
	}
	if (!top->running && latest->processes_count)
		note_end(top, latest, !top->over);
	else
		top->state.ended[0] = '\0';
	return err;
}

/* ---- showing */

static struct picture picture_of(struct top *top)
{
	return (struct picture){
		.frame = &top->frame, .rows = &top->rows, .columns = &top->columns, .state = &top->state,
		.history = top->history, .alerts = top->watch ? alert_watch_alerts(top->watch) : NULL, .plain = !top_is_live(top)};
}

static int build_rows(struct top *top, unsigned width)
{
	rows_free(&top->rows);
	return rows_build(&top->frame, &top->state, &top->columns, width, top->style.utf8, &top->rows);
}

static int draw(struct top *top)
{
	struct picture picture = picture_of(top);
	unsigned rows, columns;
	int err;

	terminal_size(&rows, &columns);
	err = build_rows(top, columns);
	if (err)
		return err;
	if (top->screen.rows != rows || top->screen.columns != columns)
		screen_free(&top->screen);
	else
		screen_clear(&top->screen);
	if (!top->screen.cells)
		err = screen_init(rows, columns, top->style.utf8, &top->screen);
	err = err ?: picture_draw(&picture, &top->screen);
	if (!err)
		terminal_paint(&top->screen);
	return err;
}

/* All rows, on stdout. */
static int print(struct top *top)
{
	struct picture picture = picture_of(top);
	struct output out;
	unsigned rows, columns;
	int err = build_rows(top, top->style.columns ? top->style.columns : UINT16_MAX);

	err = err ?: picture_size(&picture, top->style.utf8, &rows, &columns);
	screen_free(&top->screen);
	err = err ?: screen_init(rows, top->style.columns ? top->style.columns : columns, top->style.utf8, &top->screen);
	err = err ?: picture_draw(&picture, &top->screen);
	if (err)
		return err;
	output_open(NULL, &out);
	screen_write(&top->screen, top->style.color, stdout);
	if (!top->options.once)
		putchar('\n');
	if (fflush(stdout) || ferror(stdout)) {
		err = -errno;
		output_complain(&out, err);
	}
	return err;
}

/* ---- keys */

static void save(struct top *top)
{
	time_t seconds = top->now->taken_at.tv_sec;
	struct output out;
	struct tm local;
	char path[64];
	int err;

	if (!localtime_r(&seconds, &local) || !strftime(path, sizeof(path), "weir-%Y%m%d-%H%M%S.json", &local))
		return;
	err = output_open(path, &out);
	if (err)
		return; /* what it logged is shown */
	err = json_write(top->now, false, out.stream);
	if (err)
		output_complain(&out, err);
	else
		err = output_commit(&out);
	if (err)
		output_discard(&out);
	else
		snprintf(top->state.note, sizeof(top->state.note), "written to %s", path);
}

enum { GOES_ON, QUITS };

static int take_keys(struct top *top)
{
	struct picture picture = picture_of(top);
	int64_t key;

	while ((key = terminal_key()) >= 0) {
		unsigned rows, columns;

		terminal_size(&rows, &columns);
		switch (keys_press((uint32_t)key, &picture, rows > HEADER_ROWS + 3 ? rows - HEADER_ROWS - 3 : 1)) {
		case PRESS_QUIT:
			return QUITS;
		case PRESS_SAVE:
			save(top);
			break;
		case PRESS_PAUSE:
			top->state.paused = !top->state.paused;
			break;
		case PRESS_INTERVAL:
		case PRESS_REDRAW:
			break;
		}
		/* The next key acts on what this one made of the rows. */
		if (build_rows(top, columns))
			return -ENOMEM;
	}
	return GOES_ON;
}

/* ---- the loop */

static void hear_words(struct top *top)
{
	char line[NOTE_MAX];
	_cleanup_free_ char *flat = NULL;

	held_last_line(&top->words, line, sizeof(line));
	if (!line[0])
		return;
	flat = utf8_flatten(line, top->style.utf8);
	if (flat)
		snprintf(top->state.note, sizeof(top->state.note), "%s", flat);
}

/* Wait for keys alone: the target has ended, and what it did stays to be looked at. */
static int follow(struct top *top, struct session *session, uint64_t until_ns)
{
	if (!top->over)
		return session_follow(session, until_ns, STDIN_FILENO);
	return session_wait(session, until_ns, STDIN_FILENO);
}

static int live(struct top *top, struct session *session)
{
	uint64_t deadline = top->options.duration_ns ? clock_ns() + top->options.duration_ns : UINT64_MAX;
	uint64_t last = clock_ns();
	int err = take(top, session);

	while (!err) {
		uint64_t next = top->over ? clock_ns() + ENDED_POLL_NS : last + top->state.interval_ns;
		int state;

		hear_words(top);
		err = draw(top);
		if (err)
			break;
		state = follow(top, session, next < deadline ? next : deadline);
		if (state < 0 || state == SESSION_SIGNALLED || clock_ns() >= deadline)
			return state < 0 ? state : 0;
		if (state == SESSION_ENDED && !top->over) {
			session_stop(session);
			top->over = true;
			err = take(top, session);
		} else if (!top->over && clock_ns() >= last + top->state.interval_ns) {
			last = clock_ns();
			err = take(top, session);
		}
		if (!err) {
			err = take_keys(top);
			if (err == QUITS)
				return 0;
		}
	}
	return err;
}

/* In a pipe, or once: text after each interval. */
static int plain(struct top *top, struct session *session)
{
	uint64_t deadline = top->options.duration_ns ? clock_ns() + top->options.duration_ns : UINT64_MAX;
	uint64_t next = clock_ns();
	int state = SESSION_GOES_ON, err = 0;

	/* Without a snapshot at the beginning, the first interval is all since weir attached. */
	while (!err && state == SESSION_GOES_ON && clock_ns() < deadline) {
		next += top->state.interval_ns;
		state = session_follow(session, next < deadline ? next : deadline, -1);
		top->over = state != SESSION_GOES_ON;
		if (top->over)
			session_stop(session);
		err = state < 0 ? state : take(top, session) ?: print(top);
		if (top->options.once)
			break;
	}
	return err;
}

int top_run(struct top *top, struct session *session, struct alert_watch *watch)
{
	bool is_live = top_is_live(top);
	int err = 0;

	top->watch = watch;

	if (is_live) {
		err = terminal_start(top->style.color);
		err = err ?: held_start(STDERR_FILENO, &top->words);
	}
	err = err ?: is_live ? live(top, session) : plain(top, session);
	terminal_stop();
	held_end(&top->words);
	session_stop(session);
	if (err == -ENOMEM)
		log_error("out of memory");
	return err;
}
