/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "out/name.h"
#include "out/utf8.h"

/* Whose wait it is: the query's, if there is one around. */
static const char *function_of(const struct snapshot_wait *wait)
{
	return wait->query_function ?: wait->function;
}

static const char *label_of(const struct snapshot_wait *wait)
{
	return wait->query_function ? wait->query_label : wait->label;
}

static char *name_of_wait(const struct snapshot_wait *wait, bool utf8)
{
	const char *label = label_of(wait), *function = wait->query_function && label ? "" : function_of(wait);
	_cleanup_free_ char *text = NULL;

	if (asprintf(&text, "%s in %s%s%s", wait->name, function, *function && label ? " " : "", label ?: "") < 0) {
		text = NULL; /* asprintf leaves it undefined */
		return NULL;
	}
	return utf8_flatten(text, utf8);
}

/* By name, then by whose they are: equal ones come together. */
static int compare_whose(const void *a, const void *b)
{
	const struct name_wait *x = a, *y = b;
	const char *x_label = label_of(x->wait) ?: "", *y_label = label_of(y->wait) ?: "";

	return strcmp(x->wait->name, y->wait->name) ?: strcmp(function_of(x->wait), function_of(y->wait)) ?: strcmp(x_label, y_label);
}

static int compare_blocked(const void *a, const void *b)
{
	const struct name_wait *x = a, *y = b;

	if (x->blocked_ns != y->blocked_ns)
		return x->blocked_ns < y->blocked_ns ? 1 : -1;
	return compare_whose(a, b);
}

int name_waits(const struct snapshot *snapshot, bool utf8, struct name_wait **ret_waits, size_t *ret_count)
{
	struct name_wait *waits = calloc(snapshot->waits_count + 1, sizeof(*waits));
	size_t count = 0;

	if (!waits)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->waits_count; i++)
		waits[i] = (struct name_wait){ .wait = &snapshot->waits[i] };
	qsort(waits, snapshot->waits_count, sizeof(*waits), compare_whose);
	for (size_t i = 0; i < snapshot->waits_count; i++) {
		const struct snapshot_wait *wait = waits[i].wait;

		if (!count || compare_whose(&waits[count - 1], &waits[i]))
			waits[count++] = (struct name_wait){ .wait = wait };
		waits[count - 1].count += wait->count;
		waits[count - 1].blocked_ns += wait->blocked_ns;
	}
	for (size_t i = 0; i < count; i++) {
		waits[i].name = name_of_wait(waits[i].wait, utf8);
		if (waits[i].name)
			continue;
		name_waits_free(&waits, i);
		return -ENOMEM;
	}
	qsort(waits, count, sizeof(*waits), compare_blocked);
	*ret_waits = waits;
	*ret_count = count;
	return 0;
}

void name_waits_free(struct name_wait **waits, size_t count)
{
	if (!waits || !*waits)
		return;
	for (size_t i = 0; i < count; i++)
		free((*waits)[i].name);
	free(*waits);
	*waits = NULL;
}
