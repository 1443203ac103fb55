/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "out/json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/version.h"
#include "model/metrics.h"
#include "out/utf8.h"
#include "profile/profile.h"

/*
 * Building: put_…() return 0, or -1 when out of memory (a NULL value counts as that). Makers collect the
 * failures of all their puts and hand on the object, or NULL.
 */

static void json_release(json_t **value)
{
	json_decref(*value);
}

#define _cleanup_json_ _cleanup_(json_release)

static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

/* JSON readers agree on integers up to 2^63 - 1 only: what is above (no real counter is) stays there. */
static json_t *number_json(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static int put_number(json_t *object, const char *key, uint64_t value)
{
	return put(object, key, number_json(value));
}

/* NULL does not apply: nothing is put. */
static int put_text(json_t *object, const char *key, const char *text)
{
	_cleanup_free_ char *repaired = NULL;

	if (!text)
		return 0;
	repaired = utf8_repair(text);
	return put(object, key, repaired ? json_string(repaired) : NULL);
}

static json_t *histogram_json(const struct histogram *histogram, int slot_offset)
{
	_cleanup_json_ json_t *object = json_object();
	json_t *counts = json_array();
	int offset = histogram->length ? (int)histogram->first + slot_offset : 0;
	int failed = 0;

	failed |= put(object, "scale", json_integer(WEIR_HIST_SCALE));
	failed |= put(object, "offset", json_integer(offset));
	failed |= put(object, "counts", counts);
	for (uint32_t i = 0; i < histogram->length && !failed; i++)
		failed |= json_array_append_new(counts, number_json(histogram->counts[i]));
	return failed ? NULL : TAKE_PTR(object);
}

static json_t *samples_json(const struct metric *metric, const struct counters *counters)
{
	static const struct {
		const char *key;
		double q;
	} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}};
	int slot_offset = metric->unit == METRIC_UNIT_BYTES ? WEIR_HIST_BYTES_OFFSET : WEIR_HIST_SECONDS_OFFSET;
	struct metric_samples samples = metric_samples(metric, counters);
	uint64_t count = histogram_count(samples.histogram);
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_number(object, "count", count);
	failed |= put_number(object, "sum", samples.sum);
	if (count) {
		failed |= put_number(object, "min", samples.min);
		failed |= put_number(object, "max", samples.max);
		for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
			failed |= put_number(object, quantiles[i].key,
					     (uint64_t)llround(metric_quantile(metric, counters, quantiles[i].q)));
	}
	failed |= put(object, "histogram", histogram_json(samples.histogram, slot_offset));
	return failed ? NULL : TAKE_PTR(object);
}

static int put_extras(json_t *object, const struct counters *counters)
{
	json_t *extras = NULL;
	int failed = 0;

	for (size_t i = 0; i < WEIR_EXTRA_MAX && !failed; i++) {
		_cleanup_free_ char *name = NULL;

		if (!counters->extra_names[i])
			continue;
		if (!extras) {
			extras = json_object();
			if (put(object, "counters", extras) < 0)
				return -1;
		}
		name = utf8_repair(counters->extra_names[i]);
		failed |= name ? put_number(extras, name, counters->extra[i]) : -1;
	}
	return failed;
}

/* As hexadecimal digits: JSON's readers keep 53 bits of a number. 0 does not apply. */
static int put_fingerprint(json_t *object, uint64_t fingerprint)
{
	char text[24];

	if (!fingerprint)
		return 0;
	snprintf(text, sizeof(text), "%016" PRIx64, fingerprint);
	return put(object, "fingerprint", json_string(text));
}

/* The metrics of one group (NULL: those of none). */
static int put_metrics(json_t *object, const struct counters *counters, const char *group)
{
	int failed = 0;

	for (size_t i = 0; i < METRIC_COUNT; i++) {
		const struct metric *metric = &metrics[i];

		if (!metric_applies(metric, counters) || !metric->group != !group || (group && strcmp(group, metric->group) != 0))
			continue;
		if (metric->kind == METRIC_KIND_HISTOGRAM)
			failed |= put(object, metric->name, samples_json(metric, counters));
		else
			failed |= put_number(object, metric->name, metric_value(metric, counters));
	}
	return failed;
}

/* Only where memory was measured. */
static int put_memory(json_t *object, const struct counters *counters)
{
	_cleanup_json_ json_t *memory = NULL;
	int failed;

	if (!(counters->have & HAVE_PAGES))
		return 0;
	memory = json_object();
	failed = put_metrics(memory, counters, "memory");
	return failed | put(object, "memory", TAKE_PTR(memory));
}

