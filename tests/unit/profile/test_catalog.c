/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which directories profiles come from, which of two wins, and what becomes of broken ones. */
#include "profile/catalog.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"

static char root[64];

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/weir-catalog-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	unsetenv("WEIR_PROFILES");
	unsetenv("XDG_CONFIG_HOME");
	return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Valid until the fourth call from now. */
static const char *below(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static void make_directory(const char *name)
{
	assert_int_equal(mkdir(below(name), 0700), 0);
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(below(name), "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void write_profile(const char *name, const char *engine, const char *summary)
{
	char text[256];

	snprintf(text, sizeof(text), "engine: %s\nsummary: %s\nmatch: {module: m}\nprobes: [{function: f}]\n",
		 engine, summary);
	write_file(name, text);
}

static struct catalog *loaded(const char *extra_dir)
{
	struct catalog *catalog = NULL;

	assert_int_equal(catalog_load(extra_dir, &catalog), 0);
	return catalog;
}

static void assert_summary(struct catalog *catalog, const char *name, const char *summary)
{
	const struct profile *profile = NULL;

	assert_int_equal(catalog_find(catalog, name, &profile), 0);
	assert_string_equal(profile->summary, summary);
}

/* What is written to stderr between begin and end. */
struct capture {
	int saved;
	FILE *file;
};

static struct capture capture_begin(void)
{
	struct capture c = { .file = tmpfile() };

	fflush(stderr);
	assert_non_null(c.file);
	c.saved = dup(STDERR_FILENO);
	dup2(fileno(c.file), STDERR_FILENO);
	return c;
}

static void capture_end(struct capture *c, char *text, size_t size)
{
	size_t n;

	fflush(stderr);
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	rewind(c->file);
	n = fread(text, 1, size - 1, c->file);
	text[n] = '\0';
	fclose(c->file);
}

static void the_first_directory_wins_for_an_engine(void **state)
{
	_cleanup_(catalog_free) struct catalog *catalog = NULL;
	char list[256];

	(void)state;
	make_directory("extra");
	make_directory("one");
	make_directory("two");
	write_profile("extra/a.yaml", "test-a", "extra");
	write_profile("one/a.yaml", "test-a", "one");
	write_profile("one/b.yaml", "test-b", "one");
	write_profile("two/b.yaml", "test-b", "two");
	write_profile("two/c.yaml", "test-c", "two");
	snprintf(list, sizeof(list), "%s::%s", below("one"), below("two"));
	setenv("WEIR_PROFILES", list, 1);
	catalog = loaded(below("extra"));
	assert_summary(catalog, "test-a", "extra");
	assert_summary(catalog, "test-b", "one");
	assert_summary(catalog, "test-c", "two");
	assert_true(catalog_count(catalog) >= 3);
	assert_string_equal(catalog_at(catalog, 0)->engine, "test-a");
	assert_string_equal(catalog_at(catalog, 1)->engine, "test-b");
	assert_string_equal(catalog_at(catalog, 2)->engine, "test-c");
	assert_null(catalog_at(catalog, catalog_count(catalog)));
}

static void the_users_own_directory_is_read_unless_weir_profiles_is_set(void **state)
{
	_cleanup_(catalog_free) struct catalog *with = NULL, *without = NULL;
	const struct profile *profile = NULL;
	struct capture capture;
	char said[1024];

	(void)state;
	make_directory("config");
	make_directory("config/weir");
	make_directory("config/weir/profiles");
	write_profile("config/weir/profiles/a.yaml", "test-own", "own");
	setenv("XDG_CONFIG_HOME", below("config"), 1);
	with = loaded(NULL);
	assert_summary(with, "test-own", "own");
	setenv("WEIR_PROFILES", "", 1);
	without = loaded(NULL);
	capture = capture_begin();
	assert_int_equal(catalog_find(without, "test-own", &profile), -ENOENT);
	capture_end(&capture, said, sizeof(said));
	assert_non_null(strstr(said, "there is no profile \"test-own\""));
	assert_null(profile);
}

static void a_broken_file_is_complained_of_and_passed_over(void **state)
{
	_cleanup_(catalog_free) struct catalog *catalog = NULL;
	struct capture capture;
	char said[1024];

	(void)state;
	make_directory("d");
	write_file("d/a.yaml", "engine: [\n");
	write_profile("d/b.yaml", "test-b", "good");
	capture = capture_begin();
	catalog = loaded(below("d"));
	capture_end(&capture, said, sizeof(said));
	assert_non_null(strstr(said, "/d/a.yaml:2:1: no YAML"));
	assert_summary(catalog, "test-b", "good");
}

static void only_plain_files_that_end_in_yaml_are_read(void **state)
{
	_cleanup_(catalog_free) struct catalog *catalog = NULL;
	struct capture capture;
	char said[1024];

	(void)state;
	make_directory("d");
	write_profile("d/.a.yaml", "test-hidden", "x");
	write_profile("d/b.yml", "test-yml", "x");
	write_profile("d/.yaml", "test-bare", "x");
	make_directory("d/c.yaml");
	assert_int_equal(mkfifo(below("d/pipe.yaml"), 0600), 0);
	write_profile("d/z.yaml", "test-z", "good");
	capture = capture_begin();
	catalog = loaded(below("d"));
	capture_end(&capture, said, sizeof(said));
	assert_string_equal(catalog_at(catalog, 0)->engine, "test-z");
	assert_non_null(strstr(said, "pipe.yaml"));
}

static void a_directory_that_is_reached_twice_is_read_once(void **state)
{
	_cleanup_(catalog_free) struct catalog *catalog = NULL;
	struct capture capture;
	char said[1024], *first;

	(void)state;
	make_directory("d");
	write_file("d/a.yaml", "engine: [\n");
	assert_int_equal(symlink(below("d"), below("link")), 0);
	setenv("WEIR_PROFILES", below("link"), 1);
	capture = capture_begin();
	catalog = loaded(below("d"));
	capture_end(&capture, said, sizeof(said));
	first = strstr(said, "a.yaml:2:1");
	assert_non_null(first);
	assert_null(strstr(first + 1, "a.yaml:2:1"));
}

static void a_path_finds_the_profile_in_that_file(void **state)
{
	_cleanup_(catalog_free) struct catalog *catalog = NULL;
	const struct profile *profile = NULL;
	struct capture capture;
	char said[1024];

	(void)state;
	write_profile("mine.yaml", "test-mine", "mine");
	setenv("WEIR_PROFILES", "", 1);
	catalog = loaded(NULL);
	assert_summary(catalog, below("mine.yaml"), "mine");
	capture = capture_begin();
	assert_int_equal(catalog_find(catalog, below("none.yaml"), &profile), -ENOENT);
	capture_end(&capture, said, sizeof(said));
	assert_non_null(strstr(said, "none.yaml: cannot be read"));
	assert_null(profile);
}

static void directories_that_do_not_exist_are_passed_over_in_silence(void **state)
{
	_cleanup_(catalog_free) struct catalog *catalog = NULL;
	struct capture capture;
	char said[1024];

	(void)state;
	setenv("WEIR_PROFILES", below("nowhere"), 1);
	capture = capture_begin();
	catalog = loaded(below("nothing"));
	capture_end(&capture, said, sizeof(said));
	assert_string_equal(said, "");
}

#define CATALOG_TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CATALOG_TEST(the_first_directory_wins_for_an_engine),
		CATALOG_TEST(the_users_own_directory_is_read_unless_weir_profiles_is_set),
		CATALOG_TEST(a_broken_file_is_complained_of_and_passed_over),
		CATALOG_TEST(only_plain_files_that_end_in_yaml_are_read),
		CATALOG_TEST(a_directory_that_is_reached_twice_is_read_once),
		CATALOG_TEST(a_path_finds_the_profile_in_that_file),
		CATALOG_TEST(directories_that_do_not_exist_are_passed_over_in_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
