/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session knows of memory beside the counters: how it is to be measured, and what the processes hold. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "session/session_internal.h"
#include "target/process.h"

int session_memory_mode(const char *text, enum weir_memory_mode *ret_mode)
{
	static const char *const names[] = { "off", "pages", "sizes", "live" };

	if (!text) {
		*ret_mode = WEIR_MEMORY_PAGES;
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i])) {
			*ret_mode = (enum weir_memory_mode)i;
			return 0;
		}
	}
	log_error("--memory %s: expected off, pages, sizes or live", text);
	return -EINVAL;
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
