/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slow-query log: a line for each query that took as long as was asked for, as it ends. The kernel side tells of each one by
 * itself (struct weir_query); nothing here is taken from a node's sums.
 */
#ifndef WEIR_SLOW_LOG_H
#define WEIR_SLOW_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "attach/tracer.h"
#include "base/options.h"
#include "model/snapshot.h"
#include "plan/plan.h"

struct slow_options {
	uint64_t slow_ns;   /* --slow; 0: no log */
	const char *file;   /* --slow-log; NULL: stderr */
	const char *format; /* --slow-format; NULL: JSON in a file, else text */
};

#define SLOW_OPTIONS(type, member) \
	{ 0, "slow", OPTION_DURATION, offsetof(type, member.slow_ns), "TIME", \
	  "write a line for each query that took as long (100ms), as it ends: what it did, waited for and failed with" }, \
	{ 0, "slow-log", OPTION_STRING, offsetof(type, member.file), "FILE", \
	  "with --slow: append the lines to this file, as JSON, and not to stderr" }, \
	{ 0, "slow-format", OPTION_STRING, offsetof(type, member.format), "FORMAT", "with --slow: text or json" }

/* A part of a slow query: the calls of one node below it. */
struct slow_part {
	struct snapshot_node node; /* its counters are not filled */
	uint64_t calls, total_ns, self_ns, rows;
};

/* What a slow query was blocked for. */
struct slow_wait {
	const char *name;
	uint32_t code;
	uint64_t count, blocked_ns;
};

/* A slow query with its names; strings live as long as `strings`. */
struct slow_query {
	const struct weir_query *query;
	struct timespec ended_at;     /* CLOCK_REALTIME */
	struct snapshot_node node;    /* its counters are not filled */
	const char *text;             /* as it was written; NULL: that was not asked for */
	const char *error_name;       /* NULL: it has none */
	bool tells_waits;             /* what it was blocked for is known, */
	struct slow_wait waits[WEIR_QUERY_WAITS];     /* longest first */
	size_t waits_count;
	struct slow_part stages[WEIR_QUERY_PARTS];    /* widest total first */
	size_t stages_count;
	struct slow_part operators[WEIR_QUERY_PARTS]; /* all other levels, widest self time first */
	size_t operators_count;
	struct snapshot *strings;
};

struct slow_log;

/*
 * Open the log. Returns 0, with *ret_log NULL where none was asked for; -EINVAL for wrong usage, or another -errno where the file cannot be
 * opened (logged).
 */
int slow_log_open(const struct slow_options *options, struct slow_log **ret_log);
void slow_log_free(struct slow_log **log);

/* Write the line of one slow query, `size` bytes of struct weir_query. A line that cannot be written is told of once. */
void slow_log_take(struct slow_log *log, const struct tracer_tables *tables, const struct plan *plan, const struct weir_query *query,
		   size_t size);

/* The line, without its end, the caller's to free; NULL when out of memory. */
char *slow_text(const struct slow_query *slow, bool utf8);
char *slow_json(const struct slow_query *slow); /* schema "weir.slow/1" */

/* RFC 3339, UTC, with `digits` (3 or 9) of the second's fraction, into `buffer`. */
void slow_time_text(struct timespec time, int digits, char *buffer, size_t size);

#endif
