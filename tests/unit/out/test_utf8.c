/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "out/utf8.h"

static void check_repair(const char *text, const char *expected)
{
	char *came = utf8_repair(text);

	assert_string_equal(came, expected);
	free(came);
}

static void check_flat(const char *text, bool utf8, const char *expected)
{
	char *came = utf8_flatten(text, utf8);

	assert_string_equal(came, expected);
	free(came);
}

/* Each code point there is, by the rule of its length, and nothing else. */
static void every_code_point_is_decoded(void **state)
{
	(void)state;
	for (uint32_t c = 1; c < 0x110000; c++) {
		char text[5] = {0};
		size_t length, wanted = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		bool surrogate = c >= 0xd800 && c < 0xe000;

		for (size_t i = wanted - 1; i > 0; i--)
			text[i] = (char)(0x80 | ((c >> (6 * (wanted - 1 - i))) & 0x3f));
		text[0] = (char)(wanted == 1 ? c : (0xf00U >> wanted & 0xff) | c >> (6 * (wanted - 1)));
		assert_int_equal(utf8_decode(text, &length), surrogate ? UTF8_REPLACEMENT : c);
		assert_int_equal(length, surrogate ? 1 : wanted);
	}
}

static void maximal_parts_are_replaced_one_by_one(void **state)
{
	(void)state;
	/* table 3-8 of the Unicode standard, and its neighbours */
	check_repair("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64",
		     "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		     "b\xef\xbf\xbd"
		     "c\xef\xbf\xbd\xef\xbf\xbd"
		     "d");
	check_repair("\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check_repair("\xe0\x9f\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check_repair("\xf0\x9f\x98", "\xef\xbf\xbd");
	check_repair("", "");
	check_repair("plain\n\x1b", "plain\n\x1b");
}

static void white_space_becomes_one_blank(void **state)
{
	(void)state;
	check_flat("  select\n\t *\r\n  from  t \n", false, "select * from t");
	check_flat("a\xe2\x80\xa8" "b\xc2\x85" "c", true, "a b c");
	check_flat(" \n ", true, "");
}

static void control_characters_become_text(void **state)
{
	(void)state;
	check_flat("\x1b]0;title\x07\x7f", true, "\\x1b]0;title\\x07\\x7f");
	check_flat("\xc2\x9b" "31m", true, "\\x9b31m");
	check_flat("a\xe2\x80\xae" "b\xef\xbb\xbf", true, "a\\u202eb\\ufeff");
	check_flat("\xf3\xa0\x81\x81", true, "\\ue0041");
}

static void ascii_knows_no_other_letters(void **state)
{
	(void)state;
	check_flat("caf\xc3\xa9 \xe6\xbc\xa2 \xff \xe2\x80\xae", false, "caf? ? ? ?");
	check_flat("caf\xc3\xa9 \xff", true, "caf\xc3\xa9 \xef\xbf\xbd");
}

/* Whatever bytes come: valid, harmless, and inside the buffer (run with the address sanitizer). */
static void random_bytes_are_made_harmless(void **state)
{
	uint64_t random = 42;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[24] = {0};

		for (size_t k = 0; k < sizeof(text) - 1; k++) {
			random = random * 6364136223846793005 + 1442695040888963407;
			text[k] = (char)(random >> 40 | 1);
		}
		char *repaired = utf8_repair(text), *again = utf8_repair(repaired), *flat = utf8_flatten(text, true);
		size_t length;

		assert_string_equal(repaired, again);
		for (const char *at = flat; *at; at += length) {
			uint32_t c = utf8_decode(at, &length);

			assert_true(c >= 0x20 && !(c >= 0x7f && c < 0xa0));
		}
		free(repaired);
		free(again);
		free(flat);
	}
}

static void columns_follow_the_characters(void **state)
{
	(void)state;
	assert_int_equal(utf8_columns(""), 0);
	assert_int_equal(utf8_columns("abc"), 3);
	assert_int_equal(utf8_columns("\xc3\xa9"), 1);
	assert_int_equal(utf8_columns("e\xcc\x81"), 1);
	assert_int_equal(utf8_columns("\xe6\xbc\xa2\xe5\xad\x97"), 4);
	assert_int_equal(utf8_columns("\xf0\x9f\x98\x80"), 2);
}

static void a_text_is_cut_between_characters(void **state)
{
	const char *text = "a\xe6\xbc\xa2" "e\xcc\x81z"; /* 1 + 2 + 1 + 0 + 1 columns */

	(void)state;
	assert_int_equal(utf8_fit(text, 0), 0);
	assert_int_equal(utf8_fit(text, 1), 1);
	assert_int_equal(utf8_fit(text, 2), 1);
	assert_int_equal(utf8_fit(text, 3), 4);
	assert_int_equal(utf8_fit(text, 4), 7);
	assert_int_equal(utf8_fit(text, 99), strlen(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_is_decoded),
		cmocka_unit_test(maximal_parts_are_replaced_one_by_one),
		cmocka_unit_test(white_space_becomes_one_blank),
		cmocka_unit_test(control_characters_become_text),
		cmocka_unit_test(ascii_knows_no_other_letters),
		cmocka_unit_test(random_bytes_are_made_harmless),
		cmocka_unit_test(columns_follow_the_characters),
		cmocka_unit_test(a_text_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
