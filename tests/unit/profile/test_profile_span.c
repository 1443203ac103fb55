/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spans and dialects in a profile: what is read, what is complained of. */
#include "profile/profile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "run_code.h"
#include "sites/site.h"
#include "support.h"

#define HEAD "engine: e\nmatch: {module: m}\n"

static void a_span_is_read(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of(HEAD "probes:\n  - name: batch\n    level: stage\n"
				"    begin: [{function: open_*, when: arg2 == 7}, {function: start}]\n"
				"    end: {function: close}\n    again: keep\n    label: arg3\n    rows: end2\n"
				"    bytes: delta(*(u64 *)arg1)\n");
	const struct profile_probe *probe = &p->probes[0];
	struct run_machine m = { .args = { 0, 1, 7 } };

	(void)state;
	assert_null(probe->function);
	assert_string_equal(probe->name, "batch");
	assert_true(probe->span_keeps);
	assert_int_equal(probe->sites_count, 3);
	assert_string_equal(probe->sites[0].function, "open_*");
	assert_false(probe->sites[0].ends || probe->sites[1].ends);
	assert_true(probe->sites[2].ends);
	assert_int_equal(probe->sites[0].code.needed_args, SITE_ARG2);
	assert_int_equal(probe->sites[1].code.enter_ops, 0);
	assert_int_equal(probe->code.needed_args, SITE_ARG1 | SITE_ARG3);
	assert_int_equal(probe->code.needed_end_args, SITE_ARG2);
	assert_null(run_check(&probe->sites[0].code, true));
	run_enter(&m, &probe->sites[0].code);
	assert_true(m.given[WEIR_OP_WHEN][0] && m.value[WEIR_OP_WHEN][0] == 1);
}

static void a_span_restarts_unless_it_says_otherwise(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of(HEAD "probes:\n  - {name: s, begin: {function: f}, end: {function: g}}\n"
				"  - {name: t, begin: {function: f}, end: {function: g}, again: restart}\n");

	(void)state;
	assert_false(p->probes[0].span_keeps || p->probes[1].span_keeps);
}

static void half_a_span_is_none(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {function: f}}\n", "p.yaml:4:5: a span without \"end\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, end: {function: f}}\n", "p.yaml:4:5: a span without \"begin\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {begin: {function: f}, end: {function: f}}\n", "p.yaml:4:5: a span without \"name\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: [], end: {function: f}}\n", "p.yaml:4:22: \"begin\" has 0 places");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {when: arg1}, end: {function: f}}\n",
			  "p.yaml:4:22: \"begin\" without \"function\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {function: f, again: keep}\n", "p.yaml:4:26: \"again\" without \"begin\" and \"end\"");
}

static void what_only_functions_have_is_refused_in_a_span(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, function: f, begin: {function: f}, end: {function: f}}\n",
			  "p.yaml:4:25: \"function\" in a span");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, entry_only: true, begin: {function: f}, end: {function: f}}\n",
			  "p.yaml:4:27: \"entry_only\" in a span");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {function: f}, end: {function: f}, rows: ret}\n",
			  "p.yaml:4:63: rows: ret in a span");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {function: f}, end: {function: f}, again: sometimes}\n",
			  "p.yaml:4:64: unknown value of \"again\" \"sometimes\"");
}

static void arguments_of_the_end_are_known_at_the_end_only(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {function: f, rows: end1}\n", "p.yaml:4:25: rows: end1..end6 outside a span");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {function: f}, end: {function: f}, label: end1}\n",
			  "p.yaml:4:64: label: end1..end6 in a label");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {function: f}, end: {function: f}, rows: delta(end1)}\n",
			  "p.yaml:4:69: rows: end1..end6 inside delta()");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {function: f, when: end1}, end: {function: f}}\n",
			  "p.yaml:4:42: when: end1..end6 outside a span");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {function: f, when: ret}, end: {function: f}}\n", "p.yaml:4:42: when: ret in");
}

static void virtual_functions_are_read(void **state)
{
	_cleanup_(profile_free) struct profile *p = profile_of(HEAD "layouts: [{sizes: {a: 1}, offsets: {run_slot: 3}}]\nprobes:\n"
		"  - {found: {base: \"shop::Step\", slot: run_slot}, name: step, unless: shop_step}\n  - {found: {class: Scan, slot: 0x10}, name: scan}\n");

	(void)state;
	assert_string_equal(p->probes[0].found_class, "shop::Step");
	assert_string_equal(p->probes[0].found_slot, "run_slot");
	assert_string_equal(p->probes[0].unless, "shop_step");
	assert_true(p->probes[0].found_derived);
	assert_false(p->probes[1].found_derived);
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {found: {class: a, base: b, slot: 1}, name: n}\n", "p.yaml:4:30: \"base\" beside \"class\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {found: {class: \"a<b>\", slot: 4096}, name: n}\n", "p.yaml:4:21: \"a<b>\" is no class",
			  "p.yaml:4:35: \"4096\" is no slot");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {found: {class: a, slot: which}, name: n}\n", "p.yaml:4:30: \"which\" is no slot");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {found: {class: a, in: f}, name: n}\n", "p.yaml:4:13: \"in\" beside \"class\"",
			  "p.yaml:4:13: \"found\" with a class without \"slot\"");
}

