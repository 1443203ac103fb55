/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "out/name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "out/figures.h"
#include "out/utf8.h"
#include "profile/profile.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Operators and functions are what most rows are, and the text of a query says what it is: only the rest say their level. */
static bool level_is_said(enum weir_level level, const char *label)
{
	if (level == WEIR_LEVEL_QUERY)
		return !label;
	return level != WEIR_LEVEL_OPERATOR && level != WEIR_LEVEL_FUNCTION;
}

char *name_of_line(const struct tree_line *line, bool utf8)
{
	const struct snapshot_node *node = line->node;
	bool level_said = level_is_said(node->level, node->label);
	_cleanup_free_ char *text = NULL;
	char depth[32] = "";

	if (line->capped)
		snprintf(depth, sizeof(depth), "[level %zu] ", line->depth);
	if (asprintf(&text, "%s%s%s%s%s%s", depth, level_said ? level_name(node->level) : "", level_said ? " " : "",
		     node->function, node->label ? " " : "", node->label ? node->label : "") < 0) {
		text = NULL; /* asprintf leaves it undefined */
		return NULL;
	}
	return utf8_flatten(text, utf8);
}

static const struct snapshot_node *node_by_id(const struct snapshot *snapshot, uint32_t id)
{
	for (size_t i = 0; id && i < snapshot->nodes_count; i++)
		if (snapshot->nodes[i].id == id)
			return &snapshot->nodes[i];
	return NULL;
}

char *name_of_path(const struct snapshot *snapshot, uint32_t id, bool utf8)
{
	const struct snapshot_node *node = node_by_id(snapshot, id);
	_cleanup_free_ char *path = node ? strdup("") : strdup("outside of measured calls");

	/* Parents stand before their children, so this ends. */
	for (; path && node; node = node_by_id(snapshot, node->parent)) {
		_cleanup_free_ char *rest = TAKE_PTR(path);

		if (asprintf(&path, "%s%s%s%s%s", node->function, node->label ? " " : "", node->label ? node->label : "",
			     *rest ? " > " : "", rest) < 0)
			path = NULL; /* asprintf leaves it undefined */
	}
	return path ? utf8_flatten(path, utf8) : NULL;
}

/* Does its label alone tell the query from the other rows? */
static bool label_suffices(const struct snapshot_flat *flats, size_t count, size_t index)
{
	const struct snapshot_flat *flat = &flats[index];

	if (flat->level != WEIR_LEVEL_QUERY || !flat->label)
		return false;
	for (size_t i = 0; i < count; i++)
		if (flats[i].label && (flats[i].level != flat->level || !same_text(flats[i].function, flat->function) ||
				       !same_text(flats[i].module, flat->module)))
			return false;
	return true;
}

static bool module_needed(const struct snapshot_flat *flats, size_t count, size_t index)
{
	for (size_t i = 0; i < count; i++)
		if (same_text(flats[i].function, flats[index].function) &&
		    !same_text(flats[i].module, flats[index].module))
			return true;
	return false;
}

/* "  (spills 12, batches 3)" */
static void print_extras(const struct counters *counters, FILE *text)
{
	const char *separator = "  (";

	for (size_t i = 0; i < WEIR_EXTRA_MAX; i++) {
		if (!counters->extra_names[i])
			continue;
		fprintf(text, "%s%s %s", separator, counters->extra_names[i], figure_count(counters->extra[i]).text);
		separator = ", ";
	}
	if (strcmp(separator, "  ("))
		putc(')', text);
}

char *name_of_flat(const struct snapshot_flat *flats, size_t count, size_t index, bool utf8)
{
	const struct snapshot_flat *flat = &flats[index];
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return NULL;
	if (!label_suffices(flats, count, index)) {
		if (level_is_said(flat->level, flat->label))
			fprintf(line, "%s ", level_name(flat->level));
		if (flat->module && module_needed(flats, count, index))
			fprintf(line, "%s:", flat->module);
		fprintf(line, "%s%s", flat->function, flat->label ? " " : "");
	}
	fputs(flat->label ? flat->label : "", line);
	print_extras(&flat->counters, line);
	if (fclose(line))
		return NULL;
	return utf8_flatten(text, utf8);
}

static char *name_of_error(const struct snapshot_error *error, bool utf8)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return NULL;
	if (error->exception)
		fprintf(line, "%s through ", error->exception);
	else if (error->name)
		fprintf(line, "%s (%lld) in ", error->name, (long long)error->code);
	else
		fprintf(line, "%lld in ", (long long)error->code);
	fprintf(line, "%s%s%s", error->function, error->label ? " " : "", error->label ? error->label : "");
	if (fclose(line))
		return NULL;
	return utf8_flatten(text, utf8);
}

/* Stable: the snapshot's own order, most frequent first, decides among equals. */
static int compare_counts(const void *a, const void *b)
{
	const struct name_error *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->error < y->error ? -1 : x->error > y->error;
}

static struct name_error *errors_find(struct name_error *errors, size_t count, const struct snapshot_error *error)
{
	for (size_t i = 0; i < count; i++)
		if (errors[i].error->code == error->code && same_text(errors[i].error->exception, error->exception) &&
		    same_text(errors[i].error->function, error->function) &&
		    same_text(errors[i].error->label, error->label))
			return &errors[i];
	return NULL;
}

int name_errors(const struct snapshot *snapshot, bool utf8, struct name_error **ret_errors, size_t *ret_count)
{
	struct name_error *errors = calloc(snapshot->errors_count + 1, sizeof(*errors));
	size_t count = 0;

	if (!errors)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->errors_count; i++) {
		const struct snapshot_error *error = &snapshot->errors[i];
		struct name_error *known = errors_find(errors, count, error);

		if (!known) {
			known = &errors[count++];
			known->error = error;
			known->name = name_of_error(error, utf8);
		}
		if (!known->name) {
			name_errors_free(&errors, count);
			return -ENOMEM;
		}
		known->count += error->count;
	}
	qsort(errors, count, sizeof(*errors), compare_counts);
	*ret_errors = errors;
	*ret_count = count;
	return 0;
}

void name_errors_free(struct name_error **errors, size_t count)
{
	if (!errors || !*errors)
		return;
	for (size_t i = 0; i < count; i++)
		free((*errors)[i].name);
	free(*errors);
	*errors = NULL;
}
