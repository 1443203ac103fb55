/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slow query as a line of JSON, schema "weir.slow/1" (docs/schema/weir.slow-1.schema.json). */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "out/utf8.h"
#include "profile/profile.h"
#include "slow/slow_log.h"

/* Each returns 0, or -1 when out of memory. */
static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

static int put_number(json_t *object, const char *key, uint64_t value)
{
	return put(object, key, json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

/* NULL does not apply: nothing is put. */
static int put_text(json_t *object, const char *key, const char *text)
{
	_cleanup_free_ char *repaired = text ? utf8_repair(text) : NULL;

	if (!text)
		return 0;
	return put(object, key, repaired ? json_string(repaired) : NULL);
}

static int put_name(json_t *object, const struct snapshot_node *node)
{
	int failed = 0;

	failed |= put_text(object, "level", level_name(node->level));
	failed |= put_text(object, "profile", node->profile);
	failed |= put_text(object, "module", node->module);
	failed |= put_text(object, "function", node->function);
	failed |= put_text(object, "label", node->label);
	return failed;
}

static json_t *parts_json(const struct slow_part *parts, size_t count)
{
	json_t *array = json_array();
	int failed = !array;

	for (size_t i = 0; i < count && !failed; i++) {
		const struct slow_part *p = &parts[i];
		json_t *object = json_object();

		failed |= put_name(object, &p->node);
		failed |= put_number(object, "calls", p->calls);
		failed |= put_number(object, "total_ns", p->total_ns);
		failed |= put_number(object, "self_ns", p->self_ns);
		if (p->node.counters.have & HAVE_ROWS)
			failed |= put_number(object, "rows", p->rows);
		failed |= json_array_append_new(array, object);
	}
	if (failed) {
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *waits_json(const struct slow_query *slow)
{
	json_t *array = json_array();
	int failed = !array;

	for (size_t i = 0; i < slow->waits_count && !failed; i++) {
		const struct slow_wait *w = &slow->waits[i];
		json_t *object = json_object();

		failed |= put_text(object, "name", w->name);
		failed |= put_number(object, "code", w->code);
		failed |= put_number(object, "count", w->count);
		failed |= put_number(object, "blocked_ns", w->blocked_ns);
		failed |= json_array_append_new(array, object);
	}
	if (failed) {
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *error_json(const struct slow_query *slow)
{
	json_t *object = json_object();

	if (put(object, "code", json_integer(slow->query->error_code)) | put_text(object, "name", slow->error_name)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int put_figures(json_t *object, const struct slow_query *slow)
{
	const struct weir_query *q = slow->query;
	uint64_t off_ns = q->blocked_ns + q->wait_ns;
	uint32_t have = slow->node.counters.have;
	int failed = 0;

	failed |= put_number(object, "duration_ns", q->duration_ns);
	failed |= put_number(object, "cpu_ns", q->duration_ns > off_ns ? q->duration_ns - off_ns : 0);
	failed |= put_number(object, "blocked_ns", q->blocked_ns);
	failed |= put_number(object, "wait_ns", q->wait_ns);
	failed |= put_number(object, "minor_faults", q->minor_faults);
	failed |= put_number(object, "major_faults", q->major_faults);
	failed |= put_number(object, "read_bytes", q->read_bytes);
	failed |= put_number(object, "write_bytes", q->write_bytes);
	if (have & HAVE_ROWS)
		failed |= put_number(object, "rows", q->rows);
	if (have & HAVE_BYTES)
		failed |= put_number(object, "bytes", q->bytes);
	if (have & HAVE_CACHE)
		failed |= put_number(object, "hits", q->hits) | put_number(object, "misses", q->misses);
	if (have & HAVE_ERRORS)
		failed |= put_number(object, "errors", q->errors);
	if (q->errors)
		failed |= put(object, "error", error_json(slow));
	if (q->flags & WEIR_QUERY_UNWOUND)
		failed |= put(object, "unwound", json_true());
	return failed;
}

char *slow_json(const struct slow_query *slow)
{
	const struct weir_query *q = slow->query;
	char when[64], comm[sizeof(q->comm) + 1], fingerprint[24];
	json_t *object = json_object();
	char *line = NULL;
	int failed = 0;

	slow_time_text(slow->ended_at, 9, when, sizeof(when));
	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(q->comm), q->comm);
	snprintf(fingerprint, sizeof(fingerprint), "%016" PRIx64, slow->node.fingerprint);
	failed |= put_text(object, "schema", "weir.slow/1");
	failed |= put_text(object, "ended_at", when);
	failed |= put_number(object, "pid", q->tgid);
	failed |= put_number(object, "tid", q->tid);
	failed |= put_text(object, "comm", comm);
	failed |= put_name(object, &slow->node);
	failed |= put_text(object, "fingerprint", slow->node.fingerprint ? fingerprint : NULL);
	failed |= put_text(object, "text", slow->text);
	failed |= put_figures(object, slow);
	if (slow->tells_waits) {
		failed |= put(object, "waits", waits_json(slow));
		failed |= put_number(object, "other_wait_ns", q->other_wait_ns);
	}
	failed |= put(object, "stages", parts_json(slow->stages, slow->stages_count));
	failed |= put(object, "operators", parts_json(slow->operators, slow->operators_count));
	failed |= put_number(object, "other_self_ns", q->other_ns);
	if (!failed)
		line = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return line;
}
