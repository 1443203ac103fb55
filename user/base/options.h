/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command-line options as data: each subcommand has an options struct and one constant table that says where
 * each option lands in it. Parsing, --help and the man page's synopsis come from the same table.
 */
#ifndef WEIR_OPTIONS_H
#define WEIR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
	OPTION_FLAG,     /* bool: set to true */
	OPTION_STRING,   /* const char *: points into argv */
	OPTION_LIST,     /* struct option_list: may be given several times */
	OPTION_PIDS,     /* struct option_pids: PID[,PID...], may be given several times; each > 0, duplicates dropped */
	OPTION_SIZE,     /* uint64_t, bytes or a number of things: 4096, 64k, 1.5GiB (powers of 1024); > 0 */
	OPTION_DURATION, /* uint64_t, ns: 10, 2.5 (seconds), 250ms, 2m, 1h, 10us; > 0 */
};

struct option_list {
	const char **values; /* owned; the strings point into argv */
	size_t count, capacity;
};

struct option_pids {
	uint32_t *values; /* owned */
	size_t count, capacity;
};

struct option_spec {
	char letter;          /* 0: none */
	const char *name;     /* without "--"; NULL: none */
	enum option_type type;
	size_t offset;        /* offsetof the member in the options struct */
	const char *argument; /* name of the argument in --help; NULL for flags */
	const char *help;     /* one sentence */
};

struct command_spec {
	const char *name;      /* "stat" */
	const char *synopsis;  /* "TARGET [WHAT] [-d SECONDS] [--json]" */
	const char *summary;   /* one sentence */
	const struct option_spec *options; /* ends with an entry without letter and name */
	const char *details;   /* further paragraphs of --help, or NULL */
	bool takes_command;    /* "-- COMMAND [ARGS...]" is allowed */
	bool takes_operands;   /* operands other than a command are allowed */
};

struct option_rest {
	char **command;  /* what follows "--", NULL-terminated; NULL: no "--" */
	char **operands; /* operands before "--"; they point into argv */
	size_t operands_count;
};

/*
 * Parse argv[1 ..] by `spec` into `options` (already holding its defaults). `-h`/`--help` are known to every command.
 * Returns 0; 1 where --help was asked for and printed to stdout; -EINVAL after one sentence on stderr that names
 * the option, what was wrong, and "weir NAME --help" (unknown options name the nearest known one); -ENOMEM. `options`
 * may be filled in part then: free its lists all the same. Long options take "--name value" and "--name=value", letters
 * "-d5" and "-d 5"; flags may stand together, "-jv". Options and operands may be mixed; both end at the first "--".
 * "-" is an operand. An option given twice that is no list: the last wins. The pointers of argv are moved so that the
 * operands come first: argv[argc] must be NULL, and argv must live as long as `options` and `ret_rest`.
 */
int options_parse(const struct command_spec *spec, int argc, char **argv, void *options, struct option_rest *ret_rest);
void options_help(const struct command_spec *spec, FILE *out); /* fits 80 columns */

void option_list_free(struct option_list *list);
void option_pids_free(struct option_pids *pids);

#endif
