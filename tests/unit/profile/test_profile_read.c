/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a profile file may say, and what is said where it may not. */
#include "profile/profile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "run_code.h"
#include "support.h"

#define HEAD "engine: e\nmatch: {module: m}\n"
/* The first key of the probe stands in line 5, column 5. */
#define PROBE HEAD "probes:\n  - function: f\n    "

static void functions_that_an_engine_is_known_by_are_read(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of("engine: e\nmatch: {function: [e_open, \"_ZN1e4openEv\"]}\nprobes: [{function: f}]\n");
	_cleanup_(profile_free) struct profile *both =
		profile_of("engine: e\nmatch: {module: [libe.so, e], function: e_open}\nprobes: [{function: f}]\n");
	char text[PROFILE_MATCH_TEXT_MAX];

	(void)state;
	assert_int_equal(p->modules_count, 0);
	assert_int_equal(p->functions_count, 2);
	assert_string_equal(p->functions[1], "_ZN1e4openEv");
	assert_false(profile_matches(p, "e"));
	profile_describe_match(p, text, sizeof(text));
	assert_string_equal(text, "a module that holds e_open and _ZN1e4openEv");
	profile_describe_match(both, text, sizeof(text));
	assert_string_equal(text, "a module libe.so or e, or one that holds e_open");
	profile_describe_match(both, text, 16);
	assert_string_equal(text, "a module libe.s");
	ASSERT_COMPLAINTS("engine: e\nmatch: {function: [a, e_*, {b: c}]}\nprobes: [{function: f}]\n", "p.yaml:2:23: \"e_*\" is a pattern",
			  "p.yaml:2:28: \"function\" is a mapping");
	ASSERT_COMPLAINTS("engine: e\nmatch: {module: m, function: []}\nprobes: [{function: f}]\n", "p.yaml:2:30: \"function\" is empty");
	ASSERT_COMPLAINTS("engine: e\nmatch: {function: [a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a]}\nprobes: [{function: f}]\n",
			  "p.yaml:2:19: \"function\" has 17 names, expected at most 16");
}

static void everything_a_profile_may_say_is_read(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of("engine: demo-2.0\nsummary: A demonstration\nmatch:\n  module: [libdemo.so*, "
			   "demod]\n"
			   "errors: {1: DEMO_ERROR, -7: DEMO_LOST, 0x10: DEMO_BIG}\nprobes:\n"
			   "  - function: demo_*\n    module: libcore.so\n    name: work\n    level: query\n "
			   "   detail: rows\n"
			   "    let: {table: \"*(u64 *)arg1\"}\n    label: str(arg2)\n    rows: ret\n    "
			   "bytes: arg3\n"
			   "    hits: delta(*(u32 *)(table + 4))\n    misses: 0\n    error: (s32)ret < 0\n   "
			   " error_code: (s32)ret\n"
			   "    counters: {pages: \"1\", bad: arg1}\n    catches: all\n    optional: true\n    unless: other_*\n"
			   "  - {function: g, entry_only: true, bytes: arg1}\n");
	const struct profile_probe *probe = &p->probes[0];

	(void)state;
	assert_string_equal(p->engine, "demo-2.0");
	assert_string_equal(p->summary, "A demonstration");
	assert_string_equal(p->path, "p.yaml");
	assert_int_equal(p->modules_count, 2);
	assert_string_equal(p->modules[1], "demod");
	assert_int_equal(p->error_names_count, 3);
	assert_string_equal(profile_error_name(p, -7), "DEMO_LOST");
	assert_string_equal(profile_error_name(p, 16), "DEMO_BIG");
	assert_null(profile_error_name(p, 2));
	assert_int_equal(p->probes_count, 2);
	assert_string_equal(probe->function, "demo_*");
	assert_string_equal(probe->module, "libcore.so");
	assert_string_equal(probe->name, "work");
	assert_int_equal(probe->level, WEIR_LEVEL_QUERY);
	assert_int_equal(probe->detail, DETAIL_ROWS);
	assert_true(probe->catches_all && probe->optional && !probe->entry_only);
	assert_string_equal(probe->unless, "other_*");
	assert_true(probe->has_label && probe->has_rows && probe->has_bytes && probe->has_cache &&
		    probe->has_errors);
	assert_string_equal(probe->extra[0], "pages");
	assert_string_equal(probe->extra[1], "bad");
	assert_null(probe->extra[2]);
	assert_int_equal(probe->line, 7);
	assert_null(run_check(&probe->code, false));
	assert_int_equal(probe->code.needed_args, 7);
}

