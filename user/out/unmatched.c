/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "out/unmatched.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "out/figures.h"
#include "out/table.h"
#include "out/utf8.h"

enum { PROCESSES_SHOWN = 16 };

/* The sentence, broken between words. */
static void write_wrapped(const char *text, unsigned columns, FILE *out)
{
	unsigned used = 0;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (used && columns && used + 1 + word > columns) {
			putc('\n', out);
			used = 0;
		} else if (used) {
			putc(' ', out);
			used++;
		}
		fwrite(text, 1, word, out);
		used += (unsigned)word;
		text += word;
		text += strspn(text, " ");
	}
	putc('\n', out);
}

/* Of one CPU. */
static struct figure cpu_share(const struct snapshot *snapshot, const struct snapshot_usage *usage)
{
	return figure_percent(snapshot->duration_ns ? (double)usage->cpu_ns / (double)snapshot->duration_ns : 0);
}

/* A line of the table (flattened, for that folds blanks), cut to the terminal's width; takes `line` over. Returns 0 or -ENOMEM. */
static int write_cut(char *line, const struct text_style *style, FILE *out)
{
	_cleanup_free_ char *owned = line;

	if (!line)
		return -ENOMEM;
	table_put_cut(line, style->columns, style, out);
	putc('\n', out);
	return 0;
}

static int write_process(const struct snapshot *snapshot, const struct snapshot_process *p, const struct text_style *style, FILE *out)
{
	const struct snapshot_usage *u = &p->usage;
	_cleanup_free_ char *name = utf8_flatten(p->comm ? p->comm : "?", style->utf8);
	const char *ended = p->running ? "" : " (ended)";
	char *line = NULL;

	if (!name)
		return -ENOMEM;
	if (u->known && asprintf(&line, "%7u  %7u  %6s  %8s  %8s  %9s  %9s  %9s  %8s  %s%s", p->pid, u->threads,
				 cpu_share(snapshot, u).text, figure_duration(u->blocked_ns).text, figure_duration(u->wait_ns).text,
				 p->rss.known ? figure_bytes(p->rss.now).text : "-", figure_bytes(u->read_bytes).text,
				 figure_bytes(u->write_bytes).text, figure_count(u->minor_faults + u->major_faults).text, name, ended) < 0)
		line = NULL; /* asprintf leaves it undefined */
	if (!u->known && asprintf(&line, "%7u  %7s  %6s  %8s  %8s  %9s  %9s  %9s  %8s  %s%s", p->pid, "-", "-", "-", "-", "-", "-", "-",
				  "-", name, ended) < 0)
		line = NULL;
	return write_cut(line, style, out);
}

static int write_processes(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	size_t count = snapshot->processes_count;
	char *heading = NULL;
	int err;

	if (!count)
		return 0;
	if (asprintf(&heading, "%7s  %7s  %6s  %8s  %8s  %9s  %9s  %9s  %8s  %s", "pid", "threads", "cpu %", "blocked", "waiting", "rss",
		     "read", "write", "faults", "process") < 0)
		return -ENOMEM;
	putc('\n', out);
	err = write_cut(heading, style, out);
	for (size_t i = 0; i < count && i < PROCESSES_SHOWN && !err; i++)
		err = write_process(snapshot, &snapshot->processes[i], style, out);
	if (count > PROCESSES_SHOWN)
		fprintf(out, "and %zu more\n", count - PROCESSES_SHOWN);
	return err;
}

static int write_suggestions(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	size_t widest = 0;

	if (!snapshot->suggestions_count)
		return 0;
	for (size_t i = 0; i < snapshot->suggestions_count; i++)
		if (strlen(snapshot->suggestions[i].argument) > widest)
			widest = strlen(snapshot->suggestions[i].argument);
	fputs("\nThese functions look like work, by their names; measure some of them with -f:\n", out);
	for (size_t i = 0; i < snapshot->suggestions_count; i++) {
		const struct snapshot_suggestion *s = &snapshot->suggestions[i];
		_cleanup_free_ char *argument = utf8_flatten(s->argument, style->utf8);

		if (!argument)
			return -ENOMEM;
		fprintf(out, "  -f '%s'%*s  %-8s  %s, about %s a call\n", argument, (int)(widest - strlen(s->argument)), "", s->entry_class,
			s->leave, figure_duration(s->call_cost_ns).text);
	}
	return 0;
}

int unmatched_write(const struct snapshot *snapshot, const struct text_style *style, FILE *out)
{
	_cleanup_free_ char *reason = NULL;

	if (!snapshot->unmatched)
		return 0;
	reason = utf8_flatten(snapshot->unmatched, style->utf8);
	if (!reason)
		return -ENOMEM;
	write_wrapped(reason, style->columns, out);
	return write_processes(snapshot, style, out) ?: write_suggestions(snapshot, style, out);
}
