/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a profile answers once it is read. */
#include "profile/profile.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "support.h"

static void a_profile_matches_by_any_of_its_globs(void **state)
{
	_cleanup_(profile_free) struct profile *p = profile_of("engine: e\nmatch: {module: "
							       "[\"libsqlite3.so*\", \"sq?ite\"]}\nprobes: "
							       "[{function: f}]\n");

	(void)state;
	assert_true(profile_matches(p, "libsqlite3.so.0.8.6"));
	assert_true(profile_matches(p, "libsqlite3.so"));
	assert_true(profile_matches(p, "sqlite"));
	assert_false(profile_matches(p, "libsqlite3"));
	assert_false(profile_matches(p, "xlibsqlite3.so"));
	assert_false(profile_matches(p, ""));
}

static void levels_and_details_have_names(void **state)
{
	enum profile_detail detail = DETAIL_COUNT;

	(void)state;
	assert_string_equal(level_name(WEIR_LEVEL_RUN), "run");
	assert_string_equal(level_name(WEIR_LEVEL_OPERATION), "operation");
	for (unsigned i = 0; i < WEIR_LEVEL_COUNT; i++)
		assert_non_null(level_name((enum weir_level)i));
	assert_string_equal(level_name(WEIR_LEVEL_COUNT), "unknown");
	for (unsigned i = 0; i < DETAIL_COUNT; i++) {
		assert_int_equal(detail_by_name(detail_name((enum profile_detail)i), &detail), 0);
		assert_int_equal(detail, i);
	}
	assert_int_equal(detail_by_name("all", &detail), -EINVAL);
	assert_int_equal(detail, DETAIL_ROWS);
}

static void freeing_nothing_is_no_fault(void **state)
{
	struct profile *p = NULL;

	(void)state;
	profile_free(&p);
	p = profile_of("engine: e\nmatch: {module: m}\nprobes: [{function: f}]\n");
	profile_free(&p);
	assert_null(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_matches_by_any_of_its_globs),
		cmocka_unit_test(levels_and_details_have_names),
		cmocka_unit_test(freeing_nothing_is_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
