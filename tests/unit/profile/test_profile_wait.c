/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile_wait.h"
#include "support.h"

#define ENGINE "engine: shop\nmatch: {module: shop}\n"
#define LAYOUTS "version: {symbol: shop_version}\nlayouts:\n  - version: \"1\"\n    offsets: {wait_at: 0x18}\n    names:\n      wait: {0x0a000001: Flush, 0x0b000001: Odd}\n"
#define PROBES "probes:\n  - function: f\n"

static int find(void *context, enum expression_name kind, const char *name, uint64_t *ret_value)
{
	(void)context;
	if (kind == NAME_SYMBOL && !strcmp(name, "here"))
		*ret_value = 0x4000;
	else if (kind == NAME_OFFSET && !strcmp(name, "wait_at"))
		*ret_value = 0x18;
	else
		return kind == NAME_SYMBOL ? -ENODATA : -ENOENT;
	return 0;
}

static int compile(char *text, struct weir_wait_source *source)
{
	const struct expression_names names = { .find = find };
	const struct profile_wait wait = { .code = text };
	struct expression_fault fault;

	return wait_compile(&wait, &names, source, &fault);
}

static void the_way_to_the_number_is_kept(void **state)
{
	struct weir_wait_source source;

	(void)state;
	assert_int_equal(compile("**(u32 **)symbol(here)", &source), 0);
	assert_int_equal(source.address, 0x4000);
	assert_int_equal(source.hops, 1);
	assert_int_equal(source.bytes, 4);
	assert_int_equal(source.offset[0], 0);
	assert_int_equal(compile("*(u16 *)(symbol(here) + 8)", &source), 0);
	assert_int_equal(source.address, 0x4008);
	assert_int_equal(source.hops, 0);
	assert_int_equal(source.bytes, 2);
	assert_int_equal(compile("*(u8 *)(*(u64 *)(*(u64 *)(symbol(here) + 16) + 0x20) + wait_at)", &source), 0);
	assert_int_equal(source.address, 0x4010);
	assert_int_equal(source.hops, 2);
	assert_int_equal(source.bytes, 1);
	assert_int_equal(source.offset[0], 0x20);
	assert_int_equal(source.offset[1], 0x18);
}

static void what_is_no_such_way_is_refused(void **state)
{
	struct weir_wait_source source = { .address = 7 };

	(void)state;
	assert_int_equal(compile("arg1", &source), -EINVAL);
	assert_int_equal(compile("*(u32 *)arg1", &source), -EINVAL);
	assert_int_equal(compile("symbol(here)", &source), -EINVAL);
	assert_int_equal(compile("*(u32 *)symbol(here) + 1", &source), -EINVAL);
	assert_int_equal(compile("*(u32 *)symbol(here) != 1", &source), -EINVAL);
	assert_int_equal(compile("*(u64 *)symbol(here)", &source), -EINVAL);
	assert_int_equal(compile("**(u64 **)symbol(here)", &source), -EINVAL);
	assert_int_equal(compile("****(u32 ****)symbol(here)", &source), -EINVAL);
	assert_int_equal(compile("*(u32 *)(*(u64 *)symbol(here) + 0x8000)", &source), -EINVAL);
	assert_int_equal(compile("**(u32 **)symbol(elsewhere)", &source), -ENODATA);
	assert_int_equal(source.address, 7);
}

static void a_code_has_the_name_of_its_class_and_its_own(void **state)
{
	struct profile *profile = NULL;
	char name[64];

	(void)state;
	profile = profile_of(ENGINE LAYOUTS "waits: {code: \"**(u32 **)symbol(s)\", class_mask: 0xff000000, classes: {0: none, 0x0a000000: IO}, names: wait}\n" PROBES);
	wait_name(profile, &profile->layouts[0], 0x0a000001, name, sizeof(name));
	assert_string_equal(name, "IO: Flush");
	wait_name(profile, &profile->layouts[0], 0x0a000002, name, sizeof(name));
	assert_string_equal(name, "IO: 2");
	wait_name(profile, NULL, 0x0a000001, name, sizeof(name));
	assert_string_equal(name, "IO: 1");
	wait_name(profile, &profile->layouts[0], 0x0b000001, name, sizeof(name));
	assert_string_equal(name, "Odd");
	wait_name(profile, &profile->layouts[0], 0x0b000002, name, sizeof(name));
	assert_string_equal(name, "184549378");
	wait_name(profile, &profile->layouts[0], 0, name, sizeof(name));
	assert_string_equal(name, "none");
	profile_free(&profile);
}

static void faults_are_told(void **state)
{
	(void)state;
	ASSERT_COMPLAINTS(ENGINE "waits: {names: 1}\n" PROBES, "p.yaml:3:8: \"waits\" without \"code\"", "p.yaml:3:16: no layout has a table of names \"1\"");
	ASSERT_COMPLAINTS(ENGINE "waits: {code: 1 + 1}\n" PROBES, "p.yaml:3:15: code: it is not read from a symbol, expected a number of 1, 2 or 4 bytes");
	ASSERT_COMPLAINTS(ENGINE "waits: {code: symbol(}\n" PROBES, "p.yaml:3:22: code: the expression ends too early");
	ASSERT_COMPLAINTS(ENGINE "waits: {code: \"**(u32 **)symbol(s)\", class_mask: 0xff}\n" PROBES, "p.yaml:3:8: \"class_mask\" without \"classes\"");
	ASSERT_COMPLAINTS(ENGINE "waits: {code: \"**(u32 **)symbol(s)\", class_mask: 0, classes: {1: a}}\n" PROBES,
			  "p.yaml:3:50: \"class_mask\" is \"0\", expected a number of 32 bits");
	ASSERT_COMPLAINTS(ENGINE "waits: {code: \"**(u32 **)symbol(s)\", class_mask: 1, classes: {x: a}}\n" PROBES, "p.yaml:3:63: \"x\" is no code");
	ASSERT_COMPLAINTS(ENGINE "waits: {code: \"**(u32 **)symbol(s)\", kinds: 1}\n" PROBES, "p.yaml:3:38: unknown key of \"waits\" \"kinds\"");
	ASSERT_COMPLAINTS(ENGINE "waits: [1]\n" PROBES, "p.yaml:3:8: \"waits\" is a list");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_way_to_the_number_is_kept),
		cmocka_unit_test(what_is_no_such_way_is_refused),
		cmocka_unit_test(a_code_has_the_name_of_its_class_and_its_own),
		cmocka_unit_test(faults_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
