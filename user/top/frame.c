/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/frame.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

/* Strings of a snapshot are interned, and the delta has those of `now`: what is the same has the same pointers. */
struct identity {
	enum weir_level level;
	const char *texts[4];
	size_t place;
};

#define IDENTITY_OF(x, at) \
	((struct identity){(x)->level, {(x)->function, (x)->label, (x)->module, (x)->profile}, (at)})

static int compare_identities(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;

	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	for (size_t i = 0; i < 4; i++)
		if (x->texts[i] != y->texts[i])
			return (uintptr_t)x->texts[i] < (uintptr_t)y->texts[i] ? -1 : 1;
	return 0;
}

static struct identity *identities_of(const struct snapshot_flat *flats, size_t count)
{
	struct identity *identities = calloc(count + 1, sizeof(*identities));

	for (size_t i = 0; identities && i < count; i++)
		identities[i] = IDENTITY_OF(&flats[i], i);
	if (identities)
		qsort(identities, count, sizeof(*identities), compare_identities);
	return identities;
}

static int flats_init(const struct frame *frame, const struct snapshot_flat *all, const struct snapshot_flat *interval,
		      size_t count, bool queries, struct frame_flats *flats)
{
	_cleanup_free_ struct identity *now = identities_of(all, count);
	_cleanup_free_ struct identity *delta = identities_of(interval, count);

	flats->all = all;
	flats->count = count;
	flats->interval = calloc(count + 1, sizeof(*flats->interval));
	flats->rows_in = calloc(count + 1, 2 * sizeof(*flats->rows_in));
	flats->has_rows_in = calloc(count + 1, sizeof(*flats->has_rows_in));
	if (!now || !delta || !flats->interval || !flats->rows_in || !flats->has_rows_in)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		flats->interval[now[i].place] = delta[i].place;
	for (size_t i = 0; i < frame->now->nodes_count; i++) {
		const struct snapshot_node *node = &frame->now->nodes[i];
		struct identity key = IDENTITY_OF(node, 0), *found;

		if (level_is_query(node->level) != queries)
			continue;
		found = bsearch(&key, now, count, sizeof(*now), compare_identities);
		assert(found);
		frame->flats[i] = found->place;
	}
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	const struct snapshot_node *x = *(const struct snapshot_node *const *)a;
	const struct snapshot_node *y = *(const struct snapshot_node *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int find_parents(struct frame *frame)
{
	const struct snapshot *now = frame->now;
	_cleanup_free_ const struct snapshot_node **by_id = calloc(now->nodes_count + 1, sizeof(*by_id));

	if (!by_id)
		return -ENOMEM;
	for (size_t i = 0; i < now->nodes_count; i++)
		by_id[i] = &now->nodes[i];
	qsort(by_id, now->nodes_count, sizeof(*by_id), compare_ids);
	for (size_t i = 0; i < now->nodes_count; i++) {
		const struct snapshot_node wanted = {.id = now->nodes[i].parent}, *key = &wanted, **found;

		found = bsearch(&key, by_id, now->nodes_count, sizeof(*by_id), compare_ids);
		/* a parent that comes later could close a circle */
		if (found && *found < &now->nodes[i])
			frame->parents[i] = (size_t)(*found - now->nodes) + 1;
	}
	return 0;
}

static void sum_rows_in(struct frame *frame)
{
	for (size_t i = 0; i < frame->now->nodes_count; i++) {
		size_t parent = frame->parents[i], place;
		struct frame_flats *flats;

		if (!parent || !(frame->now->nodes[i].counters.have & HAVE_ROWS))
			continue;
		flats = level_is_query(frame->now->nodes[parent - 1].level) ? &frame->queries : &frame->operators;
		place = frame->flats[parent - 1];
		flats->has_rows_in[place] = true;
		flats->rows_in[2 * place] += frame->now->nodes[i].counters.rows;
		flats->rows_in[2 * place + 1] += frame->delta->nodes[i].counters.rows;
	}
}

int frame_init(const struct snapshot *now, const struct snapshot *delta, struct frame *ret_frame)
{
	struct frame frame = {.now = now, .delta = delta};
	int err = -ENOMEM;

	assert(now->nodes_count == delta->nodes_count && now->operators_count == delta->operators_count &&
	       now->queries_count == delta->queries_count);
	frame.parents = calloc(now->nodes_count + 1, sizeof(*frame.parents));
	frame.flats = calloc(now->nodes_count + 1, sizeof(*frame.flats));
	if (frame.parents && frame.flats)
		err = find_parents(&frame);
	err = err ?: flats_init(&frame, now->operators, delta->operators, now->operators_count, false, &frame.operators);
	err = err ?: flats_init(&frame, now->queries, delta->queries, now->queries_count, true, &frame.queries);
	if (err) {
		frame_free(&frame);
		return err;
	}
	sum_rows_in(&frame);
	*ret_frame = frame;
	return 0;
}

static void flats_free(struct frame_flats *flats)
{
	free(flats->interval);
	free(flats->rows_in);
	free(flats->has_rows_in);
}

void frame_free(struct frame *frame)
{
	free(frame->parents);
	free(frame->flats);
	flats_free(&frame->operators);
	flats_free(&frame->queries);
	*frame = (struct frame){0};
}
