/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that ended without an event: the kernel does not run a program that it has just interrupted on the same CPU (counted as recursion), and
 * the threads of a process that end together can do that to the one that tells of its end. Without a look of its own weir would wait for it for ever.
 */
#include <errno.h>

#include "base/clock.h"
#include "session/session_internal.h"
#include "target/process.h"

#define LOOKS 64 /* processes looked at in a round where nothing tells that one was missed */

/* A process whose main thread is gone lives on in the others. */
static bool is_gone(uint32_t pid)
{
	uint32_t tgid, parent;

	return process_status(pid, &tgid, &parent) == -ESRCH && process_threads(pid) <= 1;
}

/* Two looks at all of them when the kernel side has missed something, for then many may be gone; else a few in turn. */
static size_t looks(struct session *s)
{
	uint64_t missed = tracer_misses(s->tracer) + tracer_tables(s->tracer)->losses[WEIR_LOSS_EVENT_RING];

	if (missed != s->missed)
		s->whole_looks = 2;
	s->missed = missed;
	if (!s->whole_looks)
		return LOOKS;
	s->whole_looks--;
	return SIZE_MAX;
}

static void look(struct session *s, struct target_process *p)
{
	struct weir_event event = { .type = WEIR_EVENT_EXIT, .tgid = p->pid, .at_ns = clock_ns(), .peak_rss_bytes = p->peak_rss_bytes };

	if (!is_gone(p->pid)) {
		p->gone = false;
	} else if (!p->gone) {
		p->gone = true; /* the event may be under way: until the next look */
	} else {
		/* CPU time is not known any more. */
		event.cpu_ns = p->cpu_start_ns;
		session_handle_event(s, &event);
	}
}

void session_look_for_gone(struct session *s)
{
	size_t left = looks(s);

	for (size_t i = 0; i < s->target.count && left; i++) {
		struct target_process *p = &s->target.processes[s->gone_next++ % s->target.count];

		if (!p->running)
			continue;
		look(s, p);
		left--;
	}
}