static void what_is_found_is_read(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of(HEAD "probes:\n  - {name: n, found: {in: [f, \"g*\"], stored_at: 0x18}}\n"
				"  - {name: o, found: {in: h, passed_as: 2}}\n");

	(void)state;
	assert_null(p->probes[0].function);
	assert_int_equal(p->probes[0].found_in_count, 2);
	assert_string_equal(p->probes[0].found_in[1], "g*");
	assert_int_equal(p->probes[0].stored_at, 0x18);
	assert_int_equal(p->probes[0].passed_as, 0);
	assert_int_equal(p->probes[1].passed_as, 2);
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: n, found: {in: f}}\n", "p.yaml:4:22: \"found\" has neither key");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: n, found: {in: [], stored_at: x}}\n", "p.yaml:4:27: \"in\" is empty",
			  "p.yaml:4:42: \"x\" is no displacement");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {found: {in: f, passed_as: 7}}\n", "p.yaml:4:5: a probe with \"found\" without \"name\"",
			  "p.yaml:4:32: \"7\" is no argument");
	profile_free(&p);
	p = profile_of(HEAD "probes:\n  - {name: n, found: {table_with: [upper, date], stride: 72, name_at: 56, function_at: 24}}\n");
	assert_int_equal(p->probes[0].found_in_count, 2);
	assert_int_equal(p->probes[0].found_table.stride, 72);
	assert_int_equal(p->probes[0].found_table.name_at, 56);
	assert_int_equal(p->probes[0].found_table.function_at, 24);
#define TABLE(rest) HEAD "probes:\n  - {name: n, found: {table_with: f, " rest "}}\n"
	ASSERT_COMPLAINTS(TABLE("stride: 16, name_at: 0"), "p.yaml:4:22: a table without \"function_at\"");
	ASSERT_COMPLAINTS(TABLE("stride: 16, name_at: 0, function_at: 16"), "p.yaml:4:22: a table's entries of 16 bytes have no two words at 0 and 16");
	ASSERT_COMPLAINTS(TABLE("stride: 24, name_at: 8, function_at: 8"), "p.yaml:4:22: a table's entries of 24 bytes have no two words");
	ASSERT_COMPLAINTS(TABLE("stride: 12, name_at: 0, function_at: 4"), "p.yaml:4:22: a table's entries of 12 bytes have no two words");
	ASSERT_COMPLAINTS(TABLE("stride: 8192, name_at: x, function_at: -8"), "p.yaml:4:46: stride: \"8192\" is no number of bytes",
			  "name_at: \"x\" is no number of bytes", "function_at: \"-8\" is no number of bytes");
	ASSERT_COMPLAINTS(TABLE("stride: 16, name_at: 0, function_at: 8, stored_at: 8"), "\"stored_at\" beside \"table_with\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: n, found: {table_with: [], stride: 16, name_at: 0, function_at: 8}}\n",
			  "p.yaml:4:35: \"table_with\" is empty, expected at least one");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: n, function: f, found: {in: f, passed_as: 1}}\n", "p.yaml:4:25: \"function\" beside");
}

static void a_span_with_keys_is_read(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of(HEAD "probes:\n  - {name: s, begin: {function: f, key: arg1}, end: {function: g, when: arg3, key: arg2}}\n"
				"  - {function: h, within: {s: arg4}, label: arg1}\n"
				"  - {name: t, begin: {function: i}, end: {function: j}, again: nest}\n");
	struct run_machine m = { .args = { 0, 7, 8, 0, 99 } };

	(void)state;
	assert_true(p->probes[0].span_keyed && !p->probes[1].span_keyed && !p->probes[2].span_keyed);
	assert_true(p->probes[2].span_nests && !p->probes[0].span_nests);
	assert_string_equal(p->probes[1].within, "s");
	run_enter(&m, &p->probes[0].sites[0].code);
	assert_true(m.value[WEIR_OP_WHEN][0] == 1 && m.value[WEIR_OP_KEY][0] == 7);
	run_enter(&m, &p->probes[0].sites[1].code);
	assert_true(m.value[WEIR_OP_WHEN][0] == 0 && m.value[WEIR_OP_KEY][0] == 8);
	assert_int_equal(p->probes[0].sites[1].code.needed_args, SITE_ARG2 | SITE_ARG3);
	run_enter(&m, &p->probes[1].code);
	assert_true(m.value[WEIR_OP_KEY][0] == 99);
	assert_int_equal(p->probes[1].code.leave_ops, 0);
}

#define KEYED HEAD "probes:\n  - {name: s, begin: {function: f, key: arg1}, end: {function: g, key: arg2}"

