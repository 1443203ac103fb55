/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML document as a tree of values that know where they stand, and the list of complaints about it.
 * Profiles are such documents, and files of alert rules. What they have no use for is refused here: anchors,
 * aliases, tags, keys that are not text, a second document.
 */
#ifndef WEIR_PROFILE_DOCUMENT_H
#define WEIR_PROFILE_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
	DOCUMENT_BYTES_MAX = 1 << 20,
	DOCUMENT_NESTING_MAX = 16,
	DOCUMENT_VALUES_MAX = 65536,
	DOCUMENT_ITEMS_MAX = 4096,  /* of one list or mapping */
	COMPLAINTS_SHOWN_MAX = 1000,
};

struct complaint {
	unsigned line, column;
	size_t number; /* keeps the order of complaints about one place */
	char *message;
};

/* What is wrong with a file. Collected, then printed by complaints_print in the order of the file. */
struct complaints {
	struct complaint *items;
	size_t items_count, items_capacity;
	size_t count; /* those that are not shown included */
};

/* Lines and columns count from 1. Bytes of hostile text that a terminal would act on are shown as '?'. */
void complain(struct complaints *complaints, unsigned line, unsigned column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* One line each: "name:line:column: message". */
void complaints_print(struct complaints *complaints, const char *name, FILE *out);
void complaints_clear(struct complaints *complaints);

enum document_kind {
	DOCUMENT_TEXT,
	DOCUMENT_LIST,
	DOCUMENT_MAPPING,
};

struct document_value {
	enum document_kind kind;
	unsigned line, column;
	char *text;           /* TEXT: holds no NUL but the last */
	unsigned text_column; /* where text begins, if it stands in the file letter by letter; else 0 */
	struct document_value *items; /* MAPPING: key, value, key, value ... */
	size_t items_count, items_capacity;
};

/*
 * All of a file, and a byte more than DOCUMENT_BYTES_MAX of a longer one, so that it is refused and not cut. The caller frees.
 * Returns 0 or -errno.
 */
int document_read_file(const char *path, char **ret_text, size_t *ret_size);

/*
 * Reads size bytes at text. Each fault is complained of. Returns 0 with the root even where there were
 * complaints that leave something to look at; -EINVAL where they do not, or -ENOMEM.
 */
int document_parse(const char *text, size_t size, struct complaints *complaints,
		   struct document_value *ret_root);
void document_clear(struct document_value *value);

/* The column of byte `position` of value->text; 0 where that cannot be told. */
unsigned document_column(const struct document_value *value, size_t position);

/* The value under `key` of a MAPPING; NULL: there is none. */
const struct document_value *document_find(const struct document_value *mapping, const char *key);

/* "text", "a list" or "a mapping" */
const char *document_kind_name(const struct document_value *value);

#endif
