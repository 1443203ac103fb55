/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/snapshot.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int snapshot_new(struct snapshot **ret_snapshot)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return -ENOMEM;
	*ret_snapshot = snapshot;
	return 0;
}

static void flats_free(struct snapshot_flat *flats, size_t count)
{
	for (size_t i = 0; i < count; i++)
		counters_free(&flats[i].counters);
	free(flats);
}

void snapshot_free(struct snapshot **snapshot)
{
	struct snapshot *s;

	if (!snapshot || !*snapshot)
		return;
	s = TAKE_PTR(*snapshot);
	for (size_t i = 0; i < s->nodes_count; i++)
		counters_free(&s->nodes[i].counters);
	free(s->nodes);
	flats_free(s->operators, s->operators_count);
	flats_free(s->queries, s->queries_count);
	free(s->leaks);
	counters_free(&s->memory);
	counters_free(&s->outside);
	free(s->errors);
	free(s->waits);
	free(s->processes);
	free(s->profiles);
	free(s->suggestions);
	for (size_t i = 0; i < s->strings_capacity; i++)
		free(s->strings[i]);
	free(s->strings);
	free(s);
}

/* FNV-1a, 64 bits; constants: datatracker.ietf.org/doc/draft-eastlake-fnv. */
static uint64_t text_hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

/* Where `text` is in the table, or the hole where it belongs. There is always a hole. */
static char **strings_find(char **strings, size_t capacity, const char *text)
{
	size_t i = text_hash(text) & (capacity - 1);

	while (strings[i] && strcmp(strings[i], text))
		i = (i + 1) & (capacity - 1);
	return &strings[i];
}

/* Keep at least a quarter of the table free. */
static int strings_reserve(struct snapshot *snapshot)
{
	size_t capacity = snapshot->strings_capacity ? snapshot->strings_capacity * 2 : 64;
	char **strings;

	if ((snapshot->strings_count + 1) * 4 <= snapshot->strings_capacity * 3)
		return 0;
	strings = calloc(capacity, sizeof(*strings));
	if (!strings)
		return -ENOMEM;
	for (size_t i = 0; i < snapshot->strings_capacity; i++)
		if (snapshot->strings[i])
			*strings_find(strings, capacity, snapshot->strings[i]) = snapshot->strings[i];
	free(snapshot->strings);
	snapshot->strings = strings;
	snapshot->strings_capacity = capacity;
	return 0;
}

const char *snapshot_string(struct snapshot *snapshot, const char *text)
{
	char **place;

	assert(text);
	if (strings_reserve(snapshot) < 0)
		return NULL;
	place = strings_find(snapshot->strings, snapshot->strings_capacity, text);
	if (!*place) {
		*place = strdup(text);
		if (*place)
			snapshot->strings_count++;
	}
	return *place;
}

uint64_t snapshot_lost(const struct snapshot *snapshot)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < WEIR_LOSS_COUNT; i++)
		lost += snapshot->losses[i];
	return lost;
}