static void faults_of_keys_are_told(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {function: f, key: arg1}, end: {function: g}}\n",
			  "p.yaml:4:22: 1 of the span's 2 places have a \"key\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {function: f, key: ret}, end: {function: g, key: arg2}}\n",
			  "p.yaml:4:41: key: ret in a key");
	ASSERT_COMPLAINTS(KEYED ", again: keep}\n", "p.yaml:4:86: \"again: keep\" in a span with keys");
	ASSERT_COMPLAINTS(KEYED "}\n  - {function: h, within: {t: arg1}}\n", "p.yaml:5:27: \"t\" is no span with keys");
	ASSERT_COMPLAINTS(KEYED "}\n  - {function: h, within: s}\n", "p.yaml:5:27: ");
	ASSERT_COMPLAINTS(KEYED "}\n  - {function: h, within: {s: ret}}\n", "p.yaml:5:31: within: ret in a key");
	ASSERT_COMPLAINTS(KEYED "}\n  - {function: h, entry_only: true, within: {s: arg1}}\n", "p.yaml:5:45: \"within\" in a probe that is entry_only");
}

static void a_dialect_is_of_the_queries(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of("dialect: postgresql\n" HEAD "probes:\n  - {function: f, label: query(arg1)}\n");
	const struct profile_code *code = &p->probes[0].code;

	(void)state;
	assert_int_equal(code->ops[code->enter_ops - 1].code, WEIR_OP_LABEL_QUERY);
	assert_int_equal(code->ops[code->enter_ops - 1].a, p->dialect);
	assert_int_not_equal(p->dialect, 0);
	ASSERT_COMPLAINTS("dialect: postgres\n" HEAD "probes:\n  - {function: f}\n", "p.yaml:1:10: unknown dialect \"postgres\"");
}

static void usdt_sites_are_events_and_places(void **state)
{
	_cleanup_(profile_free) struct profile *p =
		profile_of(HEAD "probes:\n  - {usdt: 'e:go*', rows: arg1, entry_only: true}\n"
				"  - {name: s, begin: {usdt: 'e:a', when: arg6, key: arg1}, end: [{usdt: 'e:b', key: arg2}, {function: f, key: arg1}], bytes: end3}\n");
	const struct profile_probe *event = &p->probes[0], *span = &p->probes[1];

	(void)state;
	assert_string_equal(event->usdt, "e:go*");
	assert_true(event->entry_only && !event->function && !event->sites);
	assert_int_equal(event->code.needed_args, SITE_ARG1);
	assert_null(span->usdt);
	assert_int_equal(span->sites_count, 3);
	assert_true(span->sites[0].usdt && span->sites[1].usdt && !span->sites[2].usdt);
	assert_string_equal(span->sites[1].function, "e:b");
	assert_int_equal(span->sites[0].code.needed_args, SITE_ARG1 | SITE_ARG6);
	assert_int_equal(span->code.needed_end_args, SITE_ARG3);
}

static void faults_of_usdt_sites_are_told(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {usdt: e}\n", "p.yaml:4:12: \"usdt\" is \"e\", expected provider:name");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {usdt: [e], name: n}\n", "p.yaml:4:12: \"usdt\" is a list");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {usdt: 'e:f', function: f}\n", "p.yaml:4:29: \"function\" beside \"usdt\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {usdt: 'e:f', catches: all}\n", "p.yaml:4:28: \"catches\" beside \"usdt\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {usdt: 'e:f', entry_only: false}\n", "p.yaml:4:31: \"entry_only\" beside \"usdt\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {usdt: 'e:f', rows: ret}\n", "p.yaml:4:25: rows: ret in a probe that is entry_only");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {usdt: 'e:f', level: alloc, bytes: arg1}\n", "p.yaml:4:12: \"usdt\" of an allocator");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, usdt: 'e:f', begin: {function: f}, end: {function: f}}\n", "p.yaml:4:21: \"usdt\" in a span");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {usdt: 'e:f', function: g}, end: {function: f}}\n",
			  "p.yaml:4:46: \"function\" beside \"usdt\"");
	ASSERT_COMPLAINTS(HEAD "probes:\n  - {name: s, begin: {usdt: 'e'}, end: {function: f}}\n", "p.yaml:4:29: \"usdt\" is \"e\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_span_is_read),
		cmocka_unit_test(a_span_restarts_unless_it_says_otherwise),
		cmocka_unit_test(half_a_span_is_none),
		cmocka_unit_test(what_only_functions_have_is_refused_in_a_span),
		cmocka_unit_test(arguments_of_the_end_are_known_at_the_end_only),
		cmocka_unit_test(what_is_found_is_read),
		cmocka_unit_test(virtual_functions_are_read),
		cmocka_unit_test(a_span_with_keys_is_read),
		cmocka_unit_test(faults_of_keys_are_told),
		cmocka_unit_test(a_dialect_is_of_the_queries),
		cmocka_unit_test(usdt_sites_are_events_and_places),
		cmocka_unit_test(faults_of_usdt_sites_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
