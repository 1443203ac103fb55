/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/options.h"

enum { ARGUMENTS_MAX = 16, TEXT_SIZE = 8192 };

struct stat_options {
	uint64_t duration_ns;
	const char *output;
	struct option_list probes;
	struct option_pids pids;
	bool json, verbose;
};

static const struct option_spec stat_options_table[] = {
	{ 'd', "duration", OPTION_DURATION, offsetof(struct stat_options, duration_ns), "TIME",
	  "Stop after this time." },
	{ 'o', "output", OPTION_STRING, offsetof(struct stat_options, output), "FILE",
	  "Write there instead of to standard output; the file is replaced only once all has been written." },
	{ 'P', "probe", OPTION_LIST, offsetof(struct stat_options, probes), "PATTERN", "Measure these functions." },
	{ 'p', "pid", OPTION_PIDS, offsetof(struct stat_options, pids), "PID[,PID...]",
	  "Measure these processes." },
	{ 'j', "json", OPTION_FLAG, offsetof(struct stat_options, json), NULL, "Print JSON." },
	{ 'v', NULL, OPTION_FLAG, offsetof(struct stat_options, verbose), NULL, "Say more." },
	{ 0, "a-very-long-option-name", OPTION_STRING, offsetof(struct stat_options, output), "SOMETHING",
	  "Its help begins on a line of its own." },
	{ 0, NULL, OPTION_FLAG, 0, NULL, NULL },
};

static const struct command_spec stat_command = {
	.name = "stat",
	.synopsis = "TARGET [WHAT] [-d TIME] [--json] [--output FILE] [--probe PATTERN]... [-v] [-- COMMAND [ARGUMENT...]]",
	.summary = "Measure for a while, then print what was measured.",
	.options = stat_options_table,
	.details = "A first paragraph that is long enough that it has to be broken somewhere, for it has more than "
		   "eighty characters.\n\n  weir stat -p 1234    a line that begins with blanks goes on below its first "
		   "word\n",
	.takes_command = true,
	.takes_operands = true,
};

static const struct command_spec bare_command = {
	.name = "doctor",
	.synopsis = "[--json]",
	.summary = "Look at this machine.",
	.options = stat_options_table,
};

/* ---- running it ---------------------------------------------------------------------------------- */

struct run {
	struct stat_options options;
	struct option_rest rest;
	char *argv[ARGUMENTS_MAX];
	int argc;
	int result;
	char words[TEXT_SIZE], out[TEXT_SIZE], err[TEXT_SIZE];
};

struct capture {
	FILE *stream, *file;
	int saved_fd;
};

static struct capture capture_begin(FILE *stream)
{
	struct capture capture = { .stream = stream, .file = tmpfile() };

	assert_non_null(capture.file);
	fflush(stream);
	capture.saved_fd = dup(fileno(stream));
	assert_true(dup2(fileno(capture.file), fileno(stream)) >= 0);
	return capture;
}

static void capture_end(struct capture *capture, char *text)
{
	size_t length;

	fflush(capture->stream);
	dup2(capture->saved_fd, fileno(capture->stream));
	close(capture->saved_fd);
	rewind(capture->file);
	length = fread(text, 1, TEXT_SIZE - 1, capture->file);
	text[length] = '\0';
	fclose(capture->file);
}

/* The words of `line`, split at blanks, behind the command's name. */
static struct run *run_words(const struct command_spec *spec, const char *line)
{
	struct run *run = calloc(1, sizeof(*run));
	struct capture out, err;
	char *next = NULL;

	assert_non_null(run);
	snprintf(run->words, sizeof(run->words), "%s", line);
	run->argv[run->argc++] = (char *)spec->name;
	for (char *word = strtok_r(run->words, " ", &next); word; word = strtok_r(NULL, " ", &next)) {
		assert_true(run->argc < ARGUMENTS_MAX - 1);
		run->argv[run->argc++] = word;
	}
	run->options = (struct stat_options){ .duration_ns = 77, .output = "default" };
	run->rest.operands_count = 999;
	out = capture_begin(stdout);
	err = capture_begin(stderr);
	run->result = options_parse(spec, run->argc, run->argv, &run->options, &run->rest);
	capture_end(&err, run->err);
	capture_end(&out, run->out);
	return run;
}

