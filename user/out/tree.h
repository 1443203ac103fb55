/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flow tree in the order in which it is drawn: depth first, widest cost first among siblings. */
#ifndef WEIR_OUT_TREE_H
#define WEIR_OUT_TREE_H

#include <stddef.h>

#include "model/snapshot.h"
#include "out/text.h"

struct tree_line {
	const struct snapshot_node *node;
	char *lead;   /* owned: the lines that lead to the node */
	size_t depth; /* 0: a root */
	bool capped;  /* deeper than the lines are drawn */
};

/*
 * One line for each node of the snapshot, but those whose counters are elsewhere: behind the last line `node` is NULL. Nodes whose parent is
 * not among those before them are roots.
 * Returns 0 or -ENOMEM. The caller frees with tree_free.
 */
int tree_draw(const struct snapshot *snapshot, const struct text_style *style, struct tree_line **ret_lines);
void tree_free(struct tree_line **lines, size_t count);

#endif
