/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "out/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Levels drawn where there is no width to respect: a path can be as deep as a thread's stack of frames. */
#define DEPTH_DRAWN 64

/* A node and its parent's place among the snapshot's nodes, + 1; 0: a root. */
struct link {
	const struct snapshot_node *node;
	size_t parent;
};

/* The children of a node: links[next .. end). */
struct level {
	size_t next, end;
};

struct tree {
	const struct snapshot_node *nodes;
	size_t count;
	struct link *links;    /* siblings side by side, widest first */
	struct level *children; /* by place of the parent + 1 */
	struct level *path;    /* where the walk is, on each level */
};

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_ids(const void *a, const void *b)
{
	const struct snapshot_node *x = *(const struct snapshot_node *const *)a;
	const struct snapshot_node *y = *(const struct snapshot_node *const *)b;

	return compare_u64(x->id, y->id);
}

static int compare_siblings(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	const struct counters *m = &x->node->counters, *n = &y->node->counters;
	int c = compare_u64(x->parent, y->parent);

	c = c ? c : compare_u64(n->total_ns, m->total_ns);
	c = c ? c : compare_u64(n->calls, m->calls);
	return c ? c : compare_u64(x->node->id, y->node->id);
}

static int tree_link(struct tree *tree)
{
	_cleanup_free_ const struct snapshot_node **by_id = calloc(tree->count + 1, sizeof(*by_id));
	size_t count = 0;

	if (!by_id)
		return -ENOMEM;
	for (size_t i = 0; i < tree->count; i++)
		by_id[i] = &tree->nodes[i];
	qsort(by_id, tree->count, sizeof(*by_id), compare_ids);
	for (size_t i = 0; i < tree->count; i++) {
		const struct snapshot_node wanted = {.id = tree->nodes[i].parent}, *key = &wanted, **found;

		if (counters_are_elsewhere(&tree->nodes[i].counters))
			continue;
		tree->links[count] = (struct link){.node = &tree->nodes[i]};
		found = bsearch(&key, by_id, tree->count, sizeof(*by_id), compare_ids);
		/* a parent that comes later could close a circle */
		if (found && *found < &tree->nodes[i])
			tree->links[count].parent = (size_t)(*found - tree->nodes) + 1;
		count++;
	}
	qsort(tree->links, count, sizeof(*tree->links), compare_siblings);
	for (size_t i = 0; i < count; i++) {
		struct level *children = &tree->children[tree->links[i].parent];

		if (!children->end)
			children->next = i;
		children->end = i + 1;
	}
	return 0;
}

/* The lines before a node on level `depth` of the path, whose own level has already moved on to its next sibling. */
static char *lead_text(const struct level *path, size_t depth, size_t drawn, bool utf8)
{
	const char *through = utf8 ? "\xe2\x94\x82 " : "| ", *branch = utf8 ? "\xe2\x94\x9c " : "|-";
	const char *last = utf8 ? "\xe2\x94\x94 " : "`-";
	size_t levels = depth < drawn ? depth : drawn;
	char *lead = malloc(levels * 4 + 1), *end = lead;

	if (!lead)
		return NULL;
	*end = '\0';
	for (size_t i = 1; i <= levels; i++) {
		bool more = path[i].next < path[i].end;

		if (i < depth)
			end = stpcpy(end, more ? through : "  ");
		else
			end = stpcpy(end, more ? branch : last);
	}
	return lead;
}

static int tree_walk(struct tree *tree, const struct text_style *style, struct tree_line *lines)
{
	size_t drawn = style->columns ? style->columns / 8 : DEPTH_DRAWN, depth = 0, count = 0;

	tree->path[0] = tree->children[0];
	for (;;) {
		const struct link *link;

		if (tree->path[depth].next == tree->path[depth].end) {
			if (!depth--)
				return 0;
			continue;
		}
		link = &tree->links[tree->path[depth].next++];
		lines[count] = (struct tree_line){
			.node = link->node, .depth = depth, .capped = depth > drawn,
			.lead = lead_text(tree->path, depth, drawn, style->utf8)};
		if (!lines[count++].lead)
			return -ENOMEM;
		tree->path[++depth] = tree->children[link->node - tree->nodes + 1];
	}
}

int tree_draw(const struct snapshot *snapshot, const struct text_style *style, struct tree_line **ret_lines)
{
	size_t count = snapshot->nodes_count;
	_cleanup_free_ struct link *links = calloc(count + 1, sizeof(*links));
	_cleanup_free_ struct level *children = calloc(count + 1, sizeof(*children));
	_cleanup_free_ struct level *path = calloc(count + 2, sizeof(*path));
	struct tree_line *lines = calloc(count + 1, sizeof(*lines));
	struct tree tree = {snapshot->nodes, count, links, children, path};
	int r = -ENOMEM;

	if (links && children && path && lines)
		r = tree_link(&tree);
	if (!r)
		r = tree_walk(&tree, style, lines);
	if (r < 0) {
		tree_free(&lines, count);
		return r;
	}
	*ret_lines = lines;
	return 0;
}

void tree_free(struct tree_line **lines, size_t count)
{
	if (!lines || !*lines)
		return;
	for (size_t i = 0; i < count; i++)
		free((*lines)[i].lead);
	free(*lines);
	*lines = NULL;
}
