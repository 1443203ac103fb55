/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/profile_layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "profile/expression_tree.h"
#include "profile/profile_values.h"
#include "symbols/glob.h"

static const char *const version_keys[] = { "symbol", "text", NULL };
static const char *const layout_keys[] = { "version", "build_id", "sizes", "code", "unless", "offsets", "names", NULL };

/* ---- reading ------------------------------------------------------------------------------------- */

int version_read(struct complaints *c, value_t *value, struct profile *profile)
{
	value_t *symbol, *text;
	int err = 0;

	if (!value_is_kind(c, value, DOCUMENT_MAPPING, "version", "a mapping with the key \"symbol\" or \"text\""))
		return 0;
	mapping_check_keys(c, value, "\"version\"", version_keys);
	symbol = document_find(value, "symbol");
	text = document_find(value, "text");
	if (!symbol == !text)
		complain(c, value->line, value->column, "\"version\" has %s, expected \"symbol\" or \"text\"",
			 symbol ? "both keys" : "neither key");
	if (symbol)
		err = value_copy_text(c, symbol, "symbol", "the name of an object that holds the version", &profile->version_symbol);
	if (!err && text)
		err = value_copy_text(c, text, "text", "what stands before the version in the file", &profile->version_text);
	return err;
}

static int read_globs(struct complaints *c, value_t *value, const char *key, struct profile_layout *layout)
{
	size_t count = !value ? 0 : value->kind == DOCUMENT_LIST ? value->items_count : 1;
	bool ids = !strcmp(key, "build_id");
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		value_t *item = value->kind == DOCUMENT_LIST ? &value->items[i] : value;
		char *text = NULL;

		err = value_copy_text(c, item, key, "a glob, or a list of them", &text);
		if (!text)
			continue;
		if (VEC_RESERVE(layout->globs, layout->globs_count, layout->globs_capacity)) {
			free(text);
			return -ENOMEM;
		}
		layout->globs[layout->globs_count++] = (struct profile_glob){ .text = text, .is_build_id = ids };
	}
	return err;
}

static int read_values(struct complaints *c, value_t *mapping, const char *key, bool names, struct profile_value **ret_values,
		       size_t *ret_count)
{
	struct profile_value *values;
	size_t count = 0;

	if (!mapping || !value_is_kind(c, mapping, DOCUMENT_MAPPING, key, "a mapping of names to numbers"))
		return 0;
	values = calloc(mapping->items_count / 2 + 1, sizeof(*values));
	if (!values)
		return -ENOMEM;
	*ret_values = values;
	for (size_t i = 0; i < mapping->items_count; i += 2) {
		value_t *name = &mapping->items[i], *number = &mapping->items[i + 1];

		if (!value_is_kind(c, number, DOCUMENT_TEXT, name->text, "a whole number"))
			continue;
		if (names && !expression_name_is_free(name->text))
			complain(c, name->line, name->column, "\"%.40s\" cannot be the name of an offset, expected an identifier "
				 "that is no word of the language", name->text);
		if (!value_read_number(number->text, &values[count].value)) {
			complain(c, number->line, number->column, "\"%.40s\" is no whole number", number->text);
			continue;
		}
		values[count].name = strdup(name->text);
		if (!values[count].name)
			return -ENOMEM;
		*ret_count = ++count;
	}
	return 0;
}

static int add_displacement(struct complaints *c, value_t *name, value_t *number, struct profile_layout *layout)
{
	struct profile_value value;

	if (!value_is_kind(c, number, DOCUMENT_TEXT, name->text, "a whole number, or a list of them"))
		return 0;
	if (!value_read_number(number->text, &value.value)) {
		complain(c, number->line, number->column, "\"%.40s\" is no whole number", number->text);
		return 0;
	}
	if (VEC_RESERVE(layout->displacements, layout->displacements_count, layout->displacements_capacity))
		return -ENOMEM;
	value.name = strdup(name->text);
	if (!value.name)
		return -ENOMEM;
	layout->displacements[layout->displacements_count++] = value;
	return 0;
}

/* Functions, each with one displacement or a list of them. */
static int read_displacements(struct complaints *c, value_t *mapping, struct profile_layout *layout)
{
	if (!mapping || !value_is_kind(c, mapping, DOCUMENT_MAPPING, "code", "a mapping of functions to displacements"))
		return 0;
	for (size_t i = 0; i < mapping->items_count; i += 2) {
		value_t *name = &mapping->items[i], *numbers = &mapping->items[i + 1];
		size_t count = numbers->kind == DOCUMENT_LIST ? numbers->items_count : 1;

		for (size_t k = 0; k < count; k++) {
			int err = add_displacement(c, name, numbers->kind == DOCUMENT_LIST ? &numbers->items[k] : numbers, layout);

			if (err)
				return err;
		}
	}
	return 0;
}

/* The number of a table: the same in all layouts, for labels are compiled once. */
static int table_number(struct complaints *c, value_t *name, struct profile *profile)
{
	for (size_t i = 0; i < profile->tables_count; i++)
		if (!strcmp(profile->tables[i], name->text))
			return (int)i;
	if (profile->tables_count == PROFILE_TABLES_MAX) {
		complain(c, name->line, name->column, "one table of names too many, expected at most %d", PROFILE_TABLES_MAX);
		return -EINVAL;
	}
	profile->tables[profile->tables_count] = strdup(name->text);
	return profile->tables[profile->tables_count] ? (int)profile->tables_count++ : -ENOMEM;
}

