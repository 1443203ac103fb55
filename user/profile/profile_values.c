/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of a profile's document: what is taken from them, and what is said where they are not as expected. */
#include "profile/profile_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/edit_distance.h"

enum { NAME_BYTES_MAX = 512 };

/* ---- words --------------------------------------------------------------------------------------- */

/* The word of the list that was probably meant; NULL: none is near. */
static const char *nearest_word(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	size_t best = strlen(word) < 5 ? 2 : 3;

	for (; *words; words++) {
		size_t distance = edit_distance(word, *words, best);

		if (distance < best) {
			best = distance;
			nearest = *words;
		}
	}
	return nearest;
}

static void list_words(const char *const *words, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (; *words && used < size; words++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", used ? ", " : "", *words);
}

void complain_unknown(struct complaints *c, value_t *value, const char *what, const char *const *words)
{
	const char *nearest = nearest_word(value->text, words);
	char list[256];

	list_words(words, list, sizeof(list));
	if (nearest)
		complain(c, value->line, value->column, "unknown %s \"%.40s\", expected \"%s\"? (%s)", what,
			 value->text, nearest, list);
	else
		complain(c, value->line, value->column, "unknown %s \"%.40s\", expected one of %s", what,
			 value->text, list);
}

/* ---- values -------------------------------------------------------------------------------------- */

bool value_is_kind(struct complaints *c, value_t *value, enum document_kind kind, const char *name,
		    const char *expected)
{
	if (value->kind == kind)
		return true;
	complain(c, value->line, value->column, "\"%s\" is %s, expected %s", name, document_kind_name(value),
		 expected);
	return false;
}

/* Text of 1 to `most` bytes in one line. */
bool value_is_text(struct complaints *c, value_t *value, const char *name, size_t most, const char *expected)
{
	if (!value_is_kind(c, value, DOCUMENT_TEXT, name, expected))
		return false;
	if (!value->text[0]) {
		complain(c, value->line, value->column, "\"%s\" is empty, expected %s", name, expected);
		return false;
	}
	if (strlen(value->text) > most) {
		complain(c, value->line, value->column, "\"%s\" has more than %zu bytes, expected fewer",
			 name, most);
		return false;
	}
	for (const unsigned char *s = (const unsigned char *)value->text; *s; s++) {
		if (*s >= ' ' && *s != 0x7f)
			continue;
		complain(c, value->line, value->column,
			 "\"%s\" holds a control character, expected %s in one line", name, expected);
		return false;
	}
	return true;
}

int value_copy_text(struct complaints *c, value_t *value, const char *name, const char *expected,
		     char **ret_text)
{
	char *text;

	if (!value_is_text(c, value, name, NAME_BYTES_MAX, expected))
		return 0;
	text = strdup(value->text);
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}

/* A glob over names of modules, which are last components of paths. */
int value_copy_module(struct complaints *c, value_t *value, char **ret_text)
{
	if (value->kind == DOCUMENT_TEXT && strchr(value->text, '/')) {
		complain(c, value->line, value->column,
			 "\"module\" holds a \"/\", expected the name of a file without its directories, "
			 "as libsqlite3.so*");
		return 0;
	}
	return value_copy_text(c, value, "module", "the name of a module, as libsqlite3.so*", ret_text);
}

void value_read_truth(struct complaints *c, value_t *value, const char *name, bool *ret_truth)
{
	if (!value_is_kind(c, value, DOCUMENT_TEXT, name, "true or false"))
		return;
	if (strcmp(value->text, "true") == 0)
		*ret_truth = true;
	else if (strcmp(value->text, "false") == 0)
		*ret_truth = false;
	else
		complain(c, value->line, value->column, "\"%s\" is \"%.40s\", expected true or false", name,
			 value->text);
}

void mapping_check_keys(struct complaints *c, value_t *mapping, const char *of, const char *const *keys)
{
	char what[64];

	snprintf(what, sizeof(what), "key of %s", of);
	for (size_t i = 0; i < mapping->items_count; i += 2) {
		const char *const *key = keys;

		while (*key && strcmp(*key, mapping->items[i].text) != 0)
			key++;
		if (!*key)
			complain_unknown(c, &mapping->items[i], what, keys);
	}
}

value_t *mapping_find_required(struct complaints *c, value_t *mapping, const char *of, const char *key)
{
	value_t *value = document_find(mapping, key);

	if (!value)
		complain(c, mapping->line, mapping->column, "%s without \"%s\", expected this key", of, key);
	return value;
}

void complain_of_expression(struct complaints *c, value_t *value, const char *name,
				   const struct expression_fault *fault)
{
	unsigned column = document_column(value, fault->position);

	if (column)
		complain(c, value->line, column, "%s: %s", name, fault->message);
	else
		complain(c, value->line, value->column, "%s: %s (byte %zu of the text)", name, fault->message,
			 fault->position + 1);
}

bool value_read_number(const char *text, int64_t *ret_value)
{
	const char *digits = text + (text[0] == '-');
	char *end;

	if (digits[0] < '0' || digits[0] > '9')
		return false;
	errno = 0;
	*ret_value = strtoll(text, &end, digits[0] == '0' && (digits[1] | 0x20) == 'x' ? 16 : 10);
	return !errno && !*end;
}
