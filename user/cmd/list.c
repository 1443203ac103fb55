/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * weir list: what would be probed, where, and what a call of it would cost; attaches nothing. With --measure it counts
 * entries for a while, to tell the cost at the rate of the calls.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "base/units.h"
#include "cmd/commands.h"
#include "collect/cost.h"
#include "session/session.h"
#include "symbols/module.h"

struct list_options {
	struct session_options session;
};

static const struct option_spec options[] = {
	SESSION_OPTIONS(struct list_options, session),
	{ 0, "measure", OPTION_DURATION, offsetof(struct list_options, session.duration_ns), "SECONDS",
	  "count calls for this time, entries only, and show what measuring them would cost" },
	{ 0 },
};

const struct command_spec cmd_list_spec = {
	.name = "list",
	.synopsis = "TARGET [WHAT] [--measure SECONDS]",
	.summary = "list every function that would be probed, and its cost",
	.options = options,
	.details = SESSION_HELP " A cost class is what the kernel does at the entry site: nop5 and emulated are cheap, "
				"stepped is 3 to 60 times dearer. ENTRY and LEAVE are what a call's two hits cost the target, "
				"in ns, measured just now on a child of weir. Nothing is attached to the target, but with "
				"--measure.",
	.takes_command = true,
};

/* What was counted; no calls: nothing was. */
struct counted {
	uint64_t *calls; /* by index of the plan's probes; owned */
	uint64_t duration_ns;
};

/* Where spans meet, the breakpoint is the first one's. */
static double entry_cost_ns(const struct plan_probe *p, const struct calibration *costs)
{
	return p->follows ? 0 : cost_entry_ns(costs, p->site.class);
}

static double call_cost_ns(const struct plan_probe *p, const struct calibration *costs)
{
	return entry_cost_ns(p, costs) + cost_leave_ns(costs, p->measured_leave);
}

static void print_heading(const struct counted *counted)
{
	printf("%-20s %-40s %-9s %-34s %-9s %-24s %8s %8s", "MODULE", "FUNCTION", "LEVEL", "ENTRY SITE", "CLASS", "LEAVE", "ENTRY NS",
	       "LEAVE NS");
	printf(counted->calls ? " %10s %8s\n" : "\n", "CALLS/S", "% OF CPU");
}

static void print_probe(const struct plan *plan, size_t i, const struct calibration *costs, const struct counted *counted)
{
	const struct plan_probe *p = &plan->probes[i];
	char site[64], leave[64], rate[UNIT_TEXT_SIZE];
	double per_second;

	if (plan_is_siteless(p))
		return; /* its sites follow */
	if (p->kind == PLAN_SPAN_SITE)
		snprintf(leave, sizeof(leave), "%s span %s", p->ends ? "ends" : "begins",
			 plan->probes[p->span - 1].function);
	else if (p->kind == PLAN_EVENT_SITE)
		snprintf(leave, sizeof(leave), "%s", p->semaphore ? "none: counted, semaphore" : plan_leave_name(LEAVE_NONE));
	else
		snprintf(leave, sizeof(leave), "%s", plan_leave_name(p->measured_leave));
	snprintf(site, sizeof(site), "+0x%" PRIx64 " (+%u %s)", p->address, p->site.offset, p->site.instruction);
	printf("%-20s %-40s %-9s %-34s %-9s %-24s %8.0f %8.0f", module_name(plan->modules[p->module].module), p->symbol,
	       level_name(p->level), site, site_class_name(p->site.class), leave,
	       entry_cost_ns(p, costs), cost_leave_ns(costs, p->measured_leave));
	if (counted->calls && !p->follows) {
		per_second = (double)counted->calls[i] * 1e9 / (double)counted->duration_ns;
		rate_format(per_second, rate);
		printf(" %10s %8.2f", rate, per_second * call_cost_ns(p, costs) / 1e7);
	}
	printf("\n");
}

static void print_waiting(void *context, const char *module_glob)
{
	(void)context;
	printf("# %s: no process maps such a module yet\n", module_glob);
}

static void print_sum(const struct plan *plan, const struct calibration *costs, const struct counted *counted)
{
	double cost_ns = 0;
	uint64_t calls = 0;
	char time[UNIT_TEXT_SIZE];

	if (!counted->calls) {
		printf("# ns per call; what all calls come to depends on how many there are: --measure SECONDS counts them\n");
		return;
	}
	for (size_t i = 0; i < plan->probes_count; i++) {
		if (plan_is_siteless(&plan->probes[i]))
			continue; /* its sites are counted */
		calls += counted->calls[i];
		cost_ns += (double)counted->calls[i] * call_cost_ns(&plan->probes[i], costs);
	}
	printf("# %" PRIu64 " calls in %s: to measure them would take %.2f %% of one CPU\n", calls,
	       duration_format(counted->duration_ns, time), 100 * cost_ns / (double)counted->duration_ns);
}

/* Nothing matched: what of it could be measured, as -f takes it. */
static void print_unmatched(const struct unmatched *unmatched, const struct calibration *costs)
{
	if (!unmatched || !unmatched->reason)
		return;
	printf("# %s\n", unmatched->reason);
	for (size_t i = 0; i < unmatched->functions_count; i++) {
		const struct unmatched_function *f = &unmatched->functions[i];

		printf("# -f '%s'  %s, %s, %.0f + %.0f ns\n", f->argument, site_class_name(f->class), plan_leave_name(f->leave),
		       cost_entry_ns(costs, f->class), cost_leave_ns(costs, f->leave));
	}
}

static int print_list(struct session *session, const struct calibration *costs, const struct counted *counted)
{
	const struct plan *plan = session_plan(session);
	struct output out;

	output_open(NULL, &out);
	print_heading(counted);
	for (size_t i = 0; i < plan->probes_count; i++)
		print_probe(plan, i, costs, counted);
	if (!plan->selection.by_default)
		plan_waiting(plan, print_waiting, NULL);
	print_unmatched(session_unmatched(session), costs);
	if (plan->probes_count)
		print_sum(plan, costs, counted);
	return output_commit(&out);
}

static int count_calls(struct session *session, struct counted *ret_counted)
{
	int err = session_start(session) ?: session_run(session, NULL, NULL);
	struct counted counted = { 0 };

	if (err)
		return err;
	counted.calls = calloc(session_plan(session)->probes_count + 1, sizeof(*counted.calls));
	if (!counted.calls)
		return -ENOMEM;
	counted.duration_ns = session_calls(session, counted.calls);
	*ret_counted = counted;
	return 0;
}

static int list(struct list_options *o, char **command)
{
	_cleanup_(session_free) struct session *session = NULL;
	struct counted counted = { 0 };
	struct calibration costs;
	int err;

	o->session.count_only = o->session.duration_ns > 0;
	err = session_open(&o->session, command, &session);
	err = err ?: session_costs(session, &costs);
	if (!err && o->session.count_only)
		err = count_calls(session, &counted);
	err = err ?: print_list(session, &costs, &counted);
	free(counted.calls);
	if (err)
		return exit_code_of(err);
	return o->session.count_only ? session_exit_code(session) : EXIT_OK;
}

int cmd_list(int argc, char **argv)
{
	struct list_options o = { 0 };
	struct option_rest rest;
	int err = options_parse(&cmd_list_spec, argc, argv, &o, &rest);
	int code = err > 0 ? EXIT_OK : err ? exit_code_of(err) : list(&o, rest.command);

	session_options_free(&o.session);
	return code;
}
