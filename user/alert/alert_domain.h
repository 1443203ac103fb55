/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What expressions have values for: the whole snapshot, its flat rows, or the paths of its tree. A row keeps its number
 * from snapshot to snapshot, known by its names, so that values and alerts of different times belong together. Which rows
 * a selector takes is worked out when a row is seen first, and kept as a bit set. Private to alert/.
 */
#ifndef WEIR_ALERT_DOMAIN_H
#define WEIR_ALERT_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/alerts.h"

enum alert_domain_kind {
	ALERT_DOMAIN_WHOLE, /* one row, which is always there */
	ALERT_DOMAIN_FLAT,
	ALERT_DOMAIN_PATHS,
	ALERT_DOMAIN_COUNT
};

struct alert_domain_row {
	struct alert_row names; /* owned texts */
	uint32_t parent;        /* PATHS: row + 1; 0: a root */
	uint64_t hash;
	const struct counters *counters; /* in the present snapshot; NULL: the row is not in it */
	uint64_t rows_in;
	bool has_rows_in;
};

struct alert_domain_selector {
	const struct alert_selector *selector; /* borrowed from its rule */
	uint64_t *bits;                        /* bit n: row n is taken */
};

struct alert_domain {
	enum alert_domain_kind kind;
	bool wants_rows_in;
	struct alert_domain_row *rows;
	size_t rows_count, rows_capacity;
	uint32_t *table; /* hashed row + 1; 0: empty */
	size_t table_size;
	struct alert_domain_selector *selectors;
	size_t selectors_count, selectors_capacity;
	size_t words; /* of each bit set */
	uint64_t left_out;
};

int alert_domain_init(struct alert_domain *domain, enum alert_domain_kind kind); /* 0 or -ENOMEM */
void alert_domain_clear(struct alert_domain *domain);

/* The number of an equal selector, added if there is none; before the first update only. Returns 0 or -ENOMEM. */
int alert_domain_selector(struct alert_domain *domain, const struct alert_selector *selector, unsigned *ret_index);

/*
 * Take the rows of `snapshot`; they refer to it until alert_domain_release. Returns 0 or -ENOMEM. Rows past ALERT_ROWS_MAX
 * are left out and counted.
 */
int alert_domain_update(struct alert_domain *domain, const struct snapshot *snapshot);
void alert_domain_release(struct alert_domain *domain);

static inline size_t alert_domain_words(const struct alert_domain *domain)
{
	return (domain->rows_count + 63) / 64;
}

#endif