static void run_free(struct run **run)
{
	option_list_free(&(*run)->options.probes);
	option_pids_free(&(*run)->options.pids);
	free(*run);
	*run = NULL;
}

#define _cleanup_run_ __attribute__((cleanup(run_free)))

static struct run *run_well(const char *line)
{
	struct run *run = run_words(&stat_command, line);

	if (run->result != 0 || run->err[0] || run->out[0])
		fail_msg("\"%s\": expected 0 and silence, got %d, \"%s\"", line, run->result, run->err);
	return run;
}

/* Refused with exactly one line, which is "weir: MESSAGE; see "weir NAME --help"". */
static void assert_refused(const struct command_spec *spec, const char *line, const char *message)
{
	_cleanup_run_ struct run *run = run_words(spec, line);
	char expected[TEXT_SIZE];

	snprintf(expected, sizeof(expected), "weir: %s; see \"weir %s --help\"\n", message, spec->name);
	if (run->result != -EINVAL || strcmp(run->err, expected) != 0 || run->out[0])
		fail_msg("\"%s\": expected \"%s\", got %d, \"%s\"", line, expected, run->result, run->err);
	assert_int_equal(run->rest.operands_count, 999);
}

/* ---- what is understood -------------------------------------------------------------------------- */

static void without_arguments_the_defaults_stay(void **state)
{
	_cleanup_run_ struct run *run = run_well("");

	(void)state;
	assert_int_equal(run->options.duration_ns, 77);
	assert_string_equal(run->options.output, "default");
	assert_false(run->options.json);
	assert_null(run->options.probes.values);
	assert_null(run->rest.command);
	assert_int_equal(run->rest.operands_count, 0);
}

static void a_value_may_be_attached_or_the_next_argument(void **state)
{
	static const char *const lines[] = { "--duration 5", "--duration=5", "-d 5", "-d5" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		_cleanup_run_ struct run *run = run_well(lines[i]);

		assert_int_equal(run->options.duration_ns, 5000000000);
	}
}

static void a_value_may_hold_an_equals_sign_begin_with_a_dash_or_be_empty(void **state)
{
	_cleanup_run_ struct run *equals = run_well("--output=a=b");
	_cleanup_run_ struct run *dash = run_well("-o -x");
	_cleanup_run_ struct run *empty = run_well("--output=");

	(void)state;
	assert_string_equal(equals->options.output, "a=b");
	assert_string_equal(dash->options.output, "-x");
	assert_string_equal(empty->options.output, "");
}

static void flags_may_stand_together_with_a_last_option_that_has_a_value(void **state)
{
	_cleanup_run_ struct run *run = run_well("-jvd250ms");

	(void)state;
	assert_true(run->options.json);
	assert_true(run->options.verbose);
	assert_int_equal(run->options.duration_ns, 250000000);
}

static void of_an_option_given_twice_the_last_wins(void **state)
{
	_cleanup_run_ struct run *run = run_well("-o a --output b -d 1 -d 2");

	(void)state;
	assert_string_equal(run->options.output, "b");
	assert_int_equal(run->options.duration_ns, 2000000000);
}

static void lists_gather_in_order(void **state)
{
	_cleanup_run_ struct run *run = run_well("--probe a -Pb -P c --probe=a -P1 -P2 -P3 -P4 -P5 -P6");

	(void)state;
	assert_int_equal(run->options.probes.count, 10);
	assert_string_equal(run->options.probes.values[0], "a");
	assert_string_equal(run->options.probes.values[1], "b");
	assert_string_equal(run->options.probes.values[2], "c");
	assert_string_equal(run->options.probes.values[3], "a");
	assert_string_equal(run->options.probes.values[9], "6");
}

static void pids_gather_without_duplicates(void **state)
{
	_cleanup_run_ struct run *run = run_well("-p 12,7 --pid=7 -p 2147483647,12");

	(void)state;
	assert_int_equal(run->options.pids.count, 3);
	assert_int_equal(run->options.pids.values[0], 12);
	assert_int_equal(run->options.pids.values[1], 7);
	assert_int_equal(run->options.pids.values[2], 2147483647);
}

