/* SPDX-License-Identifier: GPL-2.0-or-later */
/* include/weir/fingerprint.h, which the kernel side runs too: what is folded, what stays, no literal gets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weir/fingerprint.h"

static struct weir_fingerprint fold(const char *sql)
{
	struct weir_fingerprint f;

	/* The kernel side clears all but the text: what stood there must not matter. */
	memset(&f, 0, sizeof(f));
	memset(f.text, '@', sizeof(f.text));
	for (; *sql; sql++)
		weir_fingerprint_step(&f, (uint8_t)*sql);
	weir_fingerprint_end(&f);
	return f;
}

/* Macros, so that a failure tells the line of the case. */
#define assert_folds(sql, expected) assert_string_equal(fold(sql).text, expected)

#define assert_same(one, other) \
	do { \
		struct weir_fingerprint first = fold(one), second = fold(other); \
		assert_string_equal(first.text, second.text); \
		assert_int_equal(first.hash, second.hash); \
		assert_int_equal(first.length, second.length); \
	} while (0)

#define assert_different(one, other) assert_int_not_equal(fold(one).hash, fold(other).hash)

/* ---- literals ------------------------------------------------------------------------------------ */

static void numbers_become_a_question_mark(void **state)
{
	(void)state;
	assert_folds("select 1", "select ?");
	assert_folds("select 12345678901234567890", "select ?");
	assert_folds("x = 1.5", "x = ?");
	assert_folds("x = 1.", "x = ?");
	assert_folds("x = 1e9", "x = ?");
	assert_folds("x = 1.5E9", "x = ?");
	assert_folds("x = 0xDEADbeef", "x = ?");
	assert_folds("x=1and y=2", "x = ? y = ?"); /* a number takes letters along */
}

static void digits_inside_a_word_stay(void **state)
{
	(void)state;
	assert_folds("select c1 from t2", "select c1 from t2");
	assert_different("select c1", "select c2");
}

static void strings_become_a_question_mark(void **state)
{
	(void)state;
	assert_folds("x = 'abc'", "x = ?");
	assert_folds("x = ''", "x = ?");
	assert_folds("x = 'it''s'", "x = ?");
	assert_folds("x = ''''", "x = ?");
	assert_folds("x='a'and y='b'", "x = ? and y = ?");
	assert_folds("x = '\"[`-- /* ; '", "x = ?");
	assert_folds("x = '\\'", "x = ?"); /* as the SQL standard has it, a backslash is a letter like any other */
	assert_folds("x = '\n\xc3\xa9\xff'", "x = ?");
	assert_folds("x = X'53514c'", "x = x ?");
}

static void an_unterminated_string_lets_nothing_through(void **state)
{
	(void)state;
	assert_folds("x = 'abc", "x = ?");
	assert_folds("x = '", "x = ?");
	assert_folds("x = 'it''", "x = ?");
}

static void placeholders_become_a_question_mark(void **state)
{
	(void)state;
	assert_folds("x = ?", "x = ?");
	assert_folds("x = ?1 and y = ?23", "x = ? and y = ?");
	assert_folds("x = $1 or x = :name or x = @name", "x = ? or x = ? or x = ?");
	assert_folds("values(?,?)", "values(?, ?)");
	assert_same("x = ?1", "x = 'text'");
}

/* ---- signs --------------------------------------------------------------------------------------- */

static void a_sign_belongs_to_a_number_where_no_operator_can_stand(void **state)
{
	(void)state;
	assert_folds("x = -1", "x = ?");
	assert_folds("x = - 1", "x = ?");
	assert_folds("x = + 1", "x = ?");
	assert_folds("x=-1", "x = ?");
	assert_folds("x >= -.5", "x >= ?");
	assert_folds("f(-1, +2, -3)", "f(?, ?, ?)");
	assert_folds("x - -1", "x - ?");
	assert_folds("x = -?1", "x = ?");
	assert_folds("x = - /* why */ 1", "x = ?");
}

