/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the flow tree: depth first, siblings sorted, what is folded or filtered out left away. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "top/rows.h"

/* A node and what its siblings are sorted by. */
struct link {
	size_t place, parent; /* parent: + 1, 0: none */
	double value;
	bool ascending;
};

/* The children of a node: links[next .. end). */
struct level {
	size_t next, end;
};

struct walk {
	const struct frame *frame;
	const struct view_state *state;
	struct link *links;
	struct level *children; /* by place + 1 */
	struct level *path;
	bool *taken;            /* by the filter, or above one that is */
	size_t drawn;           /* levels with lines */
	bool utf8;
	struct rows *rows;
};

static int compare_links(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	if (isnan(x->value) != isnan(y->value))
		return isnan(x->value) ? 1 : -1;
	if (x->value != y->value && !isnan(x->value))
		return (x->value < y->value) == x->ascending ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static struct row row_of(const struct frame *frame, size_t place)
{
	return (struct row){
		.key = frame->now->nodes[place].id, .place = place, .all = &frame->now->nodes[place].counters,
		.interval = &frame->delta->nodes[place].counters};
}

/* Rows of all nodes, in their order in the snapshot: children add to their parents' rows_in. */
static struct row *rows_of_nodes(const struct frame *frame, struct rows *sums)
{
	size_t count = frame->now->nodes_count;
	struct row *rows = calloc(count + 1, sizeof(*rows));

	for (size_t i = 0; rows && i < count; i++) {
		size_t parent = frame->parents[i];

		rows[i] = row_of(frame, i);
		sums->self_sum_ns[0] += rows[i].all->self_ns;
		sums->self_sum_ns[1] += rows[i].interval->self_ns;
		if (!parent)
			continue;
		if (counters_are_elsewhere(rows[i].all))
			continue;
		rows[parent - 1].has_children = true;
		if (!(rows[i].all->have & HAVE_ROWS))
			continue;
		rows[parent - 1].has_rows_in = true;
		rows[parent - 1].rows_in[0] += rows[i].all->rows;
		rows[parent - 1].rows_in[1] += rows[i].interval->rows;
	}
	return rows;
}

/* Parents stand before their children, so that going backwards takes whole paths. */
static void filter(struct walk *walk)
{
	const struct snapshot *now = walk->frame->now;

	for (size_t i = now->nodes_count; i--;) {
		const struct snapshot_node *node = &now->nodes[i];

		if (!walk->taken[i])
			walk->taken[i] = view_filter_takes(walk->state, node->function, node->label, node->module);
		if (walk->taken[i] && walk->frame->parents[i])
			walk->taken[walk->frame->parents[i] - 1] = true;
	}
}

static void link_nodes(struct walk *walk, struct row *nodes, const struct column *sort)
{
	const struct frame *frame = walk->frame;
	size_t count = 0;

	for (size_t i = 0; i < frame->now->nodes_count; i++) {
		struct reading reading = row_reading(walk->rows, &nodes[i], frame, walk->state->since_start);

		if (!walk->taken[i] || counters_are_elsewhere(&frame->now->nodes[i].counters))
			continue;
		nodes[i].value = column_value(sort, &reading);
		walk->links[count++] = (struct link){
			i, frame->parents[i], nodes[i].value, walk->state->places[VIEW_TREE].ascending};
	}
	qsort(walk->links, count, sizeof(*walk->links), compare_links);
	for (size_t i = 0; i < count; i++) {
		struct level *children = &walk->children[walk->links[i].parent];

		if (!children->end)
			children->next = i;
		children->end = i + 1;
	}
}

/* The lines before a node on level `depth`, whose own level has already moved on to its next sibling. */
static char *lead_text(const struct walk *walk, size_t depth)
{
	const char *through = walk->utf8 ? "\xe2\x94\x82 " : "| ", *branch = walk->utf8 ? "\xe2\x94\x9c " : "|-";
	const char *last = walk->utf8 ? "\xe2\x94\x94 " : "`-";
	size_t levels = depth < walk->drawn ? depth : walk->drawn;
	char *lead = malloc(levels * 4 + 1), *end = lead;

	if (!lead)
		return NULL;
	*end = '\0';
	for (size_t i = 1; i <= levels; i++) {
		bool more = walk->path[i].next < walk->path[i].end;

		end = stpcpy(end, i < depth ? (more ? through : "  ") : more ? branch : last);
	}
	return lead;
}

static int walk_down(struct walk *walk, const struct row *nodes)
{
	size_t depth = 0;

	walk->path[0] = walk->children[0];
	for (;;) {
		struct row *row = &walk->rows->items[walk->rows->count];
		size_t place;

		if (walk->path[depth].next == walk->path[depth].end) {
			if (!depth--)
				return 0;
			continue;
		}
		place = walk->links[walk->path[depth].next++].place;
		*row = nodes[place];
		row->depth = depth;
		row->capped = depth > walk->drawn;
		row->folded = row->has_children && view_is_folded(walk->state, row->key);
		row->lead = lead_text(walk, depth);
		if (!row->lead)
			return -ENOMEM;
		walk->rows->count++;
		if (!row->folded)
			walk->path[++depth] = walk->children[place + 1];
	}
}

int rows_build_tree(const struct frame *frame, const struct view_state *state, const struct column *sort, unsigned width,
		    bool utf8, struct rows *rows)
{
	size_t count = frame->now->nodes_count;
	_cleanup_free_ struct row *nodes = rows_of_nodes(frame, rows);
	_cleanup_free_ struct link *links = calloc(count + 1, sizeof(*links));
	_cleanup_free_ struct level *children = calloc(count + 1, sizeof(*children));
	_cleanup_free_ struct level *path = calloc(count + 2, sizeof(*path));
	_cleanup_free_ bool *taken = calloc(count + 1, sizeof(*taken));
	struct walk walk = {frame, state, links, children, path, taken, width / 8 + 1, utf8, rows};

	rows->items = calloc(count + 1, sizeof(*rows->items));
	if (!rows->items || !nodes || !links || !children || !path || !taken)
		return -ENOMEM;
	filter(&walk);
	link_nodes(&walk, nodes, sort);
	return walk_down(&walk, nodes);
}
