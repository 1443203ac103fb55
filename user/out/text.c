/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "out/text.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "out/figures.h"
#include "out/name.h"
#include "out/table.h"
#include "out/tree.h"
#include "out/unmatched.h"
#include "out/utf8.h"

#define PROCESSES_NAMED 3
#define LATENCY_COLUMNS (COLUMN_BIT(COLUMN_P50) | COLUMN_BIT(COLUMN_P95) | COLUMN_BIT(COLUMN_P99))
#define WORK_COLUMNS \
	(COLUMN_BIT(COLUMN_CALLS) | COLUMN_BIT(COLUMN_OPEN) | COLUMN_BIT(COLUMN_OLDEST) | COLUMN_BIT(COLUMN_ROWS) | \
	 COLUMN_BIT(COLUMN_ROWS_RATE) | COLUMN_BIT(COLUMN_ERRORS))
#define TREE_COLUMNS (WORK_COLUMNS | LATENCY_COLUMNS | COLUMN_BIT(COLUMN_SELF))
#define QUERIES_COLUMNS \
	(OF_CALLS_COLUMNS | COLUMN_BIT(COLUMN_ALL_RSS_GROWN) | COLUMN_BIT(COLUMN_ALL_ALLOCATED) | COLUMN_BIT(COLUMN_ALL_LIVE) | \
	 COLUMN_BIT(COLUMN_ALL_REQUESTED))
#define OF_CALLS_COLUMNS (TREE_COLUMNS | COLUMN_BIT(COLUMN_TOTAL) | COLUMN_BIT(COLUMN_HIT_SHARE))
#define OPERATORS_COLUMNS \
	(OF_CALLS_COLUMNS | COLUMN_BIT(COLUMN_BYTES) | COLUMN_BIT(COLUMN_CPU) | COLUMN_BIT(COLUMN_BLOCKED) | \
	 COLUMN_BIT(COLUMN_READ) | COLUMN_BIT(COLUMN_WRITE) | COLUMN_BIT(COLUMN_RSS_GROWN) | COLUMN_BIT(COLUMN_ALLOCATED) | \
	 COLUMN_BIT(COLUMN_LIVE) | COLUMN_BIT(COLUMN_LIVE_PEAK) | COLUMN_BIT(COLUMN_REQUESTED))

static bool locale_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8;

	if (!locale)
		return false;
	utf8 = !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");
	freelocale(locale);
	return utf8;
}

struct text_style text_style_for(FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct text_style style = {.utf8 = locale_is_utf8()};
	struct winsize size;

	if (!isatty(fileno(out)))
		return style;
	style.columns = 80;
	if (!ioctl(fileno(out), TIOCGWINSZ, &size) && size.ws_col)
		style.columns = size.ws_col;
	/* no-color.org: set and not empty */
	style.color = !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
	return style;
}

/* Write a line of plain words, made safe for the terminal and cut to its width. Returns 0 or -ENOMEM. */
static int put_line(const char *text, bool bold, const struct text_style *style, FILE *out)
{
	_cleanup_free_ char *flat = utf8_flatten(text, style->utf8);

	if (!flat)
		return -ENOMEM;
	fputs(bold && style->color ? "\033[1m" : "", out);
	table_put_cut(flat, style->columns, style, out);
	fputs(bold && style->color ? "\033[0m\n" : "\n", out);
	return 0;
}

/* "weir: 5 processes for 10.0 s: sqlite3 (4242), worker (4243, ended) and 3 more; profiles sqlite, duckdb" */
static int write_header(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, count = snapshot->processes_count;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return -ENOMEM;
	fprintf(line, "weir: %zu %s for %s", count, count == 1 ? "process" : "processes",
		figure_duration(snapshot->duration_ns).text);
	for (size_t i = 0; i < count && i < PROCESSES_NAMED; i++) {
		const struct snapshot_process *process = &snapshot->processes[i];

		fprintf(line, "%s %s (%u%s)", i ? "," : ":", process->comm ? process->comm : "?", process->pid,
			process->running ? "" : ", ended");
	}
	if (count > PROCESSES_NAMED)
		fprintf(line, " and %zu more", count - PROCESSES_NAMED);
	for (size_t i = 0; i < snapshot->profiles_count; i++)
		fprintf(line, "%s %s", i ? "," : snapshot->profiles_count > 1 ? "; profiles" : "; profile",
			snapshot->profiles[i]);
	if (fclose(line))
		return -ENOMEM;
	return put_line(text, true, style, out);
}

