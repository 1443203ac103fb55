/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": the names a few keystrokes away from one that was not found. */
#include "symbols/module_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	PATTERN_MAX = 255, /* bytes; nobody mistypes a longer name by a few letters */
	NEAREST_MAX = 64,  /* names that can be asked for */
};

struct candidate {
	size_t index;
	size_t length; /* of the display without parameters */
	unsigned int distance;
};

struct ranking {
	struct candidate items[NEAREST_MAX]; /* nearest first */
	size_t count, max;
};

/*
 * Levenshtein distance, or limit + 1 where it is greater. Only cells within `limit` of the diagonal can
 * matter (Ukkonen 1985), so a name costs O(limit * length).
 */
static unsigned int distance_bounded(const char *a, size_t a_length, const char *b, size_t b_length,
				     unsigned int limit)
{
	unsigned int row[PATTERN_MAX + 1], diagonal, above, best;
	size_t first, last;

	if ((a_length > b_length ? a_length - b_length : b_length - a_length) > limit)
		return limit + 1;
	for (size_t j = 0; j <= a_length; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= b_length; i++) {
		first = i > limit ? i - limit : 1;
		last = i + limit < a_length ? i + limit : a_length;
		diagonal = row[first - 1];
		best = row[first - 1] = first == 1 ? (unsigned int)i : limit + 1;
		for (size_t j = first; j <= last; j++) {
			above = j < i + limit ? row[j] : limit + 1;
			row[j] = diagonal + (a[j - 1] != b[i - 1]);
			if (above + 1 < row[j])
				row[j] = above + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			diagonal = above;
			if (row[j] < best)
				best = row[j];
		}
		if (best > limit)
			return limit + 1;
	}
	return row[a_length] <= limit ? row[a_length] : limit + 1;
}

/*
 * Where the last component of a qualified name begins: behind the last "::" that no template list encloses.
 */
static size_t component_start(const char *name, size_t length)
{
	size_t depth = 0;

	for (size_t at = length; at > 1; at--) {
		if (name[at - 1] == '>' || name[at - 1] == ')')
			depth++;
		else if ((name[at - 1] == '<' || name[at - 1] == '(') && depth > 0)
			depth--;
		else if (depth == 0 && name[at - 1] == ':' && name[at - 2] == ':')
			return at;
	}
	return 0;
}

/* A name that lacks its namespace counts as one keystroke further away than what is left of it. */
static unsigned int name_distance(const char *pattern, size_t pattern_length, const char *name, size_t length,
				  unsigned int limit)
{
	unsigned int whole = distance_bounded(pattern, pattern_length, name, length, limit), last;
	size_t start = component_start(name, length);

	if (start == 0 || whole == 0)
		return whole;
	last = 1 + distance_bounded(pattern, pattern_length, name + start, length - start, limit);
	return last < whole ? last : whole;
}

static int compare_names(const char *a, size_t a_length, const char *b, size_t b_length)
{
	int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

	return order ? order : (a_length > b_length) - (a_length < b_length);
}

/* Keep the ranking sorted by distance, then name, each name once. */
static void ranking_insert(struct ranking *ranking, const struct function *functions,
			   const struct candidate *item)
{
	const char *name = functions[item->index].display;
	struct candidate *other;
	size_t at = ranking->count;
	int order;

	while (at > 0) {
		other = &ranking->items[at - 1];
		order = compare_names(functions[other->index].display, other->length, name, item->length);
		if (other->distance < item->distance || (other->distance == item->distance && order < 0))
			break;
		if (order == 0)
			return;
		at--;
	}
	if (at == ranking->max)
		return;
	if (ranking->count < ranking->max)
		ranking->count++;
	memmove(&ranking->items[at + 1], &ranking->items[at],
		(ranking->count - 1 - at) * sizeof(ranking->items[0]));
	ranking->items[at] = *item;
}

static void ranking_fill(struct ranking *ranking, struct module *module, const char *pattern, size_t length)
{
	unsigned int limit = length < 4 ? 1 : length < 12 ? 2 : (unsigned int)length / 4, bound;
	struct candidate item;
	const char *display;

	for (size_t i = 0; i < module->symbols.functions_count; i++) {
		display = module_display(module, i);
		bound = ranking->count == ranking->max ? ranking->items[ranking->max - 1].distance : limit;
		item = (struct candidate){.index = i, .length = module->bare_lengths[i]};
		item.distance = name_distance(pattern, length, display, item.length, bound);
		if (item.distance <= bound)
			ranking_insert(ranking, module->symbols.functions, &item);
	}
}

size_t module_nearest(struct module *module, const char *pattern, const char **ret_names, size_t max)
{
	struct ranking ranking = {.max = max < NEAREST_MAX ? max : NEAREST_MAX};
	size_t length, count = 0;
	const char *display;
	char *name;

	pattern += strspn(pattern, "*");
	length = strlen(pattern);
	while (length > 0 && pattern[length - 1] == '*')
		length--;
	if (length == 0 || length > PATTERN_MAX || max == 0 || module_read_symbols(module))
		return 0;
	ranking_fill(&ranking, module, pattern, length);
	for (size_t i = 0; i < ranking.count; i++) {
		display = module->symbols.functions[ranking.items[i].index].display;
		name = strndup(display, ranking.items[i].length);
		if (name)
			ret_names[count] = module_keep_string(module, name);
		if (name && ret_names[count])
			count++;
	}
	return count;
}
