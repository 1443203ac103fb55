/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output against a file that was looked at by a person. WEIR_GOLDEN_UPDATE=1 in the environment writes the files anew:
 * look at the difference before it is kept. Included by tests, after cmocka.h; run from the repository root.
 */
#ifndef WEIR_GOLDEN_H
#define WEIR_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *golden_read(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0 && text)
		text[0] = '\0';
	fclose(file);
	return text;
}

static void golden_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		fail_msg("%s cannot be written", path);
}

/* Fails with the difference where `came` is not what the file holds. */
static void golden_compare(const char *path, const char *came)
{
	char *expected, name[] = "/tmp/weir-golden-XXXXXX", command[512];
	const char *update = getenv("WEIR_GOLDEN_UPDATE");
	int fd;

	if (update && *update) {
		golden_write(path, came);
		return;
	}
	expected = golden_read(path);
	if (expected && !strcmp(expected, came)) {
		free(expected);
		return;
	}
	free(expected);
	fd = mkstemp(name);
	assert_true(fd >= 0);
	close(fd);
	golden_write(name, came);
	snprintf(command, sizeof(command), "diff -u --label expected --label came '%s' '%s' >&2", path, name);
	fflush(stdout);
	if (system(command) < 0)
		print_error("came: %s\n", came);
	unlink(name);
	fail_msg("%s: not what was expected (WEIR_GOLDEN_UPDATE=1 writes it anew)", path);
}

#endif