/* All the tree's counters that can be added without counting anything twice. */
static struct counters tree_sum(const struct snapshot *snapshot)
{
	struct counters sum = {0};

	for (size_t i = 0; i < snapshot->nodes_count; i++) {
		const struct counters *counters = &snapshot->nodes[i].counters;

		sum.have |= counters->have;
		sum.calls += counters->calls;
		sum.completed += counters->completed;
		sum.unwound += counters->unwound;
		sum.untimed += counters->untimed;
		sum.open += counters->open;
		sum.errors += counters->errors;
	}
	return sum;
}

/* "12,345 calls: 12,300 completed, 5 unwound, 40 open; 37 errors; 1.23 s of CPU in the target" */
static int write_totals(const struct snapshot *snapshot, const struct counters *sum, const struct text_style *style,
			FILE *out)
{
	const struct {
		const char *name;
		uint64_t count;
	} parts[] = {{"completed", sum->completed},
		     {"unwound", sum->unwound},
		     {"untimed", sum->untimed},
		     {"open", sum->open}};
	const char *separator = ": ";
	_cleanup_free_ char *text = NULL;
	char cpu[64];
	size_t size = 0;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return -ENOMEM;
	fprintf(line, "%s %s", figure_count(sum->calls).text, sum->calls == 1 ? "call" : "calls");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].count)
			continue;
		fprintf(line, "%s%s %s", separator, figure_count(parts[i].count).text, parts[i].name);
		separator = ", ";
	}
	if (sum->have & HAVE_ERRORS)
		fprintf(line, "; %s %s", figure_count(sum->errors).text, sum->errors == 1 ? "error" : "errors");
	snprintf(cpu, sizeof(cpu), "; %s of CPU in the target", figure_duration(snapshot->target_cpu_ns).text);
	/* of the least use here, so only where it fits: half a number is worse than none */
	if (snapshot->target_cpu_ns && !fflush(line) && (!style->columns || size + strlen(cpu) <= style->columns))
		fputs(cpu, line);
	if (fclose(line))
		return -ENOMEM;
	return put_line(text, false, style, out);
}

/* "memory: grown 12.0 MiB, shrunk 3.0 MiB; 35.2 MiB resident (anon 20.1 MiB, file 15.1 MiB, shmem 0 B); 40.0 MiB at the peak" */
static int write_memory(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	struct snapshot_rss sum = {0};
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *line;

	if (snapshot->memory_mode == WEIR_MEMORY_OFF)
		return 0;
	for (size_t i = 0; i < snapshot->processes_count; i++) {
		const struct snapshot_rss *rss = &snapshot->processes[i].rss;

		sum.known |= rss->known;
		sum.now += rss->now;
		sum.peak = rss->peak > sum.peak ? rss->peak : sum.peak;
		sum.anon += rss->anon;
		sum.file += rss->file;
		sum.shmem += rss->shmem;
	}
	line = open_memstream(&text, &size);
	if (!line)
		return -ENOMEM;
	fprintf(line, "memory: grown %s, shrunk %s", figure_bytes(snapshot->memory.rss_grown_bytes).text,
		figure_bytes(snapshot->memory.rss_shrunk_bytes).text);
	if (sum.known)
		fprintf(line, "; %s resident (anon %s, file %s, shmem %s)", figure_bytes(sum.now).text,
			figure_bytes(sum.anon).text, figure_bytes(sum.file).text, figure_bytes(sum.shmem).text);
	if (sum.peak)
		fprintf(line, "; %s at the peak%s", figure_bytes(sum.peak).text,
			snapshot->processes_count > 1 ? " of one process" : "");
	if (fclose(line))
		return -ENOMEM;
	return put_line(text, false, style, out);
}

/* "allocations: 22,008 of 91.8 MiB; 1.8 MiB live, 3.6 MiB at the most" */
static int write_allocations(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	const struct counters *memory = &snapshot->memory;
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *line;

	if (!(memory->have & HAVE_SIZES))
		return 0;
	line = open_memstream(&text, &size);
	if (!line)
		return -ENOMEM;
	fprintf(line, "allocations: %s of %s", figure_count(memory->allocations).text, figure_bytes(memory->allocated_bytes).text);
	if (memory->have & HAVE_LIVE)
		fprintf(line, "; %s live in %s, %s at the most", figure_bytes(memory->live_bytes).text,
			figure_count(memory->live).text, figure_bytes(memory->live_bytes_peak).text);
	if (memory->abandoned)
		fprintf(line, "; %s in %s went with programs that ended", figure_bytes(memory->abandoned_bytes).text,
			figure_count(memory->abandoned).text);
	if (snapshot->outside.allocations)
		fprintf(line, "; %s of them outside of measured calls", figure_count(snapshot->outside.allocations).text);
	if (memory->have & HAVE_REQUESTS)
		fprintf(line, "; %s asked of the engine's own allocator in %s requests", figure_bytes(memory->requested_bytes).text,
			figure_count(memory->requests).text);
	if (fclose(line))
		return -ENOMEM;
	return put_line(text, false, style, out);
}