static void what_a_profile_leaves_out_has_its_default(void **state)
{
	_cleanup_(profile_free) struct profile *p = profile_of(HEAD "probes: [{function: f}]\n");
	const struct profile_probe *probe = &p->probes[0];

	(void)state;
	assert_string_equal(p->summary, "");
	assert_int_equal(p->modules_count, 1);
	assert_int_equal(p->error_names_count, 0);
	assert_null(probe->module);
	assert_null(probe->name);
	assert_int_equal(probe->level, WEIR_LEVEL_FUNCTION);
	assert_int_equal(probe->detail, DETAIL_OPERATORS);
	assert_false(probe->entry_only || probe->catches_all || probe->optional || probe->unless);
	assert_false(probe->has_label || probe->has_rows || probe->has_bytes || probe->has_cache ||
		     probe->has_errors);
	assert_int_equal(probe->code.enter_ops + probe->code.leave_ops, 0);
}

static void each_level_and_detail_has_its_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WEIR_LEVEL_COUNT * DETAIL_COUNT; i++) {
		char text[256];
		struct profile *p;

		snprintf(text, sizeof(text), PROBE "level: %s\n    detail: %s\n",
			 level_name(i % WEIR_LEVEL_COUNT), detail_name(i / WEIR_LEVEL_COUNT));
		p = profile_of(text);
		assert_int_equal(p->probes[0].level, i % WEIR_LEVEL_COUNT);
		assert_int_equal(p->probes[0].detail, i / WEIR_LEVEL_COUNT);
		profile_free(&p);
	}
}

static void missing_keys_are_named(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS("summary: s\n", "p.yaml:1:1: a profile without \"engine\"",
			  "p.yaml:1:1: a profile without \"match\"",
			  "p.yaml:1:1: a profile without \"probes\"");
	ASSERT_COMPLAINTS("engine: e\nmatch: {}\nprobes:\n  - name: n\n",
			  "p.yaml:2:8: \"match\" without \"module\"",
			  "p.yaml:4:5: a probe without \"function\"");
}

static void unknown_keys_are_refused_with_the_nearest_known_one(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(HEAD "probe: x\nprobes: [{function: f, lable: arg1, zzzzzzzz: 1}]\n",
			  "p.yaml:3:1: unknown key of a profile \"probe\", expected \"probes\"?",
			  "p.yaml:4:24: unknown key of a probe \"lable\", expected \"label\"?",
			  "p.yaml:4:37: unknown key of a probe \"zzzzzzzz\", expected one of function, "
			  "module, name, level");
}

static void unknown_words_are_refused_with_the_nearest_known_one(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(PROBE "level: querry\n    detail: operator\n    catches: none\n",
			  "p.yaml:5:12: unknown level \"querry\", expected \"query\"? (run, stage, query",
			  "p.yaml:6:13: unknown detail \"operator\", expected \"operators\"? (queries, "
			  "operators, rows)",
			  "p.yaml:7:14: unknown value of \"catches\" \"none\"");
}

