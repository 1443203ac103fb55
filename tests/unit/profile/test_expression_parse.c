/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parser refuses, where it points and what it says; types and signs of what it takes. */
#include "profile/expression_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

struct fault_case {
	const char *text;
	size_t position;
	const char *said;
};

static void assert_faults(const struct fault_case *cases, size_t count)
{
	const struct expression_scope scope = { 0 };

	for (size_t i = 0; i < count; i++) {
		_cleanup_(expression_tree_clear) struct expression_tree tree = { 0 };
		struct expression_fault fault = { 0 };
		int err = expression_parse(cases[i].text, &scope, &tree, &fault);

		if (err != -EINVAL)
			fail_msg("\"%s\" gave %d, expected -EINVAL", cases[i].text, err);
		if (fault.position != cases[i].position || !strstr(fault.message, cases[i].said))
			fail_msg("\"%s\": fault at %zu: %s; expected one at %zu that says \"%s\"",
				 cases[i].text, fault.position, fault.message, cases[i].position,
				 cases[i].said);
		if (!strstr(fault.message, "expected"))
			fail_msg("\"%s\": \"%s\" does not say what was expected", cases[i].text,
				 fault.message);
	}
}

#define ASSERT_FAULTS(cases) assert_faults(cases, sizeof(cases) / sizeof((cases)[0]))

static struct expression_tree parsed(const char *text)
{
	const struct expression_scope scope = { 0 };
	struct expression_tree tree = { 0 };
	struct expression_fault fault;

	if (expression_parse(text, &scope, &tree, &fault))
		fail_msg("\"%s\": %zu: %s", text, fault.position, fault.message);
	return tree;
}

static void an_expression_that_ends_too_early_is_refused_at_its_end(void **state)
{
	static const struct fault_case cases[] = {
		{ "", 0, "ends too early" },	    { "   ", 3, "ends too early" },
		{ "1 +", 3, "ends too early" },	    { "(1", 2, "expected \")\"" },
		{ "delta", 5, "expected \"(\"" },   { "*(u32 *)", 8, "ends too early" },
		{ "*(u32 *", 7, "expected \")\"" }, { "!", 1, "ends too early" },
	};

	(void)state;
	ASSERT_FAULTS(cases);
}

static void what_follows_the_expression_is_refused(void **state)
{
	static const struct fault_case cases[] = {
		{ "1 2", 2, "unexpected \"2\"" },     { "arg1 arg2", 5, "unexpected \"arg2\"" },
		{ "(1))", 3, "unexpected \")\"" },    { "ret == 1 ret", 9, "unexpected \"ret\"" },
		{ "arg1(1)", 4, "unexpected \"(\"" },
	};

	(void)state;
	ASSERT_FAULTS(cases);
}

static void names_that_are_not_known_are_refused(void **state)
{
	static const struct fault_case cases[] = {
		{ "arg0", 0, "unknown name \"arg0\"" },
		{ "1+arg7", 2, "unknown name \"arg7\"" },
		{ "arg12", 0, "unknown name" },
		{ "rets", 0, "unknown name" },
		{ "u32", 0, "a type where a value should stand" },
		{ "(int)ret", 1, "unknown name \"int\"" },
		{ "*(char *)arg1", 2, "unknown name \"char\"" },
	};

	(void)state;
	ASSERT_FAULTS(cases);
}

static void bytes_that_begin_no_token_are_refused(void **state)
{
	static const struct fault_case cases[] = {
		{ "arg1 @ 2", 5, "\"@\"" }, { "arg1 % 2", 5, "\"%\"" }, { "arg1 / 2", 5, "\"/\"" },
		{ "ret = 1", 4, "\"=\"" },  { "arg1[0]", 4, "\"[\"" },	{ "1 ? 2 : 3", 2, "\"?\"" },
		{ "\x01", 0, "0x01" },	    { "\xc3\xa4", 0, "0xc3" },
	};

	(void)state;
	ASSERT_FAULTS(cases);
}

