/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layouts, names and charges in a profile: what is read, what is complained of, what is found. */
#include "profile/profile_layout.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "profile/profile_compile.h"
#include "run_code.h"
#include "support.h"

#define HEAD "engine: e\nmatch: {module: m}\n"
#define VERSION "version: {symbol: v}\n"

static void a_layout_fits_what_it_names(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of(HEAD VERSION "layouts:\n  - {version: [\"1.*\", \"2.4\"], offsets: {a: 0x10, b: -8}}\n"
				       "  - {build_id: \"ab*\", sizes: {s: 12}, names: {kinds: {1: One, 0x2: Two}}}\n"
				       "probes:\n  - {function: f}\n");
	uint64_t value = 0;
	char text[64];

	(void)state;
	assert_string_equal(p->version_symbol, "v");
	assert_true(layout_fits(&p->layouts[0], "1.2.3", "cd"));
	assert_true(layout_fits(&p->layouts[0], "2.4", NULL));
	assert_false(layout_fits(&p->layouts[0], "2.40", "1.2"));
	assert_false(layout_fits(&p->layouts[0], "", ""));
	assert_true(layout_fits(&p->layouts[1], NULL, "abcd"));
	assert_int_equal(p->layouts[1].sizes[0].value, 12);
	assert_int_equal(layout_find(p, &p->layouts[0], NAME_OFFSET, "b", &value), 0);
	assert_true(value == (uint64_t)-8);
	assert_int_equal(layout_find(p, &p->layouts[1], NAME_OFFSET, "b", &value), -ENODATA);
	assert_int_equal(layout_find(p, NULL, NAME_OFFSET, "a", &value), -ENODATA);
	assert_int_equal(layout_find(p, &p->layouts[0], NAME_OFFSET, "c", &value), -ENOENT);
	assert_string_equal(layout_name(&p->layouts[1], 0, 2), "Two");
	assert_null(layout_name(&p->layouts[1], 0, 3));
	assert_null(layout_name(&p->layouts[0], 0, 1));
	layouts_describe(p, text, sizeof(text));
	assert_string_equal(text, "1.*, 2.4");
}

static void faults_of_layouts_are_told(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(HEAD "layouts: [{version: \"1\"}]\nprobes: [{function: f}]\n", "p.yaml:3:11: a layout for a version, but");
	ASSERT_COMPLAINTS(HEAD "layouts: [{offsets: {a: 1}}]\nprobes: [{function: f}]\n",
			  "p.yaml:3:11: a layout without \"version\", \"build_id\", \"sizes\" and \"code\"");
	ASSERT_COMPLAINTS(HEAD "layouts: [{sizes: {a: 1}, code: {f: [1, x], g: {a: 1}}}]\nprobes: [{function: f}]\n",
			  "p.yaml:3:41: \"x\" is no whole number", "p.yaml:3:48: \"g\" is a mapping");
	ASSERT_COMPLAINTS(HEAD "version: {symbol: a, text: b}\nprobes: [{function: f}]\n", "p.yaml:3:10: \"version\" has both keys");
	ASSERT_COMPLAINTS(HEAD VERSION "layouts: [{version: 1, offsets: {arg1: 1, b: x, ret: 2}}]\nprobes: [{function: f}]\n",
			  "p.yaml:4:34: \"arg1\" cannot be the name of an offset", "p.yaml:4:46: \"x\" is no whole number",
			  "p.yaml:4:49: \"ret\" cannot be the name of an offset");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {function: f, rows: arg1 + nothing}\n", "p.yaml:4:32: rows: unknown name \"nothing\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {function: f, label: \"name(kinds, arg1)\"}\n",
			  "p.yaml:4:32: label: unexpected \"kinds\", expected a table of names");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {function: f, rows: \"name(kinds, arg1)\"}\n", "p.yaml:4:26: rows: name() outside a label");
}

struct module_names {
	const struct profile *profile;
	const struct profile_layout *layout;
};

static int find(void *context, enum expression_name kind, const char *name, uint64_t *ret_value)
{
	const struct module_names *names = context;

	if (kind == NAME_ARGUMENT)
		return strcmp(name, "arg6") == 0 ? -ENODATA : 0;
	if (kind != NAME_SYMBOL)
		return layout_find(names->profile, names->layout, kind, name, ret_value);
	if (strcmp(name, "there") != 0)
		return -ENODATA;
	*ret_value = 0x5000;
	return 0;
}

