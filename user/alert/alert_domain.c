/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alert/alert_domain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "profile/profile.h"
#include "symbols/glob.h"

enum { PATH_BYTES_MAX = 4096 };

/* ---- names --------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

/* NULL is another text than "". */
static uint64_t mix_text(uint64_t hash, const char *text)
{
	uint64_t word = 0;

	if (!text)
		return mix(hash, 1);
	for (unsigned n = 1; *text; text++, n++) {
		word = word << 8 | (unsigned char)*text;
		if (n % 8 == 0)
			hash = mix(hash, word);
	}
	return mix(hash, word ^ 0x5bd1e995);
}

static uint64_t names_hash(const struct alert_row *names, uint32_t parent)
{
	uint64_t hash = mix(parent, (uint64_t)names->level + 7);

	hash = mix_text(hash, names->function);
	hash = mix_text(hash, names->label);
	hash = mix_text(hash, names->module);
	return mix_text(hash, names->profile);
}

static bool text_equals(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool names_equal(const struct alert_row *a, const struct alert_row *b)
{
	return a->level == b->level && text_equals(a->function, b->function) && text_equals(a->label, b->label) &&
	       text_equals(a->module, b->module) && text_equals(a->profile, b->profile);
}

static void names_free(struct alert_row *names)
{
	free((char *)names->profile);
	free((char *)names->module);
	free((char *)names->function);
	free((char *)names->label);
	free((char *)names->path);
	*names = (struct alert_row){ 0 };
}

static bool copy_text(const char *text, const char **ret_copy)
{
	*ret_copy = text ? strdup(text) : NULL;
	return !text || *ret_copy;
}

/* The path of a node below `parent` (NULL: a root); a path that is too long ends with its parent. */
static char *path_below(const char *parent, const char *function)
{
	char *path;

	if (!parent)
		return strdup(function);
	if (strlen(parent) + strlen(function) > PATH_BYTES_MAX)
		return strdup(parent);
	return asprintf(&path, "%s/%s", parent, function) < 0 ? NULL : path;
}

/* ---- selectors ----------------------------------------------------------------------------------- */

static bool matcher_equals(const struct alert_matcher *a, const struct alert_matcher *b)
{
	return a->field == b->field && a->negated == b->negated && !strcmp(a->pattern, b->pattern);
}

static bool selector_equals(const struct alert_selector *a, const struct alert_selector *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!matcher_equals(&a->matchers[i], &b->matchers[i]))
			return false;
	return true;
}

int alert_domain_selector(struct alert_domain *domain, const struct alert_selector *selector, unsigned *ret_index)
{
	for (size_t i = 0; i < domain->selectors_count; i++) {
		if (selector_equals(domain->selectors[i].selector, selector)) {
			*ret_index = (unsigned)i;
			return 0;
		}
	}
	if (VEC_RESERVE(domain->selectors, domain->selectors_count, domain->selectors_capacity))
		return -ENOMEM;
	domain->selectors[domain->selectors_count] = (struct alert_domain_selector){
		.selector = selector, .bits = calloc(domain->words, sizeof(uint64_t)),
	};
	if (!domain->selectors[domain->selectors_count].bits)
		return -ENOMEM;
	*ret_index = (unsigned)domain->selectors_count++;
	return 0;
}

static const char *field_of(const struct alert_row *names, enum alert_field field)
{
	const char *texts[ALERT_FIELD_COUNT] = {
		[ALERT_FIELD_PROFILE] = names->profile, [ALERT_FIELD_MODULE] = names->module,
		[ALERT_FIELD_FUNCTION] = names->function, [ALERT_FIELD_LABEL] = names->label,
		[ALERT_FIELD_PATH] = names->path,
	};

	if (field == ALERT_FIELD_LEVEL)
		return names->function ? level_name(names->level) : "";
	return texts[field] ? texts[field] : "";
}

