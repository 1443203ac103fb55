/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one refresh shows: all since weir attached and the last interval, and how their parts belong together. Made once a
 * refresh, read by rows and panels; nodes and flat rows are named by their places in `now`.
 */
#ifndef WEIR_TOP_FRAME_H
#define WEIR_TOP_FRAME_H

#include "model/snapshot.h"

struct frame_flats {
	const struct snapshot_flat *all; /* now->operators or now->queries */
	size_t count;
	size_t *interval;  /* place of the same row in the delta's table */
	uint64_t *rows_in; /* of the calls below: [place][0] since the start, [place][1] in the interval */
	bool *has_rows_in;
};

struct frame {
	const struct snapshot *now, *delta; /* borrowed; delta: snapshot_delta(now, the one before) */
	size_t *parents; /* place of a node's parent, + 1; 0: none */
	size_t *flats;   /* place of a node's row in operators or queries */
	struct frame_flats operators, queries;
	unsigned tick;   /* of the history: see history.h */
};

/* Returns 0 or -ENOMEM. Both snapshots have to live as long as the frame. */
int frame_init(const struct snapshot *now, const struct snapshot *delta, struct frame *ret_frame);
void frame_free(struct frame *frame);

static inline bool level_is_query(enum weir_level level)
{
	return level == WEIR_LEVEL_RUN || level == WEIR_LEVEL_QUERY;
}

#endif
