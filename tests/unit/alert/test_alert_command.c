/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --on-alert: the document arrives, nobody waits, and what is beyond the most that may run is skipped and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alert/alert_command.h"

#define SECOND 1000000000ULL
#define PATIENCE (60 * SECOND)

/* A directory of the test's own. */
static int make_directory(void **state)
{
	char *path = strdup("/tmp/weir-command-XXXXXX");

	*state = path;
	return !path || !mkdtemp(path);
}

static int remove_directory(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", (const char *)*state);
	if (system(command))
		return -1;
	free(*state);
	return 0;
}

static void the_document_arrives_whole(void **state)
{
	char shell[256], path[128], expected[200001], *came = calloc(1, sizeof(expected) + 1);
	struct alert_command c = { .command = shell };
	FILE *file;

	assert_non_null(came);
	memset(expected, 'x', sizeof(expected) - 1);
	expected[sizeof(expected) - 1] = '\0';
	snprintf(path, sizeof(path), "%s/document", (const char *)*state);
	snprintf(shell, sizeof(shell), "cat >'%s'", path);
	assert_int_equal(alert_command_run(&c, expected), 0);
	alert_command_finish(&c, PATIENCE);
	assert_int_equal(c.running_count, 0);
	assert_int_equal(c.failed, 0);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(came, 1, sizeof(expected), file), sizeof(expected) - 1);
	assert_string_equal(came, expected);
	fclose(file);
	free(came);
}

/* Each run waits until the test lets it go on, so that all of them surely still run when the next one is asked for. */
static void what_is_beyond_the_most_is_skipped_and_counted(void **state)
{
	char shell[256], gate[128];
	struct alert_command c = { .command = shell };
	FILE *open_gate;

	snprintf(gate, sizeof(gate), "%s/gate", (const char *)*state);
	assert_int_equal(mkfifo(gate, 0600), 0);
	snprintf(shell, sizeof(shell), "read -r line <'%s'", gate);
	for (int i = 0; i < ALERT_COMMANDS_MAX; i++)
		assert_int_equal(alert_command_run(&c, "{}"), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(alert_command_run(&c, "{}"), -EBUSY);
	alert_command_reap(&c);
	assert_int_equal(c.started, ALERT_COMMANDS_MAX);
	assert_int_equal(c.running_count, ALERT_COMMANDS_MAX);
	assert_int_equal(c.skipped, 3);
	assert_int_equal(c.failed, 0);

	/* The end does not wait for those that do not end. */
	alert_command_finish(&c, 0);
	assert_int_equal(c.running_count, ALERT_COMMANDS_MAX);

	/* One ends, so there is room for one. */
	kill(c.running[3], SIGKILL);
	while (c.running_count == ALERT_COMMANDS_MAX) {
		usleep(1000);
		alert_command_reap(&c);
	}
	assert_int_equal(c.failed, 1);
	assert_int_equal(alert_command_run(&c, "{}"), 0);
	assert_int_equal(alert_command_run(&c, "{}"), -EBUSY);
	assert_int_equal(c.skipped, 4);

	open_gate = fopen(gate, "w"); /* when there is a reader */
	assert_non_null(open_gate);
	for (int i = 0; i < ALERT_COMMANDS_MAX; i++)
		kill(c.running[i], SIGKILL);
	fclose(open_gate);
	alert_command_finish(&c, PATIENCE);
	assert_int_equal(c.running_count, 0);
	assert_int_equal(c.started, ALERT_COMMANDS_MAX + 1);
	assert_int_equal(c.failed, ALERT_COMMANDS_MAX + 1);
}

static void a_status_other_than_0_is_counted(void **state)
{
	struct alert_command c = { .command = "exit 3" };

	(void)state;
	assert_int_equal(alert_command_run(&c, "{}"), 0);
	alert_command_finish(&c, PATIENCE);
	assert_int_equal(c.failed, 1);
	c.command = "/nowhere/program 2>/dev/null";
	assert_int_equal(alert_command_run(&c, "{}"), 0);
	alert_command_finish(&c, PATIENCE);
	assert_int_equal(c.failed, 2);
	assert_int_equal(c.started, 2);
	assert_int_equal(c.skipped, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_document_arrives_whole, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(what_is_beyond_the_most_is_skipped_and_counted, make_directory, remove_directory),
		cmocka_unit_test(a_status_other_than_0_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