static void a_sign_behind_an_operand_is_an_operator(void **state)
{
	(void)state;
	assert_folds("x - 1", "x - ?");
	assert_folds("x-1", "x - ?");
	assert_folds("x + 1", "x + ?");
	assert_folds("x+1", "x + ?");
	assert_folds("1+1", "? + ?");
	assert_folds("(x) - 1", "(x) - ?");
	assert_folds("(x)+1", "(x) + ?");
	assert_different("x + 1", "x - 1");
}

/* "limit" may be a column: only a table of keywords could tell. */
static void a_sign_behind_a_word_is_an_operator(void **state)
{
	(void)state;
	assert_folds("limit -1", "limit - ?");
	assert_folds("select +1", "select + ?");
}

static void a_sign_before_anything_else_stays(void **state)
{
	(void)state;
	assert_folds("x = -y", "x = - y");
	assert_folds("x = +y", "x = + y");
	assert_folds("x = -(1)", "x = - (?)");
	assert_folds("x = - - 1", "x = - ?");
	assert_folds("x -", "x -");
	assert_folds("x = -", "x = -");
	assert_folds("x = +", "x = +");
}

static void a_sign_may_stand_in_an_exponent(void **state)
{
	(void)state;
	assert_folds("x = 1e-5", "x = ?");
	assert_folds("x = 1.5E+05", "x = ?");
	assert_folds("x = 1e5-3", "x = ? - ?");
	assert_folds("x = 0x1e-5", "x = ? - ?");
	assert_folds("x = 0X1E+5", "x = ? + ?");
}

static void a_number_may_begin_with_its_point(void **state)
{
	(void)state;
	assert_folds("x = .5", "x = ?");
	assert_folds("f(.5,-.5e-3)", "f(?, ?)");
	assert_folds("x in (.5, 1)", "x in(?)");
}

/* ---- IN lists ------------------------------------------------------------------------------------ */

static void a_list_of_values_behind_in_becomes_one(void **state)
{
	(void)state;
	assert_folds("x in (1)", "x in(?)");
	assert_folds("x IN (1, 2, 3)", "x in(?)");
	assert_folds("x in(-1,'a',?,:b,.5)and y", "x in(?) and y");
	assert_folds("x not in ( 1 , 2 )", "x not in(?)");
	assert_folds("x in /* a */ (1, /* b */ 2)", "x in(?)");
	assert_folds("x in (1, 2) or y in (3, 4)", "x in(?) or y in(?)");
	assert_same("x in (1)", "x IN (1,2,3,4,5,6,7,8,9)");
	assert_folds("x in (1, 2", "x in(?");
}

static void other_lists_keep_their_length(void **state)
{
	(void)state;
	assert_folds("f(1, 2)", "f(?, ?)");
	assert_folds("values (1, 2), (3, 4)", "values(?, ?), (?, ?)");
	assert_folds("x in ()", "x in()");
	assert_folds("x in (select 1, 2)", "x in(select ?, ?)");
	assert_folds("x in ((1, 2), (3, 4))", "x in((?, ?), (?, ?))");
	assert_folds("\"in\" (1, 2)", "\"in\"(?, ?)");
	assert_folds("main (1, 2)", "main(?, ?)");
	assert_folds("aaaaaaaain (1, 2)", "aaaaaaaain(?, ?)");
}

static void an_expression_ends_the_folding_of_a_list(void **state)
{
	(void)state;
	assert_folds("x in (1, y, 2)", "x in(?, y, ?)");
	assert_folds("x in (1 - 2, 3)", "x in(? - ?, ?)");
	assert_folds("x in (1 + 2, 3)", "x in(? + ?, ?)");
	assert_folds("x in (1, -y)", "x in(?, - y)");
	assert_folds("x in (1, f(2, 3))", "x in(?, f(?, ?))");
}

/* ---- comments, white space, case ----------------------------------------------------------------- */

static void comments_and_white_space_are_one_space_between_words(void **state)
{
	(void)state;
	assert_folds("  select\t\r\n\v\f a  ", "select a");
	assert_folds("select--secret 'x' 1\na", "select a");
	assert_folds("select/* secret 'x' 1 */a", "select a");
	assert_folds("select/**/a/***/b/* * / **/c", "select a b c");
	assert_folds("select a -- the end", "select a");
	assert_folds("/* first */ select a", "select a");
}