static bool selector_takes(const struct alert_selector *selector, const struct alert_row *names)
{
	for (size_t i = 0; i < selector->count; i++) {
		const struct alert_matcher *m = &selector->matchers[i];
		const char *text = field_of(names, m->field);

		if (glob_match(m->pattern, text, strlen(text)) == m->negated)
			return false;
	}
	return true;
}

static int bits_grow(struct alert_domain *domain, size_t words)
{
	for (size_t i = 0; i < domain->selectors_count; i++) {
		uint64_t *bits = realloc(domain->selectors[i].bits, words * sizeof(*bits));

		if (!bits)
			return -ENOMEM;
		memset(bits + domain->words, 0, (words - domain->words) * sizeof(*bits));
		domain->selectors[i].bits = bits;
	}
	domain->words = words;
	return 0;
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static int table_grow(struct alert_domain *domain)
{
	size_t size = domain->table_size * 2;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < domain->rows_count; i++) {
		size_t at = domain->rows[i].hash & (size - 1);

		while (table[at])
			at = (at + 1) & (size - 1);
		table[at] = (uint32_t)i + 1;
	}
	free(domain->table);
	domain->table = table;
	domain->table_size = size;
	return 0;
}

/* Room for one row more, in everything that counts rows. */
static int rows_reserve(struct alert_domain *domain)
{
	int err = VEC_RESERVE(domain->rows, domain->rows_count, domain->rows_capacity);

	if (!err && domain->rows_count == domain->words * 64)
		err = bits_grow(domain, domain->words * 2);
	if (!err && domain->rows_count >= domain->table_size / 2)
		err = table_grow(domain);
	return err;
}

static int row_add(struct alert_domain *domain, const struct alert_row *names, uint32_t parent, uint64_t hash)
{
	struct alert_domain_row row = { .parent = parent, .hash = hash };
	const char *above = parent ? domain->rows[parent - 1].names.path : NULL;
	size_t n = domain->rows_count, at;

	if (rows_reserve(domain))
		return -ENOMEM;
	row.names.level = names->level;
	if (!copy_text(names->profile, &row.names.profile) || !copy_text(names->module, &row.names.module) ||
	    !copy_text(names->function, &row.names.function) || !copy_text(names->label, &row.names.label) ||
	    (domain->kind == ALERT_DOMAIN_PATHS && !(row.names.path = path_below(above, names->function)))) {
		names_free(&row.names);
		return -ENOMEM;
	}
	at = hash & (domain->table_size - 1);
	while (domain->table[at])
		at = (at + 1) & (domain->table_size - 1);
	domain->table[at] = (uint32_t)n + 1;
	domain->rows[n] = row;
	for (size_t i = 0; i < domain->selectors_count; i++)
		if (selector_takes(domain->selectors[i].selector, &row.names))
			domain->selectors[i].bits[n / 64] |= 1ULL << n % 64;
	domain->rows_count++;
	return 0;
}

/* Row + 1 in *ret_row, 0 where it is left out. `parent`: row + 1 of a path's parent. Returns 0 or -ENOMEM. */
static int row_find(struct alert_domain *domain, const struct alert_row *names, uint32_t parent, bool add, uint32_t *ret_row)
{
	uint64_t hash = names_hash(names, parent);
	size_t at = hash & (domain->table_size - 1);
	int err;

	*ret_row = 0;
	for (; domain->table[at]; at = (at + 1) & (domain->table_size - 1)) {
		const struct alert_domain_row *row = &domain->rows[domain->table[at] - 1];

		if (row->hash == hash && row->parent == parent && names_equal(&row->names, names)) {
			*ret_row = domain->table[at];
			return 0;
		}
	}
	if (!add)
		return 0;
	if (domain->rows_count == ALERT_ROWS_MAX) {
		domain->left_out++;
		return 0;
	}
	err = row_add(domain, names, parent, hash);
	if (!err)
		*ret_row = (uint32_t)domain->rows_count;
	return err;
}

/* ---- snapshots ----------------------------------------------------------------------------------- */

