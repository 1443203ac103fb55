/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Broken files of rules: each fault is told with its line, its column, and what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/alert_rule.h"

#define RULE "alerts:\n  - alert: A\n    expr: calls > 1\n"
#define EXPR(expression) "alerts:\n  - alert: A\n    expr: " expression

static const struct {
	const char *text, *complaints;
} broken[] = {
	{ "",
	  "F:1:1: an empty file, expected a mapping\n" },
	{ "alerts",
	  "F:1:1: the file is text, expected a mapping with the key alerts\n" },
	{ "alerts: 3",
	  "F:1:9: \"alerts\" is text, expected a list of rules\n" },
	{ "rules: []",
	  "F:1:1: unknown key of a file of rules \"rules\", expected one of alerts\nF:1:1: a file of rules without \"alerts\", expected this key\n" },
	{ "- a",
	  "F:1:1: the file is a list, expected a mapping with the key alerts\n" },
	{ "alerts:\n  - 3",
	  "F:2:5: a rule is text, expected a mapping with alert and expr\n" },
	{ "alerts:\n  - alert: A",
	  "F:2:5: a rule without \"expr\", expected this key\n" },
	{ "alerts:\n  - expr: calls > 1",
	  "F:2:5: a rule without \"alert\", expected this key\n" },
	{ RULE "    fro: 2m",
	  "F:4:5: unknown key of a rule \"fro\", expected \"for\"?\n" },
	{ RULE "    for: soon",
	  "F:4:10: \"for\" is \"soon\", expected a duration, as 90s or 2m\n" },
	{ RULE "    for: 2",
	  "F:4:10: \"for\" is \"2\", expected a duration, as 90s or 2m\n" },
	{ RULE "    for: -1m",
	  "F:4:10: \"for\" is \"-1m\", expected a duration, as 90s or 2m\n" },
	{ RULE "    keep_firing_for: [1m]",
	  "F:4:22: \"keep_firing_for\" is a list, expected text\n" },
	{ RULE "    labels: critical",
	  "F:4:13: \"labels\" is not a mapping of at most 32 texts, expected one, as {severity: warning}\n" },
	{ RULE "    labels: {9a: x}",
	  "F:4:14: \"9a\" is no name, expected letters, digits and _\n" },
	{ RULE "    labels: {level: x}",
	  "F:4:14: the label \"level\" is set by weir, expected another name\n" },
	{ RULE "    labels: {severity: [a]}",
	  "F:4:24: \"severity\" is a list, expected text\n" },
	{ RULE "    annotations: {summary: \"{{nobody}}\"}",
	  "F:4:29: \"{{nobody}}\" is no template, expected {{value}}, {{alert}}, {{level}}, {{profile}}, {{module}}, {{function}}, {{label}}, {{path}} or a label of the rule\n" },
	{ RULE "    annotations: {summary: \"{{label\"}",
	  "F:4:29: \"{{label\" is no template, expected {{value}}, {{alert}}, {{level}}, {{profile}}, {{module}}, {{function}}, {{label}}, {{path}} or a label of the rule\n" },
	{ "alerts:\n  - alert: A\n    alert: B\n    expr: calls > 1",
	  "F:3:5: the key \"alert\" is given twice, first in line 2, expected it once\n" },
	{ EXPR(">\n      p99(latncy)\n      > 1s"),
	  "F:3:11: expr: there is no metric \"latncy\", expected \"latency\"? (byte 5 of the text)\n" },
	{ EXPR("\"calls > \""),
	  "F:3:20: expr: the expression ends too early, expected a value: a metric, a number, rate(...), p99(...), sum(...) or (\n" },
	{ EXPR("\"calls\""),
	  "F:3:17: expr: no condition, expected a comparison, as p99(latency{level=\"query\"}) > 30s\n" },
	{ EXPR("\"calls > 1 > 2\""),
	  "F:3:22: expr: a condition is no number, expected \"and\" or \"or\" between conditions\n" },
	{ EXPR("\"latency > 1s\""),
	  "F:3:12: expr: latency is a histogram, expected p50(), p99() or max() of it\n" },
	{ EXPR("\"p99(calls) > 1s\""),
	  "F:3:16: expr: calls has no quantiles, expected latency\n" },
	{ EXPR("\"p99(latency) > 1MiB\""),
	  "F:3:25: expr: the left side is a time, as 30s or 5ms, the right side is not, expected the same kind on both\n" },
	{ EXPR("\"p100(latency) > 1s\""),
	  "F:3:12: expr: there is no function \"p100\", expected rate, growth, p50 to p99.9, max, ratio, sum or absent\n" },
	{ EXPR("\"rate(open) > 1\""),
	  "F:3:17: expr: open goes up and down, expected growth() of it, or a counter in rate()\n" },
	{ EXPR("\"rate(calls[0s]) > 1\""),
	  "F:3:23: expr: unexpected \"0s\", expected a window of 1 ms to 24 h\n" },
	{ EXPR("\"rate(calls[5m], 1m) > 1\""),
	  "F:3:28: expr: unexpected \"1m\", expected one window, in brackets or behind the comma\n" },
	{ EXPR("\"calls{colour=\\\"red\\\"} > 1\""),
	  "F:3:11: expr: unexpected \"colour\", expected level, profile, module, function, label or path (byte 7 of the text)\n" },
	{ EXPR("\"calls{level=~\\\"q.*\\\"} > 1\""),
	  "F:3:11: expr: unexpected \"=~\", expected = or != with a glob, as function=\"sqlite3*\" (byte 12 of the text)\n" },
	{ EXPR("\"calls{level=\\\"querry\\\"} > 1\""),
	  "F:3:11: expr: there is no level \"querry\", expected one of run, stage, query, operator, function, alloc, cache, error, wait, operation (byte 13 of the text)\n" },
	{ EXPR("\"calls{level=query} > 1\""),
	  "F:3:24: expr: unexpected \"query\", expected a glob in quotes\n" },
	{ EXPR("\"calls{level=\\\"query} > 1\""),
	  "F:3:11: expr: text that does not end, expected a closing quote (byte 13 of the text)\n" },
	{ EXPR("\"rss_bytes{level=\\\"query\\\"} > 1MiB\""),
	  "F:3:11: expr: rss_bytes is of the whole target, expected no selector (byte 10 of the text)\n" },
	{ EXPR("\"sum(sum(calls)) > 1\""),
	  "F:3:16: expr: sum() inside sum() or absent(), expected a metric of rows\n" },
	{ EXPR("\"ratio(calls) > 1\""),
	  "F:3:23: expr: unexpected \")\", expected \",\" and the metric to divide by\n" },
	{ EXPR("\"ratio(read_bytes, calls) > 1\""),
	  "F:3:30: expr: a ratio of different kinds, expected bytes, as 64MiB\n" },
	{ EXPR("\"1 > 0\""),
	  "F:3:12: expr: nothing is measured, expected a metric, as latency{level=\"query\"}\n" },
	{ EXPR("\"(calls > 1\""),
	  "F:3:22: expr: the expression ends too early, expected \")\"\n" },
	{ EXPR("\"calls and errors > 1\""),
	  "F:3:18: expr: \"and\" joins what is no condition, expected a comparison on both sides\n" },
	{ EXPR("\"-(calls > 1) > 1\""),
	  "F:3:12: expr: a condition is no number, expected a value\n" },
	{ EXPR("\"calls > 1 & errors > 1\""),
	  "F:3:22: expr: an unknown sign, expected a metric, a number, an operator or a parenthesis\n" },
	{ EXPR("\"calls > 5 parsecs\""),
	  "F:3:22: expr: unexpected \"parsecs\", expected an operator or the end\n" },
	{ EXPR("\"calls > 5parsecs\""),
	  "F:3:21: expr: unknown unit, expected ns, us, ms, s, m, h, d, B, kB, MB, GB, TB, KiB, MiB, GiB, TiB or %\n" },
	{ EXPR("\"fastest(calls) > 1\""),
	  "F:3:12: expr: there is no function \"fastest\", expected rate, growth, p50 to p99.9, max, ratio, sum or absent\n" },
	{ EXPR("[1]"),
	  "F:3:11: \"expr\" is a list, expected text\n" },
	{ "alerts:\n  - alert: {}\n    expr: calls > 1",
	  "F:2:12: \"alert\" is a mapping, expected text\n" },
	{ "alerts:\n  - {alert: A, expr: calls > 1\n",
	  "F:3:1: no YAML: did not find expected ',' or '}' while parsing a flow mapping\n" },
	{ "alerts:\n\t- alert: A\n",
	  "F:2:1: no YAML: found character that cannot start any token while scanning for the next token\n" },
	{ "alerts: &a\n  - *a\n",
	  "F:1:9: an anchor (&name), expected the value alone: there are no anchors here\nF:2:5: an alias (*name), expected the value itself: there are no aliases here\nF:2:5: a rule is text, expected a mapping with alert and expr\n" },
	{ "alerts:\n  - {alert: A, expr: calls >> 1}\n  - {alert: B, expr: calls > 1, for: x}\n",
	  "F:2:29: expr: unexpected \">\", expected a value: a metric, a number, rate(...), p99(...), sum(...) or (\nF:3:38: \"for\" is \"x\", expected a duration, as 90s or 2m\n" },
	{ "alerts:\n  - alert: \"\\x01\"\n    expr: calls > 1",
	  "F:2:12: \"alert\" holds a control character, expected text\n" },
	{ "alerts:\n  - alert: ''\n    expr: calls > 1",
	  "F:2:12: \"alert\" is empty, expected 1 to 128 bytes\n" },
};

