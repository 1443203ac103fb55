/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/warnings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/units.h"
#include "base/vec.h"
#include "collect/name.h"
#include "target/process.h"

/* One thing that is above its limit: a process by its id, or an operator by the probe and label of its node keys. */
struct warning {
	bool is_operator;
	uint64_t key;
};

void warnings_free(struct warnings *warnings)
{
	free(warnings->above);
	*warnings = (struct warnings){ 0 };
}

/* Say it where it changes; `name` is what is above or below, `what` what it has, `option` the limit's. */
static int note(struct warnings *w, struct warning id, uint64_t bytes, uint64_t limit, const char *name, const char *what,
		const char *option)
{
	char has[UNIT_TEXT_SIZE], may[UNIT_TEXT_SIZE];
	size_t at = 0;

	while (at < w->above_count && (w->above[at].is_operator != id.is_operator || w->above[at].key != id.key))
		at++;
	if ((at < w->above_count) == (bytes > limit))
		return 0;
	bytes_format(bytes, has);
	bytes_format(limit, may);
	if (bytes <= limit) {
		log_warning("%s is back at %s %s, not above %s %s", name, has, what, option, may);
		w->above[at] = w->above[--w->above_count];
		return 0;
	}
	log_warning("%s has %s %s, above %s %s", name, has, what, option, may);
	if (VEC_RESERVE(w->above, w->above_count, w->above_capacity))
		return -ENOMEM;
	w->above[w->above_count++] = id;
	return 0;
}

static int check_rss(struct warnings *w, const struct target *target)
{
	int err = 0;

	for (size_t i = 0; !err && i < target->count; i++) {
		const struct target_process *p = &target->processes[i];
		struct process_rss rss;
		char name[64];

		if (!p->running || process_rss(p->pid, &rss))
			continue;
		snprintf(name, sizeof(name), "process %u (%s)", p->pid, p->comm);
		err = note(w, (struct warning){ false, p->pid }, rss.now, w->rss_bytes, name, "resident", "--warn-rss");
	}
	return err;
}

struct operator_live {
	uint64_t key; /* probe and label */
	uint64_t bytes;
};

static int compare_keys(const void *a, const void *b)
{
	const struct operator_live *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static void name_operator(const struct tracer_tables *t, const struct plan *plan, uint64_t key, char *buffer, size_t size)
{
	uint32_t probe = WEIR_KEY_PROBE(key), id = WEIR_KEY_LABEL(key);
	const struct weir_label *label = id && id < t->labels_count ? &t->labels[id] : NULL;
	char text[WEIR_LABEL_TEXT];
	size_t length;

	snprintf(buffer, size, "%s", probe && probe <= plan->probes_count ? plan->probes[probe - 1].function : "?");
	length = strlen(buffer);
	if (!label || __atomic_load_n(&label->state, __ATOMIC_ACQUIRE) != WEIR_LABEL_READY)
		return;
	if (label->kind == WEIR_LABEL_NUMBER)
		snprintf(buffer + length, size - length, " %" PRId64, (int64_t)label->number);
	else if (label->kind != WEIR_LABEL_CONSTANT || !probe || probe > plan->probes_count)
		snprintf(buffer + length, size - length, " %.100s", label->text);
	else if (!name_constant(plan, &plan->probes[probe - 1], label, text, sizeof(text)))
		snprintf(buffer + length, size - length, " %.100s", text);
}

/* What the nodes of one function and label hold together, those below them left out. */
static int check_operators(struct warnings *w, const struct tracer_tables *t, const struct plan *plan)
{
	_cleanup_free_ struct operator_live *all = calloc(t->slots_count, sizeof(*all));
	size_t count = 0;
	char name[160];
	int err = 0;

	if (!all)
		return -ENOMEM;
	for (uint32_t id = WEIR_NODE_OTHER + 1; id < t->slots_count; id++) {
		uint64_t key = __atomic_load_n(&t->slots[id].key, __ATOMIC_ACQUIRE) & 0xffffffffffffULL;

		if (key)
			all[count++] = (struct operator_live){ key, __atomic_load_n(&t->held[id].live_bytes, __ATOMIC_ACQUIRE) };
	}
	qsort(all, count, sizeof(*all), compare_keys);
	for (size_t i = 0, next; !err && i < count; i = next) {
		int64_t bytes = 0;

		for (next = i; next < count && all[next].key == all[i].key; next++)
			bytes += (int64_t)all[next].bytes;
		name_operator(t, plan, all[i].key, name, sizeof(name));
		err = note(w, (struct warning){ true, all[i].key }, bytes > 0 ? (uint64_t)bytes : 0, w->operator_live_bytes, name,
			   "live", "--warn-operator-live");
	}
	return err;
}

int warnings_check(struct warnings *warnings, const struct tracer *tracer, const struct plan *plan, const struct target *target)
{
	const struct tracer_tables *tables = tracer_tables(tracer);
	int err = warnings->rss_bytes ? check_rss(warnings, target) : 0;

	if (!err && warnings->operator_live_bytes && tables->held)
		err = check_operators(warnings, tables, plan);
	return err;
}