static void an_unterminated_comment_lets_nothing_through(void **state)
{
	(void)state;
	assert_folds("a /* secret", "a");
	assert_folds("a /* secret *", "a");
	assert_folds("a /*", "a");
	assert_folds("a --", "a");
	assert_folds("a -- secret", "a");
}

static void what_only_looks_like_a_comment_is_not(void **state)
{
	(void)state;
	assert_folds("a / b", "a / b");
	assert_folds("a/b", "a / b");
	assert_folds("a / * b", "a / * b");
	assert_folds("a - - b", "a - - b");
	assert_folds("a /", "a /");
	assert_folds("'--' a '/*' b", "? a ? b");
}

static void punctuation_has_canonical_space(void **state)
{
	(void)state;
	assert_same("select a.b,c from t where(x=1)and y<>2", "select a . b , c from t where ( x = 1 ) and y <> 2");
	assert_folds("count( * )", "count(*)");
	assert_folds("a=b", "a = b");
	assert_folds("a||b", "a || b");
	assert_folds("t.*", "t.*");
	assert_different("a <= b", "a < b");
}

static void words_are_folded_to_lower_case(void **state)
{
	(void)state;
	assert_folds("SELECT Name FROM Customers", "select name from customers");
	assert_same("SELECT A", "select a");
	assert_folds("select \xc3\x89t\xc3\xa9", "select \xc3\x89t\xc3\xa9");
}

static void quoted_names_stay(void **state)
{
	(void)state;
	assert_folds("select \"Group 1\", `Order-2`, [Week's 3]", "select \"Group 1\", `Order-2`, [Week's 3]");
	assert_folds("\"a\".\"B\"", "\"a\".\"B\"");
	assert_folds("\"a\"\"B\" c", "\"a\"\"B\" c");
	assert_folds("`a``B` c", "`a``B` c");
	assert_folds("[a]='x'", "[a] = ?");
	assert_folds("x[y[1]] = 'x'", "x [y[1] ] = ?");
	assert_folds("\"open", "\"open");
	assert_different("select \"a\"", "select \"A\"");
}

/* ---- operators ----------------------------------------------------------------------------------- */

static void casts_and_assignments_are_no_placeholders(void **state)
{
	(void)state;
	assert_folds("x::int", "x :: int");
	assert_folds("'5'::INT", "? :: int");
	assert_folds("x := 5", "x := ?");
	assert_folds("x = :a::int", "x = ? :: int");
	assert_folds("a : b", "a : b");
	assert_folds("a :", "a :");
}

static void arrows_are_operators(void **state)
{
	(void)state;
	assert_folds("a->'key'", "a -> ?");
	assert_folds("a ->> '$.key'", "a ->> ?");
	assert_folds("a->-1", "a -> ?");
}

/* ---- semicolons ---------------------------------------------------------------------------------- */

static void a_trailing_semicolon_is_dropped(void **state)
{
	(void)state;
	assert_folds("select a;", "select a");
	assert_folds("select a ; ; -- end\n ", "select a");
	assert_folds(";", "");
	assert_same("select 1", "select 2;");
}

static void a_semicolon_between_statements_stays(void **state)
{
	(void)state;
	assert_folds("begin;select 1;", "begin; select ?");
	assert_folds(" ; begin;; commit", "begin; commit");
	assert_folds("select 'a;b'", "select ?");
	assert_different("a; b", "a b");
}

static void an_empty_text_folds_to_nothing(void **state)
{
	(void)state;
	assert_folds("", "");
	assert_folds(" \n-- nothing\n/* here */", "");
	assert_same("", " ");
}

/* ---- long texts ---------------------------------------------------------------------------------- */

enum { LONG_WORDS = 400 };