static int update_flats(struct alert_domain *domain, const struct snapshot_flat *flats, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct alert_row names = { .level = flats[i].level, .profile = flats[i].profile,
						 .module = flats[i].module, .function = flats[i].function,
						 .label = flats[i].label };
		uint32_t row;

		if (row_find(domain, &names, 0, true, &row))
			return -ENOMEM;
		if (row)
			domain->rows[row - 1].counters = &flats[i].counters;
	}
	return 0;
}

/* Rows of the snapshot's nodes: row + 1 of node id n in rows[n]. */
static int update_nodes(struct alert_domain *domain, const struct snapshot *snapshot, uint32_t *rows)
{
	bool is_paths = domain->kind == ALERT_DOMAIN_PATHS;

	for (size_t i = 0; i < snapshot->nodes_count; i++) {
		const struct snapshot_node *n = &snapshot->nodes[i];
		const struct alert_row names = { .level = n->level, .profile = n->profile, .module = n->module,
						 .function = n->function, .label = n->label };
		uint32_t parent = n->parent ? rows[n->parent] : 0;
		uint32_t *row = &rows[n->id];

		if (row_find(domain, &names, is_paths ? parent : 0, is_paths, row))
			return -ENOMEM;
		if (*row && is_paths)
			domain->rows[*row - 1].counters = &n->counters;
		if (parent && n->counters.have & HAVE_ROWS) {
			domain->rows[parent - 1].rows_in += n->counters.rows;
			domain->rows[parent - 1].has_rows_in = true;
		}
	}
	return 0;
}

static int update_tree(struct alert_domain *domain, const struct snapshot *snapshot)
{
	_cleanup_free_ uint32_t *rows = NULL;
	uint32_t highest = 0;

	for (size_t i = 0; i < snapshot->nodes_count; i++) {
		highest = snapshot->nodes[i].id > highest ? snapshot->nodes[i].id : highest;
		highest = snapshot->nodes[i].parent > highest ? snapshot->nodes[i].parent : highest;
	}
	rows = calloc((size_t)highest + 1, sizeof(*rows));
	return rows ? update_nodes(domain, snapshot, rows) : -ENOMEM;
}

int alert_domain_update(struct alert_domain *domain, const struct snapshot *snapshot)
{
	int err = 0;

	if (domain->kind == ALERT_DOMAIN_FLAT) {
		err = update_flats(domain, snapshot->queries, snapshot->queries_count);
		err = err ?: update_flats(domain, snapshot->operators, snapshot->operators_count);
	}
	if (domain->kind == ALERT_DOMAIN_PATHS || (domain->kind == ALERT_DOMAIN_FLAT && domain->wants_rows_in))
		err = err ?: update_tree(domain, snapshot);
	return err;
}

void alert_domain_release(struct alert_domain *domain)
{
	for (size_t i = 0; i < domain->rows_count; i++) {
		domain->rows[i].counters = NULL;
		domain->rows[i].rows_in = 0;
		domain->rows[i].has_rows_in = false;
	}
}

int alert_domain_init(struct alert_domain *domain, enum alert_domain_kind kind)
{
	*domain = (struct alert_domain){ .kind = kind, .words = 4, .table_size = 256 };
	domain->table = calloc(domain->table_size, sizeof(*domain->table));
	if (!domain->table)
		return -ENOMEM;
	if (kind != ALERT_DOMAIN_WHOLE)
		return 0;
	domain->rows = calloc(1, sizeof(*domain->rows));
	if (!domain->rows)
		return -ENOMEM;
	domain->rows_capacity = domain->rows_count = 1;
	return 0;
}

void alert_domain_clear(struct alert_domain *domain)
{
	for (size_t i = 0; i < domain->rows_count; i++)
		names_free(&domain->rows[i].names);
	for (size_t i = 0; i < domain->selectors_count; i++)
		free(domain->selectors[i].bits);
	free(domain->rows);
	free(domain->selectors);
	free(domain->table);
	*domain = (struct alert_domain){ 0 };
}