static int put_counters(json_t *object, const struct counters *counters)
{
	return put_metrics(object, counters, NULL) | put_extras(object, counters) | put_memory(object, counters);
}

static json_t *node_json(const void *item)
{
	const struct snapshot_node *node = item;
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_number(object, "id", node->id);
	failed |= put_number(object, "parent", node->parent);
	failed |= put_text(object, "level", level_name(node->level));
	failed |= put_text(object, "profile", node->profile);
	failed |= put_text(object, "module", node->module);
	failed |= put_text(object, "function", node->function);
	failed |= put_text(object, "label", node->label);
	failed |= put_fingerprint(object, node->fingerprint);
	if (node->recursive)
		failed |= put(object, "recursive", json_true());
	failed |= put_counters(object, &node->counters);
	return failed ? NULL : TAKE_PTR(object);
}

static json_t *flat_json(const void *item)
{
	const struct snapshot_flat *flat = item;
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_text(object, "level", level_name(flat->level));
	failed |= put_text(object, "profile", flat->profile);
	failed |= put_text(object, "module", flat->module);
	failed |= put_text(object, "function", flat->function);
	failed |= put_text(object, "label", flat->label);
	failed |= put_fingerprint(object, flat->fingerprint);
	failed |= put_counters(object, &flat->counters);
	return failed ? NULL : TAKE_PTR(object);
}

static json_t *error_json(const void *item)
{
	const struct snapshot_error *error = item;
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_number(object, "node", error->node);
	failed |= put_text(object, "function", error->function);
	failed |= put_text(object, "label", error->label);
	failed |= put(object, "code", json_integer(error->code));
	failed |= put_text(object, "name", error->name);
	failed |= put_text(object, "exception", error->exception);
	failed |= put_number(object, "count", error->count);
	return failed ? NULL : TAKE_PTR(object);
}

static int put_rss(json_t *object, const struct snapshot_rss *rss)
{
	int failed = 0;

	if (rss->known) {
		failed |= put_number(object, "rss_bytes", rss->now);
		failed |= put_number(object, "rss_anon_bytes", rss->anon);
		failed |= put_number(object, "rss_file_bytes", rss->file);
		failed |= put_number(object, "rss_shmem_bytes", rss->shmem);
	}
	return rss->peak_known ? failed | put_number(object, "rss_peak_bytes", rss->peak) : failed;
}

static int put_usage(json_t *object, const struct snapshot_usage *usage)
{
	_cleanup_json_ json_t *values = NULL;
	int failed = 0;

	if (!usage->known)
		return 0;
	values = json_object();
	failed |= put_number(values, "threads", usage->threads);
	failed |= put_number(values, "cpu_ns", usage->cpu_ns);
	failed |= put_number(values, "blocked_ns", usage->blocked_ns);
	failed |= put_number(values, "wait_ns", usage->wait_ns);
	failed |= put_number(values, "minor_faults", usage->minor_faults);
	failed |= put_number(values, "major_faults", usage->major_faults);
	failed |= put_number(values, "read_bytes", usage->read_bytes);
	failed |= put_number(values, "write_bytes", usage->write_bytes);
	failed |= put_number(values, "voluntary_switches", usage->voluntary_switches);
	failed |= put_number(values, "involuntary_switches", usage->involuntary_switches);
	return failed | put(object, "usage", TAKE_PTR(values));
}

static json_t *process_json(const void *item)
{
	const struct snapshot_process *process = item;
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_number(object, "pid", process->pid);
	failed |= put_text(object, "comm", process->comm);
	failed |= put_text(object, "exe", process->exe);
	failed |= put(object, "running", json_boolean(process->running));
	failed |= put_rss(object, &process->rss);
	failed |= put_usage(object, &process->usage);
	return failed ? NULL : TAKE_PTR(object);
}

/* An array of `count` items of `size` bytes each, made one by one. */
static json_t *list_json(const void *items, size_t count, size_t size, json_t *(*item_json)(const void *item))
{
	_cleanup_json_ json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(array, item_json((const char *)items + i * size)) < 0)
			return NULL;
	return TAKE_PTR(array);
}