/* "word word word ... END" */
static void long_text(char *buffer, const char *end)
{
	for (size_t i = 0; i < LONG_WORDS; i++)
		memcpy(buffer + 5 * i, "word ", 5);
	strcpy(buffer + (size_t)5 * LONG_WORDS, end);
}

static void a_long_text_is_cut_and_ends_with_a_nul(void **state)
{
	char sql[5 * LONG_WORDS + 16];
	struct weir_fingerprint f;

	(void)state;
	long_text(sql, "end");
	f = fold(sql);
	assert_int_equal(f.length, 5 * LONG_WORDS + 3);
	assert_int_equal(strlen(f.text), WEIR_FINGERPRINT_TEXT - 1);
	assert_memory_equal(f.text, sql, WEIR_FINGERPRINT_TEXT - 1);
	for (size_t i = WEIR_FINGERPRINT_TEXT; i < WEIR_FINGERPRINT_BUFFER; i++)
		assert_int_equal(f.text[i], '@');
}

static void the_end_returns_the_bytes_kept(void **state)
{
	static const size_t lengths[] = {
		0, 1, WEIR_FINGERPRINT_TEXT - 2, WEIR_FINGERPRINT_TEXT - 1, WEIR_FINGERPRINT_TEXT, 3000,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		size_t kept = lengths[i] < WEIR_FINGERPRINT_TEXT ? lengths[i] : WEIR_FINGERPRINT_TEXT - 1;
		struct weir_fingerprint f;

		memset(&f, 0, sizeof(f));
		for (size_t k = 0; k < lengths[i]; k++)
			weir_fingerprint_step(&f, 'a');
		assert_int_equal(weir_fingerprint_end(&f), kept);
		assert_int_equal(strlen(f.text), kept);
		assert_int_equal(f.length, lengths[i]);
	}
}

static void the_hash_goes_over_what_was_cut_off(void **state)
{
	char one[5 * LONG_WORDS + 16], other[sizeof(one)];

	(void)state;
	long_text(one, "a");
	long_text(other, "b");
	assert_string_equal(fold(one).text, fold(other).text);
	assert_different(one, other);
	long_text(one, "= 1");
	long_text(other, "='x'");
	assert_same(one, other);
}

/* ---- random statements --------------------------------------------------------------------------- */

/*
 * A statement is a template of tokens, made from one seed; a filling writes it with literals, white space, comments and
 * letter case from another. Literals and comments are made of bytes that no other token has: FORBIDDEN.
 */
enum {
	STATEMENTS = 4000,
	FILLINGS = 4,
	TOKENS_MAX = 60,
	SQL_MAX = 16384,
};

#define FORBIDDEN "0123456789qzQZ\\\xc3\xa9"

enum kind {
	KIND_WORD, KIND_NAME, KIND_VALUE, KIND_IN_LIST, /* operands: is_operand() */
	KIND_OPERATOR, KIND_OPEN, KIND_CLOSE, KIND_COMMA, KIND_DOT, KIND_SEMICOLON,
};

struct token {
	enum kind kind;
	bool may_be_signed; /* VALUE: stands where no operator can */
	const char *text;
};

struct template {
	struct token tokens[TOKENS_MAX + 8];
	size_t length;
};

/* xorshift64*: the same statements in every run. */
static uint64_t random_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d >> 32;
}

static size_t random_below(uint64_t *state, size_t bound)
{
	return random_next(state) % bound;
}

#define RANDOM_OF(state, array) ((array)[random_below(state, sizeof(array) / sizeof(*(array)))])

static struct token *template_add(struct template *t, enum kind kind, const char *text)
{
	struct token *token = &t->tokens[t->length++];

	*token = (struct token){ .kind = kind, .text = text };
	return token;
}

static void template_add_value(struct template *t)
{
	enum kind before = t->length ? t->tokens[t->length - 1].kind : KIND_WORD;

	template_add(t, KIND_VALUE, NULL)->may_be_signed =
		before == KIND_OPERATOR || before == KIND_COMMA || before == KIND_OPEN;
}

