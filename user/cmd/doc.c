/* SPDX-License-Identifier: GPL-2.0-or-later */
/* weir doc: documentation that is generated from the program's own tables. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/output.h"
#include "cmd/commands.h"
#include "model/metrics.h"

static const struct option_spec options[] = { { 0 } };

const struct command_spec cmd_doc_spec = {
	.name = "doc",
	.synopsis = "metrics",
	.summary = "print the reference of the metrics, in Markdown",
	.options = options,
	.takes_operands = true,
};

static int print_metrics(void)
{
	struct output out;

	output_open(NULL, &out);
	metrics_write_markdown(stdout);
	return output_commit(&out);
}

int cmd_doc(int argc, char **argv)
{
	struct option_rest rest;
	char nothing;
	int err = options_parse(&cmd_doc_spec, argc, argv, &nothing, &rest);

	if (!err && (rest.operands_count != 1 || strcmp(rest.operands[0], "metrics"))) {
		log_error("doc: expected \"metrics\"");
		err = -EINVAL;
	}
	return err > 0 ? EXIT_OK : exit_code_of(err ?: print_metrics());
}