static int read_names(struct complaints *c, value_t *names, struct profile *profile, struct profile_layout *layout)
{
	if (!names || !value_is_kind(c, names, DOCUMENT_MAPPING, "names", "a mapping of tables"))
		return 0;
	for (size_t i = 0; i < names->items_count; i += 2) {
		int number = table_number(c, &names->items[i], profile), err;

		if (number == -ENOMEM)
			return -ENOMEM;
		if (number < 0 || document_find(names, names->items[i].text) != &names->items[i + 1])
			continue;
		err = value_read_names(c, &names->items[i + 1], "names", &layout->tables[number].names,
				       &layout->tables[number].count);
		if (err)
			return err;
	}
	return 0;
}

static int read_layout(struct complaints *c, value_t *mapping, struct profile *profile, struct profile_layout *layout)
{
	value_t *unless;
	int err;

	if (!value_is_kind(c, mapping, DOCUMENT_MAPPING, "layouts", "a list of mappings"))
		return 0;
	mapping_check_keys(c, mapping, "a layout", layout_keys);
	if (!document_find(mapping, "version") && !document_find(mapping, "build_id") &&
	    !document_find(mapping, "sizes") && !document_find(mapping, "code"))
		complain(c, mapping->line, mapping->column,
			 "a layout without \"version\", \"build_id\", \"sizes\" and \"code\", expected what it fits");
	if (document_find(mapping, "version") && !profile->version_symbol && !profile->version_text)
		complain(c, mapping->line, mapping->column,
			 "a layout for a version, but the profile has no \"version\" that tells where to read it");
	err = read_globs(c, document_find(mapping, "version"), "version", layout);
	err = err ?: read_globs(c, document_find(mapping, "build_id"), "build_id", layout);
	err = err ?: read_values(c, document_find(mapping, "sizes"), "sizes", false, &layout->sizes, &layout->sizes_count);
	err = err ?: read_displacements(c, document_find(mapping, "code"), layout);
	if (!err && (unless = document_find(mapping, "unless")))
		err = value_copy_text(c, unless, "unless", "the name of a function", &layout->unless);
	err = err ?: read_values(c, document_find(mapping, "offsets"), "offsets", true, &layout->offsets, &layout->offsets_count);
	return err ?: read_names(c, document_find(mapping, "names"), profile, layout);
}

int layouts_read(struct complaints *c, value_t *list, struct profile *profile)
{
	if (!value_is_kind(c, list, DOCUMENT_LIST, "layouts", "a list of layouts"))
		return 0;
	profile->layouts = calloc(list->items_count + 1, sizeof(*profile->layouts));
	if (!profile->layouts)
		return -ENOMEM;
	for (size_t i = 0; i < list->items_count; i++) {
		int err = read_layout(c, &list->items[i], profile, &profile->layouts[profile->layouts_count++]);

		if (err)
			return err;
	}
	return 0;
}

static void values_free(struct profile_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(values[i].name);
	free(values);
}

void layout_clear(struct profile_layout *layout)
{
	for (size_t i = 0; i < layout->globs_count; i++)
		free(layout->globs[i].text);
	free(layout->globs);
	free(layout->unless);
	values_free(layout->offsets, layout->offsets_count);
	values_free(layout->sizes, layout->sizes_count);
	values_free(layout->displacements, layout->displacements_count);
	for (size_t i = 0; i < PROFILE_TABLES_MAX; i++) {
		for (size_t k = 0; k < layout->tables[i].count; k++)
			free(layout->tables[i].names[k].name);
		free(layout->tables[i].names);
	}
	*layout = (struct profile_layout){ 0 };
}

/* ---- asking -------------------------------------------------------------------------------------- */

bool layout_fits(const struct profile_layout *layout, const char *version, const char *build_id)
{
	if (!layout->globs_count)
		return true;
	for (size_t i = 0; i < layout->globs_count; i++) {
		const char *text = layout->globs[i].is_build_id ? build_id : version;

		if (text && *text && glob_match(layout->globs[i].text, text, strlen(text)))
			return true;
	}
	return false;
}

static bool find_offset(const struct profile_layout *layout, const char *name, uint64_t *ret_value)
{
	for (size_t i = 0; i < layout->offsets_count; i++) {
		if (strcmp(layout->offsets[i].name, name) != 0)
			continue;
		*ret_value = (uint64_t)layout->offsets[i].value;
		return true;
	}
	return false;
}

int layout_find(const struct profile *profile, const struct profile_layout *layout, enum expression_name kind, const char *name,
		uint64_t *ret_value)
{
	uint64_t any;

	if (kind == NAME_TABLE) {
		for (size_t i = 0; i < profile->tables_count; i++) {
			if (strcmp(profile->tables[i], name) != 0)
				continue;
			*ret_value = i;
			return 0; /* codes without a name are shown as numbers */
		}
		return -ENOENT;
	}
	if (layout && find_offset(layout, name, ret_value))
		return 0;
	for (size_t i = 0; i < profile->layouts_count; i++)
		if (find_offset(&profile->layouts[i], name, &any))
			return -ENODATA;
	return -ENOENT;
}

const char *layout_name(const struct profile_layout *layout, unsigned table, int64_t code)
{
	if (table >= PROFILE_TABLES_MAX)
		return NULL;
	for (size_t i = 0; i < layout->tables[table].count; i++)
		if (layout->tables[table].names[i].code == code)
			return layout->tables[table].names[i].name;
	return NULL;
}

void layouts_describe(const struct profile *profile, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < profile->layouts_count; i++)
		for (size_t k = 0; k < profile->layouts[i].globs_count && used < size; k++)
			if (!profile->layouts[i].globs[k].is_build_id)
				used += (size_t)snprintf(buffer + used, size - used, "%s%s", used ? ", " : "",
							 profile->layouts[i].globs[k].text);
}
