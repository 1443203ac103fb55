/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that have no symbol, and how they are found. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile_values.h"

static const char *const found_keys[] = { "in", "stored_at", "passed_as", "table_with", "stride", "name_at", "function_at", "class", "base",
	"slot", NULL };

/* Functions, or names in tables. */
static int read_in(struct complaints *c, value_t *in, const char *key, const char *expected, struct profile_probe *probe)
{
	size_t count = in->kind == DOCUMENT_LIST ? in->items_count : 1;

	probe->found_in = calloc(count + 1, sizeof(*probe->found_in));
	if (!probe->found_in)
		return -ENOMEM;
	if (!count)
		complain(c, in->line, in->column, "\"%s\" is empty, expected at least one", key);
	for (size_t i = 0; i < count; i++) {
		value_t *item = in->kind == DOCUMENT_LIST ? &in->items[i] : in;
		char *text = NULL;
		int err = value_copy_text(c, item, key, expected, &text);

		if (err)
			return err;
		if (text)
			probe->found_in[probe->found_in_count++] = text;
	}
	return 0;
}

static void read_place(struct complaints *c, value_t *found, const char *key, int64_t most, uint64_t *ret_place)
{
	value_t *value = mapping_find_required(c, found, "a table", key);
	int64_t number;

	if (!value || !value_is_kind(c, value, DOCUMENT_TEXT, key, "a number of bytes"))
		return;
	if (!value_read_number(value->text, &number) || number < 0 || number > most)
		complain(c, value->line, value->column, "%s: \"%.40s\" is no number of bytes, expected 0 to %" PRId64, key, value->text, most);
	else
		*ret_place = (uint64_t)number;
}

static int read_table(struct complaints *c, value_t *found, value_t *with, struct profile_probe *probe)
{
	struct pair_layout *layout = &probe->found_table;
	size_t before = c->count;
	int err;

	for (const char *const *key = (const char *const[]){ "in", "stored_at", "passed_as", NULL }; *key; key++) {
		value_t *other = document_find(found, *key);

		if (other)
			complain(c, other->line, other->column, "\"%s\" beside \"table_with\", expected one of them", *key);
	}
	read_place(c, found, "stride", PAIR_STRIDE_MAX, &layout->stride);
	read_place(c, found, "name_at", PAIR_STRIDE_MAX - 8, &layout->name_at);
	read_place(c, found, "function_at", PAIR_STRIDE_MAX - 8, &layout->function_at);
	if (c->count == before && (layout->stride % 8 || layout->name_at % 8 || layout->function_at % 8 ||
				   layout->name_at == layout->function_at || layout->name_at + 8 > layout->stride ||
				   layout->function_at + 8 > layout->stride))
		complain(c, found->line, found->column, "a table's entries of %" PRIu64 " bytes have no two words at %" PRIu64 " and %" PRIu64
			 ", expected multiples of 8 below the stride", layout->stride, layout->name_at, layout->function_at);
	err = read_in(c, with, "table_with", "a name in the table, or a list of them, for each table one", probe);
	for (size_t i = 0; !err && i < probe->found_in_count; i++)
		if (!*probe->found_in[i] || strlen(probe->found_in[i]) > PAIR_NAME_MAX)
			complain(c, with->line, with->column, "\"table_with\" has a name of %zu bytes, expected 1 to %d",
				 strlen(probe->found_in[i]), PAIR_NAME_MAX);
	return err;
}

int found_read(struct complaints *c, value_t *mapping, value_t *found, const struct profile *profile, struct profile_probe *probe)
{
	value_t *function = document_find(mapping, "function"), *in, *at, *as, *with;
	int64_t argument = 0;

	if (function)
		complain(c, function->line, function->column, "\"function\" beside \"found\", expected one of them");
	mapping_find_required(c, mapping, "a probe with \"found\"", "name");
	if (!value_is_kind(c, found, DOCUMENT_MAPPING, "found", "a mapping with the keys \"in\" and \"stored_at\" or \"passed_as\", \"table_with\", or \"class\" or \"base\""))
		return 0;
	mapping_check_keys(c, found, "\"found\"", found_keys);
	if (document_find(found, "class") || document_find(found, "base"))
		return class_read(c, found, profile, probe);
	with = document_find(found, "table_with");
	if (with)
		return read_table(c, found, with, probe);
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
	return in ? read_in(c, in, "in", "a function's name or a glob, or a list of them", probe) : 0;
}