static char *complaints_of(const char *text, size_t size, int expected, struct alert_rules *rules)
{
	char *complaints = NULL;
	size_t length;
	FILE *out = open_memstream(&complaints, &length);

	assert_non_null(out);
	assert_int_equal(alert_rules_parse(text, size, "F", out, rules), expected);
	fclose(out);
	return complaints;
}

static void a_broken_file_is_told_with_line_column_and_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct alert_rules rules = { 0 };
		char *complaints = complaints_of(broken[i].text, strlen(broken[i].text), -EINVAL, &rules);

		if (strcmp(complaints, broken[i].complaints))
			print_message("of:\n%s\n", broken[i].text);
		assert_string_equal(complaints, broken[i].complaints);
		assert_int_equal(rules.count, 0);
		free(complaints);
	}
}

/* Each text lacks its last bytes, in turn: none is taken for a rule that it is not. */
static void a_file_that_was_cut_off_is_refused_or_says_less(void **state)
{
	static const char whole[] = "alerts:\n  - {alert: A, expr: \"p99(latency{level='query'}, 5m) > 30s\", for: 2m}\n";
	size_t taken = 0;

	(void)state;
	for (size_t size = 0; size < sizeof(whole); size++) {
		struct alert_rules rules = { 0 };
		char *complaints = NULL;
		size_t length;
		FILE *out = open_memstream(&complaints, &length);
		int err;

		assert_non_null(out);
		err = alert_rules_parse(whole, size, "F", out, &rules);
		fclose(out);
		assert_int_equal(err, length ? -EINVAL : 0);
		taken += !err;
		if (!err)
			assert_int_equal(rules.count, 1);
		alert_rules_clear(&rules);
		free(complaints);
	}
	assert_int_equal(taken, 2); /* all of it, and all but the end of the line */
}

