/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir alerts: are the rules in a file right, and what are they for Prometheus? */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alert/alert_prometheus.h"
#include "alert/alert_rule.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/output.h"
#include "cmd/commands.h"

static const struct option_spec options[] = { { 0 } };

const struct command_spec cmd_alerts_spec = {
	.name = "alerts",
	.synopsis = "check FILE | convert FILE",
	.summary = "check a file of alert rules, or print it as one of Prometheus",
	.options = options,
	.details = "check prints each fault as FILE:LINE:COLUMN with what was expected, and exits 1 if there are any. "
		   "convert prints the rules as a rule file of Prometheus; a rule that has no counterpart there is left out with a "
		   "sentence on stderr, and the exit code is 1 then.",
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

static int convert(const char *path)
{
	_cleanup_(alert_rules_clear) struct alert_rules rules = { 0 };
	const char *slash = strrchr(path, '/');
	struct output out;
	int left_out, err;

	if (alert_rules_load(path, stderr, &rules))
		return -EIO; /* said; a fault of the file, not of usage */
	output_open(NULL, &out);
	left_out = alert_prometheus_rules(&rules, slash ? slash + 1 : path, path, stdout, stderr);
	if (left_out < 0)
		log_error("out of memory");
	err = output_commit(&out);
	return err ?: left_out ? -EIO : 0;
}

static int dispatch(const struct option_rest *rest)
{
	const char *what = rest->operands_count ? rest->operands[0] : "";
	bool is_check = !strcmp(what, "check"), is_convert = !strcmp(what, "convert");

	if ((is_check || is_convert) && rest->operands_count == 2)
		return is_check ? check(rest->operands[1]) : convert(rest->operands[1]);
	if (is_check || is_convert)
		log_error("alerts %s: name one FILE", what);
	else
		log_error("alerts: expected \"check FILE\" or \"convert FILE\"");
	return -EINVAL;
}

int cmd_alerts(int argc, char **argv)
{
	struct option_rest rest;
	char nothing;
	int err = options_parse(&cmd_alerts_spec, argc, argv, &nothing, &rest);

	return err > 0 ? EXIT_OK : exit_code_of(err ?: dispatch(&rest));
}
