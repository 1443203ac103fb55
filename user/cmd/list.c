/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir list: what would be probed, and where; attaches nothing. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "cmd/commands.h"
#include "session/session.h"
#include "symbols/module.h"

struct list_options {
	struct session_options session;
};

static const struct option_spec options[] = {
	SESSION_OPTIONS(struct list_options, session),
	{ 0 },
};

const struct command_spec cmd_list_spec = {
	.name = "list",
	.synopsis = "TARGET [WHAT]",
	.summary = "list every function that would be probed, and its cost class",
	.options = options,
	.details = SESSION_HELP " A cost class is what the kernel does at the entry site: nop5 and emulated are cheap, "
				"stepped is 3 to 60 times dearer.",
	.takes_command = true,
};

static void print_probe(const struct plan *plan, const struct plan_probe *p)
{
	char site[64], leave[64];

	if (p->kind == PLAN_SPAN)
		return; /* its sites follow */
	if (p->kind == PLAN_SPAN_SITE)
		snprintf(leave, sizeof(leave), "%s span %s", p->record.flags & WEIR_PROBE_ENDS ? "ends" : "begins",
			 plan->probes[p->span - 1].function);
	else
		snprintf(leave, sizeof(leave), "%s", plan_leave_name(p->leave));
	snprintf(site, sizeof(site), "+0x%" PRIx64 " (+%u %s)", p->address, p->site.offset, p->site.instruction);
	printf("%-20s %-40s %-9s %-34s %-9s %s\n", module_name(plan->modules[p->module].module), p->symbol,
	       level_name(p->level), site, site_class_name(p->site.class), leave);
}

static void print_waiting(void *context, const char *module_glob)
{
	(void)context;
	printf("# %s: no process maps such a module yet\n", module_glob);
}

static int list(struct session *session)
{
	const struct plan *plan = session_plan(session);
	struct output out;

	output_open(NULL, &out);
	printf("%-20s %-40s %-9s %-34s %-9s %s\n", "MODULE", "FUNCTION", "LEVEL", "ENTRY SITE", "CLASS", "LEAVE");
	for (size_t i = 0; i < plan->probes_count; i++)
		print_probe(plan, &plan->probes[i]);
	if (!plan->selection.by_default)
		plan_waiting(plan, print_waiting, NULL);
	return output_commit(&out);
}

int cmd_list(int argc, char **argv)
{
	_cleanup_(session_free) struct session *session = NULL;
	struct list_options o = { 0 };
	struct option_rest rest;
	int err = options_parse(&cmd_list_spec, argc, argv, &o, &rest);

	if (!err)
		err = session_open(&o.session, rest.command, &session) ?: list(session);
	session_options_free(&o.session);
	return err > 0 ? EXIT_OK : exit_code_of(err);
}