static void template_add_operand(struct template *t, uint64_t *random)
{
	static const char *const words[] = { "a", "customer", "in_stock", "main", "sum_of", "e", "x", "b$c" };
	static const char *const names[] = { "\"Total of\"", "`a``B`", "[it's; -- here]", "\"a\"\"b\"" };

	switch (random_below(random, 6)) {
	case 0:
		template_add(t, KIND_NAME, RANDOM_OF(random, names));
		return;
	case 1:
		template_add(t, KIND_WORD, RANDOM_OF(random, words));
		return;
	case 2:
		template_add(t, KIND_WORD, RANDOM_OF(random, words));
		template_add(t, KIND_DOT, ".");
		template_add(t, KIND_WORD, RANDOM_OF(random, words));
		return;
	default:
		template_add_value(t);
	}
}

static struct template template_random(uint64_t seed)
{
	static const char *const operators[] = {
		"=", "<>", "<=", "<", "||", "*", "%", "-", "+", "/", "->", "->>", "::", ":=", "&",
	};
	static const char *const keywords[] = { "and", "or", "like", "where", "limit", "then", "between" };
	struct template t = { 0 };
	uint64_t random = seed;
	size_t depth = 0, wanted = 1 + random_below(&random, TOKENS_MAX - 8);

	template_add(&t, KIND_WORD, "select");
	while (t.length < wanted) {
		size_t choice = random_below(&random, 10);

		if (choice == 0) {
			template_add(&t, KIND_OPEN, "(");
			depth++;
		}
		template_add_operand(&t, &random);
		if (choice == 1 && depth > 0) {
			template_add(&t, KIND_CLOSE, ")");
			depth--;
		}
		if (choice == 2) {
			template_add(&t, KIND_WORD, "in");
			template_add(&t, KIND_IN_LIST, NULL);
		}
		if (choice <= 4)
			template_add(&t, KIND_OPERATOR, RANDOM_OF(&random, operators));
		else if (choice <= 7)
			template_add(&t, KIND_WORD, RANDOM_OF(&random, keywords));
		else if (choice == 8)
			template_add(&t, KIND_COMMA, ",");
		else
			template_add(&t, KIND_SEMICOLON, ";");
	}
	template_add(&t, KIND_WORD, "end");
	return t;
}

struct filling {
	uint64_t random;
	size_t length;
	char sql[SQL_MAX];
};

static void put(struct filling *f, const char *text)
{
	size_t length = strlen(text);

	assert_true(f->length + length < SQL_MAX);
	memcpy(f->sql + f->length, text, length + 1);
	f->length += length;
}

/* White space and comments; at least a blank if `needed`. A blank comes first, for "-" and "--" would be one comment. */
static void put_space(struct filling *f, bool needed)
{
	static const char *const spaces[] = {
		" ", "\n", "\t \r\n", " -- zq '0 \\\n", " /* qz \" '9 ; */", " /**/", " /* 0 ***/ ",
	};

	if (needed || random_below(&f->random, 2))
		put(f, RANDOM_OF(&f->random, spaces));
}

static void put_number(struct filling *f)
{
	static const char *const numbers[] = { "0", "7", "18446744073709551616", "1.5", "2.", "3e8", "0x9Fz", "4.5E6", ".5",
					       "1e-5", "6.02E+23", ".25e-3" };

	put(f, RANDOM_OF(&f->random, numbers));
}

static void put_string(struct filling *f)
{
	static const char *const pieces[] = { "q", "Z9", "''", "--", "/*", "*/", ";", "\"", "[", "`", "\\", "\n", " ", "\xc3\xa9",
					      "?", "(", "," };

	put(f, "'");
	for (size_t i = random_below(&f->random, 9); i > 0; i--)
		put(f, RANDOM_OF(&f->random, pieces));
	put(f, "'");
}

static void put_value(struct filling *f, bool may_be_signed)
{
	static const char *const placeholders[] = { "?", "?1", "$2", ":q", "@z_0", ":Z9" };

	switch (random_below(&f->random, 4)) {
	case 0:
		put_string(f);
		return;
	case 1:
		put(f, RANDOM_OF(&f->random, placeholders));
		return;
	case 2:
		if (may_be_signed) {
			put(f, random_below(&f->random, 2) ? " -" : "+");
			put_space(f, false);
		}
		/* fall through */
	default:
		put_number(f);
	}
}

