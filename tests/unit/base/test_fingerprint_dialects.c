/* SPDX-License-Identifier: GPL-2.0-or-later */
/* include/weir/fingerprint.h in the dialects of profiles: what is a literal there lets nothing through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profile/dialect.h"

static struct weir_fingerprint fold(const char *dialect, const char *sql)
{
	struct weir_fingerprint f;
	uint8_t flags;

	assert_int_equal(dialect_by_name(dialect, &flags), 0);
	memset(&f, 0, sizeof(f));
	memset(f.text, '@', sizeof(f.text));
	f.dialect = flags;
	for (; *sql; sql++)
		weir_fingerprint_step(&f, (uint8_t)*sql);
	weir_fingerprint_end(&f);
	return f;
}

#define assert_folds(dialect, sql, expected) assert_string_equal(fold(dialect, sql).text, expected)

static void postgresql_prefixed_strings_are_one_literal(void **state)
{
	(void)state;
	assert_folds("postgresql", "select E'a\\'secret' , 1", "select ?, ?");
	assert_folds("postgresql", "select e'a\\\\', b", "select ?, b");
	assert_folds("postgresql", "select b'101', X'ff', n'x'", "select ?, ?, ?");
	assert_folds("postgresql", "select e, x.b, n from event", "select e, x.b, n from event");
	assert_folds("postgresql", "select e", "select e");
	assert_folds("postgresql", "select E'it''s secret' = x", "select ? = x");
	assert_folds("postgresql", "select U&'d\\0061t'", "select u & ?");
}

static void postgresql_dollar_strings_are_one_literal(void **state)
{
	(void)state;
	assert_folds("postgresql", "select $$it's secret$$, a", "select ?, a");
	assert_folds("postgresql", "select $f$ $$ $g$ $ff$ secret $f$ || $1", "select ? || ?");
	assert_folds("postgresql", "select $x$a$y$x$, b", "select ?, b");
	assert_folds("postgresql", "do $_1$ begin secret; end $_1$", "do ?");
	assert_folds("postgresql", "select $1, $2::text", "select ?, ? :: text");
	assert_folds("postgresql", "select $$never ends secret", "select ?");
	assert_folds("postgresql", "select $a$secret$b$ x $a", "select ?");
	assert_folds("postgresql", "select a$b$c from t", "select a$b$c from t"); /* a name holds dollars */
	assert_folds("postgresql", "select $", "select ?");
}

/* With standard_conforming_strings off, 'a\' goes on: the setting is not known here. */
static void postgresql_backslash_before_a_quote_lets_nothing_through(void **state)
{
	(void)state;
	assert_folds("postgresql", "select 'it\\'s secret', 1", "select ?");
	assert_folds("postgresql", "select 'C:\\\\', a", "select ?, a");
	assert_folds("postgresql", "select 'a\\b', a", "select ?, a");
}

static void postgresql_brackets_hold_elements(void **state)
{
	(void)state;
	assert_folds("postgresql", "select array['secret', 2], a[1]", "select array[?, ?], a[?]");
	assert_folds("postgresql", "where a @> array[1] and b @@ c", "where a @> array[?] and b @@ c");
	assert_folds("postgresql", "select x[1:2]", "select x[? ?]");
	assert_folds("postgresql", "where a in (1, 2, 3) and b = any(array[1, 2])", "where a in(?) and b = any(array[?, ?])");
}

static void postgresql_comments_nest(void **state)
{
	(void)state;
	assert_folds("postgresql", "select /* a /* b */ secret */ 1", "select ?");
	assert_folds("postgresql", "select /* a //* b **/ secret */ 1", "select ?");
	assert_folds("postgresql", "select /***/ 1 /**/", "select ?");
	assert_folds("sqlite", "select /* a /* b */ c", "select c");
}

static void mysql_strings(void **state)
{
	(void)state;
	assert_folds("mysql", "select 'it\\'s secret', \"a\\\"secret\", `name`", "select ?, ?, `name`");
	assert_folds("mysql", "select 1 # secret\n, a", "select ?, a");
	assert_folds("mysql", "select a # secret", "select a");
	assert_folds("mysql", "select x=#secret\n1", "select x = ?");
	assert_folds("mysql", "select N'x', x'ff', _utf8'secret'", "select ?, ?, _utf8 ?");
	assert_folds("mysql", "select \"it's\", 'a \"b'", "select ?, ?");
}

static void duckdb_backslashes_are_letters(void **state)
{
	(void)state;
	assert_folds("duckdb", "select 'C:\\', [1, 'secret'], {'a': 'secret'}", "select ?, [?, ?], { ? : ? }");
	assert_folds("duckdb", "select e'\\'secret', $$secret$$", "select ?, ?");
}

/* Whatever stands in a literal, and wherever the text breaks off: no letter of it is kept. */
static void no_letter_of_a_literal_gets_through(void **state)
{
	static const struct { const char *dialect, *before, *after; } forms[] = {
		{ "postgresql", "'", "'" }, { "postgresql", "E'\\'", "'" }, { "postgresql", "$$", "$$" },
		{ "postgresql", "$q$", "$q$" }, { "postgresql", "/* /* */", "*/" }, { "postgresql", "array['", "']" },
		{ "postgresql", "'\\'", "'" }, { "mysql", "'\\'", "'" }, { "mysql", "\"", "\"" }, { "mysql", "#", "\n" },
		{ "duckdb", "e'\\\\\\'", "'" },
	};

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		static const char letters[] = "ZZZQQ$q*/'\"\\[]-#; \n";
		const char *dialect = forms[i % 11].dialect;
		char inner[32], sql[128];
		size_t length = 0;

		/* Only what cannot end the literal: letters that the statement around it has not. */
		for (int k = rand() % 12; k > 0; k--)
			inner[length++] = letters[rand() % 5];
		inner[length] = '\0';
		snprintf(sql, sizeof(sql), "select %s%s%s from t where", forms[i % 11].before, inner, forms[i % 11].after);
		sql[strlen(sql) - (size_t)rand() % 22] = '\0';
		assert_null(strpbrk(fold(dialect, sql).text, "zqZQ"));
	}
}

static void an_unknown_dialect_is_refused(void **state)
{
	uint8_t flags = 42;

	(void)state;
	assert_int_not_equal(dialect_by_name("cobol", &flags), 0);
	assert_int_equal(flags, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(postgresql_prefixed_strings_are_one_literal),
		cmocka_unit_test(postgresql_dollar_strings_are_one_literal),
		cmocka_unit_test(postgresql_backslash_before_a_quote_lets_nothing_through),
		cmocka_unit_test(postgresql_brackets_hold_elements),
		cmocka_unit_test(postgresql_comments_nest),
		cmocka_unit_test(mysql_strings),
		cmocka_unit_test(duckdb_backslashes_are_letters),
		cmocka_unit_test(no_letter_of_a_literal_gets_through),
		cmocka_unit_test(an_unknown_dialect_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
