/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "symbols/rust_name.h"

static void names_of_the_grammar_are_sane(void **state)
{
	static const char *const names[] = {
		"_RNvCs1234_7mycrate3foo",
		"_RNvCs1234_7mycrate3foo.llvm.12345",
		"_RINvNtC3std3mem8align_ofNtNtC3std3mem12DiscriminantE",
		"_RINvC1a1bRhQL0_tAhj4_SiTdfEOePoFUKCyEuDNtC1c1dp1ejEL_Kb1_KpE",
		"_RNvXs_C1aNtB4_1bNtC1c1d3fmt",
		"_RNvMC1aINtB2_1bB6_E1c",
		"_RINvC1a1bFG_RL0_hEuE",
		"_RNCNvC1a1b0C1d",
		"_RNvC1au4_x3fo",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!rust_name_is_sane(names[i]))
			fail_msg("%s is sane and was refused", names[i]);
	}
}

static void cut_names_are_refused(void **state)
{
	static const char name[] = "_RINvC1a1bRhQL0_tAhj4_SiTdfEOePoFUKCyEuDNtC1c1dp1ejEL_Kb1_KpE";
	char cut[sizeof(name)];

	(void)state;
	assert_true(rust_name_is_sane(name));
	for (size_t length = 0; length < sizeof(name) - 1; length++) {
		memcpy(cut, name, length);
		cut[length] = '\0';
		assert_false(rust_name_is_sane(cut));
	}
}

static void a_binder_of_many_lifetimes_is_refused(void **state)
{
	(void)state;
	assert_true(rust_name_is_sane("_RNvMC1aFG1_hEu1c"));
	assert_false(rust_name_is_sane("_RNvMC1aFGzzzz_hEu1c"));
	assert_false(rust_name_is_sane("_RNvMC1aFGzzzzzzzzzzzzzzzzzzzzzzzzzz_hEu1c"));
	assert_false(rust_name_is_sane("_RNvMIC1aFGzzzz_hEuEh1c"));
}

static void a_back_reference_leads_to_something_seen(void **state)
{
	(void)state;
	assert_true(rust_name_is_sane("_RINvC1a1bThEB7_E"));
	assert_false(rust_name_is_sane("_RINvC1a1bThEB6_E"));    /* into the middle of a name */
	assert_false(rust_name_is_sane("_RINvC1a1bThEBa_E"));    /* to itself */
	assert_false(rust_name_is_sane("_RINvC1a1bThEBzzzz_E")); /* far behind */
	assert_false(rust_name_is_sane("_RB_"));
}

static void depth_and_length_have_a_bound(void **state)
{
	char name[RUST_NAME_MAX + 100];

	(void)state;
	memset(name, 'P', sizeof(name));
	memcpy(name, "_RINvC1a1b", 10);
	strcpy(name + 200, "hE");
	assert_true(rust_name_is_sane(name));
	memset(name + 10, 'P', sizeof(name) - 10);
	strcpy(name + 2000, "hE");
	assert_false(rust_name_is_sane(name));
	memset(name + 10, 'h', sizeof(name) - 10);
	strcpy(name + 4000, "E");
	assert_true(rust_name_is_sane(name));
	memset(name + 10, 'h', sizeof(name) - 10);
	strcpy(name + RUST_NAME_MAX + 10, "E");
	assert_false(rust_name_is_sane(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_the_grammar_are_sane),
		cmocka_unit_test(cut_names_are_refused),
		cmocka_unit_test(a_binder_of_many_lifetimes_is_refused),
		cmocka_unit_test(a_back_reference_leads_to_something_seen),
		cmocka_unit_test(depth_and_length_have_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
