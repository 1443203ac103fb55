/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slow query as a line for people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "out/figures.h"
#include "out/utf8.h"
#include "slow/slow_log.h"

#define STAGES_SHOWN 6
#define OPERATORS_SHOWN 5
#define WAITS_SHOWN 4

static void put_count(FILE *line, uint64_t count, const char *unit)
{
	fprintf(line, "%s %s%s", figure_count(count).text, unit, count == 1 ? "" : "s");
}

/* The query's text, or what stands for it. */
static const char *said(const struct slow_query *slow)
{
	return slow->text ?: slow->node.label ?: slow->node.function;
}

static void put_stages(const struct slow_query *slow, FILE *line)
{
	for (size_t i = 0; i < slow->stages_count && i < STAGES_SHOWN; i++)
		fprintf(line, "%s%s %s", i ? ", " : "; stages: ", slow->stages[i].node.function,
			figure_duration(slow->stages[i].total_ns).text);
}

static void put_operators(const struct slow_query *slow, FILE *line)
{
	for (size_t i = 0; i < slow->operators_count && i < OPERATORS_SHOWN; i++) {
		const struct slow_part *p = &slow->operators[i];

		fprintf(line, "%s%s%s%s %s (", i ? ", " : "; operators: ", p->node.function, p->node.label ? " " : "",
			p->node.label ?: "", figure_duration(p->self_ns).text);
		put_count(line, p->calls, "call");
		if (p->node.counters.have & HAVE_ROWS) {
			fputs(", ", line);
			put_count(line, p->rows, "row");
		}
		putc(')', line);
	}
}

static void put_waits(const struct slow_query *slow, FILE *line)
{
	for (size_t i = 0; i < slow->waits_count && i < WAITS_SHOWN; i++)
		fprintf(line, "%s%s %s", i ? ", " : "; blocked for: ", slow->waits[i].name, figure_duration(slow->waits[i].blocked_ns).text);
}

static void put_error(const struct slow_query *slow, FILE *line)
{
	const struct weir_query *q = slow->query;

	if (q->errors && slow->error_name)
		fprintf(line, "; error %s (%" PRId64 ")", slow->error_name, q->error_code);
	else if (q->errors)
		fprintf(line, "; error %" PRId64, q->error_code);
	if (q->flags & WEIR_QUERY_UNWOUND)
		fputs("; left by an exception or a jump", line);
}

char *slow_text(const struct slow_query *slow, bool utf8)
{
	const struct weir_query *q = slow->query;
	uint64_t off_ns = q->blocked_ns + q->wait_ns;
	char *text = NULL, *flat, when[64];
	size_t size = 0;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return NULL;
	slow_time_text(slow->ended_at, 3, when, sizeof(when));
	fprintf(line, "weir: %s slow query, %s, %.*s (%" PRIu32 "): %s", when, figure_duration(q->duration_ns).text, (int)sizeof(q->comm),
		q->comm, q->tgid, said(slow));
	if (slow->node.counters.have & HAVE_ROWS) {
		fputs("; ", line);
		put_count(line, q->rows, "row");
	}
	fprintf(line, "; %s on the CPU", figure_duration(q->duration_ns > off_ns ? q->duration_ns - off_ns : 0).text);
	fprintf(line, ", %s blocked", figure_duration(q->blocked_ns).text);
	fprintf(line, ", %s waiting for it", figure_duration(q->wait_ns).text);
	put_waits(slow, line);
	put_stages(slow, line);
	put_operators(slow, line);
	put_error(slow, line);
	if (fclose(line)) {
		free(text);
		return NULL;
	}
	flat = utf8_flatten(text, utf8);
	free(text);
	return flat;
}
