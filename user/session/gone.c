/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that ended without an event: the kernel does not run a program that it has just interrupted on the same CPU (counted as recursion), and
 * the threads of a process that end together can do that to the one that tells of its end. Without a look of its own weir would wait for it for ever.
 */
#include <errno.h>

#include "base/clock.h"
#include "session/session_internal.h"
#include "target/process.h"

#define LOOKS 64 /* processes looked at in a round */

/* A process whose main thread is gone lives on in the others. */
static bool is_gone(uint32_t pid)
{
	uint32_t tgid, parent;

	return process_status(pid, &tgid, &parent) == -ESRCH && process_threads(pid) <= 1;
}

void session_look_for_gone(struct session *s)
{
	for (size_t i = 0; i < s->target.count && i < LOOKS; i++) {
		struct target_process *p = &s->target.processes[s->gone_next++ % s->target.count];
		struct weir_event event = { .type = WEIR_EVENT_EXIT, .tgid = p->pid, .at_ns = clock_ns(), .peak_rss_bytes = p->peak_rss_bytes };

		if (!p->running || !is_gone(p->pid)) {
			p->gone = false;
		} else if (!p->gone) {
			p->gone = true; /* the event may be under way: until the next look */
		} else {
			tracer_remove_process(s->tracer, p->pid);
			/* CPU time is not known any more. */
			event.cpu_ns = p->cpu_start_ns;
			session_handle_event(s, &event);
		}
	}
}
