/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The YAML layer: where values stand, and what no profile may hold. */
#include "profile/profile_document.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static char *complaints_of(const char *text, size_t size, int *ret_err)
{
	_cleanup_(document_clear) struct document_value root = { 0 };
	_cleanup_(complaints_clear) struct complaints complaints = { 0 };
	char *said = NULL;
	size_t length;
	FILE *out = open_memstream(&said, &length);

	assert_non_null(out);
	*ret_err = document_parse(text, size, &complaints, &root);
	complaints_print(&complaints, "f", out);
	fclose(out);
	return said;
}

static void assert_says_sized(const char *text, size_t size, int expected_err, const char *expected)
{
	int err;
	_cleanup_free_ char *said = complaints_of(text, size, &err);

	if (err != expected_err || strncmp(said, expected, strlen(expected)) != 0 || (!*expected && *said))
		fail_msg("\"%.60s\" gave %d and said:\n%sexpected %d and:\n%s", text, err, said, expected_err,
			 expected);
}

static void assert_says(const char *text, int expected_err, const char *expected)
{
	assert_says_sized(text, strlen(text), expected_err, expected);
}

static struct document_value document_of(const char *text)
{
	_cleanup_(complaints_clear) struct complaints complaints = { 0 };
	struct document_value root = { 0 };

	assert_int_equal(document_parse(text, strlen(text), &complaints, &root), 0);
	assert_int_equal(complaints.count, 0);
	return root;
}

static void values_know_their_line_and_column(void **state)
{
	_cleanup_(document_clear) struct document_value root = document_of("# note\na: b\nc:\n  - d\n  - {e: "
									   "f}\n");
	const struct document_value *list = document_find(&root, "c");

	(void)state;
	assert_int_equal(root.kind, DOCUMENT_MAPPING);
	assert_int_equal(document_find(&root, "a")->line, 2);
	assert_int_equal(document_find(&root, "a")->column, 4);
	assert_int_equal(list->kind, DOCUMENT_LIST);
	assert_int_equal(list->items_count, 2);
	assert_int_equal(list->items[1].line, 5);
	assert_int_equal(list->items[1].column, 5);
	assert_null(document_find(&root, "b"));
}

static unsigned column_of_x(const char *text)
{
	_cleanup_(document_clear) struct document_value root = document_of(text);
	const struct document_value *value = document_find(&root, "a");

	return document_column(value, (size_t)(strchr(value->text, 'x') - value->text));
}

static void a_byte_of_text_has_its_column_where_the_file_shows_it_letter_by_letter(void **state)
{
	(void)state;
	assert_int_equal(column_of_x("a: 1 + x"), 8);
	assert_int_equal(column_of_x("a: '1 + x'"), 9);
	assert_int_equal(column_of_x("a: \"1 + x\""), 9);
	assert_int_equal(column_of_x("{a: 1 + x, b: 2}"), 9);
	assert_int_equal(column_of_x("a: \xc3\xa4 x"), 6); /* columns are characters */
}

static void a_byte_of_text_that_was_escaped_or_folded_has_no_column(void **state)
{
	(void)state;
	assert_int_equal(column_of_x("a: 'it''s x'"), 0);
	assert_int_equal(column_of_x("a: \"\\t x\""), 0);
	assert_int_equal(column_of_x("a: 1\n  + x"), 0);
	assert_int_equal(column_of_x("a: |\n  1 + x\n"), 0);
}

static void faults_of_grammar_have_a_place(void **state)
{
	(void)state;
	assert_says("a: b\nc: [1, 2\nd: e\n", -EINVAL, "f:3:2: no YAML: ");
	assert_says("a:\n\t- b\n", -EINVAL, "f:2:1: no YAML: ");
	assert_says("a: *(u32 *)arg1\n", -EINVAL,
		    "f:1:5: no YAML: did not find expected alphabetic or numeric character while "
		    "scanning an alias; an expression that begins with \"*\" needs quotes\n");
}

