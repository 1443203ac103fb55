/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How text calls a row: enough to tell it from the other rows of its table, made safe for terminals (utf8_flatten). */
#ifndef WEIR_OUT_NAME_H
#define WEIR_OUT_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "model/snapshot.h"
#include "out/tree.h"

/* "stage load", "sqlite3_step SELECT ?"; NULL when out of memory. The caller frees it. */
char *name_of_line(const struct tree_line *line, bool utf8);

/*
 * The same for row `index` of a flat table; a query is its label alone where all labels belong to one function, the
 * module is there where it tells rows apart. The profile's own counters follow. NULL when out of memory. The caller frees it.
 */
char *name_of_flat(const struct snapshot_flat *flats, size_t count, size_t index, bool utf8);

/* The way from the root to node `id`: "run_pipeline > sqlite3_step SELECT ? > sort"; NULL when out of memory. The caller frees it. */
char *name_of_path(const struct snapshot *snapshot, uint32_t id, bool utf8);

/* Errors of one code, function and label, over all nodes; `name` is "SQLITE_BUSY (5) in sqlite3_step SELECT ?". */
struct name_error {
	const struct snapshot_error *error;
	uint64_t count;
	char *name; /* owned */
};

/* Most frequent first. Returns 0 or -ENOMEM. The caller frees with name_errors_free. */
int name_errors(const struct snapshot *snapshot, bool utf8, struct name_error **ret_errors, size_t *ret_count);
void name_errors_free(struct name_error **errors, size_t count);

/* Waits of one name in one query, or in one function and label where there is none around, over all nodes. */
struct name_wait {
	const struct snapshot_wait *wait;
	uint64_t count, blocked_ns;
	char *name; /* "Lock: relation in select ? from t"; owned */
};

/* Longest first. Returns 0 or -ENOMEM. The caller frees with name_waits_free. */
int name_waits(const struct snapshot *snapshot, bool utf8, struct name_wait **ret_waits, size_t *ret_count);
void name_waits_free(struct name_wait **waits, size_t count);

#endif
