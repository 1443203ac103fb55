/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that have no symbol, and how they are found. */
#include <errno.h>
#include <stdlib.h>

#include "profile/profile_values.h"

static const char *const found_keys[] = { "in", "stored_at", "passed_as", NULL };

static int read_in(struct complaints *c, value_t *in, struct profile_probe *probe)
{
	size_t count = in->kind == DOCUMENT_LIST ? in->items_count : 1;

	probe->found_in = calloc(count + 1, sizeof(*probe->found_in));
	if (!probe->found_in)
		return -ENOMEM;
	if (!count)
		complain(c, in->line, in->column, "\"in\" is empty, expected at least one function");
	for (size_t i = 0; i < count; i++) {
		value_t *item = in->kind == DOCUMENT_LIST ? &in->items[i] : in;
		char *text = NULL;
		int err = value_copy_text(c, item, "in", "a function's name or a glob, or a list of them", &text);

		if (err)
			return err;
		if (text)
			probe->found_in[probe->found_in_count++] = text;
	}
	return 0;
}

int found_read(struct complaints *c, value_t *mapping, value_t *found, struct profile_probe *probe)
{
	value_t *function = document_find(mapping, "function"), *in, *at, *as;
	int64_t argument = 0;

	if (function)
		complain(c, function->line, function->column, "\"function\" beside \"found\", expected one of them");
	mapping_find_required(c, mapping, "a probe with \"found\"", "name");
	if (!value_is_kind(c, found, DOCUMENT_MAPPING, "found", "a mapping with the keys \"in\" and \"stored_at\" or \"passed_as\""))
		return 0;
	mapping_check_keys(c, found, "\"found\"", found_keys);
	in = mapping_find_required(c, found, "\"found\"", "in");
	at = document_find(found, "stored_at");
	as = document_find(found, "passed_as");
	if (!at == !as)
		complain(c, found->line, found->column, "\"found\" has %s, expected \"stored_at\" or \"passed_as\"",
			 at ? "both keys" : "neither key");
	if (as && value_is_kind(c, as, DOCUMENT_TEXT, "passed_as", "1 to 6") &&
	    (!value_read_number(as->text, &argument) || argument < 1 || argument > 6))
		complain(c, as->line, as->column, "\"%.40s\" is no argument, expected 1 to 6", as->text);
	probe->passed_as = (unsigned)argument;
	if (at && value_is_kind(c, at, DOCUMENT_TEXT, "stored_at", "a whole number") &&
	    (!value_read_number(at->text, &probe->stored_at) || probe->stored_at > INT32_MAX || probe->stored_at < INT32_MIN))
		complain(c, at->line, at->column, "\"%.40s\" is no displacement, expected a whole number of 32 bits", at->text);
	return in ? read_in(c, in, probe) : 0;
}