static void numbers_are_checked(void **state)
{
	static const struct fault_case cases[] = {
		{ "010", 0, "begins with 0" },
		{ "0x", 0, "hexadecimal digits" },
		{ "0xg", 0, "hexadecimal digits" },
		{ "12u", 2, "without a suffix" },
		{ "0x1g", 3, "without a suffix" },
		{ "18446744073709551616", 0, "64 bits" },
		{ "0x10000000000000000", 0, "64 bits" },
		{ "''", 0, "character constant" },
		{ "'ab'", 0, "character constant" },
		{ "'", 0, "character constant" },
		{ "'\\", 0, "escape" },
		{ "'\\q'", 0, "escape" },
		{ "'a", 0, "character constant" },
		{ "'\xc3\xa4'", 0, "ASCII" },
	};
	struct expression_tree most = parsed("18446744073709551615"), quote = parsed("'\\''");

	(void)state;
	assert_true(most.root->value == UINT64_MAX);
	assert_int_equal(quote.root->value, '\'');
	expression_tree_clear(&most);
	expression_tree_clear(&quote);
	ASSERT_FAULTS(cases);
}

static void pointers_are_for_dereference_only(void **state)
{
	static const struct fault_case cases[] = {
		{ "*arg1", 0, "no pointer" },
		{ "**(u32 *)arg1", 0, "no pointer" },
		{ "*(u32)arg1", 0, "no pointer" },
		{ "(u32 *)arg1 + 4", 12, "\"+\" on a pointer" },
		{ "*((u32 *)arg1 + 4)", 14, "\"+\" on a pointer" },
		{ "4 - (u32 *)arg1", 2, "\"-\" on a pointer" },
		{ "-(u32 *)arg1", 0, "on a pointer" },
		{ "*(u8 ******)arg1", 9, "too many \"*\"" },
	};
	struct expression_tree taken = parsed("(u32 *)arg1 == 0 || !(u8 *)arg2");

	(void)state;
	expression_tree_clear(&taken);
	ASSERT_FAULTS(cases);
}

static void shifts_are_checked(void **state)
{
	static const struct fault_case cases[] = {
		{ "arg1 << 64", 5, "a shift by 64" },	  { "arg1 >> 0xffffffffffffffff", 5, "a shift by" },
		{ "arg1 << -1", 5, "a shift by" },	  { "(s32)ret >> 1", 9, "of a signed value" },
		{ "-arg1 >> 1", 6, "of a signed value" },
	};

	(void)state;
	ASSERT_FAULTS(cases);
}

static bool is_signed_comparison(const char *text)
{
	struct expression_tree tree = parsed(text);
	enum weir_op_code op = tree.root->op;

	expression_tree_clear(&tree);
	return op >= WEIR_OP_SLT && op <= WEIR_OP_SGE;
}

static void comparisons_are_signed_if_either_side_is(void **state)
{
	static const char *const signed_texts[] = {
		"(s32)ret < 0",
		"0 > (s8)ret",
		"arg1 <= -1",
		"*(s16 *)arg1 >= arg2",
		"(s32)ret + 1 < 5",
		"-arg1 < 5",
		"delta(*(s64 *)arg1) < 0",
		"~(s32)ret < 1",
		"((s32)ret << 1) > 0",
	};
	static const char *const unsigned_texts[] = {
		"ret < 0",
		"arg1 <= 0xffffffffffffffff",
		"*(u16 *)arg1 >= arg2",
		"(u32)(s32)ret < 5",
		"((s32)ret == 1) < 5",
		"delta(*(u64 *)arg1) < 1",
		"(1 << (s8)arg1) < arg2",
		"~ret < 1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(signed_texts) / sizeof(signed_texts[0]); i++)
		if (!is_signed_comparison(signed_texts[i]))
			fail_msg("\"%s\" compares unsigned, expected signed", signed_texts[i]);
	for (size_t i = 0; i < sizeof(unsigned_texts) / sizeof(unsigned_texts[0]); i++)
		if (is_signed_comparison(unsigned_texts[i]))
			fail_msg("\"%s\" compares signed, expected unsigned", unsigned_texts[i]);
}

static void white_space_between_tokens_means_nothing(void **state)
{
	struct expression_tree tree = parsed("\n * \t( u32\r* ) ( arg1+8 ) ");

	(void)state;
	assert_int_equal(tree.root->kind, NODE_LOAD);
	assert_int_equal(tree.root->type.width, 4);
	expression_tree_clear(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_expression_that_ends_too_early_is_refused_at_its_end),
		cmocka_unit_test(what_follows_the_expression_is_refused),
		cmocka_unit_test(names_that_are_not_known_are_refused),
		cmocka_unit_test(bytes_that_begin_no_token_are_refused),
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(pointers_are_for_dereference_only),
		cmocka_unit_test(shifts_are_checked),
		cmocka_unit_test(comparisons_are_signed_if_either_side_is),
		cmocka_unit_test(white_space_between_tokens_means_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