static int write_flats(const char *title, uint32_t columns, const struct snapshot_flat *flats, size_t count,
		       const struct snapshot *snapshot, const struct text_style *style, FILE *out, uint32_t *left_out)
{
	_cleanup_(table_rows_free) struct table table = {
		.title = title, .columns = columns, .duration_ns = snapshot->duration_ns};

	if (!count)
		return 0;
	table.rows = calloc(count, sizeof(*table.rows));
	if (!table.rows)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct table_row *row;

		if (counters_are_elsewhere(&flats[i].counters))
			continue;
		row = &table.rows[table.rows_count++];
		row->counters = &flats[i].counters;
		row->name = name_of_flat(flats, count, i, style->utf8);
		if (!row->name)
			return -ENOMEM;
	}
	if (!table.rows_count)
		return 0;
	putc('\n', out);
	table_write(&table, style, out, left_out);
	return 0;
}

static int write_tree(const struct snapshot *snapshot, const struct text_style *style, FILE *out, uint32_t *left_out)
{
	_cleanup_(table_rows_free) struct table table = {
		.title = "flow tree", .columns = TREE_COLUMNS, .duration_ns = snapshot->duration_ns};
	struct tree_line *lines = NULL;
	int r = tree_draw(snapshot, style, &lines);

	if (r < 0)
		return r;
	table.rows = calloc(snapshot->nodes_count + 1, sizeof(*table.rows));
	for (size_t i = 0; table.rows && !r && i < snapshot->nodes_count && lines[i].node; i++) {
		struct table_row *row = &table.rows[table.rows_count++];

		row->counters = &lines[i].node->counters;
		row->lead = TAKE_PTR(lines[i].lead);
		row->name = name_of_line(&lines[i], style->utf8);
		if (!row->name)
			r = -ENOMEM;
	}
	if (!table.rows)
		r = -ENOMEM;
	tree_free(&lines, snapshot->nodes_count);
	if (r < 0)
		return r;
	putc('\n', out);
	table_write(&table, style, out, left_out);
	return 0;
}

static int write_errors(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	struct name_error *errors = NULL;
	size_t count = 0, width = strlen("errors");
	int r = name_errors(snapshot, style->utf8, &errors, &count);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++)
		if (strlen(figure_count(errors[i].count).text) > width)
			width = strlen(figure_count(errors[i].count).text);
	if (count)
		fprintf(out, style->color ? "\n\033[1m%*s  %s\033[0m\n" : "\n%*s  %s\n", (int)width, "errors", "code");
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%*s  ", (int)width, figure_count(errors[i].count).text);
		table_put_cut(errors[i].name, style->columns > width + 2 ? style->columns - width - 2 : 0, style, out);
		putc('\n', out);
	}
	name_errors_free(&errors, count);
	return 0;
}

/* Blocked time by what the engine says it waited for. */
static int write_waits(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	struct name_wait *waits = NULL;
	size_t count = 0;
	int r = name_waits(snapshot, style->utf8, &waits, &count);

	if (r < 0)
		return r;
	if (count)
		fprintf(out, style->color ? "\n\033[1m%9s  %9s  %s\033[0m\n" : "\n%9s  %9s  %s\n", "blocked", "times", "wait");
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%9s  %9s  ", figure_duration(waits[i].blocked_ns).text, figure_count(waits[i].count).text);
		table_put_cut(waits[i].name, style->columns > 22 ? style->columns - 22 : 0, style, out);
		putc('\n', out);
	}
	name_waits_free(&waits, count);
	return 0;
}