static void operands_may_stand_between_options(void **state)
{
	_cleanup_run_ struct run *run = run_well("first -o out second - -j third");

	(void)state;
	assert_string_equal(run->options.output, "out");
	assert_true(run->options.json);
	assert_int_equal(run->rest.operands_count, 4);
	assert_string_equal(run->rest.operands[0], "first");
	assert_string_equal(run->rest.operands[1], "second");
	assert_string_equal(run->rest.operands[2], "-");
	assert_string_equal(run->rest.operands[3], "third");
	assert_null(run->rest.command);
}

static void what_follows_two_dashes_is_the_command_untouched(void **state)
{
	_cleanup_run_ struct run *run = run_well("-j one two -- sort -o x --json -- --help");

	(void)state;
	assert_string_equal(run->options.output, "default");
	assert_int_equal(run->rest.operands_count, 2);
	assert_string_equal(run->rest.command[0], "sort");
	assert_string_equal(run->rest.command[1], "-o");
	assert_string_equal(run->rest.command[2], "x");
	assert_string_equal(run->rest.command[3], "--json");
	assert_string_equal(run->rest.command[4], "--");
	assert_string_equal(run->rest.command[5], "--help");
	assert_null(run->rest.command[6]);
}

/* ---- what is refused ----------------------------------------------------------------------------- */

static void an_unknown_option_names_the_nearest(void **state)
{
	(void)state;
	assert_refused(&stat_command, "--dration 5", "unknown option --dration, did you mean --duration?");
	assert_refused(&stat_command, "--jsno", "unknown option --jsno, did you mean --json?");
	assert_refused(&stat_command, "--dur=5", "unknown option --dur, did you mean --duration?");
	assert_refused(&stat_command, "--hlep", "unknown option --hlep, did you mean --help?");
}

static void an_option_that_is_near_to_nothing_is_only_unknown(void **state)
{
	(void)state;
	assert_refused(&stat_command, "--frobnicate", "unknown option --frobnicate");
	assert_refused(&stat_command, "--xyz", "unknown option --xyz");
	assert_refused(&stat_command, "-x", "unknown option -x");
	assert_refused(&stat_command, "-jx", "unknown option -x");
	assert_refused(&stat_command, "--=5", "unknown option --");
}

static void a_missing_value_is_refused(void **state)
{
	(void)state;
	assert_refused(&stat_command, "--duration", "--duration needs a value: TIME");
	assert_refused(&stat_command, "-o", "--output needs a value: FILE");
	assert_refused(&stat_command, "-o -- true", "--output needs a value: FILE");
}

static void a_flag_with_a_value_is_refused(void **state)
{
	(void)state;
	assert_refused(&stat_command, "--json=yes", "--json takes no value");
	assert_refused(&stat_command, "--help=me", "--help takes no value");
}

static void a_bad_duration_is_refused(void **state)
{
	(void)state;
	assert_refused(&stat_command, "-d soon",
		       "--duration needs a time above 0 such as 10 (seconds), 250ms or 2m, not \"soon\"");
	assert_refused(&stat_command, "-d 0",
		       "--duration needs a time above 0 such as 10 (seconds), 250ms or 2m, not \"0\"");
	assert_refused(&stat_command, "-d 99999999999999h", "--duration: \"99999999999999h\" is too long a time");
}

static void bad_pids_are_refused(void **state)
{
	static const char *const bad[] = {
		"0", "-1", "+1", "1,", ",1", "1,,2", "1x", "x", "", "2147483648", "99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char line[64], message[128];

		snprintf(line, sizeof(line), "--pid=%s", bad[i]);
		snprintf(message, sizeof(message),
			 "--pid needs process ids such as 1234 or 1234,1250, not \"%s\"", bad[i]);
		assert_refused(&stat_command, line, message);
	}
}

static void two_dashes_without_a_command_are_refused(void **state)
{
	(void)state;
	assert_refused(&stat_command, "-j --", "no command follows \"--\"");
}

