/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir alerts: are the rules in a file right? */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alert/alert_rule.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/output.h"
#include "cmd/commands.h"

static const struct option_spec options[] = { { 0 } };

const struct command_spec cmd_alerts_spec = {
	.name = "alerts",
	.synopsis = "check FILE",
	.summary = "check a file of alert rules",
	.options = options,
	.details = "check prints each fault as FILE:LINE:COLUMN with what was expected, and exits 1 if there are any.",
	.takes_operands = true,
};

static int check(const char *path)
{
	_cleanup_(alert_rules_clear) struct alert_rules rules = { 0 };
	struct output out;

	if (alert_rules_load(path, stderr, &rules))
		return -EIO; /* said; a fault of the file, not of usage */
	output_open(NULL, &out);
	printf("%s: %zu rules, no fault\n", path, rules.count);
	return output_commit(&out);
}

static int dispatch(const struct option_rest *rest)
{
	const char *what = rest->operands_count ? rest->operands[0] : "";

	if (!strcmp(what, "check") && rest->operands_count == 2)
		return check(rest->operands[1]);
	if (!strcmp(what, "check"))
		log_error("alerts check: name one FILE");
	else
		log_error("alerts: expected \"check FILE\"");
	return -EINVAL;
}

int cmd_alerts(int argc, char **argv)
{
	struct option_rest rest;
	char nothing;
	int err = options_parse(&cmd_alerts_spec, argc, argv, &nothing, &rest);

	return err > 0 ? EXIT_OK : exit_code_of(err ?: dispatch(&rest));
}