static void what_has_no_value_is_left_out(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of(HEAD VERSION "layouts: [{version: 1, offsets: {a: 16}, names: {kinds: {1: One}}}]\nprobes:\n"
				       "  - function: f\n    let: {x: arg1 + a, y: symbol(there)}\n"
				       "    label: name(kinds, arg2, arg3)\n    rows: x\n    bytes: y + arg4\n"
				       "    hits: symbol(missing)\n    counters: {one: arg1, two: delta(a)}\n");
	struct module_names context = { .profile = p, .layout = &p->layouts[0] };
	const struct expression_names names = { .find = find, .context = &context };
	struct run_machine m = { .args = { 0, 5, 1, 3, 7 }, .bias = 0x100000 };
	struct expression_fault fault;
	struct profile_code code;
	uint32_t left_out = 0;

	(void)state;
	assert_true(p->probes[0].uses_names);
	assert_int_equal(probe_compile(&p->probes[0], &names, &code, &left_out, &fault), 0);
	assert_int_equal(left_out, 1U << OUTPUT_HITS);
	assert_string_equal(fault.message, "the object \"missing\" has no value for this module");
	assert_null(run_check(&code, false));
	run_enter(&m, &code);
	run_leave(&m, &code);
	assert_true(m.value[WEIR_OP_ROWS][0] == 21);
	assert_true(m.value[WEIR_OP_BYTES][0] == 0x105007);
	assert_true(m.value[WEIR_OP_LABEL_NUMBER][0] == (3ULL << 32 | 1));
	assert_true(code.names && code.names_number);

	context.layout = NULL;
	assert_int_equal(probe_compile(&p->probes[0], &names, &code, &left_out, &fault), 0);
	assert_int_equal(left_out, 1U << OUTPUT_HITS | 1U << OUTPUT_ROWS | 1U << (OUTPUT_EXTRA + 1));
	memset(m.given, 0, sizeof(m.given));
	run_enter(&m, &code);
	run_leave(&m, &code);
	assert_false(m.given[WEIR_OP_ROWS][0] || m.given[WEIR_OP_EXTRA][1]);
	assert_true(m.given[WEIR_OP_BYTES][0] && m.given[WEIR_OP_EXTRA][0]);
}

static void a_charge_gives_its_counters_the_places_of_the_level(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of(HEAD "probes:\n  - {function: f, level: query, counters: {a: \"1\", b: \"2\"}}\n"
				"  - {function: g, charge: query, entry_only: true, rows: arg1, counters: {c: \"3\", a: \"4\"}}\n");
	const struct expression_names none = { .find = find };
	struct expression_fault fault;
	struct run_machine m = { 0 };
	struct profile_code code;
	uint32_t left_out;

	(void)state;
	assert_true(p->probes[0].has_rows);
	assert_string_equal(p->probes[0].extra[0], "a");
	assert_string_equal(p->probes[0].extra[1], "b");
	assert_null(p->probes[0].extra[2]);
	assert_string_equal(p->probes[0].extra[3], "c");
	assert_string_equal(p->probes[1].extra[0], "a");
	assert_string_equal(p->probes[1].extra[3], "c");
	assert_int_equal(probe_compile(&p->probes[1], &none, &code, &left_out, &fault), 0);
	run_enter(&m, &code);
	assert_true(m.value[WEIR_OP_EXTRA][0] == 4 && m.value[WEIR_OP_EXTRA][3] == 3);
}

static void faults_of_charges_are_told(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {function: f, level: query, charge: query}\n", "p.yaml:4:41: \"charge\" names the probe's own level");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {function: f, charge: query}\n", "p.yaml:4:1: \"charge\": there is no probe of level query");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {function: f, charge: queri}\n", "p.yaml:4:27: unknown level \"queri\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {function: f, level: query, counters: {a: \"1\", b: \"1\", c: \"1\", d: \"1\"}}\n"
			       "  - {function: g, charge: query, counters: {e: \"1\"}}\n",
			  "p.yaml:5:1: there is no room for the counter \"e\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_layout_fits_what_it_names),
		cmocka_unit_test(faults_of_layouts_are_told),
		cmocka_unit_test(what_has_no_value_is_left_out),
		cmocka_unit_test(a_charge_gives_its_counters_the_places_of_the_level),
		cmocka_unit_test(faults_of_charges_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