#define LIST_JSON(snapshot, list, item_json) \
	list_json((snapshot)->list, (snapshot)->list##_count, sizeof(*(snapshot)->list), item_json)

static json_t *profile_json(const void *item)
{
	_cleanup_free_ char *name = utf8_repair(*(const char *const *)item);

	return name ? json_string(name) : NULL;
}

static json_t *suggestion_json(const void *item)
{
	const struct snapshot_suggestion *suggestion = item;
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_text(object, "argument", suggestion->argument);
	failed |= put_text(object, "entry_class", suggestion->entry_class);
	failed |= put_text(object, "leave", suggestion->leave);
	failed |= put_number(object, "call_cost_ns", suggestion->call_cost_ns);
	return failed ? NULL : TAKE_PTR(object);
}

static json_t *unmatched_json(const struct snapshot *snapshot)
{
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_text(object, "reason", snapshot->unmatched);
	failed |= put(object, "functions", LIST_JSON(snapshot, suggestions, suggestion_json));
	return failed ? NULL : TAKE_PTR(object);
}

static json_t *target_json(const struct snapshot *snapshot)
{
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put(object, "processes", LIST_JSON(snapshot, processes, process_json));
	failed |= put(object, "profiles", LIST_JSON(snapshot, profiles, profile_json));
	if (snapshot->unmatched)
		failed |= put(object, "unmatched", unmatched_json(snapshot));
	return failed ? NULL : TAKE_PTR(object);
}

static json_t *host_json(const struct snapshot *snapshot)
{
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_text(object, "kernel", snapshot->kernel);
	failed |= put_number(object, "cpus", snapshot->cpus);
	return failed ? NULL : TAKE_PTR(object);
}

static json_t *lost_json(const struct snapshot *snapshot)
{
	_cleanup_json_ json_t *object = json_object();
	int failed = put_number(object, "total", snapshot_lost(snapshot));

#define PUT_LOSS(name, key, sentence) failed |= put_number(object, #key, snapshot->losses[WEIR_LOSS_##name]);
	WEIR_LOSSES(PUT_LOSS)
#undef PUT_LOSS
	return failed ? NULL : TAKE_PTR(object);
}

static json_t *overhead_json(const struct snapshot *snapshot)
{
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_number(object, "hits", snapshot->hits);
	failed |= put_number(object, "estimated_cpu_ns", snapshot->overhead_cpu_ns);
	if (snapshot->target_cpu_ns) {
		double ratio = (double)snapshot->overhead_cpu_ns / (double)snapshot->target_cpu_ns;

		failed |= put(object, "ratio", json_real(ratio));
	}
	return failed ? NULL : TAKE_PTR(object);
}

/* RFC 3339, UTC, nanoseconds. */
static int put_time(json_t *object, const char *key, struct timespec time)
{
	char text[64], day[48];
	struct tm tm;

	if (!gmtime_r(&time.tv_sec, &tm) || !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm))
		return -1;
	snprintf(text, sizeof(text), "%s.%09ldZ", day, time.tv_nsec);
	return put(object, key, json_string(text));
}

static json_t *wait_json(const void *item)
{
	const struct snapshot_wait *wait = item;
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_number(object, "node", wait->node);
	failed |= put_text(object, "function", wait->function);
	failed |= put_text(object, "label", wait->label);
	failed |= put_text(object, "query", wait->query_label);
	failed |= put_text(object, "name", wait->name);
	if (!wait->unreadable)
		failed |= put_number(object, "code", wait->code);
	failed |= put_number(object, "count", wait->count);
	failed |= put_number(object, "blocked_ns", wait->blocked_ns);
	return failed ? NULL : TAKE_PTR(object);
}

static json_t *leak_json(const void *item)
{
	const struct snapshot_leak *leak = item;
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_number(object, "node", leak->node);
	failed |= put_number(object, "count", leak->count);
	failed |= put_number(object, "bytes", leak->bytes);
	failed |= put_number(object, "oldest_ns", leak->oldest_ns);
	return failed ? NULL : TAKE_PTR(object);
}

static const char *memory_mode_name(enum weir_memory_mode mode)
{
	static const char *const names[] = {[WEIR_MEMORY_OFF] = "off", [WEIR_MEMORY_PAGES] = "pages",
					    [WEIR_MEMORY_SIZES] = "sizes", [WEIR_MEMORY_LIVE] = "live"};

	return names[mode];
}

/* Memory of the whole target, and what of it happened in no measured call. */
static json_t *memory_json(const struct snapshot *snapshot)
{
	_cleanup_json_ json_t *object = json_object(), *outside = json_object();
	int failed = 0;

	failed |= put_text(object, "mode", memory_mode_name(snapshot->memory_mode));
	failed |= put_metrics(object, &snapshot->memory, "memory");
	failed |= put_metrics(outside, &snapshot->outside, "memory");
	if (snapshot->memory_mode == WEIR_MEMORY_LIVE)
		failed |= put_number(object, "unknown_frees", snapshot->unknown_frees);
	failed |= put(object, "outside", TAKE_PTR(outside));
	return failed ? NULL : TAKE_PTR(object);
}