static void bytes_that_are_no_text_have_a_place(void **state)
{
	(void)state;
	assert_says("a: b\nc: \xff\n", -EINVAL, "f:2:4: no text: ");
	assert_says("a: \x01\n", -EINVAL, "f:1:4: no text: ");
	assert_says_sized("\xff\xfe\x61\0\x3a\0", 6, -EINVAL, "f:1:1: no text: ");
}

static void an_empty_file_is_refused(void **state)
{
	(void)state;
	assert_says("", -EINVAL, "f:1:1: an empty file");
	assert_says("# only a note\n", -EINVAL, "f:1:1: an empty file");
}

static void a_second_document_is_refused(void **state)
{
	(void)state;
	assert_says("a: b\n---\nc: d\n", 0, "f:2:1: a second document");
	assert_says("---\na: b\n...\n", 0, "");
}

static void anchors_aliases_and_tags_are_refused(void **state)
{
	(void)state;
	assert_says("a: &x b\n", 0, "f:1:4: an anchor");
	assert_says("a: &x [b]\n", 0, "f:1:4: an anchor");
	assert_says("a: *x\n", 0, "f:1:4: an alias");
	assert_says("a: !!int 3\n", 0, "f:1:4: a tag");
	assert_says("a: !ret\n", 0,
		    "f:1:4: a tag (!name), expected the value alone; text that begins with \"!\" needs "
		    "quotes");
	assert_says("? *x\n: b\n", 0, "f:1:3: an alias");
}

static void a_bomb_of_aliases_is_not_unfolded(void **state)
{
	static const char bomb[] = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n";
	int err;
	_cleanup_free_ char *said = complaints_of(bomb, sizeof(bomb) - 1, &err);

	(void)state;
	assert_non_null(strstr(said, "f:4:5: an alias"));
}

static void a_key_that_is_given_twice_is_refused_where_it_is_given_again(void **state)
{
	(void)state;
	assert_says("a: 1\nb: 2\n'a': 3\n", 0, "f:3:1: the key \"a\" is given twice, first in line 1");
	assert_says("a: {b: 1, b: 2}\n", 0, "f:1:11: the key \"b\" is given twice");
}

static void a_key_that_is_no_text_is_refused(void **state)
{
	(void)state;
	assert_says("[a, b]: c\n", 0, "f:1:1: a key that is a list, expected text\n");
	assert_says("{a: b}: c\n", 0, "f:1:1: a key that is a mapping, expected text\n");
}

static void text_with_a_nul_is_refused(void **state)
{
	(void)state;
	assert_says("a: \"b\\0c\"\n", 0, "f:1:4: text with a NUL byte");
}

static void nesting_is_bounded(void **state)
{
	char text[200] = "";

	(void)state;
	memset(text, '[', DOCUMENT_NESTING_MAX - 1);
	text[DOCUMENT_NESTING_MAX - 1] = 'x';
	memset(text + DOCUMENT_NESTING_MAX, ']', DOCUMENT_NESTING_MAX - 1);
	assert_says(text, 0, "");
	memset(text, '[', 100);
	assert_says(text, -EINVAL, "f:1:17: nested more than 16 levels deep");
}

static void the_number_of_values_is_bounded(void **state)
{
	size_t groups = DOCUMENT_VALUES_MAX / 1024 + 1, size = 0;
	char *text = malloc(groups * 2100);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < groups; i++) {
		size += (size_t)sprintf(text + size, "- [");
		for (size_t j = 0; j < 1024; j++)
			size += (size_t)sprintf(text + size, "a,");
		size += (size_t)sprintf(text + size, "]\n");
	}
	assert_says(text, -EINVAL, "f:64:");
	free(text);
}