static void put_in_list(struct filling *f)
{
	put(f, "(");
	for (size_t i = random_below(&f->random, 5);; i--) {
		put_space(f, false);
		put_value(f, true);
		put_space(f, false);
		if (i == 0)
			break;
		put(f, ",");
	}
	put(f, ")");
}

static void put_word(struct filling *f, const char *word)
{
	for (; *word; word++) {
		bool upper = *word >= 'a' && *word <= 'z' && random_below(&f->random, 2);

		put(f, (char[]){ upper ? (char)(*word - 'a' + 'A') : *word, '\0' });
	}
}

static bool is_operand(enum kind kind)
{
	return kind <= KIND_IN_LIST;
}

static void fill(const struct template *t, uint64_t seed, struct filling *f)
{
	f->random = seed;
	f->length = 0;
	for (size_t i = 0; i < t->length; i++) {
		const struct token *token = &t->tokens[i];
		enum kind before = i ? t->tokens[i - 1].kind : KIND_OPEN;

		put_space(f, i > 0 && ((is_operand(before) && is_operand(token->kind)) || before == KIND_OPERATOR ||
				       token->kind == KIND_OPERATOR || token->kind == KIND_DOT));
		switch (token->kind) {
		case KIND_VALUE:
			put_value(f, token->may_be_signed);
			break;
		case KIND_IN_LIST:
			put_in_list(f);
			break;
		case KIND_WORD:
			put_word(f, token->text);
			break;
		default:
			put(f, token->text);
		}
	}
	if (random_below(&f->random, 2))
		put(f, " ; ");
	put_space(f, false);
}

static void fillings_of_one_statement_fold_to_one_text(void **state)
{
	static struct filling first, other;

	(void)state;
	for (uint64_t statement = 1; statement <= STATEMENTS; statement++) {
		struct template t = template_random(statement * 0x9e3779b97f4a7c15);

		fill(&t, 1, &first);
		for (uint64_t filling = 2; filling <= FILLINGS; filling++) {
			struct weir_fingerprint one = fold(first.sql), two;

			fill(&t, statement * 1000 + filling, &other);
			two = fold(other.sql);
			if (one.hash != two.hash || one.length != two.length || strcmp(one.text, two.text))
				fail_msg("two fillings differ:\n%s\n-> %s\n%s\n-> %s", first.sql, one.text, other.sql, two.text);
		}
	}
}

static void no_byte_of_a_literal_or_comment_gets_through(void **state)
{
	static struct filling f;

	(void)state;
	for (uint64_t statement = 1; statement <= STATEMENTS; statement++) {
		struct template t = template_random(statement * 0x9e3779b97f4a7c15);
		struct weir_fingerprint one;

		fill(&t, statement, &f);
		one = fold(f.sql);
		if (one.text[strcspn(one.text, FORBIDDEN)])
			fail_msg("a literal's byte got through:\n%s\n-> %s", f.sql, one.text);
	}
}

/* Wherever a text breaks off, inside a string, a number, a comment: what was a literal so far is none of a word. */
static void a_text_that_breaks_off_anywhere_lets_nothing_through(void **state)
{
	static struct filling f;

	(void)state;
	for (uint64_t statement = 1; statement <= STATEMENTS / 10; statement++) {
		struct template t = template_random(statement * 0x9e3779b97f4a7c15);

		fill(&t, statement, &f);
		while (f.length > 0) {
			struct weir_fingerprint one;

			f.sql[--f.length] = '\0';
			one = fold(f.sql);
			if (one.text[strcspn(one.text, FORBIDDEN)])
				fail_msg("a literal's byte got through:\n%s\n-> %s", f.sql, one.text);
		}
	}
}

