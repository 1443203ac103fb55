/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "slow/slow_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "collect/name.h"
#include "collect/wait.h"
#include "out/text.h"

struct slow_log {
	int fd; /* -1: stderr */
	const char *path;
	bool json, utf8, failed;
	char raw[WEIR_RAW_TEXT + 4];
};

int slow_log_open(const struct slow_options *options, struct slow_log **ret_log)
{
	const char *format = options->format;
	struct slow_log *log;

	if (!options->slow_ns && (options->file || format)) {
		log_error("%s: there is no slow-query log without --slow TIME", options->file ? "--slow-log" : "--slow-format");
		return -EINVAL;
	}
	if (format && strcmp(format, "text") && strcmp(format, "json")) {
		log_error("--slow-format %s: expected text or json", format);
		return -EINVAL;
	}
	if (!options->slow_ns) {
		*ret_log = NULL;
		return 0;
	}
	log = calloc(1, sizeof(*log));
	if (!log)
		return -ENOMEM;
	log->fd = -1;
	log->path = options->file;
	log->json = format ? !strcmp(format, "json") : options->file != NULL;
	log->utf8 = text_style_for(stderr).utf8;
	if (options->file)
		log->fd = open(options->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (options->file && log->fd < 0) {
		int err = -errno;

		log_error("cannot open %s: %s", options->file, strerror(errno));
		free(log);
		return err;
	}
	*ret_log = log;
	return 0;
}

void slow_log_free(struct slow_log **log)
{
	if (!*log)
		return;
	if ((*log)->fd >= 0)
		close((*log)->fd);
	free(*log);
	*log = NULL;
}

/* ---- names */

/* Returns false where the node is none of the plan's. */
static bool name_of(const struct tracer_tables *tables, const struct plan *plan, uint32_t id, struct snapshot *strings,
		    struct snapshot_node *node)
{
	uint64_t key = id > WEIR_NODE_OTHER && id < tables->slots_count ? tables->slots[id].key : 0;

	*node = (struct snapshot_node){ .id = id };
	if (!WEIR_KEY_PROBE(key) || WEIR_KEY_PROBE(key) > plan->probes_count)
		return false;
	name_node(tables, plan, strings, key, node);
	return node->function && node->module;
}

static int compare_total(const void *a, const void *b)
{
	const struct slow_part *x = a, *y = b;

	return x->total_ns < y->total_ns ? 1 : x->total_ns > y->total_ns ? -1 : x->node.id < y->node.id ? -1 : 1;
}

static int compare_self(const void *a, const void *b)
{
	const struct slow_part *x = a, *y = b;

	return x->self_ns < y->self_ns ? 1 : x->self_ns > y->self_ns ? -1 : x->node.id < y->node.id ? -1 : 1;
}

static void take_parts(const struct tracer_tables *tables, const struct plan *plan, struct slow_query *slow)
{
	for (size_t i = 0; i < WEIR_QUERY_PARTS; i++) {
		const struct weir_query_part *p = &slow->query->parts[i];
		struct slow_part part = { .calls = p->calls, .total_ns = p->total_ns, .self_ns = p->self_ns, .rows = p->rows };

		if (!p->node || !name_of(tables, plan, p->node, slow->strings, &part.node))
			continue;
		if (part.node.level == WEIR_LEVEL_STAGE)
			slow->stages[slow->stages_count++] = part;
		else
			slow->operators[slow->operators_count++] = part;
	}
	qsort(slow->stages, slow->stages_count, sizeof(slow->stages[0]), compare_total);
	qsort(slow->operators, slow->operators_count, sizeof(slow->operators[0]), compare_self);
}

static int compare_blocked(const void *a, const void *b)
{
	const struct slow_wait *x = a, *y = b;

	return x->blocked_ns < y->blocked_ns ? 1 : x->blocked_ns > y->blocked_ns ? -1 : x->code < y->code ? -1 : 1;
}

static void take_waits(const struct plan *plan, struct slow_query *slow)
{
	const struct weir_query *q = slow->query;

	slow->tells_waits = q->wait_probe != 0;
	for (size_t i = 0; slow->tells_waits && i < WEIR_QUERY_WAITS && q->waits[i].count; i++) {
		const struct weir_query_wait *w = &q->waits[i];
		struct slow_wait wait = { .code = w->code, .count = w->count, .blocked_ns = w->blocked_ns };

		wait.name = collect_wait_name(plan, q->wait_probe, w->code, slow->strings);
		if (wait.name)
			slow->waits[slow->waits_count++] = wait;
	}
	qsort(slow->waits, slow->waits_count, sizeof(slow->waits[0]), compare_blocked);
}

static const char *error_name_of(const struct tracer_tables *tables, const struct plan *plan, const struct weir_query *q)
{
	const struct profile *profile = plan->probes[WEIR_KEY_PROBE(tables->slots[q->node].key) - 1].profile;

	return q->errors && profile ? profile_error_name(profile, q->error_code) : NULL;
}

static struct timespec wall_time(uint64_t monotonic_ns)
{
	struct timespec now;
	uint64_t ns, ago_ns;

	clock_gettime(CLOCK_REALTIME, &now);
	ago_ns = clock_ns() - monotonic_ns;
	ns = (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec - ago_ns;
	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000ULL), .tv_nsec = (long)(ns % 1000000000ULL) };
}