static void the_length_of_a_list_is_bounded(void **state)
{
	char *text = malloc(DOCUMENT_ITEMS_MAX * 4 + 8);
	size_t size = 0;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < DOCUMENT_ITEMS_MAX; i++)
		size += (size_t)sprintf(text + size, "- a\n");
	assert_says(text, 0, "");
	strcpy(text + size, "- a\n");
	assert_says(text, -EINVAL, "f:4097:3: a list of more than 4096 entries");
	free(text);
}

static void the_size_of_a_file_is_bounded(void **state)
{
	char *text = malloc(DOCUMENT_BYTES_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '#', DOCUMENT_BYTES_MAX + 1);
	text[0] = 'a';
	text[1] = ':';
	text[2] = ' ';
	assert_says_sized(text, DOCUMENT_BYTES_MAX, 0, "");
	assert_says_sized(text, DOCUMENT_BYTES_MAX + 1, -EINVAL, "f:1:1: a file of more than 1048576 bytes");
	free(text);
}

static void complaints_come_in_the_order_of_the_file(void **state)
{
	_cleanup_(complaints_clear) struct complaints complaints = { 0 };
	char *said = NULL;
	size_t length;
	FILE *out = open_memstream(&said, &length);

	(void)state;
	assert_non_null(out);
	complain(&complaints, 3, 1, "third");
	complain(&complaints, 1, 9, "second");
	complain(&complaints, 1, 2, "%s", "first");
	complain(&complaints, 3, 1, "fourth");
	complaints_print(&complaints, "f", out);
	fclose(out);
	assert_string_equal(said, "f:1:2: first\nf:1:9: second\nf:3:1: third\nf:3:1: fourth\n");
	free(said);
}

static void hostile_text_cannot_drive_the_terminal(void **state)
{
	static const char text[] = "\"a\\e[2J\\u009b\": 1\n\"a\\e[2J\\u009b\": 2\n";
	int err;
	_cleanup_free_ char *said = complaints_of(text, sizeof(text) - 1, &err);

	(void)state;
	assert_non_null(strstr(said, "the key \"a?[2J??\" is given twice"));
}

static void complaints_without_end_are_counted(void **state)
{
	_cleanup_(complaints_clear) struct complaints complaints = { 0 };
	char *said = NULL;
	size_t length;
	FILE *out = open_memstream(&said, &length);

	(void)state;
	assert_non_null(out);
	for (unsigned i = 0; i < COMPLAINTS_SHOWN_MAX + 7; i++)
		complain(&complaints, i + 1, 1, "no");
	complaints_print(&complaints, "f", out);
	fclose(out);
	assert_non_null(strstr(said, "f:1000:1: no\nf: 7 more faults\n"));
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_know_their_line_and_column),
		cmocka_unit_test(a_byte_of_text_has_its_column_where_the_file_shows_it_letter_by_letter),
		cmocka_unit_test(a_byte_of_text_that_was_escaped_or_folded_has_no_column),
		cmocka_unit_test(faults_of_grammar_have_a_place),
		cmocka_unit_test(bytes_that_are_no_text_have_a_place),
		cmocka_unit_test(an_empty_file_is_refused),
		cmocka_unit_test(a_second_document_is_refused),
		cmocka_unit_test(anchors_aliases_and_tags_are_refused),
		cmocka_unit_test(a_bomb_of_aliases_is_not_unfolded),
		cmocka_unit_test(a_key_that_is_given_twice_is_refused_where_it_is_given_again),
		cmocka_unit_test(a_key_that_is_no_text_is_refused),
		cmocka_unit_test(text_with_a_nul_is_refused),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(the_number_of_values_is_bounded),
		cmocka_unit_test(the_length_of_a_list_is_bounded),
		cmocka_unit_test(the_size_of_a_file_is_bounded),
		cmocka_unit_test(complaints_come_in_the_order_of_the_file),
		cmocka_unit_test(hostile_text_cannot_drive_the_terminal),
		cmocka_unit_test(complaints_without_end_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
