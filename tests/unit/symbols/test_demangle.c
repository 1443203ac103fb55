/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "symbols/demangle.h"

static void expect(const char *name, const char *wanted)
{
	char *display = demangle(name);

	if (wanted)
		assert_non_null(display);
	if (wanted)
		assert_string_equal(display, wanted);
	else
		assert_null(display);
	free(display);
}

static void cxx_names_are_demangled_with_parameters(void **state)
{
	(void)state;
	expect("_ZN5store3addEil", "store::add(int, long)");
	expect("_ZNK5store3BoxIiE3getEv", "store::Box<int>::get() const");
	expect("_ZN12_GLOBAL__N_13fooEv", "(anonymous namespace)::foo()");
}

static void a_return_type_is_left_out(void **state)
{
	(void)state;
	expect("_Z3fooIiEvT_", "foo<int>(int)");
}

static void rust_names_of_both_schemes_are_demangled(void **state)
{
	(void)state;
	expect("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad");
	expect("_RNvCs1234_7mycrate3foo", "mycrate::foo");
}

static void other_names_are_not_touched(void **state)
{
	(void)state;
	expect("", NULL);
	expect("_", NULL);
	expect("main", NULL);
	expect("_Z", NULL);
	expect("_R", NULL);
	expect("_ZN", NULL);
	expect("_Rust_is_no_prefix", NULL);
}

static void a_name_of_more_than_4_kib_is_refused(void **state)
{
	char name[6000];

	(void)state;
	memset(name, 'a', sizeof(name));
	memcpy(name, "_Z5900", 6);
	name[5906] = '\0';
	expect(name, NULL);
	memcpy(name, "_Z3900", 6);
	strcpy(name + 3906, "v");
	char *display = demangle(name);
	assert_non_null(display);
	assert_int_equal(strlen(display), 3902);
	free(display);
}

/* Each level holds the one before it twice: 2^60 characters, if nobody stops it. */
static void a_name_that_unfolds_without_end_is_refused(void **state)
{
	char name[4000];
	size_t length;

	(void)state;
	length = (size_t)snprintf(name, sizeof(name), "_Z1f1aIiiE");
	for (int level = 0; level < 60; level++) {
		char seq[8] = "";

		if (level > 0)
			snprintf(seq, sizeof(seq), "%c", level <= 10 ? '0' + level - 1 : 'A' + level - 11);
		if (level > 36)
			snprintf(seq, sizeof(seq), "1%c", level - 37 < 10 ? '0' + level - 37 : 'A' + level - 47);
		length += (size_t)snprintf(name + length, sizeof(name) - length, "S_IS%s_S%s_E", seq, seq);
	}
	expect(name, NULL);
}

/* A binder of 62^9 lifetimes in the path of an impl, which libiberty counts through without printing. */
static void a_rust_name_that_counts_without_end_is_refused(void **state)
{
	(void)state;
	expect("_RNvMNvC1a1bFGzzzzzzzzz_hEu1c", NULL);
	expect("_RNvMINvC1a1bFGzzzzzzzzz_hEuEh1c", NULL);
}

static void nesting_that_would_exhaust_the_stack_is_survived(void **state)
{
	char name[4000];

	(void)state;
	memset(name, 'P', sizeof(name));
	memcpy(name, "_Z1f", 4);
	strcpy(name + sizeof(name) - 2, "i");
	free(demangle(name));
	memset(name, 'R', sizeof(name) - 1);
	memcpy(name, "_RINvC1a1b", 10);
	free(demangle(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cxx_names_are_demangled_with_parameters),
		cmocka_unit_test(a_return_type_is_left_out),
		cmocka_unit_test(rust_names_of_both_schemes_are_demangled),
		cmocka_unit_test(other_names_are_not_touched),
		cmocka_unit_test(a_name_of_more_than_4_kib_is_refused),
		cmocka_unit_test(a_name_that_unfolds_without_end_is_refused),
		cmocka_unit_test(a_rust_name_that_counts_without_end_is_refused),
		cmocka_unit_test(nesting_that_would_exhaust_the_stack_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
