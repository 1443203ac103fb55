/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "symbols/glob.h"

static bool matches(const char *pattern, const char *text)
{
	return glob_match(pattern, text, strlen(text));
}

static void a_literal_matches_only_itself(void **state)
{
	(void)state;
	assert_true(matches("main", "main"));
	assert_false(matches("main", "main2"));
	assert_false(matches("main2", "main"));
	assert_true(matches("", ""));
	assert_false(matches("", "a"));
}

static void a_star_takes_any_run_also_an_empty_one(void **state)
{
	(void)state;
	assert_true(matches("sqlite3Btree*", "sqlite3BtreeEnter"));
	assert_true(matches("sqlite3Btree*", "sqlite3Btree"));
	assert_false(matches("sqlite3Btree*", "sqlite3_step"));
	assert_true(matches("*a*b*", "xxaxxbxx"));
	assert_false(matches("*a*b", "xxbxxaxx"));
	assert_true(matches("a*b*c", "abbbcbc"));
	assert_true(matches("**", "anything"));
	assert_true(matches("std::*", "std::vector<int>::at(unsigned long)"));
}

static void a_question_mark_takes_one_character(void **state)
{
	(void)state;
	assert_true(matches("a?c", "abc"));
	assert_false(matches("a?c", "ac"));
	assert_false(matches("?", ""));
}

static void brackets_take_one_of_a_set(void **state)
{
	(void)state;
	assert_true(matches("v[0-9]", "v7"));
	assert_false(matches("v[0-9]", "vx"));
	assert_true(matches("v[!0-9]", "vx"));
	assert_true(matches("v[^0-9]", "vx"));
	assert_false(matches("v[!0-9]", "v7"));
	assert_true(matches("[]x]", "]"));
	assert_true(matches("[a-]", "-"));
	assert_true(matches("*[ab]", "xxxb"));
}

static void an_open_bracket_stands_for_itself(void **state)
{
	(void)state;
	assert_true(matches("operator[]", "operator[]"));
	assert_true(matches("a[b", "a[b"));
	assert_false(matches("a[b", "ab"));
}

static void a_backslash_takes_the_next_character_as_it_is(void **state)
{
	(void)state;
	assert_true(matches("operator\\*", "operator*"));
	assert_false(matches("operator\\*", "operator+"));
	assert_true(matches("a\\", "a\\"));
}

static void text_behind_the_length_is_not_looked_at(void **state)
{
	(void)state;
	assert_true(glob_match("store::add", "store::add(int)", 10));
	assert_false(glob_match("store::add(int)", "store::add(int)", 10));
}

/* With backtracking over every star this would take longer than the sun has left. */
static void many_stars_end(void **state)
{
	char text[4001];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[4000] = '\0';
	assert_false(matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_literal_matches_only_itself),
		cmocka_unit_test(a_star_takes_any_run_also_an_empty_one),
		cmocka_unit_test(a_question_mark_takes_one_character),
		cmocka_unit_test(brackets_take_one_of_a_set),
		cmocka_unit_test(an_open_bracket_stands_for_itself),
		cmocka_unit_test(a_backslash_takes_the_next_character_as_it_is),
		cmocka_unit_test(text_behind_the_length_is_not_looked_at),
		cmocka_unit_test(many_stars_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
