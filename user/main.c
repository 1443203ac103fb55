/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of subcommands, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "base/edit_distance.h"
#include "base/log.h"
#include "base/version.h"
#include "cmd/commands.h"

static const struct command commands[] = {
	{ &cmd_stat_spec, cmd_stat },
	{ &cmd_snapshot_spec, cmd_snapshot },
	{ &cmd_top_spec, cmd_top },
	{ &cmd_watch_spec, cmd_watch },
	{ &cmd_alerts_spec, cmd_alerts },
	{ &cmd_list_spec, cmd_list },
	{ &cmd_doctor_spec, cmd_doctor },
	{ &cmd_profile_spec, cmd_profile },
	{ &cmd_doc_spec, cmd_doc },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	fprintf(out, "weir measures the queries and operators of running processes.\n\n"
		     "usage: weir COMMAND [OPTIONS]\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].spec->name, commands[i].spec->summary);
	fprintf(out, "\n\"weir COMMAND --help\" says more; \"weir --version\" tells the version.\n");
}

static int unknown_command(const char *name)
{
	const char *nearest = NULL;
	size_t best = 3;

	for (size_t i = 0; i < COMMANDS; i++) {
		size_t distance = edit_distance(name, commands[i].spec->name, best);

		if (distance < best) {
			best = distance;
			nearest = commands[i].spec->name;
		}
	}
	if (nearest)
		log_error("there is no command \"%s\"; did you mean \"%s\"?", name, nearest);
	else
		log_error("there is no command \"%s\"; \"weir --help\" lists them", name);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("weir %s\n", WEIR_VERSION);
		return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].spec->name))
			return commands[i].run(argc - 1, argv + 1);
	return unknown_command(argv[1]);
}
