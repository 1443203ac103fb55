/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user looks at and how: plain state, changed by keys (keys.h), read by the panels. */
#ifndef WEIR_TOP_VIEW_H
#define WEIR_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum view {
	VIEW_TREE,
	VIEW_OPERATORS,
	VIEW_QUERIES,
	VIEW_MEMORY,
	VIEW_ERRORS,
	VIEW_PROCESSES,
	VIEW_COUNT
};

const char *view_name(enum view view); /* "tree" */
long view_by_name(const char *name);   /* -1: there is no such view */

enum { FILTER_MAX = 63, NOTE_MAX = 200 };

/* How one view is looked at. */
struct view_place {
	size_t sort;       /* column: place in struct columns */
	bool ascending;
	uint64_t selected; /* key of a row; 0: none yet, the first */
	size_t index;      /* where it was seen last */
	size_t scroll;     /* first row shown */
};

struct view_state {
	enum view view;
	struct view_place places[VIEW_COUNT];
	uint64_t *folded; /* owned; keys of rows of the tree whose children are not shown */
	size_t folded_count, folded_capacity;
	uint64_t interval_ns;
	bool since_start; /* columns of all the time, not of the last interval */
	bool detail, help, paused;
	size_t help_scroll;
	bool typing;      /* the filter */
	char filter[FILTER_MAX + 1];
	char note[NOTE_MAX]; /* what the footer says instead of the keys */
	char ended[NOTE_MAX]; /* the target has ended: what the header says; "": it runs */
};

struct columns;

/* As it begins: the tree, each view sorted by what it is mostly looked at for. */
void view_init(const struct columns *columns, struct view_state *ret_state);
void view_free(struct view_state *state);

static inline struct view_place *view_place(struct view_state *state)
{
	return &state->places[state->view];
}

bool view_is_folded(const struct view_state *state, uint64_t key);
int view_fold(struct view_state *state, uint64_t key); /* fold it, or unfold it; 0 or -ENOMEM */

/* Does the filter, in lower and upper case alike, stand in one of these (NULL: none)? */
bool view_filter_takes(const struct view_state *state, const char *a, const char *b, const char *c);

#endif
