/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/profile_document.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/vec.h"

/* ---- complaints ---------------------------------------------------------------------------------- */

/* Control characters (C0, DEL, and C1 as UTF-8) would move the cursor of who reads the complaint. */
static void make_printable(char *text)
{
	for (unsigned char *s = (unsigned char *)text; *s; s++) {
		if (*s < ' ' || *s == 0x7f)
			*s = '?';
		else if (*s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0)
			s[0] = s[1] = '?';
	}
}

void complain(struct complaints *complaints, unsigned line, unsigned column, const char *format, ...)
{
	struct complaint *item;
	va_list args;
	char *message;
	int n;

	complaints->count++;
	if (complaints->items_count == COMPLAINTS_SHOWN_MAX)
		return;
	if (VEC_RESERVE(complaints->items, complaints->items_count, complaints->items_capacity))
		return;
	va_start(args, format);
	n = vasprintf(&message, format, args);
	va_end(args);
	if (n < 0)
		return;
	make_printable(message);
	item = &complaints->items[complaints->items_count];
	*item = (struct complaint){ line, column, complaints->items_count++, message };
}

static int compare_complaints(const void *a_ptr, const void *b_ptr)
{
	const struct complaint *a = a_ptr, *b = b_ptr;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

void complaints_print(struct complaints *complaints, const char *name, FILE *out)
{
	char where[256];

	snprintf(where, sizeof(where), "%s", name);
	make_printable(where);
	if (complaints->items_count > 0)
		qsort(complaints->items, complaints->items_count, sizeof(complaints->items[0]),
		      compare_complaints);
	for (size_t i = 0; i < complaints->items_count; i++) {
		const struct complaint *item = &complaints->items[i];

		fprintf(out, "%s:%u:%u: %s\n", where, item->line, item->column, item->message);
	}
	if (complaints->count > complaints->items_count)
		fprintf(out, "%s: %zu more faults\n", where, complaints->count - complaints->items_count);
}

void complaints_clear(struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->items_count; i++)
		free(complaints->items[i].message);
	free(complaints->items);
	*complaints = (struct complaints){ 0 };
}

/* ---- values -------------------------------------------------------------------------------------- */

struct reader {
	yaml_parser_t parser;
	struct complaints *complaints;
	const char *text;
	size_t size, values_count;
};

static void clear_event(yaml_event_t *event)
{
	yaml_event_delete(event);
}

#define _cleanup_event_ _cleanup_(clear_event)

static void complain_at(struct reader *r, const yaml_mark_t *mark, const char *message)
{
	complain(r->complaints, (unsigned)mark->line + 1, (unsigned)mark->column + 1, "%s", message);
}

void document_clear(struct document_value *value)
{
	for (size_t i = 0; i < value->items_count; i++)
		document_clear(&value->items[i]);
	free(value->items);
	free(value->text);
	*value = (struct document_value){ 0 };
}

static size_t count_characters(const char *text, size_t bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < bytes && text[i]; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

unsigned document_column(const struct document_value *value, size_t position)
{
	if (!value->text_column)
		return 0;
	return value->text_column + (unsigned)count_characters(value->text, position);
}

const struct document_value *document_find(const struct document_value *mapping, const char *key)
{
	for (size_t i = 0; i + 1 < mapping->items_count; i += 2)
		if (strcmp(mapping->items[i].text, key) == 0)
			return &mapping->items[i + 1];
	return NULL;
}

const char *document_kind_name(const struct document_value *value)
{
	switch (value->kind) {
	case DOCUMENT_LIST: return "a list";
	case DOCUMENT_MAPPING: return "a mapping";
	default: return "text";
	}
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* libyaml's own faults: it knows a mark for grammar, and only a byte offset for bad bytes. */
static void complain_of_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "unknown fault";
	const char *context = p->context ? p->context : "";
	unsigned line = 1, column = 1;

	if (p->error != YAML_READER_ERROR) {
		complain(r->complaints, (unsigned)p->problem_mark.line + 1,
			 (unsigned)p->problem_mark.column + 1, "no YAML: %s%s%s%s", problem,
			 *context ? " " : "", context,
			 strstr(context, "alias") ? "; an expression that begins with \"*\" needs quotes"
						  : "");
		return;
	}
	for (size_t i = 0; i < r->size && i < p->problem_offset; i++) {
		column = r->text[i] == '\n' ? 1 : column + (((unsigned char)r->text[i] & 0xc0) != 0x80);
		line += r->text[i] == '\n';
	}
	complain(r->complaints, line, column, "no text: %s, expected UTF-8", problem);
}

static int next_event(struct reader *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->parser, event))
		return 0;
	if (r->parser.error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	complain_of_syntax(r);
	return -EINVAL;
}