static json_t *snapshot_json(const struct snapshot *snapshot)
{
	_cleanup_json_ json_t *object = json_object();
	int failed = 0;

	failed |= put_text(object, "schema", "weir.snapshot/1");
	failed |= put_text(object, "weir_version", WEIR_VERSION);
	failed |= put_time(object, "taken_at", snapshot->taken_at);
	failed |= put_number(object, "duration_ns", snapshot->duration_ns);
	failed |= put(object, "host", host_json(snapshot));
	failed |= put(object, "target", target_json(snapshot));
	failed |= put(object, "lost", lost_json(snapshot));
	failed |= put(object, "overhead", overhead_json(snapshot));
	if (snapshot->memory_mode != WEIR_MEMORY_OFF)
		failed |= put(object, "memory", memory_json(snapshot));
	if (snapshot->leak_age_ns) {
		failed |= put_number(object, "leak_age_ns", snapshot->leak_age_ns);
		failed |= put(object, "leaks", LIST_JSON(snapshot, leaks, leak_json));
	}
	failed |= put(object, "nodes", LIST_JSON(snapshot, nodes, node_json));
	failed |= put(object, "operators", LIST_JSON(snapshot, operators, flat_json));
	failed |= put(object, "queries", LIST_JSON(snapshot, queries, flat_json));
	failed |= put(object, "errors", LIST_JSON(snapshot, errors, error_json));
	if (snapshot->tells_waits)
		failed |= put(object, "waits", LIST_JSON(snapshot, waits, wait_json));
	return failed ? NULL : TAKE_PTR(object);
}

/*
 * Writing: jansson indents every number of an array onto a line of its own. Histograms have dozens; the layout
 * takes the white space out of arrays of numbers on the way to the file.
 */
struct layout {
	FILE *out;
	bool in_string, escaped;
	enum { ARRAY_NONE, ARRAY_OPENED, ARRAY_NUMBERS } array;
	char held[256]; /* white space after "[": written if no number follows */
	size_t held_size;
};

/* Is the character to be written? What was held back is written first where it turns out to be needed. */
static bool layout_wants(struct layout *layout, char c)
{
	bool blank = c == ' ' || c == '\n';

	if (layout->array == ARRAY_NUMBERS) {
		if (c == ']')
			layout->array = ARRAY_NONE;
		return !blank;
	}
	if (layout->array == ARRAY_OPENED && blank && layout->held_size < sizeof(layout->held)) {
		layout->held[layout->held_size++] = c;
		return false;
	}
	if (layout->array == ARRAY_OPENED) {
		layout->array = c == '-' || (c >= '0' && c <= '9') ? ARRAY_NUMBERS : ARRAY_NONE;
		if (layout->array == ARRAY_NONE)
			fwrite(layout->held, 1, layout->held_size, layout->out);
		layout->held_size = 0;
	}
	return true;
}

static void layout_put(struct layout *layout, char c)
{
	if (layout->in_string) {
		layout->in_string = layout->escaped || c != '"';
		layout->escaped = !layout->escaped && c == '\\';
		putc(c, layout->out);
		return;
	}
	if (!layout_wants(layout, c))
		return;
	putc(c, layout->out);
	if (c == '"')
		layout->in_string = true;
	else if (c == '[')
		layout->array = ARRAY_OPENED;
	else if (c == ',' && layout->array == ARRAY_NUMBERS)
		putc(' ', layout->out);
}

static int layout_write(const char *text, size_t size, void *data)
{
	struct layout *layout = data;

	for (size_t i = 0; i < size; i++)
		layout_put(layout, text[i]);
	return ferror(layout->out) ? -1 : 0;
}

int json_write(const struct snapshot *snapshot, bool compact, FILE *out)
{
	size_t precision = JSON_REAL_PRECISION(6);
	_cleanup_json_ json_t *json = snapshot_json(snapshot);
	int failed;

	if (!json)
		return -ENOMEM;
	errno = 0;
	if (compact) {
		failed = json_dumpf(json, out, JSON_COMPACT | precision);
	} else {
		struct layout layout = {.out = out};

		failed = json_dump_callback(json, layout_write, &layout, JSON_INDENT(2) | precision);
	}
	putc('\n', out);
	if (fflush(out) || ferror(out) || failed)
		return errno ? -errno : -EIO;
	return 0;
}