static void what_a_command_does_not_take_is_refused(void **state)
{
	(void)state;
	assert_refused(&bare_command, "word", "\"word\" is not an option");
	assert_refused(&bare_command, "-- true", "weir doctor starts no command, so nothing may follow \"--\"");
}

/* ---- help ---------------------------------------------------------------------------------------- */

static void help_goes_to_stdout_and_gives_1(void **state)
{
	static const char *const lines[] = { "--help", "-h", "-jh", "-j word --help --unknown" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		_cleanup_run_ struct run *run = run_words(&stat_command, lines[i]);

		assert_int_equal(run->result, 1);
		assert_string_equal(run->err, "");
		assert_memory_equal(run->out, "Usage: weir stat TARGET", 23);
		assert_int_equal(run->rest.operands_count, 999);
	}
}

static void help_comes_from_the_table_and_fits_80_columns(void **state)
{
	static const char expected[] =
		"Usage: weir stat TARGET [WHAT] [-d TIME] [--json] [--output FILE]\n"
		"                 [--probe PATTERN]... [-v] [-- COMMAND [ARGUMENT...]]\n"
		"\n"
		"Measure for a while, then print what was measured.\n"
		"\n"
		"Options:\n"
		"  -d, --duration TIME       Stop after this time.\n"
		"  -o, --output FILE         Write there instead of to standard output; the file\n"
		"                            is replaced only once all has been written.\n"
		"  -P, --probe PATTERN       Measure these functions.\n"
		"  -p, --pid PID[,PID...]    Measure these processes.\n"
		"  -j, --json                Print JSON.\n"
		"  -v                        Say more.\n"
		"      --a-very-long-option-name SOMETHING\n"
		"                            Its help begins on a line of its own.\n"
		"  -h, --help                Show this help and exit.\n"
		"\n"
		"A first paragraph that is long enough that it has to be broken somewhere, for it\n"
		"has more than eighty characters.\n"
		"\n"
		"  weir stat -p 1234    a line that begins with blanks goes on below its first\n"
		"  word\n";
	_cleanup_run_ struct run *run = run_words(&stat_command, "--help");

	(void)state;
	assert_string_equal(run->out, expected);
	for (const char *line = run->out; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 80);
}

static void freed_lists_are_empty_and_may_be_freed_again(void **state)
{
	_cleanup_run_ struct run *run = run_well("-P a -p 1");

	(void)state;
	option_list_free(&run->options.probes);
	option_pids_free(&run->options.pids);
	assert_null(run->options.probes.values);
	assert_int_equal(run->options.probes.count, 0);
	assert_null(run->options.pids.values);
	assert_int_equal(run->options.pids.capacity, 0);
	option_list_free(NULL);
	option_pids_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_arguments_the_defaults_stay),
		cmocka_unit_test(a_value_may_be_attached_or_the_next_argument),
		cmocka_unit_test(a_value_may_hold_an_equals_sign_begin_with_a_dash_or_be_empty),
		cmocka_unit_test(flags_may_stand_together_with_a_last_option_that_has_a_value),
		cmocka_unit_test(of_an_option_given_twice_the_last_wins),
		cmocka_unit_test(lists_gather_in_order),
		cmocka_unit_test(pids_gather_without_duplicates),
		cmocka_unit_test(operands_may_stand_between_options),
		cmocka_unit_test(what_follows_two_dashes_is_the_command_untouched),
		cmocka_unit_test(an_unknown_option_names_the_nearest),
		cmocka_unit_test(an_option_that_is_near_to_nothing_is_only_unknown),
		cmocka_unit_test(a_missing_value_is_refused),
		cmocka_unit_test(a_flag_with_a_value_is_refused),
		cmocka_unit_test(a_bad_duration_is_refused),
		cmocka_unit_test(bad_pids_are_refused),
		cmocka_unit_test(two_dashes_without_a_command_are_refused),
		cmocka_unit_test(what_a_command_does_not_take_is_refused),
		cmocka_unit_test(help_goes_to_stdout_and_gives_1),
		cmocka_unit_test(help_comes_from_the_table_and_fits_80_columns),
		cmocka_unit_test(freed_lists_are_empty_and_may_be_freed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