static int read_text(struct reader *r, const yaml_event_t *event, struct document_value *ret_value)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	size_t spanned = event->end_mark.column - event->start_mark.column;
	bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	bool is_quoted = event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
			 event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;

	if (strlen(text) != length) {
		complain_at(r, &event->start_mark, "text with a NUL byte, expected printable text");
		length = strlen(text);
	}
	ret_value->text = strndup(text, length);
	if (!ret_value->text)
		return -ENOMEM;
	if (event->start_mark.line != event->end_mark.line)
		return 0;
	/* Quoted text without escapes is as long as it looks but for its quotes. */
	if (is_plain)
		ret_value->text_column = ret_value->column;
	else if (is_quoted && spanned == count_characters(text, length) + 2)
		ret_value->text_column = ret_value->column + 1;
	return 0;
}

static int read_value(struct reader *r, const yaml_event_t *event, unsigned nesting,
		      struct document_value *ret_value);

static void check_key(struct reader *r, const struct document_value *mapping, struct document_value *key)
{
	for (size_t i = 0; i + 1 < mapping->items_count; i += 2) {
		if (strcmp(mapping->items[i].text, key->text) != 0)
			continue;
		complain(r->complaints, key->line, key->column,
			 "the key \"%.40s\" is given twice, first in line %u, expected it once", key->text,
			 mapping->items[i].line);
		return;
	}
}

/* A key that is a list or a mapping becomes an empty text, so that the rest can be looked at. */
static int key_to_text(struct reader *r, struct document_value *key)
{
	struct document_value text = { .kind = DOCUMENT_TEXT, .line = key->line, .column = key->column };

	if (key->kind == DOCUMENT_TEXT)
		return 0;
	complain(r->complaints, key->line, key->column, "a key that is %s, expected text",
		 document_kind_name(key));
	text.text = strdup("");
	if (!text.text)
		return -ENOMEM;
	document_clear(key);
	*key = text;
	return 0;
}

static int read_item(struct reader *r, const yaml_event_t *event, unsigned nesting,
		     struct document_value *collection)
{
	struct document_value item = { 0 };
	bool is_key = collection->kind == DOCUMENT_MAPPING && collection->items_count % 2 == 0;
	int err;

	if (collection->items_count == DOCUMENT_ITEMS_MAX * (collection->kind == DOCUMENT_MAPPING ? 2 : 1)) {
		complain(r->complaints, (unsigned)event->start_mark.line + 1,
			 (unsigned)event->start_mark.column + 1, "%s of more than %d entries, expected fewer",
			 document_kind_name(collection), DOCUMENT_ITEMS_MAX);
		return -EINVAL;
	}
	err = VEC_RESERVE(collection->items, collection->items_count, collection->items_capacity);
	if (err)
		return err;
	err = read_value(r, event, nesting, &item);
	if (!err && is_key)
		err = key_to_text(r, &item);
	if (err) {
		document_clear(&item);
		return err;
	}
	if (is_key)
		check_key(r, collection, &item);
	collection->items[collection->items_count++] = item;
	return 0;
}

static int read_collection(struct reader *r, unsigned nesting, yaml_event_type_t end,
			   struct document_value *collection)
{
	for (;;) {
		_cleanup_event_ yaml_event_t event = { 0 };
		int err = next_event(r, &event);

		if (err)
			return err;
		if (event.type == end)
			return 0;
		err = read_item(r, &event, nesting + 1, collection);
		if (err)
			return err;
	}
}