void slow_time_text(struct timespec time, int digits, char *buffer, size_t size)
{
	char day[48] = "";
	struct tm tm;

	if (gmtime_r(&time.tv_sec, &tm))
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buffer, size, "%s.%0*ldZ", day, digits, digits == 3 ? time.tv_nsec / 1000000 : time.tv_nsec);
}

/* ---- writing */

static void write_line(struct slow_log *log, char *line)
{
	size_t length = line ? strlen(line) : 0;
	ssize_t written = -1;

	if (line) {
		line[length] = '\n'; /* in place of its end: one write a line */
		written = write(log->fd >= 0 ? log->fd : STDERR_FILENO, line, length + 1);
	} else {
		errno = ENOMEM;
	}
	if (written != (ssize_t)length + 1 && !log->failed)
		log_error("cannot write to the slow-query log%s%s: %s", log->path ? " " : "", log->path ?: "",
			  written < 0 ? strerror(errno) : "the disk is full");
	log->failed |= written != (ssize_t)length + 1;
}

static const char *take_text(struct slow_log *log, const struct weir_query *q, size_t size)
{
	size_t length = q->text_length < WEIR_RAW_TEXT ? q->text_length : WEIR_RAW_TEXT;

	if (size < sizeof(*q) || !length)
		return NULL;
	snprintf(log->raw, sizeof(log->raw), "%.*s%s", (int)length, q->text, q->flags & WEIR_QUERY_CUT ? "..." : "");
	return log->raw;
}

void slow_log_take(struct slow_log *log, const struct tracer_tables *tables, const struct plan *plan, const struct weir_query *query,
		   size_t size)
{
	struct slow_query *slow = calloc(1, sizeof(*slow));
	_cleanup_free_ char *line = NULL;

	if (!slow || snapshot_new(&slow->strings)) {
		write_line(log, NULL);
		free(slow);
		return;
	}
	slow->query = query;
	if (name_of(tables, plan, query->node, slow->strings, &slow->node)) {
		slow->ended_at = wall_time(query->ended_ns);
		slow->text = take_text(log, query, size);
		slow->error_name = error_name_of(tables, plan, query);
		take_parts(tables, plan, slow);
		take_waits(plan, slow);
		line = log->json ? slow_json(slow) : slow_text(slow, log->utf8);
		write_line(log, line);
	}
	snapshot_free(&slow->strings);
	free(slow);
}