/* What was not freed, by the path of the calls that allocated it. */
static int write_leaks(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	if (!snapshot->leak_age_ns)
		return 0;
	if (!snapshot->leaks_count)
		fprintf(out, "\nnothing is held that was allocated %s ago or longer\n", figure_duration(snapshot->leak_age_ns).text);
	else
		fprintf(out, style->color ? "\n\033[1m%9s  %9s  %9s  not freed for %s or longer, by path\033[0m\n"
					  : "\n%9s  %9s  %9s  not freed for %s or longer, by path\n",
			"bytes", "count", "oldest", figure_duration(snapshot->leak_age_ns).text);
	for (size_t i = 0; i < snapshot->leaks_count; i++) {
		const struct snapshot_leak *leak = &snapshot->leaks[i];
		_cleanup_free_ char *path = name_of_path(snapshot, leak->node, style->utf8);

		if (!path)
			return -ENOMEM;
		fprintf(out, "%9s  %9s  %9s  ", figure_bytes(leak->bytes).text, figure_count(leak->count).text,
			figure_duration(leak->oldest_ns).text);
		table_put_cut(path, style->columns > 33 ? style->columns - 33 : 0, style, out);
		putc('\n', out);
	}
	return 0;
}

/* Returns 0 or -ENOMEM. */
static int write_left_out(uint32_t left_out, const struct text_style *style, FILE *out)
{
	const char *separator = " ";
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	FILE *line;

	if (!left_out)
		return 0;
	line = open_memstream(&text, &size);
	if (!line)
		return -ENOMEM;
	fprintf(line, "not in %u columns:", style->columns);
	for (size_t id = 0; id < COLUMN_COUNT; id++) {
		if (!(left_out & COLUMN_BIT(id)))
			continue;
		fprintf(line, "%s%s", separator, table_heading(id));
		separator = ", ";
	}
	if (fclose(line))
		return -ENOMEM;
	fputs(style->color ? "\n\033[2m" : "\n", out);
	table_put_cut(text, style->columns, style, out);
	fputs(style->color ? "\033[0m\n" : "\n", out);
	return 0;
}

static void write_losses(const struct snapshot *snapshot, FILE *out)
{
	static const char *const sentences[] = {
#define LOSS_SENTENCE(name, key, sentence) sentence,
		WEIR_LOSSES(LOSS_SENTENCE)
#undef LOSS_SENTENCE
	};

	fprintf(out, "\nlost: %s\n", figure_count(snapshot_lost(snapshot)).text);
	for (size_t i = 0; i < WEIR_LOSS_COUNT; i++)
		if (snapshot->losses[i])
			fprintf(out, "  %s %s\n", figure_count(snapshot->losses[i]).text, sentences[i]);
}

static void write_overhead(const struct snapshot *snapshot, FILE *out)
{
	fprintf(out, "overhead: %s %s, about %s of CPU", figure_count(snapshot->hits).text,
		snapshot->hits == 1 ? "hit" : "hits", figure_duration(snapshot->overhead_cpu_ns).text);
	if (snapshot->target_cpu_ns)
		fprintf(out, ", %s %% of the target's",
			figure_percent((double)snapshot->overhead_cpu_ns / (double)snapshot->target_cpu_ns).text);
	putc('\n', out);
}

static int write_tables(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	struct counters sum = tree_sum(snapshot);
	uint32_t left_out = 0;
	int r;

	if (!sum.calls && snapshot->unmatched) {
		r = unmatched_write(snapshot, style, out);
		putc('\n', out);
		return r ?: write_memory(snapshot, style, out);
	}
	if (!sum.calls) {
		fprintf(out, "no probed function was called in %s\n", figure_duration(snapshot->duration_ns).text);
		return 0;
	}
	r = write_totals(snapshot, &sum, style, out) ?: write_memory(snapshot, style, out) ?: write_allocations(snapshot, style, out);
	if (!r)
		r = write_flats("query, by total time", QUERIES_COLUMNS, snapshot->queries, snapshot->queries_count,
				snapshot, style, out, &left_out);
	if (!r)
		r = write_tree(snapshot, style, out, &left_out);
	if (!r)
		r = write_flats("operator, by self time", OPERATORS_COLUMNS, snapshot->operators,
				snapshot->operators_count, snapshot, style, out, &left_out);
	if (!r)
		r = write_waits(snapshot, style, out) ?: write_errors(snapshot, style, out);
	if (!r)
		r = write_leaks(snapshot, style, out) ?: write_left_out(left_out, style, out);
	return r;
}

int text_write(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	int r;

	errno = 0; /* a full disk may show long before the end */
	r = write_header(snapshot, style, out);
	if (!r)
		r = write_tables(snapshot, style, out);
	if (r < 0)
		return r;
	write_losses(snapshot, out);
	write_overhead(snapshot, out);
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
