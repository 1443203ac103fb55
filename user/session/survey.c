/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session whose target no profile matches: what it says and shows instead of calls. */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "collect/cost.h"
#include "session/session_internal.h"

bool session_is_unmatched(const struct session *s)
{
	if (!s->plan.selection.by_default || s->plan.unwinding || s->plan.unsited)
		return false;
	for (size_t i = 0; i < s->plan.modules_count; i++)
		if (s->plan.modules[i].count && s->plan.modules[i].mapped)
			return false; /* others were probed in case somebody would map them */
	return true;
}

const struct unmatched *session_unmatched(const struct session *session)
{
	return session_is_unmatched(session) ? &session->unmatched : NULL;
}

static void watch_processes(struct session *s)
{
	for (size_t i = 0; i < s->target.count; i++) {
		struct target_process *p = &s->target.processes[i];

		if (p->running && !p->joined && !p->usage_start.at_ns)
			process_usage_read(p->pid, &p->usage_start);
	}
}

int session_look_unmatched(struct session *s, bool warn)
{
	int err;

	if (!session_is_unmatched(s))
		return 0;
	err = unmatched_look(&s->unmatched, &s->plan, s->catalog, &s->target);
	if (err)
		return err;
	watch_processes(s);
	if (warn && s->unmatched.reason)
		log_warning("%s", s->unmatched.reason);
	return 0;
}

void session_look_at_end(struct session *s, struct target_process *p)
{
	if (session_is_unmatched(s))
		process_usage_read(p->pid, &p->usage_now);
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* What was last seen of a process that has ended stays. */
static void fill_usage(struct session *s, struct target_process *p, struct snapshot_usage *usage)
{
	const struct process_usage *from = &p->usage_start, *now = &p->usage_now;
	uint64_t begun_ns = from->at_ns && from->at_ns > s->started_ns ? from->at_ns : s->started_ns, spent_ns;

	if (p->running)
		process_usage_read(p->pid, &p->usage_now);
	if (!now->at_ns || (!p->joined && !from->at_ns))
		return;
	usage->known = true;
	usage->threads = now->threads;
	usage->cpu_ns = less(now->cpu_ns, from->cpu_ns);
	usage->wait_ns = less(now->wait_ns, from->wait_ns);
	spent_ns = usage->cpu_ns + usage->wait_ns;
	usage->blocked_ns = less(less(now->at_ns, begun_ns) * now->threads, spent_ns);
	usage->minor_faults = less(now->minor_faults, from->minor_faults);
	usage->major_faults = less(now->major_faults, from->major_faults);
	usage->read_bytes = less(now->read_bytes, from->read_bytes);
	usage->write_bytes = less(now->write_bytes, from->write_bytes);
	usage->voluntary_switches = less(now->voluntary_switches, from->voluntary_switches);
	usage->involuntary_switches = less(now->involuntary_switches, from->involuntary_switches);
}

int session_fill_unmatched(struct session *s, struct snapshot *snapshot)
{
	const struct unmatched *u = &s->unmatched;
	int err;

	if (!session_is_unmatched(s) || snapshot->nodes_count)
		return 0;
	if (!u->reason) {
		err = session_look_unmatched(s, false); /* --exe: a process may have come meanwhile */
		if (err)
			return err;
	}
	for (size_t i = 0; i < snapshot->processes_count && i < s->target.count; i++)
		fill_usage(s, &s->target.processes[i], &snapshot->processes[i].usage);
	snapshot->unmatched = snapshot_string(snapshot, u->reason ? u->reason : "no profile matches: no process of the target has run yet");
	snapshot->suggestions = calloc(u->functions_count + 1, sizeof(*snapshot->suggestions));
	if (!snapshot->unmatched || !snapshot->suggestions)
		return -ENOMEM;
	for (size_t i = 0; i < u->functions_count; i++)
		snapshot->suggestions[snapshot->suggestions_count++] = (struct snapshot_suggestion){
			.argument = snapshot_string(snapshot, u->functions[i].argument),
			.entry_class = site_class_name(u->functions[i].class), .leave = plan_leave_name(u->functions[i].leave),
			.call_cost_ns = (uint64_t)(cost_entry_ns(&s->costs, u->functions[i].class) +
						   cost_leave_ns(&s->costs, u->functions[i].leave)),
		};
	return 0;
}