static void values_of_the_wrong_kind_are_refused(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS("[a]\n", "p.yaml:1:1: the file is a list, expected a mapping");
	ASSERT_COMPLAINTS("engine: [e]\nsummary: {a: b}\nmatch: m\nerrors: []\nprobes: none\n",
			  "p.yaml:1:9: \"engine\" is a list", "p.yaml:2:10: \"summary\" is a mapping",
			  "p.yaml:3:8: \"match\" is text", "p.yaml:4:9: \"errors\" is a list",
			  "p.yaml:5:9: \"probes\" is text, expected a list");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - f\n  - [f]\n", "p.yaml:4:5: \"probe\" is text",
			  "p.yaml:5:5: \"probe\" is a list");
	ASSERT_COMPLAINTS(PROBE "name: [n]\n    level: []\n    detail: {}\n    let: x\n    rows: [ret]\n    "
				"counters: c\n    catches: []\n"
				"    entry_only: []\n    optional: maybe\n",
			  ":5:11: \"name\"", ":6:12: \"level\"", ":7:13: \"detail\"", ":8:10: \"let\"",
			  ":9:11: \"rows\"", ":10:15: \"counters\"", ":11:14: \"catches\"",
			  ":12:17: \"entry_only\"",
			  ":13:15: \"optional\" is \"maybe\", expected true or false");
}

static void empty_and_strange_texts_are_refused(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS("engine: a b\nmatch: {module: lib/x.so}\nprobes:\n  - function:\n    name: "
			  "\"a\\nb\"\n",
			  "p.yaml:1:9: \"engine\" is \"a b\"", "p.yaml:2:17: \"module\" holds a \"/\"",
			  ":4:14: \"function\" is empty", "p.yaml:5:11: \"name\" holds a control character");
	ASSERT_COMPLAINTS("engine: e\nmatch: {module: []}\nprobes: []\n", "p.yaml:2:17: \"module\" is empty",
			  "p.yaml:3:9: \"probes\" is empty");
}

static void error_codes_are_whole_numbers_given_once(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS("engine: e\nmatch: {module: m}\nerrors: {one: A, 1: B, 0x1: C, "
			  "9223372036854775808: D, 2: [], \" 3\": E, 4x: F}\n"
			  "probes: [{function: f}]\n",
			  "p.yaml:3:10: \"one\" is no error code",
			  "p.yaml:3:24: the error code 1 has a name already",
			  ":32: \"9223372036854775808\" is no error code", ": \"2\" is a list",
			  ": \" 3\" is no error code", ": \"4x\" is no error code");
}

static void a_fault_in_an_expression_has_its_exact_column(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(PROBE "rows: ret == \n    bytes: 'arg1 @ 2'\n    label: \"str(arg9)\"\n",
			  "p.yaml:5:17: rows: the expression ends too early",
			  "p.yaml:6:18: bytes: unexpected character \"@\"",
			  "p.yaml:7:17: label: unknown name \"arg9\"");
	ASSERT_COMPLAINTS(HEAD "probes: [{function: f, rows: 1 + ret2}]\n", "p.yaml:3:34: rows: unknown name "
									    "\"ret2\"");
}

static void a_fault_in_a_folded_expression_names_its_byte(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(PROBE "rows: >\n      ret ==\n      arg9\n", "p.yaml:5:11: rows: unknown name "
								       "\"arg9\"");
	ASSERT_COMPLAINTS(PROBE "rows: 1 +\n      arg9\n", "p.yaml:5:11: rows: unknown name \"arg9\", "
							   "expected a value");
}

static void faults_of_lets_are_told_once(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(PROBE "let: {a: 1 +, ret: 1, b: [], c: a}\n    rows: a + c\n",
			  "p.yaml:5:17: let: the expression ends too early",
			  "p.yaml:5:24: let: \"ret\" cannot be the name of a let",
			  "p.yaml:5:30: \"b\" is a list");
}

static void counters_have_plain_names_and_a_limit(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(PROBE "counters: {Bad: ret, a-b: ret, good: [], ok: arg8}\n",
			  ":16: \"Bad\" cannot be the name of a counter", ": \"a-b\" cannot be",
			  ": \"good\" is a list", ": ok: unknown name \"arg8\"");
	ASSERT_COMPLAINTS(PROBE "counters: {a: 1, b: 1, c: 1, d: 1, e: 1}\n", "p.yaml:5:40: one counter too "
									      "many, expected at most 4");
}

static void an_error_code_needs_an_error(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(PROBE "error_code: ret\n", "p.yaml:5:17: \"error_code\" without \"error\"");
}