static void rules_that_were_there_stay_when_a_file_is_refused(void **state)
{
	static const char bad[] = "alerts:\n  - {alert: B, expr: calls > 1}\n  - {alert: C, expr: calls >}\n";
	struct alert_rules rules = { 0 };
	char *complaints;

	(void)state;
	free(complaints_of(RULE, strlen(RULE), 0, &rules));
	complaints = complaints_of(bad, strlen(bad), -EINVAL, &rules);
	assert_int_equal(rules.count, 1);
	assert_string_equal(rules.items[0].name, "A");
	alert_rules_clear(&rules);
	free(complaints);
}

static void a_file_that_is_not_there_is_told(void **state)
{
	struct alert_rules rules = { 0 };
	char *complaints = NULL;
	size_t length;
	FILE *out = open_memstream(&complaints, &length);

	(void)state;
	assert_non_null(out);
	assert_int_equal(alert_rules_load("/nowhere/rules.yaml", out, &rules), -ENOENT);
	fclose(out);
	assert_non_null(strstr(complaints, "/nowhere/rules.yaml"));
	assert_non_null(strstr(complaints, "No such file"));
	free(complaints);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broken_file_is_told_with_line_column_and_reason),
		cmocka_unit_test(a_file_that_was_cut_off_is_refused_or_says_less),
		cmocka_unit_test(rules_that_were_there_stay_when_a_file_is_refused),
		cmocka_unit_test(a_file_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
