/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session knows of memory beside the counters: how it is to be measured, and what the processes hold. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/vec.h"
#include "session/session_internal.h"
#include "target/process.h"

static int parse_mode(const char *text, enum weir_memory_mode *ret_mode)
{
	static const char *const names[] = { "off", "pages", "sizes", "live" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i])) {
			*ret_mode = (enum weir_memory_mode)i;
			return 0;
		}
	}
	log_error("--memory %s: expected off, pages, sizes or live", text);
	return -EINVAL;
}

int session_memory_mode(const struct session_options *options, enum weir_memory_mode *ret_mode)
{
	const char *needs_live = options->leaks_ns ? "--leaks" : options->warn_operator_live_bytes ? "--warn-operator-live" :
				 options->allocations ? "--allocations" : NULL;
	enum weir_memory_mode mode = needs_live ? WEIR_MEMORY_LIVE : WEIR_MEMORY_PAGES;
	int err = options->memory ? parse_mode(options->memory, &mode) : 0;

	if (!err && needs_live && mode != WEIR_MEMORY_LIVE) {
		log_error("%s needs --memory live, not %s", needs_live, options->memory);
		err = -EINVAL;
	}
	if (!err && options->allocations > 1ULL << 28) {
		log_error("--allocations: at most 256M can be followed at once");
		err = -EINVAL;
	}
	if (!err)
		*ret_mode = mode;
	return err;
}

static void add_ended(struct session *s, const struct tracer_ended *ended)
{
	if (VEC_RESERVE(s->ended, s->ended_count, s->ended_capacity))
		log_error("out of memory: process %u counts as if it still held what it held", ended->tgid);
	else
		s->ended[s->ended_count++] = *ended;
}

void session_memory_gone(struct session *s, const struct weir_event *event, bool exec)
{
	const struct tracer_ended ended = { .tgid = event->tgid, .at_ns = event->at_ns };

	if (s->memory < WEIR_MEMORY_LIVE)
		return;
	if (exec || target_running(&s->target))
		add_ended(s, &ended);
	else
		s->last = ended;
}

void session_memory_joined(struct session *s)
{
	if (s->last.tgid)
		add_ended(s, &s->last);
	s->last = (struct tracer_ended){ 0 };
}

int session_memory_abandon(struct session *s)
{
	int err;

	if (!s->ended_count)
		return 0;
	err = tracer_abandon(s->tracer, s->ended, s->ended_count, s->options.leaks_ns);
	s->ended_count = 0;
	if (err)
		log_error("cannot look at what processes held that have ended: %s", strerror(-err));
	return err;
}

void session_fill_rss(const struct session *s, struct snapshot *snapshot)
{
	for (size_t i = 0; s->memory != WEIR_MEMORY_OFF && i < s->target.count; i++) {
		const struct target_process *p = &s->target.processes[i];
		struct snapshot_rss *to = &snapshot->processes[i].rss;
		struct process_rss rss;

		if (p->running && !process_rss(p->pid, &rss))
			*to = (struct snapshot_rss){ true, true, rss.now, rss.peak, rss.file, rss.anon, rss.shmem };
		else if (p->peak_rss_bytes)
			*to = (struct snapshot_rss){ .peak_known = true, .peak = p->peak_rss_bytes };
	}
}
