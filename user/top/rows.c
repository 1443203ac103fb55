/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/rows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "out/name.h"

/* ---- keys */

/* FNV-1a, 64 bits, as in model/snapshot.c; the NUL is hashed too, so that texts do not run together. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)(text ? *text : 1)) * 0x100000001b3;
	while (text && *text++);
	return hash;
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
	for (int i = 0; i < 8; i++, number >>= 8)
		hash = (hash ^ (number & 0xff)) * 0x100000001b3;
	return hash;
}

#define HASH_START 0xcbf29ce484222325ULL

static uint64_t flat_key(const struct snapshot_flat *flat)
{
	uint64_t hash = hash_number(HASH_START, flat->level);

	hash = hash_text(hash, flat->function);
	hash = hash_text(hash, flat->label);
	hash = hash_text(hash, flat->module);
	return hash_text(hash, flat->profile) | 1;
}

static uint64_t error_key(const struct snapshot_error *error)
{
	uint64_t hash = hash_number(HASH_START, (uint64_t)error->code);

	hash = hash_text(hash, error->function);
	hash = hash_text(hash, error->label);
	return hash_text(hash, error->exception) | 1;
}

/* ---- reading */

struct reading row_reading(const struct rows *rows, const struct row *row, const struct frame *frame, bool since_start)
{
	int window = since_start ? 0 : 1;

	return (struct reading){
		.counters = since_start ? row->all : row->interval,
		.duration_ns = since_start ? frame->now->duration_ns : frame->delta->duration_ns,
		.self_sum_ns = rows->self_sum_ns[window],
		.rows_in = row->rows_in[window],
		.has_rows_in = row->has_rows_in,
	};
}

char *row_name(const struct row *row, const struct frame *frame, enum view view, bool utf8)
{
	switch (view) {
	case VIEW_TREE: {
		const struct tree_line line = {
			.node = &frame->now->nodes[row->place], .depth = row->depth, .capped = row->capped};

		return name_of_line(&line, utf8);
	}
	case VIEW_QUERIES:
		return name_of_flat(frame->now->queries, frame->now->queries_count, row->place, utf8);
	case VIEW_ERRORS:
		return strdup(row->name);
	case VIEW_PROCESSES:
		return strdup("");
	default:
		return name_of_flat(frame->now->operators, frame->now->operators_count, row->place, utf8);
	}
}

size_t rows_selected(const struct rows *rows, const struct view_place *place)
{
	for (size_t i = 0; place->selected && i < rows->count; i++)
		if (rows->items[i].key == place->selected)
			return i;
	if (place->index < rows->count)
		return place->index;
	return rows->count ? rows->count - 1 : 0;
}

/* ---- building */

static int compare_rows(const void *a, const void *b, void *ascending)
{
	const struct row *x = a, *y = b;

	if (isnan(x->value) != isnan(y->value))
		return isnan(x->value) ? 1 : -1;
	if (x->value != y->value && !isnan(x->value))
		return (x->value < y->value) == *(bool *)ascending ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static void rows_sort(struct rows *rows, bool ascending)
{
	qsort_r(rows->items, rows->count, sizeof(*rows->items), compare_rows, &ascending);
}

static int build_flats(const struct frame *frame, const struct frame_flats *flats, const struct snapshot_flat *interval,
		       const struct view_state *state, const struct column *sort, struct rows *rows)
{
	rows->items = calloc(flats->count + 1, sizeof(*rows->items));
	if (!rows->items)
		return -ENOMEM;
	for (size_t i = 0; i < flats->count; i++) {
		const struct snapshot_flat *flat = &flats->all[i];
		const struct counters *counters = &interval[flats->interval[i]].counters;

		rows->self_sum_ns[0] += flat->counters.self_ns;
		rows->self_sum_ns[1] += counters->self_ns;
		if (counters_are_elsewhere(&flat->counters) || !view_filter_takes(state, flat->function, flat->label, flat->module))
			continue;
		rows->items[rows->count++] = (struct row){
			.key = flat_key(flat), .place = i, .all = &flat->counters, .interval = counters,
			.rows_in = {flats->rows_in[2 * i], flats->rows_in[2 * i + 1]},
			.has_rows_in = flats->has_rows_in[i]};
	}
	for (size_t i = 0; i < rows->count; i++) {
		struct reading reading = row_reading(rows, &rows->items[i], frame, state->since_start);

		rows->items[i].value = column_value(sort, &reading);
	}
	return 0;
}

static bool same_error(const struct snapshot_error *a, const struct snapshot_error *b)
{
	/* one snapshot's strings: the same text is the same pointer */
	return a->code == b->code && a->function == b->function && a->label == b->label && a->exception == b->exception;
}

static int build_errors(const struct frame *frame, const struct view_state *state, bool utf8, struct rows *rows)
{
	struct name_error *errors = NULL;
	size_t count = 0;
	int err = name_errors(frame->now, utf8, &errors, &count);

	if (err)
		return err;
	rows->items = calloc(count + 1, sizeof(*rows->items));
	for (size_t i = 0; rows->items && i < count; i++) {
		struct row *row = &rows->items[rows->count];

		if (!view_filter_takes(state, errors[i].name, NULL, NULL))
			continue;
		*row = (struct row){.key = error_key(errors[i].error), .place = i, .errors = {errors[i].count, 0}};
		for (size_t e = 0; e < frame->delta->errors_count; e++)
			if (same_error(&frame->delta->errors[e], errors[i].error))
				row->errors[1] += frame->delta->errors[e].count;
		row->name = TAKE_PTR(errors[i].name);
		row->value = (double)row->errors[state->since_start ? 0 : 1];
		rows->count++;
	}
	name_errors_free(&errors, count);
	return rows->items ? 0 : -ENOMEM;
}

/* Those that run first, then the newest. */
static int build_processes(const struct frame *frame, const struct view_state *state, struct rows *rows)
{
	rows->items = calloc(frame->now->processes_count + 1, sizeof(*rows->items));
	if (!rows->items)
		return -ENOMEM;
	for (size_t i = 0; i < frame->now->processes_count; i++) {
		const struct snapshot_process *process = &frame->now->processes[i];

		if (view_filter_takes(state, process->comm, process->exe, NULL))
			rows->items[rows->count++] = (struct row){
				.key = process->pid, .place = i, .value = (process->running ? 1e9 : 0) + (double)i};
	}
	return 0;
}

int rows_build(const struct frame *frame, const struct view_state *state, const struct columns *columns, unsigned width,
	       bool utf8, struct rows *ret_rows)
{
	_cleanup_(rows_free) struct rows rows = {0};
	const struct view_place *place = &state->places[state->view];
	const struct column *sort = &columns->items[place->sort];
	int err;

	switch (state->view) {
	case VIEW_TREE:
		err = rows_build_tree(frame, state, sort, width, utf8, &rows);
		break;
	case VIEW_QUERIES:
		err = build_flats(frame, &frame->queries, frame->delta->queries, state, sort, &rows);
		break;
	case VIEW_ERRORS:
		err = build_errors(frame, state, utf8, &rows);
		break;
	case VIEW_PROCESSES:
		err = build_processes(frame, state, &rows);
		break;
	default:
		err = build_flats(frame, &frame->operators, frame->delta->operators, state, sort, &rows);
		break;
	}
	if (err)
		return err;
	if (state->view != VIEW_TREE)
		rows_sort(&rows, place->ascending);
	*ret_rows = rows;
	rows = (struct rows){0};
	return 0;
}

void rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		free(rows->items[i].lead);
		free(rows->items[i].name);
	}
	free(rows->items);
	*rows = (struct rows){0};
}