/* *ret_value is to be cleared by the caller, whatever is returned. */
static int read_value(struct reader *r, const yaml_event_t *event, unsigned nesting,
		      struct document_value *ret_value)
{
	const yaml_char_t *anchor, *tag = NULL;

	ret_value->line = (unsigned)event->start_mark.line + 1;
	ret_value->column = (unsigned)event->start_mark.column + 1;
	if (nesting > DOCUMENT_NESTING_MAX || ++r->values_count > DOCUMENT_VALUES_MAX) {
		complain_at(r, &event->start_mark,
			    nesting > DOCUMENT_NESTING_MAX ? "nested more than 16 levels deep, expected fewer"
							   : "more than 65536 values, expected fewer");
		return -EINVAL;
	}
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		complain_at(r, &event->start_mark,
			    "an alias (*name), expected the value itself: there are no aliases here");
		ret_value->text = strdup("");
		return ret_value->text ? 0 : -ENOMEM;
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		ret_value->kind = DOCUMENT_LIST;
		break;
	default:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		ret_value->kind = DOCUMENT_MAPPING;
		break;
	}
	if (anchor)
		complain_at(r, &event->start_mark,
			    "an anchor (&name), expected the value alone: there are no anchors here");
	if (tag)
		complain_at(r, &event->start_mark,
			    "a tag (!name), expected the value alone; text that begins with \"!\" "
			    "needs quotes");
	if (event->type == YAML_SCALAR_EVENT)
		return read_text(r, event, ret_value);
	return read_collection(r, nesting,
			       event->type == YAML_SEQUENCE_START_EVENT ? YAML_SEQUENCE_END_EVENT
									: YAML_MAPPING_END_EVENT,
			       ret_value);
}

/* Step over the event that has to stand here by YAML's grammar. */
static int skip_event(struct reader *r, yaml_event_type_t *ret_type, yaml_mark_t *ret_mark)
{
	_cleanup_event_ yaml_event_t event = { 0 };
	int err = next_event(r, &event);

	if (err)
		return err;
	*ret_type = event.type;
	*ret_mark = event.start_mark;
	return 0;
}

static int read_root(struct reader *r, struct document_value *ret_root)
{
	_cleanup_event_ yaml_event_t event = { 0 };
	yaml_event_type_t type;
	yaml_mark_t mark;
	int err;

	err = skip_event(r, &type, &mark); /* stream start */
	if (!err)
		err = skip_event(r, &type, &mark); /* document start */
	if (err)
		return err;
	if (type != YAML_DOCUMENT_START_EVENT) {
		complain(r->complaints, 1, 1, "an empty file, expected a mapping");
		return -EINVAL;
	}
	err = next_event(r, &event);
	if (!err)
		err = read_value(r, &event, 1, ret_root);
	if (!err)
		err = skip_event(r, &type, &mark); /* document end */
	if (!err)
		err = skip_event(r, &type, &mark);
	if (!err && type != YAML_STREAM_END_EVENT)
		complain_at(r, &mark, "a second document, expected one document in a file");
	return err;
}

int document_read_file(const char *path, char **ret_text, size_t *ret_size)
{
	const size_t room = DOCUMENT_BYTES_MAX + 1;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t size = 0;

	if (fd < 0)
		return -errno;
	text = malloc(room);
	if (!text)
		return -ENOMEM;
	while (size < room) {
		ssize_t n = read(fd, text + size, room - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	*ret_text = TAKE_PTR(text);
	*ret_size = size;
	return 0;
}

int document_parse(const char *text, size_t size, struct complaints *complaints,
		   struct document_value *ret_root)
{
	struct reader reader = { .complaints = complaints, .text = text, .size = size };
	struct document_value root = { 0 };
	int err;

	if (size > DOCUMENT_BYTES_MAX) {
		complain(complaints, 1, 1, "a file of more than %d bytes, expected fewer",
			 DOCUMENT_BYTES_MAX);
		return -EINVAL;
	}
	if (!yaml_parser_initialize(&reader.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, size);
	err = read_root(&reader, &root);
	yaml_parser_delete(&reader.parser);
	if (err) {
		document_clear(&root);
		return err;
	}
	*ret_root = root;
	return 0;
}
