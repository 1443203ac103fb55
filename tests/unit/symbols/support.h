/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory for one test program, and files made in it with the compiler and binutils. */
#ifndef WEIR_TESTS_SYMBOLS_SUPPORT_H
#define WEIR_TESTS_SYMBOLS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "symbols/module.h"

#define SOURCES "tests/targets/symbols/"

/* Run a shell command in which DIR stands for the directory of the test; it has to succeed. */
static inline void shell(const char *dir, const char *command)
{
	char *line;

	assert_true(asprintf(&line,
			     "export DIR='%s'; { %s; } >\"$DIR/output\" 2>&1 ||"
			     " { cat \"$DIR/output\"; exit 1; }",
			     dir, command) > 0);
	assert_int_equal(system(line), 0);
	free(line);
}

static inline int directory_make(void **state)
{
	const char *base = getenv("TMPDIR");
	char *dir;

	log_set_level(LOG_LEVEL_ERROR);
	if (asprintf(&dir, "%s/weir-symbols-XXXXXX", base ? base : "/tmp") < 0 || !mkdtemp(dir))
		return -1;
	*state = dir;
	return 0;
}

static inline int directory_remove(void **state)
{
	char *line;

	if (asprintf(&line, "rm -rf '%s'", (char *)*state) < 0 || system(line) != 0)
		return -1;
	free(line);
	free(*state);
	return 0;
}

/* Messages of refusals that a test provokes are not for the reader of its output. */
static inline int open_quietly(const char *dir, const char *name, const char *root, struct module **ret_module)
{
	int null = dup(STDERR_FILENO), err;
	char *path;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	assert_non_null(freopen("/dev/null", "w", stderr));
	err = module_open(path, path, root, ret_module);
	fflush(stderr);
	dup2(null, STDERR_FILENO);
	close(null);
	free(path);
	return err;
}

static inline struct module *module_get(const char *dir, const char *name)
{
	struct module *module = NULL;
	char *path;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	assert_int_equal(module_open(path, path, "", &module), 0);
	free(path);
	return module;
}

/* How many functions match; the first of them, else zeroes, in *ret_first, which may be NULL. */
static inline size_t find(struct module *module, const char *pattern, struct function *ret_first)
{
	struct function *functions;
	size_t count;

	assert_int_equal(module_find(module, pattern, &functions, &count), 0);
	if (ret_first)
		*ret_first = count ? functions[0] : (struct function){0};
	free(functions);
	return count;
}

/* What `nm` says, so that the tests do not ask the code under test for its own truth. */
static inline uint64_t nm_address(const char *dir, const char *file, const char *name)
{
	char *line, text[64] = "";
	FILE *pipe;

	assert_true(asprintf(&line, "nm '%s/%s' | awk '$3 == \"%s\" { print $1; exit }'", dir, file, name) > 0);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(text, sizeof(text), pipe));
	pclose(pipe);
	free(line);
	return strtoull(text, NULL, 16);
}

#endif