static void a_probe_that_is_entry_only_has_no_label(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(PROBE "entry_only: true\n    label: arg1\n", "p.yaml:6:12: \"label\" in a probe "
								       "that is entry_only");
	ASSERT_COMPLAINTS(PROBE "entry_only: true\n    rows: ret\n", "p.yaml:6:11: rows: ret in a probe that "
								     "is entry_only");
}

static void code_that_does_not_fit_is_refused_at_the_probe(void **state)
{
	char text[2048] = PROBE "rows: ret", complaint[64];
	struct parsed p;

	(void)state;
	for (int i = 0; i < WEIR_OPS_MAX / 2; i++)
		strcat(text, "+ret");
	p = parse_text(text);
	snprintf(complaint, sizeof(complaint), "p.yaml:4:5: the probe takes %d operations", WEIR_OPS_MAX + 2);
	assert_int_equal(p.err, -EINVAL);
	if (!strstr(p.complaints, complaint))
		fail_msg("it says:\n%sexpected:\n%s", p.complaints, complaint);
	parsed_clear(&p);
}

static void two_probes_of_one_function_are_refused(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(HEAD "probes:\n  - function: f\n  - {function: f, module: x}\n  - function: f\n",
			  "p.yaml:6:5: a second probe of the function \"f\", the first is in line 4");
}

static void all_faults_of_a_file_are_reported_in_its_order(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS("engin: e\nengine: e\nmatch: {modul: m}\nprobes:\n  - function: f\n    rows: (\n   "
			  " rows: 1\n  - level: x\n",
			  "p.yaml:1:1: unknown key", "p.yaml:3:8: \"match\" without",
			  "p.yaml:3:9: unknown key",
			  "p.yaml:6:12: rows:", "p.yaml:7:5: the key \"rows\" is given twice",
			  "p.yaml:8:5: a probe without", "p.yaml:8:12: unknown level");
}

static void an_allocator_counts_bytes_alone(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS("engine: e\nmatch: {module: m}\nprobes:\n  - function: f\n    level: alloc\n    entry_only: true\n"
			  "    bytes: arg1\n    rows: arg2\n",
			  "p.yaml:8:11: \"rows\" of an allocator (level alloc, entry_only, bytes), expected bytes alone");
	ASSERT_COMPLAINTS("engine: e\nmatch: {module: m}\nprobes:\n  - {function: f, level: alloc, bytes: arg1, rows: ret}\n"
			  "  - {function: g, level: x}\n", "p.yaml:5:26: unknown level");
}

static void a_file_that_cannot_be_read_is_complained_of(void **state)
{
	struct profile *profile = NULL;
	char *said = NULL;
	size_t length;
	FILE *out = open_memstream(&said, &length);

	(void)state;
	assert_non_null(out);
	assert_int_equal(profile_load("tests/unit/profile/no-such.yaml", out, &profile), -ENOENT);
	assert_int_equal(profile_load("tests", out, &profile), -EISDIR);
	fclose(out);
	assert_null(profile);
	assert_string_equal(said, "tests/unit/profile/no-such.yaml: cannot be read: No such file or "
				  "directory\n"
				  "tests: cannot be read: Is a directory\n");
	free(said);
}

static void the_sqlite_profile_loads(void **state)
{
	_cleanup_(profile_free) struct profile *p = NULL;
	bool counts_bytes = false;

	(void)state;
	assert_int_equal(profile_load("profiles/sqlite.yaml", stderr, &p), 0);
	assert_string_equal(p->engine, "sqlite");
	assert_true(profile_matches(p, "libsqlite3.so.0.8.6"));
	assert_string_equal(profile_error_name(p, 19), "SQLITE_CONSTRAINT");
	for (size_t i = 0; i < p->probes_count; i++) {
		const struct profile_probe *probe = &p->probes[i];

		if (run_check(&probe->code, probe->entry_only))
			fail_msg("%s: %s", probe->function, run_check(&probe->code, probe->entry_only));
		counts_bytes |= probe->level == WEIR_LEVEL_ALLOC && probe->has_bytes;
	}
	assert_true(counts_bytes);
}

