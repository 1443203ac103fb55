/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "profile/profile_layout.h"
#include "symbols/demangle.h"
#include "symbols/module.h"

/* A code by its name in the layout's table, and the number in the upper half: "HashJoin #3". */
static void named_text(const struct plan_probe *p, uint64_t number, char *buffer, size_t size)
{
	uint32_t code = (uint32_t)number;
	const char *name = p->layout ? layout_name(p->layout, p->names_table, code) : NULL;
	char plain[16];

	snprintf(plain, sizeof(plain), "%" PRIu32, code);
	if (p->names_number)
		snprintf(buffer, size, "%s #%" PRIu32, name ? name : plain, (uint32_t)(number >> 32));
	else
		snprintf(buffer, size, "%s", name ? name : plain);
}

const char *name_type(struct snapshot *snapshot, const char *mangled_name)
{
	static const char introduction[] = "typeinfo name for ";
	_cleanup_free_ char *name = NULL;
	char mangled[WEIR_LABEL_TEXT + 4];

	/* A star in front: the type is local to its module. */
	snprintf(mangled, sizeof(mangled), "_ZTS%s", mangled_name + (mangled_name[0] == '*'));
	name = demangle(mangled);
	if (name && !strncmp(name, introduction, strlen(introduction)))
		return snapshot_string(snapshot, name + strlen(introduction));
	return snapshot_string(snapshot, mangled + 4);
}

/* The text of the fingerprint's slowest query, as it was written; false where it cannot be had just now. */
static bool sample_text(const struct tracer_tables *tables, uint32_t id, char *buffer, size_t size)
{
	const struct weir_sample *sample = tables->samples ? &tables->samples[id] : NULL;
	uint32_t before, length;

	for (int tries = 0; sample && tries < 8; tries++) {
		before = __atomic_load_n(&sample->sequence, __ATOMIC_ACQUIRE);
		length = sample->length;
		if (before & 1 || !length)
			continue;
		snprintf(buffer, size, "%.*s%s", (int)(length < WEIR_RAW_TEXT ? length : WEIR_RAW_TEXT), sample->text,
			 length > WEIR_RAW_TEXT ? "..." : "");
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&sample->sequence, __ATOMIC_ACQUIRE) == before)
			return true;
	}
	return false;
}

static void query_text(const struct tracer_tables *tables, uint32_t id, char *buffer, size_t size)
{
	const struct weir_label *label = &tables->labels[id];

	if (sample_text(tables, id, buffer, size))
		return;
	if (label->text[0])
		snprintf(buffer, size, "%.*s%s", WEIR_LABEL_TEXT - 1, label->text, label->cut ? "..." : "");
	else
		snprintf(buffer, size, "#%016" PRIx64, label->number);
}

int name_constant(const struct plan *plan, const struct plan_probe *p, const struct weir_label *label, char *buffer, size_t size)
{
	char text[WEIR_LABEL_TEXT];
	long length = module_data(plan->modules[p->module].module, label->number, text, sizeof(text) - 1);

	if (length <= 0)
		return -ENOENT;
	text[length] = '\0';
	snprintf(buffer, size, "%s%s", text, strlen(text) == sizeof(text) - 1 ? "..." : "");
	return 0;
}

/* `p`: the probe whose label it is. */
static void name_label(const struct tracer_tables *tables, const struct plan *plan, const struct plan_probe *p, uint32_t id,
		       struct snapshot *snapshot, struct snapshot_node *node)
{
	const struct weir_label *label;
	char text[WEIR_RAW_TEXT + 8];

	if (!id || id >= tables->labels_count)
		return;
	label = &tables->labels[id];
	if (__atomic_load_n(&label->state, __ATOMIC_ACQUIRE) != WEIR_LABEL_READY)
		return;
	if (label->kind == WEIR_LABEL_STRING && p->types && !label->cut) {
		node->label = name_type(snapshot, label->text);
		return;
	}
	if (label->kind == WEIR_LABEL_CONSTANT) {
		if (!name_constant(plan, p, label, text, sizeof(text)))
			node->label = p->types ? name_type(snapshot, text) : snapshot_string(snapshot, text);
		return;
	}
	if (label->kind == WEIR_LABEL_NUMBER && p->names) {
		named_text(p, label->number, text, sizeof(text));
	} else if (label->kind == WEIR_LABEL_NUMBER) {
		snprintf(text, sizeof(text), "%" PRId64, (int64_t)label->number);
	} else if (label->kind == WEIR_LABEL_QUERY) {
		node->fingerprint = label->number;
		query_text(tables, id, text, sizeof(text));
	} else {
		snprintf(text, sizeof(text), "%.*s%s", WEIR_LABEL_TEXT - 1, label->text, label->cut ? "..." : "");
	}
	node->label = snapshot_string(snapshot, text);
}

static bool is_left_out(const struct plan_probe *p, unsigned output)
{
	return p->left_out & 1U << output;
}

static uint32_t what_applies(const struct plan *plan, const struct plan_probe *p)
{
	uint32_t have = p->leave != LEAVE_NONE ? HAVE_LATENCY : 0;

	if (p->leave == LEAVE_SITES && plan->sees_exceptions)
		have |= HAVE_ERRORS;

	if (!p->spec)
		return have;
	if (p->spec->charges && p->leave == LEAVE_NONE)
		have |= HAVE_ELSEWHERE;
	return have | (p->spec->has_rows && !is_left_out(p, OUTPUT_ROWS) ? HAVE_ROWS : 0) |
	       (p->spec->has_bytes && !is_left_out(p, OUTPUT_BYTES) ? HAVE_BYTES : 0) |
	       (p->spec->has_cache && !(is_left_out(p, OUTPUT_HITS) || is_left_out(p, OUTPUT_MISSES)) ? HAVE_CACHE : 0) |
	       (p->spec->has_errors && !is_left_out(p, OUTPUT_ERROR) ? HAVE_ERRORS : 0);
}

void name_node(const struct tracer_tables *tables, const struct plan *plan, struct snapshot *snapshot, uint64_t key,
	       struct snapshot_node *node)
{
	const struct plan_probe *p = &plan->probes[WEIR_KEY_PROBE(key) - 1];

	node->parent = WEIR_KEY_PARENT(key);
	node->level = p->level;
	node->profile = p->profile ? snapshot_string(snapshot, p->profile->engine) : NULL;
	node->module = snapshot_string(snapshot, module_name(plan->modules[p->module].module));
	node->function = snapshot_string(snapshot, p->function);
	name_label(tables, plan, p, WEIR_KEY_LABEL(key), snapshot, node);
	node->recursive = tables->slots[node->id].repeat > 1;
	node->counters.have = what_applies(plan, p);
	for (size_t i = 0; p->spec && i < WEIR_EXTRA_MAX; i++)
		if (p->spec->extra[i] && !is_left_out(p, OUTPUT_EXTRA + (unsigned)i))
			node->counters.extra_names[i] = snapshot_string(snapshot, p->spec->extra[i]);
}
