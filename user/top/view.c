/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "top/column.h"

static const struct {
	const char *name;
	const char *sort; /* heading of the column that it is sorted by at first */
} views[VIEW_COUNT] = {
	[VIEW_TREE] = {"tree", "total"},
	[VIEW_OPERATORS] = {"operators", "self %"},
	[VIEW_QUERIES] = {"queries", "total"},
	[VIEW_MEMORY] = {"memory", "rss+/s"},
	[VIEW_ERRORS] = {"errors", "errors/s"},
	[VIEW_PROCESSES] = {"processes", "calls/s"},
};

const char *view_name(enum view view)
{
	return views[view].name;
}

long view_by_name(const char *name)
{
	for (int i = 0; i < VIEW_COUNT; i++)
		if (!strcmp(views[i].name, name))
			return i;
	return -1;
}

void view_init(const struct columns *columns, struct view_state *ret_state)
{
	struct view_state state = {.interval_ns = 1000000000};

	for (int i = 0; i < VIEW_COUNT; i++) {
		long sort = columns_find(columns, views[i].sort);

		assert(sort >= 0);
		state.places[i].sort = (size_t)sort;
	}
	*ret_state = state;
}

void view_free(struct view_state *state)
{
	free(state->folded);
	*state = (struct view_state){0};
}

static size_t folded_find(const struct view_state *state, uint64_t key)
{
	size_t i = 0;

	while (i < state->folded_count && state->folded[i] != key)
		i++;
	return i;
}

bool view_is_folded(const struct view_state *state, uint64_t key)
{
	return folded_find(state, key) < state->folded_count;
}

int view_fold(struct view_state *state, uint64_t key)
{
	size_t i = folded_find(state, key);
	int err;

	if (i < state->folded_count) {
		state->folded[i] = state->folded[--state->folded_count];
		return 0;
	}
	err = VEC_RESERVE(state->folded, state->folded_count, state->folded_capacity);
	if (!err)
		state->folded[state->folded_count++] = key;
	return err;
}

bool view_filter_takes(const struct view_state *state, const char *a, const char *b, const char *c)
{
	const char *texts[] = {a, b, c};

	if (!state->filter[0])
		return true;
	for (size_t i = 0; i < 3; i++)
		if (texts[i] && strcasestr(texts[i], state->filter))
			return true;
	return false;
}