/* The text between the `number`-th line below `heading` that begins with ``` and the next one. */
static char *documented_block(const char *heading, unsigned number)
{
	_cleanup_fclose_ FILE *in = fopen("docs/profiles.md", "r");
	_cleanup_free_ char *line = NULL;
	char *block = NULL;
	size_t capacity = 0, size;
	unsigned fences = 0;
	FILE *out = open_memstream(&block, &size);

	assert_non_null(in);
	assert_non_null(out);
	while (getline(&line, &capacity, in) > 0 && strncmp(line, heading, strlen(heading)) != 0)
		;
	while (fences < 2 * number && getline(&line, &capacity, in) > 0) {
		if (strncmp(line, "```", 3) == 0)
			fences++;
		else if (fences == 2 * number - 1)
			fputs(line, out);
	}
	fclose(out);
	assert_int_equal(fences, 2 * number);
	return block;
}

static void the_documentations_example_loads(void **state)
{
	_cleanup_free_ char *text = documented_block("# Profiles", 1);
	_cleanup_(profile_free) struct profile *p = profile_of(text);

	(void)state;
	assert_int_equal(p->probes_count, 3);
}

/* Examples that are a part of a profile. */
static void the_documentations_other_examples_load(void **state)
{
	static const char *const headings[] = { "### Spans", "### Functions", "### Charging", "### Versions" };

	(void)state;
	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
		_cleanup_free_ char *part = documented_block(headings[i], 1), *text = NULL;
		_cleanup_(profile_free) struct profile *p = NULL;

		assert_true(asprintf(&text, "engine: e\nmatch: {module: m}\n%s", part) > 0);
		p = profile_of(text);
		assert_true(p->probes_count > 0);
	}
}

static void the_documentations_faults_are_what_is_printed(void **state)
{
	_cleanup_free_ char *text = documented_block("## Faults", 1), *said = documented_block("## Faults", 2);
	struct parsed p = { 0 };
	size_t length;
	FILE *out = open_memstream(&p.complaints, &length);

	(void)state;
	assert_non_null(out);
	p.err = profile_parse(text, strlen(text), "shop.yaml", out, &p.profile);
	fclose(out);
	assert_int_equal(p.err, -EINVAL);
	assert_string_equal(p.complaints, said);
	parsed_clear(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_that_an_engine_is_known_by_are_read),
		cmocka_unit_test(everything_a_profile_may_say_is_read),
		cmocka_unit_test(what_a_profile_leaves_out_has_its_default),
		cmocka_unit_test(each_level_and_detail_has_its_name),
		cmocka_unit_test(missing_keys_are_named),
		cmocka_unit_test(unknown_keys_are_refused_with_the_nearest_known_one),
		cmocka_unit_test(unknown_words_are_refused_with_the_nearest_known_one),
		cmocka_unit_test(values_of_the_wrong_kind_are_refused),
		cmocka_unit_test(empty_and_strange_texts_are_refused),
		cmocka_unit_test(error_codes_are_whole_numbers_given_once),
		cmocka_unit_test(a_fault_in_an_expression_has_its_exact_column),
		cmocka_unit_test(a_fault_in_a_folded_expression_names_its_byte),
		cmocka_unit_test(faults_of_lets_are_told_once),
		cmocka_unit_test(counters_have_plain_names_and_a_limit),
		cmocka_unit_test(an_error_code_needs_an_error),
		cmocka_unit_test(a_probe_that_is_entry_only_has_no_label),
		cmocka_unit_test(code_that_does_not_fit_is_refused_at_the_probe),
		cmocka_unit_test(two_probes_of_one_function_are_refused),
		cmocka_unit_test(all_faults_of_a_file_are_reported_in_its_order),
		cmocka_unit_test(an_allocator_counts_bytes_alone),
		cmocka_unit_test(a_file_that_cannot_be_read_is_complained_of),
		cmocka_unit_test(the_sqlite_profile_loads),
		cmocka_unit_test(the_documentations_example_loads),
		cmocka_unit_test(the_documentations_other_examples_load),
		cmocka_unit_test(the_documentations_faults_are_what_is_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