/* What the fillings have in common is the template: another template is another text. */
static void statements_of_other_tokens_have_other_hashes(void **state)
{
	static struct filling f;
	static uint64_t hashes[STATEMENTS / 4];
	static char *texts[STATEMENTS / 4];
	size_t same = 0;

	(void)state;
	for (size_t i = 0; i < STATEMENTS / 4; i++) {
		struct template t = template_random((i + 1) * 0x9e3779b97f4a7c15);

		fill(&t, i + 1, &f);
		hashes[i] = fold(f.sql).hash;
		texts[i] = strdup(fold(f.sql).text);
		assert_non_null(texts[i]);
		for (size_t k = 0; k < i; k++) {
			if (strlen(texts[i]) < WEIR_FINGERPRINT_TEXT - 1)
				assert_int_equal(hashes[i] == hashes[k], strcmp(texts[i], texts[k]) == 0);
			same += hashes[i] == hashes[k];
		}
	}
	assert_true(same < STATEMENTS / 4); /* the short ones repeat */
	for (size_t i = 0; i < STATEMENTS / 4; i++)
		free(texts[i]);
}

static void any_bytes_at_all_are_borne(void **state)
{
	uint64_t random = 1;

	(void)state;
	for (size_t round = 0; round < 2000; round++) {
		size_t length = random_below(&random, 700);
		struct weir_fingerprint f;
		weir_u32 kept;

		memset(&f, 0, sizeof(f));
		for (size_t i = 0; i < length; i++)
			weir_fingerprint_step(&f, (weir_u32)random_next(&random));
		kept = weir_fingerprint_end(&f);
		assert_int_equal(kept, f.length < WEIR_FINGERPRINT_TEXT - 1 ? f.length : WEIR_FINGERPRINT_TEXT - 1);
		assert_int_equal(f.text[kept], '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_become_a_question_mark),
		cmocka_unit_test(digits_inside_a_word_stay),
		cmocka_unit_test(strings_become_a_question_mark),
		cmocka_unit_test(an_unterminated_string_lets_nothing_through),
		cmocka_unit_test(placeholders_become_a_question_mark),
		cmocka_unit_test(a_sign_belongs_to_a_number_where_no_operator_can_stand),
		cmocka_unit_test(a_sign_behind_an_operand_is_an_operator),
		cmocka_unit_test(a_sign_behind_a_word_is_an_operator),
		cmocka_unit_test(a_sign_before_anything_else_stays),
		cmocka_unit_test(a_sign_may_stand_in_an_exponent),
		cmocka_unit_test(a_number_may_begin_with_its_point),
		cmocka_unit_test(a_list_of_values_behind_in_becomes_one),
		cmocka_unit_test(other_lists_keep_their_length),
		cmocka_unit_test(an_expression_ends_the_folding_of_a_list),
		cmocka_unit_test(comments_and_white_space_are_one_space_between_words),
		cmocka_unit_test(an_unterminated_comment_lets_nothing_through),
		cmocka_unit_test(what_only_looks_like_a_comment_is_not),
		cmocka_unit_test(punctuation_has_canonical_space),
		cmocka_unit_test(words_are_folded_to_lower_case),
		cmocka_unit_test(quoted_names_stay),
		cmocka_unit_test(casts_and_assignments_are_no_placeholders),
		cmocka_unit_test(arrows_are_operators),
		cmocka_unit_test(a_trailing_semicolon_is_dropped),
		cmocka_unit_test(a_semicolon_between_statements_stays),
		cmocka_unit_test(an_empty_text_folds_to_nothing),
		cmocka_unit_test(a_long_text_is_cut_and_ends_with_a_nul),
		cmocka_unit_test(the_end_returns_the_bytes_kept),
		cmocka_unit_test(the_hash_goes_over_what_was_cut_off),
		cmocka_unit_test(fillings_of_one_statement_fold_to_one_text),
		cmocka_unit_test(no_byte_of_a_literal_or_comment_gets_through),
		cmocka_unit_test(a_text_that_breaks_off_anywhere_lets_nothing_through),
		cmocka_unit_test(statements_of_other_tokens_have_other_hashes),
		cmocka_unit_test(any_bytes_at_all_are_borne),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
